"""What is done to followers by hand: setting up, changing, pausing, rotating secrets, testing, replaying dead letters.

A follower's row has two authors: people change what it is, the lanes (``gateway.bus.webhooks``) how far it has come.
Both write under one lock and from the row as it is then, so that neither undoes the other.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from gateway.bus.config import FollowersConfig
from gateway.bus.posting import ONE, Outcome, Post, Poster, post_of
from gateway.bus.signing import key_of, new_secret
from gateway.model.ids import new_id
from gateway.model.messages import DeadLetter, Follower
from gateway.model.records import Event
from gateway.tail import Entry
from gateway.tickets.ports import Ledger, NotFound, Refused, Tx

TEST = "hotline.follower.test.v1"

_SECRETS = 3
_REPLAY_S = 20.0
_REPLAYED = 100
_ROTATED = "followers.rotated"
_PATTERN = re.compile(r"[a-z0-9*][a-z0-9_.*-]{0,99}")
_OPEN = frozenset({"name", "url", "types", "batch", "state", "cursor"})


@dataclass(frozen=True, slots=True)
class Tried:
    """What a follower answered to one post. ``status`` 0: nothing that can be called an answer; ``error`` says what."""

    taken: bool
    status: int
    took_s: float
    error: str


class Followers:
    """Implements ``gateway.web.ports.FollowerActs``. ``encode`` makes an event's CloudEvents envelope.

    ``before`` writes what the lanes have not yet written, ``after`` lets them see what has changed; the keeper of the
    lanes sets both.
    """

    def __init__(
        self,
        ledger: Ledger,
        poster: Poster,
        config: FollowersConfig,
        encode: Callable[[Event], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger, self._poster, self._config = ledger, poster, config
        self._encode, self._clock = encode, clock
        self.lock = asyncio.Lock()
        self.before: Callable[[], Awaitable[None]] = _nothing
        self.after: Callable[[], None] = lambda: None

    async def all(self) -> Sequence[Follower]:
        return await self._ledger.followers()

    async def one(self, id: str) -> Follower:
        for follower in await self._ledger.followers():
            if follower.id == id:
                return follower
        raise NotFound(f"no follower {id}")

    async def create(
        self, *, name: str, url: str, types: Sequence[str] = (), batch: int = 1, after: int | None = None
    ) -> Follower:
        """See the port. Raises Refused for an address or a pattern that cannot be, and when there are enough."""
        last = await self._ledger.last_sequence()
        follower = Follower(
            id=new_id(), name=name, url=url, secrets=(new_secret(),), types=tuple(types), batch=batch,
            cursor=last if after is None else after, created_at=self._clock(),
        )  # fmt: skip
        self._check(follower, last)
        async with self.lock:
            if len(await self._ledger.followers()) >= self._config.most:
                most = self._config.most
                raise Refused(f"订阅方已达上限 {most} 个", f"there are {most} followers already", "name")
            await self._ledger.write(lambda tx: tx.save_follower(follower))
        self.after()
        return follower

    async def change(self, id: str, **changes: Any) -> Follower:
        """See the port. Setting it active forgets its failures; a cursor further back posts again from there."""
        unknown = sorted(set(changes) - _OPEN)
        if unknown:
            raise Refused(f"字段 {unknown[0]} 不可修改", f"field {unknown[0]} cannot be changed", unknown[0])
        if "types" in changes:
            changes["types"] = tuple(changes["types"])
        if changes.get("state") == "active":
            changes |= {"failures": 0, "failing_since": None, "due_at": None, "error": ""}
        last = await self._ledger.last_sequence()

        def made(follower: Follower) -> Follower:
            fresh = replace(follower, **changes)
            self._check(fresh, last)
            return fresh

        return await self._changed(id, made)

    async def remove(self, id: str) -> None:
        async with self.lock:
            await self.before()
            if not await self._ledger.write(lambda tx: tx.remove_follower(id)):
                raise NotFound(f"no follower {id}")
        self.after()

    async def rotate(self, id: str) -> Follower:
        """See the port: the older secrets sign for ``grace_s`` more, at most three secrets in all."""
        at = self._clock()

        async def note(tx: Tx) -> None:
            await tx.save_state(_ROTATED, {**(await tx.state(_ROTATED) or {}), id: at})

        return await self._changed(id, lambda f: replace(f, secrets=(new_secret(), *f.secrets)[:_SECRETS]), note)

    async def retire(self, id: str) -> Follower:
        return await self._changed(id, lambda follower: replace(follower, secrets=follower.secrets[:1]))

    async def retire_rotated(self, followers: Sequence[Follower]) -> None:
        """Take out the older secrets of those whose grace is over."""
        rotated = [follower for follower in followers if len(follower.secrets) > 1]
        if not rotated:
            return
        since = await self._ledger.state(_ROTATED) or {}
        for follower in rotated:
            if self._clock() - since.get(follower.id, 0.0) >= self._config.grace_s:
                await self.retire(follower.id)

    async def test(self, id: str) -> Tried:
        follower = await self.one(id)
        data = {"follower_id": follower.id, "follower": follower.name, "text": "测试 test"}
        event = Event(0, new_id(), TEST, follower.id, self._clock(), data)
        return _tried(await self._send(follower, Post(event.id, self._encode(event), ONE)))

    async def dead_letters(self, id: str, limit: int = 100) -> Sequence[DeadLetter]:
        await self.one(id)
        return await self._ledger.dead_letters(id, limit)

    async def replay(self, id: str, sequence: int | None = None) -> tuple[int, int, str]:
        """See the port: at most a hundred letters and some twenty seconds a time."""
        follower = await self.one(id)
        letters = [
            one for one in await self._ledger.dead_letters(id, _REPLAYED + 1) if sequence in (None, one.sequence)
        ]
        if sequence is not None and not letters:
            raise NotFound(f"no dead letter {sequence} of follower {id}")
        until, taken, error = time.monotonic() + _REPLAY_S, 0, ""
        for letter in letters[:_REPLAYED]:
            outcome = await self._post_again(follower, letter)
            if outcome.verdict != "taken":
                error = outcome.error
                break
            await self._ledger.write(lambda tx, n=letter.sequence: tx.remove_dead_letter(id, n))  # type: ignore[misc]
            taken += 1
            if time.monotonic() > until:
                break
        left = await self._ledger.dead_letters(id, _REPLAYED)
        return taken, len(left), error

    async def drop(self, id: str, sequence: int) -> None:
        if not await self._ledger.write(lambda tx: tx.remove_dead_letter(id, sequence)):
            raise NotFound(f"no dead letter {sequence} of follower {id}")

    async def _post_again(self, follower: Follower, letter: DeadLetter) -> Outcome:
        (event,) = await self._ledger.events(letter.sequence - 1, 1)
        entry = Entry(event.sequence, event.id, event.type, event.time, self._encode(event), b"")
        return await self._send(follower, post_of([entry], follower.batch > 1))

    async def _send(self, follower: Follower, post: Post) -> Outcome:
        keys = [key_of(secret) for secret in follower.secrets]
        return await self._poster.send(follower.url, keys, post, self._clock())

    async def _changed(
        self, id: str, made: Callable[[Follower], Follower], also: Callable[[Tx], Awaitable[None]] | None = None
    ) -> Follower:
        async with self.lock:
            await self.before()
            fresh = made(await self.one(id))

            async def work(tx: Tx) -> None:
                await tx.save_follower(fresh)
                if also is not None:
                    await also(tx)

            await self._ledger.write(work)
        self.after()
        return fresh

    def _check(self, follower: Follower, last: int) -> None:
        """Raise Refused that names the field."""
        self._check_url(follower.url)
        for pattern in follower.types:
            if not _PATTERN.fullmatch(pattern):
                zh = "事件类型只能含小写字母、数字、点、下划线、连字符和 *"
                raise Refused(zh, f"types: {pattern[:40]!r} is no pattern such as hotline.ticket.*", "types")
        if not 1 <= follower.batch <= self._config.batch_most:
            most = self._config.batch_most
            raise Refused(f"每批 1 至 {most} 个事件", f"batch is 1 to {most}", "batch")
        if not 0 <= follower.cursor <= last:
            raise Refused(f"游标超出了最新序号 {last}", f"the cursor is ahead of the feed ({last})", "cursor")

    def _check_url(self, url: str) -> None:
        schemes = ("https", "http") if self._config.allow_http else ("https",)
        zh, en = f"地址须以 {' 或 '.join(schemes)}:// 开头", f"the address begins with {' or '.join(schemes)}://"
        try:
            parts = urlsplit(url)
            fits = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            raise Refused("地址不正确", "the address is not a URL", "url") from None
        if not fits:
            raise Refused(zh, en, "url")
        if parts.username is not None or parts.fragment:
            raise Refused("地址不能带账号或 #", "the address holds no account and no fragment", "url")


async def _nothing() -> None:
    """Without lanes there is nothing to write before."""


def _tried(outcome: Outcome) -> Tried:
    return Tried(outcome.verdict == "taken", outcome.status, outcome.took_s, outcome.error)
