"""How the pushes of running transfers go on, for the desk: sent, acknowledged, overdue, failed, and the partner's word.

The feed tells it, whoever wrote it. Transfers are followed from the press until ten minutes after their end, here and
not in the ledger: what was before is read with the transfer itself. A transfer that went without a ticket is told of
again when its call's ticket is opened (``on_late``), so that the push follows.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
import structlog

from gateway.model.messages import Delivery
from gateway.model.transfers import Transfer
from gateway.transfer.ports import Bell, Entry, Feed, PushLedger
from gateway.transfer.pushing import lacks_ticket

KEPT_S = 600.0
_MOST = 1000
_PAGE = 100
_LOOK_S = 60.0
_AWAY_S = 2.0

_OF_DELIVERY = frozenset(
    {
        "hotline.delivery.sent.v1", "hotline.delivery.failed.v1", "hotline.push.acknowledged.v1",
        "hotline.push.overdue.v1",
    }
)  # fmt: skip
_FEEDBACK, _OPENED = "hotline.push.feedback.v1", "hotline.ticket.opened.v1"

_log = structlog.get_logger(__name__)


class PushNews:
    """``follow`` each version of a transfer; ``on_news`` is called with one whose push has moved, and must not wait."""

    def __init__(
        self,
        feed: Feed,
        bell: Bell,
        ledger: PushLedger,
        clock: Callable[[], float],
        on_news: Callable[[Transfer], None],
        on_late: Callable[[Transfer], None],
        *,
        most: int = _MOST,
        away_s: float = _AWAY_S,
    ) -> None:
        self._feed, self._bell, self._ledger, self._clock = feed, bell, ledger, clock
        self._on_news, self._on_late, self._most, self._away_s = on_news, on_late, most, away_s
        self._followed: OrderedDict[str, Transfer] = OrderedDict()
        self._pushes: dict[str, Delivery] = {}
        self._fresh: set[str] = set()
        self._cursor: int | None = None
        self._again_at = 0.0
        self._begun = asyncio.Event()

    def follow(self, transfer: Transfer) -> None:
        """Take the newest version of a transfer to a partner; others have no push."""
        if not (transfer.delivery or lacks_ticket(transfer)):
            return
        if not self._followed:
            self._begin()
        known = self._followed.pop(transfer.id, None)
        self._followed[transfer.id] = transfer
        if known is None or known.delivery != transfer.delivery:
            self._fresh.add(transfer.id)
        while len(self._followed) > self._most:
            self._drop(next(iter(self._followed)))

    def push_of(self, transfer: Transfer) -> Delivery | None:
        """The transfer's delivery as it was heard of last."""
        return self._pushes.get(transfer.delivery)

    @property
    def followed(self) -> int:
        return len(self._followed)

    # -- the feed ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look at what is new, for ever. A ledger that is away is asked again."""
        failing = False
        while True:
            try:
                await self.look()
                failing = False
            except Exception as error:  # the ledger's own errors are above this layer; none of them may end the node
                if not failing:
                    _log.warning("push_news.not_read", error=f"{type(error).__name__}: {error}")
                failing = True
                await asyncio.sleep(self._away_s)
                continue
            await self._rest()

    async def _rest(self) -> None:
        """Wait for news; while nothing is followed, for something to follow."""
        if self._followed:
            await self._bell.beyond(self._cursor or 0, _LOOK_S)
        else:
            self._begun.clear()
            await self._begun.wait()

    def _begin(self) -> None:
        """The first is followed: what the feed said before is of no concern to it."""
        if self._cursor is not None:
            self._cursor = max(self._cursor, self._feed.last)
        self._begun.set()

    async def look(self) -> None:
        """Tell what has moved since the last look."""
        if self._cursor is None:
            self._cursor = await self._feed.look()
        self._forget()
        if not self._followed:
            return
        ids: set[str] = set()
        while entries := await self._feed.read(self._cursor, _PAGE):
            ids |= self._named(entries)
            self._cursor = entries[-1].sequence
        self._ask_again()
        # One that has just begun may have moved before it was followed.
        moved, self._fresh = ids | (self._fresh & self._followed.keys()), set()
        try:
            await self._tell(self._followed[id_] for id_ in sorted(moved))
        except Exception:
            self._fresh |= moved
            raise

    async def _tell(self, moved: Iterable[Transfer]) -> None:
        moved = list(moved)
        for one in moved:
            if lacks_ticket(one):
                self._on_late(one)
        pushes = await self._ledger.pushes(one.delivery for one in moved if one.delivery)
        for one in moved:
            push = pushes.get(one.delivery)
            if push is not None and one.id in self._followed:
                self._pushes[one.delivery] = push
                self._on_news(self._followed[one.id])

    def _named(self, entries: Sequence[Entry]) -> set[str]:
        """The followed transfers that events are about."""
        found: set[str] = set()
        for entry in entries:
            if entry.type in _OF_DELIVERY:
                delivery = _data(entry).get("delivery_id")
                found |= {one.id for one in self._followed.values() if one.delivery and one.delivery == delivery}
            elif entry.type == _FEEDBACK:
                told = orjson.loads(entry.body)
                partner, number = told["data"].get("partner"), told.get("subject")
                found |= {o.id for o in self._followed.values() if o.partner == partner and o.ticket_no == number}
            elif entry.type == _OPENED:
                late = [one for one in self._followed.values() if lacks_ticket(one)]
                call = _data(entry).get("call_id") if late else None
                found |= {one.id for one in late if one.call_id == call}
        return found

    def _ask_again(self) -> None:
        """Now and then for a ticket that has not come: the ledger may have been away when it did."""
        now = self._clock()
        if now >= self._again_at:
            self._again_at = now + _LOOK_S
            self._fresh |= {one.id for one in self._followed.values() if lacks_ticket(one)}

    # -- what is followed ----------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Those that ended long ago."""
        before = self._clock() - KEPT_S
        for one in list(self._followed.values()):
            if one.ended_at is not None and one.ended_at < before:
                self._drop(one.id)

    def _drop(self, id_: str) -> None:
        gone = self._followed.pop(id_)
        self._fresh.discard(id_)
        if all(one.delivery != gone.delivery for one in self._followed.values()):
            self._pushes.pop(gone.delivery, None)


def _data(entry: Entry) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(entry.body)["data"]
    return data
