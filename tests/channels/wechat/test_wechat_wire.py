"""The wire of official accounts: true pushes are read in every mode, anything else is a WireError, never more."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wechat.config import Mode
from gateway.channels.wechat.wire import Wire
from gateway.channels.wechat_crypto import WireError
from tests.fakes.tencent import Official, sign, xml_of

NOW = 1_795_250_000.0
TENCENT = Official()
FIELDS = {
    "ToUserName": "gh_1",
    "FromUserName": "oA",
    "CreateTime": 1,
    "MsgType": "text",
    "Content": "你好😀 a<b&c",
    "MsgId": 7,
}
MODES: tuple[Mode, ...] = ("plain", "compatible", "encrypted")


def wire(mode: Mode | None = "encrypted", token: str = TENCENT.token, key: str = TENCENT.key) -> Wire:
    return Wire(token, key, TENCENT.app_id, mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_push_is_read_in_its_mode_and_by_a_reader_of_any_mode(mode: Mode) -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS), mode)
    for reader in (wire(mode), wire(None)):
        push = reader.open(query, body, NOW, 300)
        assert {name: push.fields[name] for name in FIELDS} == {name: str(value) for name, value in FIELDS.items()}
        assert push.sealed == (mode != "plain")
        assert push.flags == ()


def test_a_kept_original_is_read_however_old_it_is() -> None:
    query, body = TENCENT.signed(1_000_000_000, xml_of(FIELDS))
    assert wire().open(query, body, NOW, None).fields["MsgId"] == "7"
    with pytest.raises(WireError, match="timestamp") as caught:
        wire().open(query, body, NOW, 300)
    assert caught.value.status == 401


def test_a_query_with_msg_signature_alone_suffices_for_a_sealed_push() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS))
    assert wire().open({k: v for k, v in query.items() if k != "signature"}, body, NOW, 300).sealed


def test_an_encrypted_account_takes_nothing_plain() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS), "plain")
    with pytest.raises(WireError, match="only encrypted") as caught:
        wire("encrypted").open(query, body, NOW, 300)
    assert (caught.value.status, caught.value.vouched) == (401, False)


def test_the_sealed_fields_count_in_compatible_mode() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS), "compatible")
    forged = body.replace("你好".encode(), "再见".encode())
    assert wire("compatible").open(query, forged, NOW, 300).fields["Content"] == FIELDS["Content"]


def test_the_plain_fields_stand_in_flagged_when_our_key_does_not_fit() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS), "compatible")
    other = Wire(TENCENT.token, "A" * 43, TENCENT.app_id, "compatible")
    push = other.open(query, body, NOW, 300)
    assert push.fields["Content"] == FIELDS["Content"]
    assert push.flags == ("not_opened",)
    assert not push.sealed


def test_another_accounts_seal_is_vouched_for_and_not_read() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS))
    with pytest.raises(WireError, match="another app id") as caught:
        Wire(TENCENT.token, TENCENT.key, "wxother", "encrypted").open(query, body, NOW, 300)
    assert caught.value.vouched


def test_a_sealed_push_without_a_key_is_vouched_for() -> None:
    query, body = TENCENT.signed(NOW, xml_of(FIELDS))
    with pytest.raises(WireError, match="no aes_key") as caught:
        Wire(TENCENT.token, "", TENCENT.app_id, "plain").open(query, body, NOW, 300)
    assert caught.value.vouched


def test_no_token_is_no_wire() -> None:
    with pytest.raises(ValueError, match="token"):
        Wire("", TENCENT.key, TENCENT.app_id)


def test_a_sealed_answer_is_what_the_platform_opens() -> None:
    sealed = wire().seal("<xml><Content>好</Content></xml>", "n1", NOW)
    assert TENCENT.read_reply(sealed.encode()) == {"Content": "好"}


QUERIES = st.dictionaries(
    st.sampled_from(["signature", "msg_signature", "timestamp", "nonce", "encrypt_type", "echostr"]),
    st.text(max_size=50) | st.just(str(int(NOW))),
)
BODIES = st.binary(max_size=200) | st.text(alphabet=string.printable + "你&<>[]!", max_size=120).map(
    lambda text: f"<xml><MsgType>text</MsgType><Encrypt>{text}</Encrypt></xml>".encode()
)


@given(QUERIES, BODIES, st.sampled_from([*MODES, None]))
def test_any_query_and_any_bytes_raise_a_wire_error(query: dict[str, str], body: bytes, mode: Mode | None) -> None:
    with pytest.raises(WireError) as caught:
        wire(mode).open(query, body, NOW, 300)
    assert caught.value.status in (400, 401)


@given(BODIES, st.sampled_from([*MODES, None]))
def test_any_bytes_under_a_right_signature_are_read_or_a_wire_error(body: bytes, mode: Mode | None) -> None:
    query, _ = TENCENT.signed(NOW, "", "plain")
    try:
        push = wire(mode).open(query, body, NOW, 300)
    except WireError as error:
        assert error.where
    else:
        assert mode != "encrypted"
        assert push.fields["MsgType"] == "text"


@given(st.text(alphabet=string.ascii_letters + string.digits + "+/=", max_size=200))
def test_any_sealed_text_under_a_right_signature_is_vouched_for(sealed: str) -> None:
    stamp = str(int(NOW))
    query = {"timestamp": stamp, "nonce": "n", "msg_signature": sign(TENCENT.token, stamp, "n", sealed)}
    with pytest.raises(WireError) as caught:
        wire().open(query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode(), NOW, 300)
    assert caught.value.vouched


@given(QUERIES)
def test_any_verification_raises_a_wire_error(query: dict[str, str]) -> None:
    with pytest.raises(WireError):
        wire().echo(query, NOW, 300)
