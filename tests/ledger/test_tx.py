"""What the pieces of one transaction share is given back when a piece is rolled back (the rest: tests/contracts)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.tickets.ports import TicketDraft, Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
DRAFT = TicketDraft("web", "460000", 1.0, 1.0)


async def test_numbers_and_events_of_failed_pieces_are_used_by_the_next_in_the_same_commit(tmp_path: Path) -> None:
    async def work(tx: Tx, n: int) -> str:
        ticket, _ = await tx.open_ticket(DRAFT, f"k{n}")
        await tx.emit("t", ticket.ticket_no, {"n": n}, 1.0)
        if n % 2:
            raise ArithmeticError
        return ticket.ticket_no

    commits: list[int] = []
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        ledger.on_commit(commits.append)
        results = await asyncio.gather(
            *(ledger.write(lambda tx, n=n: work(tx, n)) for n in range(6)), return_exceptions=True
        )
        events = await ledger.events(0)
    assert results[::2] == [f"460000-19700101-{n:07d}" for n in (1, 2, 3)]
    assert [(event.sequence, event.data) for event in events] == [(1, {"n": 0}), (2, {"n": 2}), (3, {"n": 4})]
    assert commits == [3]


@pytest.mark.parametrize("area", ["46", "46000a", ""])
async def test_an_area_that_is_no_area_code_takes_nothing(tmp_path: Path, area: str) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        with pytest.raises(ValueError, match="area code"):
            await ledger.write(lambda tx: tx.open_ticket(TicketDraft("web", area, 1.0, 1.0), "k"))
        assert await ledger.write(lambda tx: tx.ticket_by_key("k")) is None


async def test_a_ticket_without_a_key_is_refused(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        with pytest.raises(ValueError, match="key"):
            await ledger.write(lambda tx: tx.open_ticket(DRAFT, ""))


async def test_an_event_time_that_is_no_number_fails_its_own_piece(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        with pytest.raises(TypeError):
            await ledger.write(lambda tx: tx.emit("t", "s", {}, None))  # type: ignore[arg-type]
        assert await ledger.last_sequence() == 0


async def test_a_change_of_what_no_index_has_is_kept_like_any_other(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        ticket, _ = await ledger.write(lambda tx: tx.open_ticket(DRAFT, "k"))
        steps: list[dict[str, object]] = [
            {"title": "路灯", "name": "王小明", "flags": ["a"]},
            {"state": "closed", "closed_at": 2.0},
            {"calling_number": "13812345678"},
            {"category": "路灯", "content": "x"},
            {"content": "y"},
        ]
        for changes in steps:
            changed = await ledger.write(lambda tx, changes=changes: tx.update_ticket(ticket.ticket_no, changes))
            assert await ledger.ticket(ticket.ticket_no) == changed
            assert {name: getattr(changed, name) for name in changes} == changes
        assert await ledger.tickets(state="closed", category="路灯", number="13812345678") == [changed]
        assert changed.revision == 1 + len(steps)
