"""One reading of the feed for all its followers: each event is read, masked and encoded once, whoever wants it.

Without this, 200 streams and 20 webhooks would each read, open and encode every event. The feed's sequence starts at 1
and has no gaps, and what is committed never changes, so the feed falls into pages of fixed place: a full page is true
for ever, only the last one grows. The pages used last are kept, bounded in bytes; those who are far behind read older
pages, which push each other out and never the followers at the end.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import structlog

from gateway.bell import FeedBell
from gateway.model.records import Event
from gateway.tickets.ports import Ledger

PAGE = 100
_KEPT_BYTES = 16 * 1024 * 1024
_LOOK_S = 0.5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, encoded. ``body`` is its CloudEvents JSON, ``framed`` the same as a server-sent event."""

    sequence: int
    id: str
    type: str
    time: float
    body: bytes
    framed: bytes


_SEQUENCE = attrgetter("sequence")


@dataclass(slots=True, eq=False)
class _Page:
    """``heard`` is what the feed's end was known to be when the page was read last."""

    entries: list[Entry] = field(default_factory=list)
    heard: int = -1
    size: int = 0
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class FeedTail:
    """Shared by streams and webhooks. ``encode`` makes an event's CloudEvents envelope, masked as they may see it.

    ``look_s``: how often ``run`` looks for what other processes commit, which say nothing here.
    """

    def __init__(
        self,
        ledger: Ledger,
        encode: Callable[[Event], bytes],
        *,
        kept_bytes: int = _KEPT_BYTES,
        look_s: float = _LOOK_S,
    ) -> None:
        self._ledger, self._encode = ledger, encode
        self._kept_bytes, self._look_s = kept_bytes, look_s
        self._pages: OrderedDict[int, _Page] = OrderedDict()
        self._size = 0
        self._bells: list[FeedBell] = []
        self.last = 0
        """The feed's last sequence as far as it is known here."""
        ledger.on_commit(self._hear)

    def tell(self, bell: FeedBell) -> None:
        """Ring this bell whenever the feed has grown."""
        self._bells.append(bell)
        bell.ring(self.last)

    async def look(self) -> int:
        """Ask the ledger where the feed ends now."""
        self._hear(await self._ledger.last_sequence())
        return self.last

    async def run(self) -> None:
        """Look now and then, for ever: another gateway on the same ledger, or a command, may have written."""
        failing = False
        while True:
            try:
                await self.look()
                failing = False
            except OSError as error:  # the ledger is away
                if not failing:
                    _log.warning("feed.not_seen", error=str(error))
                failing = True
            await asyncio.sleep(self._look_s)

    async def read(self, after: int, limit: int = PAGE) -> Sequence[Entry]:
        """Entries that follow ``after``, in sequence: some of them, at most ``limit``; none only at the feed's end."""
        number = after // PAGE
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = _Page()
        self._pages.move_to_end(number)
        if self._may_grow(page):
            async with page.reading:
                if self._may_grow(page):
                    await self._grow(number, page)
        start = bisect_right(page.entries, after, key=_SEQUENCE)
        return page.entries[start : start + limit]

    async def events(self, after: int, limit: int = PAGE) -> Sequence[Event]:
        """The events themselves that follow ``after``, not masked, for a part of the gateway that needs no envelope;
        none only at the feed's end. Not kept: to encode an event costs more than to read it, and what was committed
        here just now is still known."""
        return self._ledger.recent_events(after, limit) or await self._ledger.events(after, limit)

    def _hear(self, sequence: int) -> None:
        if sequence > self.last:
            self.last = sequence
            for bell in self._bells:
                bell.ring(sequence)

    def _may_grow(self, page: _Page) -> bool:
        return len(page.entries) < PAGE and page.heard < max(self.last, 0)

    async def _grow(self, number: int, page: _Page) -> None:
        heard = self.last  # before the read: what is committed during it may not be in it
        after = page.entries[-1].sequence if page.entries else number * PAGE
        events = await self._ledger.events(after, PAGE - len(page.entries))
        fresh = [self._entry(event) for event in events]
        page.entries.extend(fresh)
        page.heard = max(heard, page.entries[-1].sequence if page.entries else 0)
        added = sum(len(entry.body) + len(entry.framed) for entry in fresh)
        page.size += added
        if self._pages.get(number) is page:
            self._size += added
            self._forget()
        if fresh:
            self._hear(fresh[-1].sequence)

    def _entry(self, event: Event) -> Entry:
        body = self._encode(event)
        framed = b"id: %d\ndata: %b\n\n" % (event.sequence, body)
        return Entry(event.sequence, event.id, event.type, event.time, body, framed)

    def _forget(self) -> None:
        while self._size > self._kept_bytes and len(self._pages) > 1:
            _, oldest = self._pages.popitem(last=False)
            self._size -= oldest.size
