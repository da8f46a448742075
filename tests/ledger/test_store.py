"""Opening a ledger: the right keys, the hall's zone, and errors that arrive as they were raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.ledger import LedgerClosed, LedgerConfig, LedgerError, LedgerKeys, open_ledger
from gateway.tickets.ports import TicketDraft

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (LedgerKeys(personal=b"x" * 32, lookup=b"l" * 32), "not among the ledger's keys"),
        (LedgerKeys(personal=b"p" * 32, lookup=b"x" * 32), "look-up key"),
    ],
)
async def test_a_ledger_does_not_open_with_other_keys(
    ledger_url: str, tmp_path: Path, wrong: LedgerKeys, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ledger.store._HEALTH_S", 60.0)
    config = LedgerConfig(url=ledger_url)
    async with open_ledger(config, tmp_path, KEYS):
        pass
    with pytest.raises(LedgerError, match=words):
        async with open_ledger(config, tmp_path, wrong):
            pass
    rotated = LedgerKeys(personal=b"x" * 32, lookup=b"l" * 32, former=(KEYS.personal,))
    async with open_ledger(config, tmp_path, rotated) as ledger:
        assert await ledger.healthy()


async def test_the_hall_s_zone_decides_the_day(tmp_path: Path) -> None:
    draft = TicketDraft("web", "460000", 1_795_298_400.0, 0.0)  # 2026-11-21 22:00 UTC, already the 22nd in Shanghai
    async with open_ledger(LedgerConfig(), tmp_path / "a", KEYS) as shanghai:
        ticket, _ = await shanghai.write(lambda tx: tx.open_ticket(draft, "k"))
    async with open_ledger(LedgerConfig(), tmp_path / "b", KEYS, zone="UTC") as utc:
        other, _ = await utc.write(lambda tx: tx.open_ticket(draft, "k"))
    assert (ticket.ticket_no[7:15], other.ticket_no[7:15]) == ("20261122", "20261121")


async def test_an_error_in_the_block_comes_out_as_it_was_raised(ledger_url: str, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS):
            raise ZeroDivisionError


async def test_a_closed_ledger_refuses_work(ledger_url: str, tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS) as ledger:
        pass
    with pytest.raises(LedgerClosed):
        await ledger.write(lambda tx: tx.save_state("a", {}))
