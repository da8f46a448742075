"""A kept original of customer service is read as the message that it became."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.channels.wechat_crypto import WireError
from gateway.channels.wecom import read_raw
from tests.fakes.gate import Gate, wecom_of


async def test_an_original_reads_again_and_what_is_no_json_is_named(gate: Gate) -> None:
    gate.tencent.kf_write("wmA", content="路灯坏了三天")
    await wecom_of(gate).pull()
    (ticket,) = await gate.tickets()
    (kept,) = await gate.ledger.messages(ticket_no=ticket.ticket_no)
    raw = await gate.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert read_raw(raw) == kept.message
    for body in (b"{", b"[]", b"\xff"):
        with pytest.raises(WireError, match="body"):
            read_raw(replace(raw, body=body))
