"""Signatures, seals and XML: what wechatpy makes is read, what is not in order is a WireError that names the place."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto

from gateway.channels.wechat_crypto import (
    Seal,
    WireError,
    check_age,
    check_signature,
    read_envelope,
    read_fields,
    signature,
)
from tests.fakes.tencent import aes_key, sign

KEY = aes_key()


def test_a_signature_is_that_of_wechatpy() -> None:
    assert signature("token", "1400000000", "nonce") == sign("token", "1400000000", "nonce")


def test_a_signature_covers_every_part_in_any_order() -> None:
    query = {"timestamp": "1", "nonce": "2", "msg_signature": signature("t", "1", "2", "sealed").upper()}
    check_signature(query, "msg_signature", "t", "sealed")
    for wrong in ({**query, "timestamp": "3"}, {**query, "nonce": ""}, {**query, "msg_signature": "é" * 40}):
        with pytest.raises(WireError, match="msg_signature") as caught:
            check_signature(wrong, "msg_signature", "t", "sealed")
        assert caught.value.status == 401


def test_a_missing_signature_is_named() -> None:
    with pytest.raises(WireError, match="signature: missing"):
        check_signature({}, "signature", "t")


@pytest.mark.parametrize(("stamp", "fits"), [("1000", True), ("1300", True), ("1301", False), ("699", False)])
def test_an_age_is_bounded_on_both_sides(stamp: str, fits: bool) -> None:
    if fits:
        check_age({"timestamp": stamp}, 1000.0, 300)
        return
    with pytest.raises(WireError, match="timestamp"):
        check_age({"timestamp": stamp}, 1000.0, 300)


@pytest.mark.parametrize("stamp", ["", "x", "-5", "1e9", "１２３", "9" * 13, "nan"])
def test_a_timestamp_is_seconds_even_when_its_age_is_not_judged(stamp: str) -> None:
    with pytest.raises(WireError, match="timestamp"):
        check_age({"timestamp": stamp}, 1000.0, None)
    check_age({"timestamp": "5"}, 1e9, None)


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "A" * 42, "A" * 44])
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="43 letters"):
        Seal(key, "wx1")


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300))
def test_what_is_sealed_opens_and_wechatpy_opens_it_too(text: str) -> None:
    seal = Seal(KEY, "wx1")
    sealed = seal.close(text)
    assert seal.open(sealed) == text
    assert PrpCrypto(base64.b64decode(KEY + "=")).decrypt(sealed, "wx1") == text


def test_another_receivers_seal_is_told_apart_from_garbage() -> None:
    with pytest.raises(WireError, match="another app id"):
        Seal(KEY, "wx2").open(Seal(KEY, "wx1").close("hello"))
    # What another key makes of it is noise, which in one of a hundred cases has a length, and so an app id, by chance.
    with pytest.raises(WireError, match=r"cannot be opened|another app id"):
        Seal(aes_key(9), "wx1").open(Seal(KEY, "wx1").close("hello"))
    with pytest.raises(WireError, match="cannot be opened"):
        Seal(KEY, "wx1").open("bm9uc2Vuc2U=")


@given(st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode()) | st.text(max_size=60))
def test_garbage_in_place_of_a_seal_is_a_wire_error(garbage: str) -> None:
    with pytest.raises(WireError):
        Seal(KEY, "wx1").open(garbage)


@given(
    st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"<xml>{text}</xml>".encode("utf-8", "replace"))
)
def test_any_bytes_are_fields_or_a_wire_error(body: bytes) -> None:
    for read in (read_envelope, read_fields):
        try:
            fields, _ = read(body)
        except WireError as error:
            assert error.where
        else:
            assert isinstance(fields, dict)


def test_characters_that_xml_forbids_are_left_out_instead_of_losing_the_message() -> None:
    body = b"<xml><MsgType>text</MsgType><Content><![CDATA[a\x0bb\x00\xffc]]></Content></xml>"
    assert read_fields(body) == ({"MsgType": "text", "Content": "ab\ufffdc"}, True)


def test_bombs_are_refused_before_anything_is_expanded() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{levels}]><xml><MsgType>&l9;</MsgType></xml>'.encode()
    with pytest.raises(WireError, match="body"):
        read_envelope(bomb)


def test_more_elements_and_levels_than_any_message_has_are_refused() -> None:
    with pytest.raises(WireError, match="deep"):
        read_envelope(b"<xml>" * 20 + b"</xml>" * 20)
    with pytest.raises(WireError, match="too many"):
        read_envelope(b"<xml>" + b"<a/>" * 3000 + b"</xml>")


def test_a_missing_type_is_named() -> None:
    with pytest.raises(WireError, match="MsgType: missing"):
        read_fields(b"<xml><Content>x</Content></xml>")
