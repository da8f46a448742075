"""Partner lines watched: what has moved is shown, a failing line is told once, also over restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable, SqlLedger, open_ledger
from gateway.transfer.config import PartnerConfig
from gateway.transfer.registry import FAILING_AFTER, PartnerLine, Registry
from gateway.transfer.watch import FAILING, RECOVERED, PartnerWatch
from tests.events_held import holds
from tests.transfer.telephone import T0, a_transfer

POLICE = PartnerConfig(number="110", name="公安", mode="three_way")
POWER = PartnerConfig(number="95598", name="供电", mode="attended", hours="office")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    keys = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
    async with open_ledger(LedgerConfig(), tmp_path, keys) as opened:
        yield opened


class Stage:
    def __init__(self, ledger: Any) -> None:
        self.ledger, self.now, self.open_now = ledger, T0, True
        self.registry = Registry((POLICE, POWER), lambda _name, _at: self.open_now)
        self.shown: list[list[str]] = []
        self.watch = PartnerWatch(
            ledger, self.registry, lambda: self.registry.lines(self.now), lambda: self.now, self.show
        )  # fmt: skip

    def show(self, lines: Any) -> None:
        self.shown.append([f"{line.partner.number} {line.state}" for line in lines])

    def fails(self, times: int = FAILING_AFTER) -> None:
        for _ in range(times):
            self.registry.ended(a_transfer("attended", outcome="unreachable"))

    async def told(self) -> list[str]:
        events = [one for one in await self.ledger.events(0) if one.type in (FAILING, RECOVERED)]
        for one in events:
            holds(one.type, dict(one.data))
        return [f"{one.subject} {one.type.split('.')[2]}" for one in events]


async def test_only_what_has_moved_is_shown(ledger: SqlLedger) -> None:
    stage = Stage(ledger)
    await stage.watch.look()
    await stage.watch.look()
    stage.open_now = False
    await stage.watch.look()
    assert stage.shown == [["110 free", "95598 free"], ["95598 closed"]]


async def test_a_line_that_fails_and_one_that_is_well_again_are_told_once(ledger: SqlLedger) -> None:
    stage = Stage(ledger)
    stage.fails()
    await stage.watch.look()
    stage.fails(1)
    await stage.watch.look()
    assert await stage.told() == ["110 failing"]
    stage.now += 60
    stage.registry.ended(a_transfer("attended", outcome="completed"))
    await stage.watch.look()
    await stage.watch.look()
    assert await stage.told() == ["110 failing", "110 recovered"] and stage.watch.told == 2
    recovered = (await ledger.events(0))[-1]
    assert recovered.data["since"] == T0 and recovered.data["reason"] == ""


async def test_a_restart_tells_nothing_twice_and_still_knows_why(ledger: SqlLedger) -> None:
    stage = Stage(ledger)
    stage.fails()
    await stage.watch.look()
    fresh = Stage(ledger)
    await fresh.watch.look()
    assert fresh.shown[0][0] == "110 failing" and await fresh.told() == ["110 failing"]
    fresh.registry.ended(a_transfer("attended", outcome="busy"))
    await fresh.watch.look()
    assert await fresh.told() == ["110 failing", "110 recovered"]


async def test_a_line_that_fails_outside_its_hours_has_not_recovered(ledger: SqlLedger) -> None:
    stage = Stage(ledger)
    stage.registry.trunks_down({"trunk"})
    await stage.watch.look()
    stage.open_now = False
    await stage.watch.look()
    assert await stage.told() == ["110 failing", "95598 failing"]


async def test_a_partner_that_is_no_more_is_forgotten_without_a_word(ledger: SqlLedger) -> None:
    stage = Stage(ledger)
    stage.fails()
    await stage.watch.look()
    stage.registry.use((POWER,))
    await stage.watch.look()
    assert stage.shown[-1] == [] and await stage.told() == ["110 failing"]


class Lost:
    """A ledger that cannot be reached until it is given one."""

    def __init__(self, failure: type[LedgerError] = LedgerUnavailable) -> None:
        self.ledger: SqlLedger | None = None
        self.failure = failure

    async def state(self, name: str) -> Any:
        return await self._now().state(name)

    async def write(self, work: Any) -> Any:
        return await self._now().write(work)

    async def events(self, after: int) -> Any:
        return await self._now().events(after)

    def _now(self) -> SqlLedger:
        if self.ledger is None:
            raise self.failure("away")
        return self.ledger


@pytest.mark.parametrize("failure", [LedgerUnavailable, LedgerError])
async def test_what_a_ledger_that_was_away_did_not_take_is_told_later(
    ledger: SqlLedger, failure: type[LedgerError]
) -> None:
    lost = Lost(failure)
    stage = Stage(lost)
    stage.fails()
    await stage.watch.look()
    assert stage.watch.untold == 1
    lost.ledger = ledger
    await stage.watch.look()
    assert await stage.told() == ["110 failing"]


async def test_a_poke_is_looked_at_at_once(ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.transfer.watch._EVERY_S", 600.0)
    stage = Stage(ledger)
    moved = asyncio.Event()
    failing: list[PartnerLine] = []

    def shown(lines: Any) -> None:
        failing.extend(line for line in lines if line.state == "failing")
        moved.set()

    stage.watch.on_lines = shown
    task = asyncio.create_task(stage.watch.run())
    async with asyncio.timeout(60):  # less than the pause between two looks
        await moved.wait()
        moved.clear()
        stage.fails()
        stage.watch.poke()
        await moved.wait()
    assert [line.partner.number for line in failing] == ["110"]
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
