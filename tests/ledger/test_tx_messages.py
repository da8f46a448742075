"""Messages of many pieces in one commit: each keeps its own, and one that fails gives its key back (the rest:
tests/contracts/test_messages_contract.py).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.messages import Conversation, KeptMessage, Message, Raw
from gateway.tickets.ports import TicketDraft, Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def take(tx: Tx, n: int, key: str, fail: bool = False) -> str | None:
    """What the intake does for a message, in short."""
    await tx.keep_raw(Raw(f"r{n}", "wechat", "a", 1.0, "text/xml", b"<xml/>"))
    first = await tx.claim_message(key, f"m{n}")
    if first is not None:
        return first
    ticket, _ = await tx.open_ticket(TicketDraft("wechat", "460000", 1.0, 1.0, fields={"user_id": f"u{n}"}), key)
    await tx.add_message(KeptMessage(f"m{n}", f"r{n}", ticket.ticket_no, Message(key, "wechat", "a", "text", 1.0, 1.0)))
    await tx.save_conversation(Conversation(f"wechat:a:u{n}", "wechat", "a", f"u{n}", ticket.ticket_no))
    if fail:
        raise ArithmeticError
    return None


async def test_the_next_piece_of_a_group_has_the_key_that_a_failed_one_gave_back(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        failed, taken, known = await asyncio.gather(
            ledger.write(lambda tx: take(tx, 1, "k", fail=True)),
            ledger.write(lambda tx: take(tx, 2, "k")),
            ledger.write(lambda tx: take(tx, 3, "k")),
            return_exceptions=True,
        )
        assert isinstance(failed, ArithmeticError)
        assert (taken, known) == (None, "m2")
        [message] = await ledger.messages()
        assert (message.id, message.ticket_no) == ("m2", "460000-19700101-0000001")
        assert [await ledger.raw(f"r{n}") is not None for n in (1, 2, 3)] == [False, True, True]
        assert [await ledger.conversation(f"wechat:a:u{n}") is not None for n in (1, 2, 3)] == [False, True, False]
