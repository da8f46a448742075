"""Hands the ledger's feed on to the bus, in sequence, from wherever the bus stands. It reads what is committed, so the
bus being away delays followers and nobody else; afterwards it goes on from the bus's last sequence.

Pages are put at the end of the topic only where the relay believes the end to be. When it is elsewhere (another node's
relay was faster, or Redis came back with less than it had) the relay looks again and fills from there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog

from gateway.bus.port import Bus, BusUnavailable
from gateway.model.records import Event
from gateway.tickets.ports import Ledger

_PAGE = 200
_LOOK_S = 1.0  # other processes commit too, and say nothing here
_LONGEST_PAUSE_S = 5.0

_log = structlog.get_logger(__name__)


class Relay:
    """Put ``run`` into a TaskGroup. ``encode`` makes an event's payload (the CloudEvents envelope)."""

    def __init__(self, ledger: Ledger, bus: Bus, topic: str, encode: Callable[[Event], bytes]) -> None:
        self._ledger, self._bus, self._topic, self._encode = ledger, bus, topic, encode
        self._woken = asyncio.Event()
        self._failures = 0
        ledger.on_commit(lambda _: self._woken.set())

    async def run(self) -> None:
        """Relay until cancelled. Outages of the bus or the ledger are waited out."""
        while True:
            try:
                await self._follow(*await self._start())
            except OSError as error:  # BusUnavailable, or the ledger's own "unavailable"
                self._failures += 1
                away = "bus" if isinstance(error, BusUnavailable) else "ledger"
                _log.warning("relay_waits", away=away, error=str(error), failures=self._failures)
                pause = min(_LONGEST_PAUSE_S, 0.1 * 2 ** min(self._failures, 10))
                await asyncio.sleep(random.uniform(0.5, 1.0) * pause)  # noqa: S311

    async def _start(self) -> tuple[int, int]:
        """Where the bus stands, and where to go on: there, but no further back than it keeps messages."""
        newest = await self._ledger.last_sequence()
        stood = await self._bus.last(self._topic)
        return stood, max(stood, newest - self._bus.backlog)

    async def _follow(self, stood: int, after: int) -> None:
        """Go on until the topic's end is not where we left it."""
        while True:
            self._woken.clear()
            while page := await self._ledger.events(after, _PAGE):
                messages = [(event.sequence, self._encode(event)) for event in page]
                after = page[-1].sequence
                if (stood := await self._bus.append(self._topic, messages, stood)) != after:
                    return
                self._failures = 0
            await self._wait()
            if await self._bus.last(self._topic) != stood:
                return

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_S):
                await self._woken.wait()
        except TimeoutError:
            return
