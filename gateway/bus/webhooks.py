"""Outgoing webhooks: keeps a lane for each follower, writes how far they have come, and takes in what people change.

Cursors are written together every half second, so a killed gateway posts at most so much again, under the same
webhook-ids (at least once, never lost, in order). What a lane has found out (an event of the feed, a dead letter) is
written in the same transaction as its cursor. With several gateways on one ledger only the holder of the lease posts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import aiohttp
import structlog

from gateway.bell import FeedBell
from gateway.bus.config import FollowersConfig
from gateway.bus.followers import Followers
from gateway.bus.lane import Lane, LaneMeans, News
from gateway.bus.lease import Lease
from gateway.bus.posting import Poster
from gateway.bus.signing import BadSecret
from gateway.model.messages import Follower
from gateway.model.records import Event
from gateway.tail import FeedTail
from gateway.tickets.ports import Ledger, Tx

PROGRESS = ("state", "cursor", "failures", "failing_since", "due_at", "error")

_GATHER_S = 0.02
_LAST_WORDS_S = 3.0
_STUMBLED_S = 10.0
_LOOK_AT_SECRETS_S = 60.0

_log = structlog.get_logger(__name__)


def merged(base: Follower, mine: Follower, row: Follower) -> Follower:
    """The row as it is, with our progress wherever nobody else has touched it since ``base`` was read or written."""
    ours = {name: getattr(mine, name) for name in PROGRESS if getattr(row, name) == getattr(base, name)}
    return replace(row, **ours)


@dataclass(slots=True, eq=False)
class _Kept:
    """A lane with the row as we last read or wrote it."""

    lane: Lane
    base: Follower
    task: asyncio.Task[None]

    @property
    def dirty(self) -> bool:
        return bool(self.lane.news) or self.lane.follower != self.base


class Webhooks:
    """Put ``run`` into a TaskGroup; ``acts`` is what people do to followers. ``http`` stands behind the address guard.

    ``node`` names this gateway when several share a ledger (see ``Lease``); empty when it is alone.
    """

    def __init__(
        self,
        ledger: Ledger,
        tail: FeedTail,
        http: aiohttp.ClientSession,
        config: FollowersConfig,
        encode: Callable[[Event], bytes],
        *,
        node: str = "",
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        self._ledger, self._tail, self._config, self._clock = ledger, tail, config, clock
        poster = Poster(http, config.timeout_s)
        self.acts = Followers(ledger, poster, config, encode, clock)
        self.acts.before, self.acts.after = self._write_progress, self._turn
        self._bell = FeedBell(_GATHER_S)
        self._turned = asyncio.Event()
        rng = rng or random.Random()  # noqa: S311 - jitter, not a secret
        self._means = LaneMeans(tail, self._bell, poster, config, clock, rng, self._turn)
        self._lease = Lease(ledger, "followers", node, clock)
        self._lanes: dict[str, _Kept] = {}
        self._posted_before = 0
        self._secrets_at = 0.0
        self._stumbled = False

    @property
    def posted(self) -> int:
        """Events that followers have taken since the start."""
        return self._posted_before + sum(kept.lane.posted for kept in self._lanes.values())

    @property
    def failing(self) -> int:
        """Followers whose last post was not taken."""
        return sum(1 for kept in self._lanes.values() if kept.lane.follower.failures)

    @property
    def behind(self) -> int:
        """How many events the one that is furthest behind has not taken; paused ones do not count."""
        active = [kept.lane.follower for kept in self._lanes.values() if kept.lane.follower.state != "paused"]
        return max((self._tail.last - follower.cursor for follower in active), default=0)

    async def run(self) -> None:
        """Post until cancelled; then write how far the followers have come."""
        await self._first_look()
        self._tail.tell(self._bell)
        async with asyncio.TaskGroup() as lanes:
            keeping: asyncio.Task[None] | None = None
            try:
                while True:
                    self._turned.clear()
                    keeping = lanes.create_task(self._keep(lanes), name="followers-keep")
                    await asyncio.shield(keeping)
                    await self._rest()
            finally:
                await self._last_words(keeping)

    async def _first_look(self) -> None:
        try:
            await self._tail.look()
        except OSError as error:
            _log.warning("followers.wait_for_ledger", error=str(error))

    async def _rest(self) -> None:
        if self._stumbled:
            await asyncio.sleep(_STUMBLED_S)
        try:
            async with asyncio.timeout(self._config.save_s):
                await self._turned.wait()
        except TimeoutError:
            return

    def _turn(self) -> None:
        self._turned.set()

    async def _keep(self, lanes: asyncio.TaskGroup) -> None:
        """One round: lanes for those who are there, as they are there, and their progress written.

        It is not cancelled half-way when the node stops: what it has begun to write is committed all the same, and the
        last words would take it for somebody else's change.
        """
        self._stumbled = False
        try:
            if not await self._lease.hold():
                await self._stop_all()
                return
            async with self.acts.lock:
                rows = {row.id: row for row in await self._ledger.followers()}
                await self._take_in(rows, lanes)
                await self._write(rows)
            if self._clock() - self._secrets_at > _LOOK_AT_SECRETS_S:
                await self.acts.retire_rotated(list(rows.values()))
                self._secrets_at = self._clock()
        except OSError as error:
            _log.warning("followers.wait_for_ledger", error=str(error))
        except Exception:
            # Say, a row that cannot be read: it must not end the node, which calls depend on.
            _log.exception("followers.stumbled")
            self._stumbled = True

    async def _take_in(self, rows: Mapping[str, Follower], lanes: asyncio.TaskGroup) -> None:
        for id in self._lanes.keys() - rows.keys():
            await self._stop(id)
        for id, row in rows.items():
            kept = self._lanes.get(id)
            if kept is None:
                self._start(row, row, lanes)
            elif row != kept.base:
                await self._stop(id)
                self._start(merged(kept.base, kept.lane.follower, row), row, lanes, kept.lane.news)

    def _start(self, follower: Follower, base: Follower, lanes: asyncio.TaskGroup, news: News | None = None) -> None:
        try:
            lane = Lane(follower, self._means)
        except BadSecret as error:
            _log.error("follower.secret_unusable", follower_id=follower.id, error=str(error))
            return
        lane.news = news or lane.news
        task = lanes.create_task(lane.run(), name=f"follower-{follower.id}")
        self._lanes[follower.id] = _Kept(lane, base, task)

    async def _stop(self, id: str) -> None:
        kept = self._lanes.pop(id)
        kept.task.cancel()
        await asyncio.wait({kept.task})
        self._posted_before += kept.lane.posted

    async def _end_posts(self) -> None:
        """Whoever had its event and whose answer is not heard gets it again; the lanes stay, to be written."""
        posting = [kept.task for kept in self._lanes.values()]
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)

    async def _stop_all(self) -> None:
        for id in list(self._lanes):
            await self._stop(id)

    async def _write_progress(self) -> None:
        """Write what the lanes have done, for somebody who is about to change a row (and holds the lock)."""
        await self._write({row.id: row for row in await self._ledger.followers()})

    async def _write(self, rows: Mapping[str, Follower]) -> None:
        dirty = [kept for id, kept in self._lanes.items() if kept.dirty and id in rows]
        if not dirty:
            return
        fresh = [(kept, merged(kept.base, kept.lane.follower, rows[kept.base.id])) for kept in dirty]
        news = [(kept, kept.lane.news) for kept in dirty]
        for kept in dirty:
            kept.lane.news = News()
        at = self._clock()

        async def work(tx: Tx) -> None:
            for _, follower in fresh:
                await tx.save_follower(follower)
            for kept, one in news:
                for letter in one.letters:
                    await tx.add_dead_letter(letter)
                for type, data in one.events:
                    await tx.emit(type, kept.base.id, data, at)

        try:
            await self._ledger.write(work)
        except BaseException:
            for kept, one in news:
                kept.lane.news = News(one.events + kept.lane.news.events, one.letters + kept.lane.news.letters)
            raise
        for kept, follower in fresh:
            # What someone else has changed in the row is still to be taken in, and told by the old base.
            if merged(kept.base, kept.lane.follower, rows[kept.base.id]) == kept.lane.follower:
                kept.base = follower

    async def _last_words(self, keeping: asyncio.Task[None] | None) -> None:
        """The node is stopping: end the round and the posts, write the cursors, let the next one begin."""
        try:
            async with asyncio.timeout(_LAST_WORDS_S):
                if keeping is not None:
                    await asyncio.wait({keeping})
                await self._end_posts()
                async with self.acts.lock:
                    await self._write_progress()
                await self._lease.release()
        except (OSError, TimeoutError) as error:
            _log.warning("followers.not_written", error=str(error))
