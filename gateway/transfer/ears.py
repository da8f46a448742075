"""Media that never comes: a target that answered and sends no audio (a fax, a fault) is found by the RTP packets that
Asterisk has received of its leg.

They are counted twice, the second time some seconds later: the ringing tone that a carrier sends before the answer
counts too, so it is the growth that says something. A leg that was heard once is asked no more; one that is silent is
asked again until it is heard or gone. What was counted is not kept over a restart: it is then counted anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.model.transfers import Transfer
from gateway.transfer.inputs import Media
from gateway.transfer.ports import Packets

SETTLE_S = 0.5
"""From the answer to the first count: what came before it (early media) is on its way no more."""

SILENT_S = 3.0
"""Between the two counts. People who answer a telephone speak sooner; ours."""

_TICK_S = 0.5
_TALKING = frozenset({"joining", "consulting", "three_way", "released"})
"""The phases in which the target is there to be heard."""


@dataclass(slots=True)
class _Heard:
    """``count`` at the time ``at``, None before the first. ``done``: audio has come."""

    leg: str
    count: int | None = None
    at: float = 0.0
    done: bool = False


class Ears:
    """Listens to the targets of running transfers; ``tell`` is called with the transfer's id when one is found silent,
    and again when it is heard. ``packets`` must not raise and must not wait without limit."""

    def __init__(
        self,
        packets: Packets,
        running: Callable[[], Iterable[Transfer]],
        tell: Callable[[str, Media], None],
        clock: Callable[[], float],
    ) -> None:
        self._packets, self._running, self._tell, self._clock = packets, running, tell, clock
        self._known: dict[str, _Heard] = {}
        self.found_silent = 0

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            await self.listen()

    async def listen(self) -> None:
        """Count once, where it is time."""
        there = {one.id: one for one in self._running() if _is_there(one)}
        self._known = {id_: known for id_, known in self._known.items() if id_ in there}
        for one in there.values():
            known = self._known.get(one.id)
            if known is None or known.leg != one.target_leg:
                known = self._known[one.id] = _Heard(one.target_leg)
            if not known.done and self._clock() >= self._next(one, known):
                await self._count(one, known)

    def _next(self, one: Transfer, known: _Heard) -> float:
        return (one.answered_at or 0.0) + SETTLE_S if known.count is None else known.at + SILENT_S

    async def _count(self, one: Transfer, known: _Heard) -> None:
        """An answer that does not come leaves all as it was, to be asked again."""
        count = await self._packets(one.target_channel or known.leg)
        if count is None:
            return
        first, grown = known.count is None, count > (known.count or 0)
        known.count, known.at = count, self._clock()
        if first:
            return
        known.done = grown
        if not grown and not one.silent:
            self.found_silent += 1
        if one.silent == grown:
            self._tell(one.id, Media(known.at, known.leg, grown))


def _is_there(one: Transfer) -> bool:
    """Answered, dialled by us, and in the room or in the music that we put it in."""
    return bool(one.phase in _TALKING and one.target_leg and one.answered_at and one.target_at in ("room", "hold"))
