"""WeCom's callbacks: true ones are read, anything else is a WireError, never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wechat_crypto import WireError
from gateway.channels.wecom.wire import Notice, Wire
from tests.fakes.tencent import FakeTencent, sign

NOW = 1_795_250_000.0
TENCENT = FakeTencent(lambda: NOW)
CORP = TENCENT.corp
WIRE = Wire(CORP.token, CORP.key, CORP.corp_id)


def test_a_notice_names_token_and_account() -> None:
    notice = WIRE.open(*TENCENT.kf_callback(), NOW, 300)
    assert (notice.event, notice.open_kfid) == ("kf_msg_or_event", CORP.kf)
    assert notice.token


def test_a_notice_of_another_kind_is_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WIRE._seal, "open", lambda sealed: "<xml><MsgType>event</MsgType><Event>Other</Event></xml>")
    assert WIRE.open(*TENCENT.kf_callback(), NOW, 300) == Notice("other")


def test_another_corp_is_vouched_for_but_not_read() -> None:
    with pytest.raises(WireError, match="another app id") as caught:
        Wire(CORP.token, CORP.key, "wwother").open(*TENCENT.kf_callback(), NOW, 300)
    assert caught.value.vouched


def test_an_old_or_wrong_notice_is_401() -> None:
    query, body = TENCENT.kf_callback()
    with pytest.raises(WireError, match="timestamp"):
        WIRE.open(query, body, NOW + 301, 300)
    with pytest.raises(WireError, match="msg_signature") as caught:
        WIRE.open({**query, "nonce": "x"}, body, NOW, 300)
    assert caught.value.status == 401


QUERIES = st.dictionaries(st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=50))


@given(
    QUERIES,
    st.binary(max_size=200)
    | st.text(max_size=80).map(lambda t: f"<xml><Encrypt>{t}</Encrypt></xml>".encode("utf-8", "replace")),
)
def test_any_query_and_any_bytes_raise_a_wire_error(query: dict[str, str], body: bytes) -> None:
    with pytest.raises(WireError):
        WIRE.open(query, body, NOW, 300)
    with pytest.raises(WireError):
        WIRE.echo(query, NOW, 300)


@given(st.text(alphabet="ABCabc012+/=", max_size=120))
def test_any_sealed_text_under_a_right_signature_is_a_wire_error(sealed: str) -> None:
    stamp = str(int(NOW))
    query = {"timestamp": stamp, "nonce": "n", "msg_signature": sign(CORP.token, stamp, "n", sealed), "echostr": sealed}
    with pytest.raises(WireError):
        WIRE.open(query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode(), NOW, 300)
    with pytest.raises(WireError):
        WIRE.echo(query, NOW, 300)
