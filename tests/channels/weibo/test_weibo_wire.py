"""The wire of Weibo: what is refused, what is read, and that no bytes do anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wechat_crypto import WireError
from gateway.channels.weibo.wire import Nonces, Push, Wire, canonical, read
from tests.fakes.weibo import SECRET, signed, xml_of

NOW = 1_795_233_600.0
PUSH = {
    "type": "text", "receiver_id": 1902538057, "sender_id": 2489518277,
    "created_at": "Mon Jul 16 18:09:20 +0800 2012", "text": "路灯坏了", "data": {},
}  # fmt: skip
BODY = json.dumps(PUSH).encode()


def refused(query: dict[str, str], body: bytes = BODY, nonces: Nonces | None = None) -> WireError:
    with pytest.raises(WireError) as error:
        Wire(SECRET, nonces).open(query, body, NOW, 300)
    return error.value


def test_a_signed_push_is_read_by_its_json_names() -> None:
    push = Wire(SECRET).open(signed(NOW, "n"), BODY, NOW, 300)
    assert (push.fields, push.format, push.flags) == (PUSH, "json", ())


@pytest.mark.parametrize("change", [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "other"}, {"timestamp": "1"}])
def test_a_wrong_signature_is_401_and_not_vouched_for(change: dict[str, str]) -> None:
    error = refused(signed(NOW, "n") | change)
    assert (error.status, error.where, error.vouched) == (401, "signature", False)


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_a_timestamp_outside_of_the_window_is_401(at: float) -> None:
    assert (refused(signed(at, "n")).status, refused(signed(at, "n")).where) == (401, "timestamp")


def test_a_timestamp_in_milliseconds_is_understood() -> None:
    query = signed(NOW * 1000, "n")
    assert Wire(SECRET).open(query, BODY, NOW, 300).fields == PUSH
    assert refused(signed((NOW - 301) * 1000, "n")).status == 401


def test_a_nonce_serves_one_body_only_and_its_repeat_passes() -> None:
    wire, query = Wire(SECRET, Nonces(300, 100)), signed(NOW, "n")
    assert wire.open(query, BODY, NOW, 300) == wire.open(query, BODY, NOW + 5, 300)
    with pytest.raises(WireError) as error:
        wire.open(query, BODY.replace(b"2489518277", b"1"), NOW + 6, 300)
    assert (error.value.status, error.value.where, error.value.vouched) == (401, "nonce", False)


def test_nonces_are_bounded_and_forgotten_after_their_time() -> None:
    nonces = Nonces(10, 3)
    for n in range(5):
        nonces.check(signed(NOW, str(n)), b"a", NOW)
    nonces.check(signed(NOW, "0"), b"b", NOW)  # the first was pushed out by the later ones
    with pytest.raises(WireError):
        nonces.check(signed(NOW, "4"), b"b", NOW + 20)
    nonces.check(signed(NOW, "4"), b"b", NOW + 21)


def test_the_echo_comes_back_only_with_a_right_signature_and_as_plain_text() -> None:
    wire = Wire(SECRET)
    assert wire.echo(signed(NOW, "n") | {"echostr": "12ab"}, NOW, 300) == "12ab"
    for query in (signed(NOW, "n", "other") | {"echostr": "x"}, signed(NOW, "n") | {"echostr": "<b\n>"}):
        with pytest.raises(WireError):
            wire.echo(query, NOW, 300)


def test_without_a_secret_there_is_no_wire() -> None:
    with pytest.raises(ValueError, match="AppSecret"):
        Wire("")


def test_xml_has_the_same_fields_by_wechats_names() -> None:
    position = {**PUSH, "type": "position", "data": {"longitude": "110.33", "latitude": "20.03"}}
    found = read(xml_of(position))
    assert found.format == "xml"
    assert found.fields["type"] == "position" and found.fields["data"] == position["data"]
    assert (found.fields["sender_id"], found.fields["created_at"]) == ("2489518277", "1342433360")


def test_xml_may_have_the_json_names_and_nest_its_data() -> None:
    xml = b"<xml><type>image</type><sender_id>7</sender_id><data><vfid>1</vfid><tovfid>2</tovfid></data></xml>"
    assert read(xml).fields == {"type": "image", "sender_id": "7", "data": {"vfid": "1", "tovfid": "2"}}


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><xml><type>&b;</type></xml>'


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"), (b"garbage", "body"), (b"[]", "body"), (b"{}", "type"), (b'{"type": 1}', "type"), (BOMB, "body"),
        (b"<xml><type>", "body"), (b"<a>" * 50 + b"</a>" * 50, "body"), (b"[" * 100_000, "body"),
        (b'{"type": "text", "sender_id": ' + b"9" * 5000 + b"}", "body"),
    ],
)  # fmt: skip
def test_what_was_signed_but_cannot_be_read_is_vouched_for(body: bytes, where: str) -> None:
    error = refused(signed(NOW, "n"), body)
    assert (error.where, error.status, error.vouched) == (where, 400, True)


def test_bytes_that_are_no_utf8_are_mended_and_flagged() -> None:
    found = read('{"type": "text", "text": "路灯'.encode() + b"\xff" + b'"}')
    assert found.flags == ("mended",) and "路灯" in found.fields["text"]


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        assert isinstance(read(body), Push)
    except WireError as error:
        assert error.status == 400


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=20)), st.binary(max_size=50))
def test_no_query_without_the_secret_opens_anything(query: dict[str, str], body: bytes) -> None:
    assert refused(query, body).status == 401


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["type", "data", "text", "MsgType", "Event", "created_at"]), json_values))
def test_any_object_has_fields_or_lacks_a_type(found: dict[str, object]) -> None:
    try:
        assert isinstance(canonical(found)["data"], dict)
    except WireError as error:
        assert error.where == "type"
