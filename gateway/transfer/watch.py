"""How partner lines stand, watched: what has moved is shown at once, and a line that begins or ceases to fail is told
in the feed, which is what raises the alarm.

A line's state moves with results, with SIP OPTIONS, with the hours and with a reload; so it is compared every few
seconds and whenever somebody knows that something happened. What has been told is kept in the ledger with the event, so
that a restart neither tells it twice nor forgets that it is owed the end of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from gateway.transfer.ports import TransferLedger, TransferTx
from gateway.transfer.registry import PartnerLine, Registry

_log = structlog.get_logger(__name__)

FAILING = "hotline.partner.failing.v1"
RECOVERED = "hotline.partner.recovered.v1"
STATE = "transfers.partners"
"""The name of what the ledger keeps: ``told`` (partners whose failing was told, with when), ``known`` (results)."""

_EVERY_S = 5.0

OnLines = Callable[[Sequence[PartnerLine]], None]


class PartnerWatch:
    """``lines`` gives the lines as they are now. ``on_lines`` is called with those that have moved; it must not wait.

    ``told`` counts events, ``untold`` tries that the ledger did not take.
    """

    def __init__(
        self,
        ledger: TransferLedger,
        registry: Registry,
        lines: Callable[[], Sequence[PartnerLine]],
        clock: Callable[[], float],
        on_lines: OnLines = lambda _: None,
    ) -> None:
        self._ledger, self._registry, self._lines, self._clock = ledger, registry, lines, clock
        self.on_lines = on_lines
        self._woken = asyncio.Event()
        self._shown: dict[str, PartnerLine] = {}
        self._told: dict[str, float] | None = None
        """Partners whose failing was told, and when; None until the ledger has been asked."""
        self.told = self.untold = 0

    def poke(self) -> None:
        """Something may have moved."""
        self._woken.set()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._woken.clear()
            await self.look()
            try:
                async with asyncio.timeout(_EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Compare once: show what has moved, tell who begins or ceases to fail."""
        try:
            if self._told is None:
                await self._recall()
            lines = self._lines()
            self._show(lines)
            await self._tell(lines)
        except Exception as error:  # above all the ledger's own: all of it is found again at the next look
            self.untold += 1
            _log.error("partners.not_told", error=f"{type(error).__name__}: {error}")

    def _show(self, lines: Sequence[PartnerLine]) -> None:
        moved = [line for line in lines if self._shown.get(line.partner.number) != line]
        gone = len(self._shown) > len(lines)
        self._shown = {line.partner.number: line for line in lines}
        if moved or gone:
            self.on_lines(moved)

    async def _recall(self) -> None:
        kept = await self._ledger.state(STATE) or {}
        self._told = {number: float(at) for number, at in kept.get("told", {}).items()}
        self._registry.restore(kept.get("known", {}))

    async def _tell(self, lines: Sequence[PartnerLine]) -> None:
        assert self._told is not None
        at, told = self._clock(), self._told
        failing = {line.partner.number: line for line in lines if line.reason}
        events = [(FAILING, line, at) for number, line in failing.items() if number not in told]
        well = {line.partner.number: line for line in lines if not line.reason}
        events += [(RECOVERED, well[number], since) for number, since in told.items() if number in well]
        now = {number: told.get(number, at) for number in failing}
        if now == told:
            return
        kept = {"told": now, "known": self._registry.known()}

        async def work(tx: TransferTx) -> None:
            await tx.save_state(STATE, kept)
            for type_, line, since in events:
                await tx.emit(type_, line.partner.number, partner_data(line, since), at)

        await self._ledger.write(work)
        self._told = now
        self.told += len(events)
        for type_, line, _ in events:
            _log.warning("partner.line", partner=line.partner.number, told=type_, reason=line.reason)


def partner_data(line: PartnerLine, since: float) -> Mapping[str, Any]:
    """What the feed says of a line; ``since`` is when it began to fail, as far as was seen."""
    return {
        "partner": line.partner.number,
        "name": line.partner.name,
        "state": line.state,
        "since": since,
        "reason": line.reason,
        "failures": line.failures,
    }
