"""Reading without a server: a push from a file, a kept original from the ledger."""

from __future__ import annotations

import pytest

from gateway.channels.wechat import WireError, normalise_push, read_raw
from gateway.model.messages import Raw
from tests.fakes.gate import Gate
from tests.fakes.tencent import Official, xml_of

TENCENT = Official()
FIELDS = {
    "ToUserName": "gh_1",
    "FromUserName": "oA",
    "CreateTime": 5,
    "MsgType": "text",
    "Content": "路灯坏了",
    "MsgId": 7,
}


@pytest.mark.parametrize("mode", ["plain", "compatible", "encrypted"])
def test_a_file_of_any_mode_is_read_however_old(mode: str) -> None:
    query, body = TENCENT.signed(1_400_000_000, xml_of(FIELDS), mode)  # type: ignore[arg-type]
    found = normalise_push(body, query, TENCENT.token, TENCENT.key, TENCENT.app_id, "hainan", 1_795_250_000.0)
    assert (found.text, found.key, found.occurred_at) == ("路灯坏了", "wechat:hainan:gh_1:oA:7", 5.0)


def test_what_is_wrong_is_said_and_where() -> None:
    query, body = TENCENT.signed(1_400_000_000, xml_of(FIELDS))
    for change, where in (({"signature": "x"}, "signature"), ({"msg_signature": "x"}, "msg_signature")):
        with pytest.raises(WireError, match=where):
            normalise_push(body, query | change, TENCENT.token, TENCENT.key, TENCENT.app_id, "a", 1.8e9)
    with pytest.raises(WireError, match="timestamp"):
        normalise_push(body, query, TENCENT.token, TENCENT.key, TENCENT.app_id, "a", 1.8e9, max_age_s=300)
    with pytest.raises(WireError, match="aes_key: the EncodingAESKey"):
        normalise_push(body, query, TENCENT.token, "short", TENCENT.app_id, "a", 1.8e9)
    with pytest.raises(WireError, match="token"):
        normalise_push(body, query, "", TENCENT.key, TENCENT.app_id, "a", 1.8e9)


async def test_a_kept_original_reads_as_the_message_that_it_became(gate: Gate, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content="路灯坏了三天"))
    (ticket,) = await gate.tickets()
    raw = await gate.ledger.raw(ticket.raw_id)
    (kept,) = await gate.ledger.messages(ticket_no=ticket.ticket_no)
    assert isinstance(raw, Raw)
    official = gate.tencent.official
    assert read_raw(raw, official.token, official.key, official.app_id).key == kept.message.key
