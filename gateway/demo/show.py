"""The play itself: registers the telephones, signs the agents in, lets the citizens come, tells how it goes, and at the
end holds what SIPp saw against the ledger.

Needs only the address of a running gateway, its state directory (passwords of the seats, first logins) and SIPp. Ctrl-C
ends it cleanly: citizens hang up, agents sign out, SIPp stops.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo.hotline import Hotline, HotlineRefused
from gateway.demo.life import Agent, Shift, free_seats
from gateway.demo.plan import (
    PlannedCall,
    Wishes,
    citizen_rows,
    delays_ms,
    even_period_ms,
    plan_calls,
    run_name,
    seat_rows,
    weights,
)
from gateway.demo.sippers import Sipper, Sippers, SippFailed, local_address
from gateway.demo.story import Comparison, Tale, compare

LOOK_EVERY_S = 1.0
TELL_EVERY_S = 5.0
SETTLE_S = 60.0
"""How long the ledger may take to close the last calls."""
SCENARIO = {"patient": "citizen.xml", "gives_up": "citizen-gives-up.xml"}

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """Where to play. ``passwords`` are SIP passwords by extension; ``agents`` the logins that may sit at seats."""

    url: str
    login: str
    password: str = field(repr=False)
    agents: tuple[str, ...]
    passwords: Mapping[str, str] = field(repr=False)
    sip_host: str = "127.0.0.1"
    sip_port: int = 5060
    audio: bool = True
    keep: Path | None = None


async def play(stage: Stage, wishes: Wishes, say: Say) -> Comparison:
    """Play from beginning to end. Raises HotlineRefused or SippFailed when it cannot begin; cancelling it is clean."""
    folder = stage.keep or Path(tempfile.mkdtemp(prefix="gateway-demo-"))
    try:
        async with Hotline(stage.url, stage.login, stage.password) as hotline:
            return await Show(stage, wishes, say, hotline, folder).play()
    finally:
        if stage.keep is None:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class Show:
    """One run of the play."""

    def __init__(self, stage: Stage, wishes: Wishes, say: Say, hotline: Hotline, folder: Path) -> None:
        self._stage, self._wishes, self._say, self._hotline = stage, wishes, say, hotline
        local = local_address(stage.sip_host, stage.sip_port)
        self._sippers = Sippers(stage.sip_host, stage.sip_port, local, folder)
        self._citizens: list[tuple[Sipper, list[PlannedCall]]] = []
        self._seats: Sipper | None = None
        self._calls: list[PlannedCall] = []
        self._tale = Tale()
        self._extensions: dict[str, str] = {}

    async def play(self) -> Comparison:
        seats, plan = await self._hotline.seats(), await self._hotline.plan()
        self._extensions = {str(seat["id"]): str(seat["extension"]) for seat in seats}
        agents = free_seats(
            [seat for seat in seats if str(seat["extension"]) in self._stage.passwords], self._wishes.seats
        )
        if not agents:
            raise HotlineRefused("没有空闲座席 / no seat is free with a known SIP password")
        entries = weights([str(number) for number in plan["entries"]])
        self._calls = plan_calls(self._wishes, entries, run_name(random.Random()))  # noqa: S311 - a name, no secret
        self._tale = Tale.of(self._calls)
        shift = Shift(self._hotline, agents, _reasons(plan), self._wishes.seed + 2)
        try:
            began = await self._raise_curtain(shift, agents)
            await self._watch(shift)
            await self._stop_citizens()
            return await self._reckon(began)
        finally:
            await self._drop_curtain(shift)

    async def _raise_curtain(self, shift: Shift, agents: list[Agent]) -> float:
        """Telephones, agents, citizens, in this order. Returns the epoch time before the first call."""
        await self._sippers.register({agent.extension: self._stage.passwords[agent.extension] for agent in agents})
        self._seats = await self._sippers.answer(seat_rows(self._wishes))
        in_play = await shift.begin(self._stage.agents)
        began = time.time()
        for behaviour, scenario in SCENARIO.items():
            mine = [call for call in self._calls if call.behaviour == behaviour]
            if not mine:
                continue
            period = even_period_ms(mine)
            _, delays = delays_ms(mine, period)
            rows = citizen_rows(mine, delays, self._stage.audio)
            self._citizens.append((await self._sippers.dial(behaviour, scenario, rows, period), mine))
        self._say(
            f"座席 {in_play} 个签入，来电 {len(self._calls)} 个 / {in_play} seats, {len(self._calls)} calls to come"
        )
        return began

    async def _watch(self, shift: Shift) -> None:
        """Let the agents live and tell how it goes until the last citizen has gone."""
        told = time.monotonic()
        while any(sipper.running for sipper, _ in self._citizens):
            await asyncio.sleep(LOOK_EVERY_S)
            await shift.look(time.monotonic())
            self._read_logs()
            self._check_sippers()
            if time.monotonic() - told >= TELL_EVERY_S:
                told = time.monotonic()
                self._say(progress(self._tale, shift.presence))

    def _check_sippers(self) -> None:
        """Raises SippFailed when a process ended before its part: the play would go on without it unseen."""
        for sipper, calls in self._citizens:
            if not sipper.running and all(self._tale.stories[call.mark].dialled_at is None for call in calls):
                raise SippFailed(f"SIPp 没有拨出任何来电 / SIPp placed no call: {sipper.complaint()}")
        if self._seats is not None and not self._seats.running:
            raise SippFailed(f"座席话机进程已退出 / the seats' SIPp has ended: {self._seats.complaint()}")

    def _read_logs(self) -> None:
        for sipper, _ in self._citizens:
            self._tale.see(sipper.new_lines())
        if self._seats is not None:
            self._tale.see(self._seats.new_lines())

    async def _stop_citizens(self) -> None:
        """End what still runs: every call that is up is hung up first, or Asterisk would hold it until it times out."""
        self._read_logs()
        for sipper, calls in self._citizens:
            # those not yet dialled too: they would dial while we hang up
            await sipper.hang_up(n for n, call in enumerate(calls) if self._tale.stories[call.mark].ended_at is None)
            await sipper.stop()
        self._read_logs()

    async def _reckon(self, began: float) -> Comparison:
        """Read the ledger until it has closed the calls of this run, and compare."""
        self._check_sippers()
        deadline = time.monotonic() + SETTLE_S
        while True:
            kept = await self._hotline.calls(began - 1.0)
            self._read_logs()
            found = compare(self._calls, self._tale, kept, self._extensions)
            if not found.differences or time.monotonic() > deadline:
                return found
            await asyncio.sleep(1.0)

    async def _drop_curtain(self, shift: Shift) -> None:
        await self._stop_citizens()
        await shift.end()
        if self._seats is not None:
            await self._seats.stop()


def progress(tale: Tale, presence: Mapping[str, int]) -> str:
    """One calm line."""
    n = tale.counts()
    seats = " ".join(f"{name} {count}" for name, count in sorted(presence.items()))
    return (
        f"来电 placed {n['placed']} · 通话 talking {n['talking']} · 等待 waiting {n['waiting']} · "
        f"接通 answered {n['answered']} · 放弃 gave up {n['gave_up']} · 未接 turned away "
        f"{n['turned_away'] + n['refused']} · 座席 seats: {seats or '-'}"
    )


def summary(found: Comparison) -> list[str]:
    """The end of the play in lines: what SIPp saw, what the ledger has, and each difference."""
    seen = ", ".join(f"{name} {count}" for name, count in sorted(found.seen.items())) or "-"
    kept = ", ".join(f"{name} {count}" for name, count in sorted(found.kept.items())) or "-"
    lines = [f"SIPp: {sum(found.seen.values())} ({seen})", f"台账 ledger: {sum(found.kept.values())} ({kept})"]
    if not found.differences:
        return [*lines, "一致 / the ledger agrees with SIPp on every call"]
    shown = [f"  {difference}" for difference in found.differences[:50]]
    return [*lines, f"不一致 {len(found.differences)} 处 / {len(found.differences)} differences:", *shown]


def _reasons(plan: Mapping[str, Any]) -> list[str]:
    """Every reason of rest that all halls know."""
    of_halls = [{str(reason["id"]) for reason in hall["rest_reasons"]} for hall in plan["halls"]]
    return sorted(set.intersection(*of_halls)) if of_halls else []
