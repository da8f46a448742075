"""One follower's way through the feed: the next events it wants, one post in flight, and what a failure means.

Order is kept by waiting: while a post fails, the cursor stands. How long depends on what the failure says.

- The follower answers, but refuses this content (400, 413, 415, 422): after ``refused_s`` the event is set aside as a
  dead letter, to be replayed by hand, and the feed goes on behind it.
- It answers otherwise (5xx, 401, 404, a broken answer): the same after ``give_up_s``.
- But when the next event is not taken within ``give_up_s`` either, it is not the event's fault: the follower is paused,
  its cursor stands, and nothing more becomes a dead letter. So it is, too, when it was not reached at all for so long.
- 410 Gone pauses at once (Standard Webhooks: the endpoint wants nothing any more).

A paused follower goes on from its cursor when it is set active again: the ledger has kept the feed meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import translate
from typing import Any

import structlog

from gateway.backoff import next_try
from gateway.bell import FeedBell
from gateway.bus.config import FollowersConfig
from gateway.bus.posting import Outcome, Poster, post_of
from gateway.bus.signing import key_of
from gateway.model.messages import DeadLetter, Follower
from gateway.tail import PAGE, Entry, FeedTail

FAILING = "hotline.follower.failing.v1"
RECOVERED = "hotline.follower.recovered.v1"

_LONGEST_SLEEP_S = 60.0  # a clock that is set back must not stretch a wait for hours
_REST_S = 1.0

_log = structlog.get_logger(__name__)


class Wanted:
    """Which types a follower wants: patterns with ``*``; none for all."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = [re.compile(translate(pattern)) for pattern in patterns]
        self._known: dict[str, bool] = {}

    def __call__(self, type: str) -> bool:
        if not self._patterns:
            return True
        wanted = self._known.get(type)
        if wanted is None:
            wanted = self._known[type] = any(pattern.match(type) for pattern in self._patterns)
        return wanted


@dataclass(frozen=True, slots=True)
class LaneMeans:
    """What all lanes share. ``clock`` is epoch seconds; ``turned`` is called when something must be written soon."""

    tail: FeedTail
    bell: FeedBell
    poster: Poster
    config: FollowersConfig
    clock: Callable[[], float]
    rng: random.Random
    turned: Callable[[], None]


@dataclass(slots=True)
class News:
    """What a lane found out and its keeper has to write with the follower: events of the feed, dead letters."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.events or self.letters)


class Lane:
    """``follower`` is as it stands now; ``news`` is what its keeper has not yet written. ``run`` posts for ever."""

    def __init__(self, follower: Follower, means: LaneMeans) -> None:
        self.follower = follower
        self.news = News()
        self.posted = 0
        self._means = means
        self._wanted = Wanted(follower.types)
        self._keys = [key_of(secret) for secret in follower.secrets]
        self._head, self._head_since = 0, 0.0  # the event that fails at present, and since when
        self._set_aside = False  # an event was, and nothing has been taken since
        self._told = follower.state == "failing"

    async def run(self) -> None:
        """Post until cancelled or paused. Outages of the ledger are waited out."""
        while self.follower.state != "paused":
            try:
                await self._step()
            except OSError as error:
                _log.warning("follower.waits_for_ledger", follower_id=self.follower.id, error=str(error))
                await asyncio.sleep(_REST_S)
            except Exception:
                # A defect with one follower must not end the node, which calls depend on.
                _log.exception("follower.stumbled", follower_id=self.follower.id, after=self.follower.cursor)
                await asyncio.sleep(_LONGEST_SLEEP_S)

    async def _step(self) -> None:
        await self._until_due()
        mark = self._means.bell.last  # before the read: a commit during it rings again
        after = self.follower.cursor
        entries = await self._means.tail.read(after, PAGE)
        wanted, upto = self._choose(entries)
        if wanted:
            await self._post(wanted, upto)
        elif entries:
            self._move(upto)
            await asyncio.sleep(0)
        else:
            await self._means.bell.beyond(mark, _LONGEST_SLEEP_S)

    async def _until_due(self) -> None:
        while self.follower.due_at is not None:
            wait = self.follower.due_at - self._means.clock()
            if wait <= 0:
                return
            await asyncio.sleep(min(wait, _LONGEST_SLEEP_S))

    def _choose(self, entries: Sequence[Entry]) -> tuple[list[Entry], int]:
        """The next events for one post, and the cursor when they have been taken.

        After a failure the head goes alone, so that one event that is refused does not hold its batch back.
        """
        most = 1 if self.follower.failures else self.follower.batch
        chosen: list[Entry] = []
        upto = self.follower.cursor
        for entry in entries:
            if self._wanted(entry.type):
                if len(chosen) == most:
                    break
                chosen.append(entry)
            upto = entry.sequence
        return chosen, upto

    def _move(self, cursor: int) -> None:
        self.follower = replace(self.follower, cursor=cursor)

    async def _post(self, entries: list[Entry], upto: int) -> None:
        post = post_of(entries, self.follower.batch > 1)
        outcome = await self._means.poster.send(self.follower.url, self._keys, post, self._means.clock())
        if outcome.verdict == "taken":
            self.posted += len(entries)
            self._taken(upto)
        else:
            self._failed(entries[0], outcome)

    def _taken(self, upto: int) -> None:
        if self.follower.failures or self.follower.state != "active":
            fresh = replace(self.follower, failures=0, failing_since=None, due_at=None, error="", state="active")
            if self._told:
                self._tell(RECOVERED, self.follower)
            self._told = self._set_aside = False
            self.follower, self._head = fresh, 0
        self._move(upto)

    def _failed(self, head: Entry, outcome: Outcome) -> None:
        now, config = self._means.clock(), self._means.config
        if self._head != head.sequence:
            resumed = self._head == 0 and self.follower.failing_since  # this node began while it was failing
            self._head, self._head_since = head.sequence, resumed or now
        failures = self.follower.failures + 1
        due = next_try(
            failures, now, self._means.rng, first_s=config.first_s, factor=config.factor, most_s=config.most_s
        )
        self.follower = replace(
            self.follower,
            failures=failures,
            failing_since=self.follower.failing_since or now,
            due_at=max(due, now + outcome.after_s),
            error=outcome.error,
        )
        _log.info("follower.not_taken", follower_id=self.follower.id, sequence=head.sequence, error=outcome.error)
        self._weigh(head, outcome, now)

    def _weigh(self, head: Entry, outcome: Outcome, now: float) -> None:
        """Whether the failure has lasted long enough for something to be done about it."""
        config = self._means.config
        patience = config.refused_s if outcome.verdict == "refused" and not self._set_aside else config.give_up_s
        spent = now - self._head_since >= patience
        if outcome.verdict == "gone" or (spent and (self._set_aside or outcome.verdict == "unreachable")):
            self._pause()
        elif spent:
            self._give_up(head, now)
        elif not self._told and self.follower.failures >= config.failing_after:
            self.follower = replace(self.follower, state="failing")
            self._told = True
            self._tell(FAILING, self.follower)

    def _pause(self) -> None:
        self.follower = replace(self.follower, state="paused", due_at=None)
        _log.warning("follower.paused", follower_id=self.follower.id, error=self.follower.error)
        self._tell(FAILING, self.follower)

    def _give_up(self, head: Entry, now: float) -> None:
        self.news.letters.append(DeadLetter(self.follower.id, head.sequence, now, self.follower.error))
        _log.warning("follower.dead_letter", follower_id=self.follower.id, sequence=head.sequence)
        self._set_aside = True
        self.follower = replace(self.follower, cursor=head.sequence, due_at=None)
        self._means.turned()

    def _tell(self, type: str, follower: Follower) -> None:
        data = {
            "follower_id": follower.id,
            "follower": follower.name,
            "state": follower.state,
            "failures": follower.failures,
            "since": follower.failing_since,
            "cursor": follower.cursor,
            "error": follower.error,
        }
        self.news.events.append((type, data))
        self._means.turned()
