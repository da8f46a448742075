"""What was committed here last, told from memory: the same as the ledger tells, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.recent import Recent
from gateway.model.records import Event
from gateway.tickets.ports import Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


def told(*names: str) -> list[Event]:
    return [Event(0, name, "t.v1", "s", 1.0, {"name": name}) for name in names]


def seen(recent: Recent, after: int, limit: int = 100) -> list[tuple[int, str]] | None:
    found = recent.after(after, limit)
    return None if found is None else [(one.sequence, one.id) for one in found]


def test_what_follows_has_its_numbers() -> None:
    recent = Recent()
    recent.add(2, told("a", "b"))
    recent.add(3, told("c"))
    assert seen(recent, 0) == [(1, "a"), (2, "b"), (3, "c")]
    assert seen(recent, 1, 1) == [(2, "b")]
    assert recent.after(2, 9) == [Event(3, "c", "t.v1", "s", 1.0, {"name": "c"})]


def test_what_is_not_known_is_not_answered() -> None:
    recent = Recent()
    assert recent.after(0, 9) is None
    recent.add(7, told("f", "g"))
    assert [seen(recent, after) for after in (0, 4, 7, 9)] == [None, None, None, None]
    assert recent.after(5, 0) is None
    assert seen(recent, 5) == [(6, "f"), (7, "g")]


def test_what_another_gateway_told_in_between_is_a_gap_that_nobody_reads_across() -> None:
    recent = Recent()
    recent.add(2, told("a", "b"))
    recent.add(4, told("d"))
    assert [seen(recent, after) for after in (0, 1, 2)] == [None, None, None]
    assert seen(recent, 3) == [(4, "d")]


def test_so_many_are_kept_and_no_more() -> None:
    recent = Recent(most=3)
    for n in range(1, 40):
        recent.add(n, told(f"e{n}"))
        assert n < 3 or seen(recent, n - 3) == [(m, f"e{m}") for m in range(n - 2, n + 1)]
    assert recent.after(30, 9) is None


async def _tell(tx: Tx, name: str) -> None:
    await tx.emit(f"{name}.v1", "s\0", {"name": name}, 1.0)
    if name == "bad":
        raise RuntimeError(name)


@pytest.fixture(params=[64, 1], ids=["shared", "alone"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_ledger(LedgerConfig(batch=request.param), tmp_path, KEYS) as opened:
        yield opened


async def test_it_is_what_the_ledger_has_and_what_was_rolled_back_is_not_among_it(ledger: SqlLedger) -> None:
    for names in (("a", "b"), ("c", "bad", "d"), ("e",)):
        done = [ledger.write(lambda tx, name=name: _tell(tx, name)) for name in names]  # type: ignore[misc]
        await asyncio.gather(*done, return_exceptions=True)
    kept = await ledger.events(0)
    assert [one.type for one in kept] == ["a.v1", "b.v1", "c.v1", "d.v1", "e.v1"]
    assert list(ledger.recent_events(0)) == list(kept)
    assert list(ledger.recent_events(3, 1)) == [kept[3]]
    assert not ledger.recent_events(5)


async def test_what_was_before_this_process_is_read_from_the_ledger(tmp_path: Path) -> None:
    for names in (("a",), ("b",)):
        async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
            for name in names:
                await ledger.write(lambda tx, name=name: _tell(tx, name))  # type: ignore[misc]
            kept, recent = await ledger.events(0), ledger.recent_events(0)
    assert len(kept) == 2
    assert not recent
