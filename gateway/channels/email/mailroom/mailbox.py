"""Reads a mailbox: what came since the place that the gateway remembers, in order, each handed over before the next.

The place (UIDVALIDITY and UID) is kept by the gateway in the same transaction as the mail, so a mail is neither lost
nor passed over whatever breaks when; a mail that comes twice all the same has the same key. Read or unread is nobody's
business. Three things never happen: one mail stops those behind it (what cannot be fetched or taken is set aside after
several tries, and tried again later), an answer is waited for without end, a mail is passed over in silence (what
cannot be had in a day becomes a ticket that says so).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from gateway.backoff import next_try
from gateway.channels.email.config import ImapConfig
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.desk import Cursor, Outcome
from gateway.channels.email.mailroom.link import MailBroken

_TRIES = 3
_OWED_MOST = 100
_OWED_AGAIN_S = 3600.0
_OWED_TRIES = 24
_DAY = 86_400
_SPARE_S = 3600
"""Clocks of mail servers differ from ours: what came so much before the first sight may be new."""

_log = structlog.get_logger(__name__)


class BoxLost(OSError):
    """The connection to the mailbox is of no use any more. The message says why."""


class BoxSaysNo(OSError):
    """The server answered NO or BAD."""


@dataclass(frozen=True, slots=True)
class Found:
    """A mail in a mailbox: its size in bytes, when it came (epoch seconds, None when the server does not say)."""

    size: int
    arrived: float | None = None


class Box(Protocol):
    """An open mailbox (``imap.ImapBox``). Every call is limited in time and raises BoxLost or BoxSaysNo."""

    validity: int
    next_uid: int

    async def search(self, first: int, since: float | None) -> list[int]: ...

    async def look(self, uids: Sequence[int]) -> dict[int, Found]: ...

    async def mail(self, uid: int) -> bytes | None: ...

    async def head(self, uid: int) -> bytes | None: ...

    async def move(self, uid: int, folder: str) -> None: ...

    async def flag(self, uid: int) -> None: ...

    async def wait(self, seconds: float) -> None: ...

    async def close(self) -> None: ...


class Remembers(Protocol):
    """The gateway (``Link``)."""

    async def cursor(self, account: str, name: str) -> Mapping[str, int] | None: ...

    async def keep_cursor(self, account: str, name: str, value: Mapping[str, int]) -> None: ...


class Takes(Protocol):
    """The desk."""

    async def take(
        self, account: str, raw: bytes, envelope: None, via: str, cursor: Cursor | None = None, note: str = ""
    ) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox was left: all up to ``uid`` is done but for what is ``owed`` (UID to tries so far).

    ``since`` (epoch seconds) is what the mailbox is read from, by the time of arrival: what lay in it before stays
    there, also when UIDVALIDITY changes and every mail has a new UID.
    """

    validity: int
    uid: int
    since: int
    owed: Mapping[int, int] = field(default_factory=dict)

    def value(self) -> dict[str, int]:
        """As the gateway keeps it."""
        owed = {f"owed_{uid}": tries for uid, tries in self.owed.items()}
        return {"uidvalidity": self.validity, "uid": self.uid, "since": self.since, **owed}

    @classmethod
    def of(cls, value: Mapping[str, int]) -> Place:
        owed = {int(name[5:]): tries for name, tries in value.items() if name.startswith("owed_")}
        return cls(value["uidvalidity"], value["uid"], value.get("since", 0), owed)

    def past(self, uid: int) -> Place:
        """``uid`` is done."""
        owed = {one: tries for one, tries in self.owed.items() if one != uid}
        return replace(self, uid=max(self.uid, uid), owed=owed)

    def owing(self, uid: int) -> Place:
        """Past ``uid``, which is to be tried again."""
        return replace(self.past(uid), owed={**self.owed, uid: self.owed.get(uid, 0) + 1})


class Mailbox:
    """One mailbox of one account. ``run`` until cancelled; ``up`` while it is being read."""

    def __init__(
        self,
        account: str,
        config: ImapConfig,
        opens: Callable[[], Awaitable[Box]],
        takes: Takes,
        gateway: Remembers,
        counters: Counters,
        *,
        max_bytes: int,
        first_s: float = 1.0,
        most_s: float = 120.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name = f"imap:{account}:{config.host}:{config.user}:{config.folder}"
        self._account, self._config, self._opens = account, config, opens
        self._takes, self._gateway, self._counters = takes, gateway, counters
        self._max_bytes, self._first_s, self._most_s, self._clock = max_bytes, first_s, most_s, clock
        self._rng = random.Random()  # noqa: S311 - spreads reconnecting
        self._place = Place(0, 0, 0)
        self._tries: dict[int, int] = {}
        self._owed_at = 0.0
        self._failures = 0
        self.up = False

    async def run(self) -> None:
        """Connect, read, connect again. Waits grow to ``most_s`` with each failure in a row."""
        self._counters.mailboxes += 1
        while True:
            try:
                await self._visit()
            except OSError as error:
                self._failures += 1
                _log.warning(
                    "mailbox_away", account=self._account, host=self._config.host, folder=self._config.folder,
                    why=str(error) or type(error).__name__, failures=self._failures,
                )  # fmt: skip
            except Exception:
                self._failures += 1
                _log.exception("mailbox_failed", account=self._account, host=self._config.host)
            await self._pause(self._failures, self._most_s)

    async def _visit(self) -> None:
        box = await self._opens()
        self._counters.mailboxes_up += 1
        self.up = True
        try:
            await self._find_place(box)
            while True:
                await self._round(box)
                self._failures = 0
                await box.wait(min(self._config.idle_s, self._config.poll_s))
        finally:
            self.up = False
            self._counters.mailboxes_up -= 1
            await box.close()

    async def _find_place(self, box: Box) -> None:
        known = await self._gateway.cursor(self._account, self.name)
        if known is None:
            now = int(self._clock())
            days = self._config.since_days
            since = now - (days * _DAY if days else _SPARE_S)
            self._place = Place(box.validity, 0 if days else box.next_uid - 1, since)
            await self._gateway.keep_cursor(self._account, self.name, self._place.value())
            _log.info("mailbox_first_seen", account=self._account, folder=self._config.folder, days=days)
            return
        self._place = Place.of(known)
        if self._place.validity != box.validity:
            # Every UID is void (RFC 3501 section 2.3.1.1). All since the first sight is given again: keys tell what
            # has been taken.
            _log.warning("mailbox_renumbered", account=self._account, folder=self._config.folder)
            self._place, self._tries = Place(box.validity, 0, self._place.since), {}
            await self._gateway.keep_cursor(self._account, self.name, self._place.value())

    async def _pause(self, failures: int, most_s: float) -> None:
        now = time.monotonic()
        await asyncio.sleep(next_try(failures, now, self._rng, first_s=self._first_s, most_s=most_s) - now)

    # -- a round -------------------------------------------------------------------------------------------------------

    async def _round(self, box: Box) -> None:
        first = self._place.uid + 1
        await self._all(box, await box.search(first, None if first > 1 else self._place.since))
        now = time.monotonic()
        if self._place.owed and now >= self._owed_at:  # after those that make no trouble
            self._owed_at = now + _OWED_AGAIN_S
            await self._all(box, sorted(self._place.owed))

    async def _all(self, box: Box, uids: Sequence[int]) -> None:
        for n in range(0, len(uids), 50):
            found = await box.look(uids[n : n + 50])
            for uid in uids[n : n + 50]:
                await self._one(box, uid, found.get(uid))

    async def _one(self, box: Box, uid: int, found: Found | None) -> None:
        """One mail: when this returns it is done or owed. BoxLost goes up, with the try counted."""
        if found is None or self._before(found):
            self._place = self._place.past(uid)  # somebody took it away; kept with the next one
            return
        try:
            await self._take(box, uid, found)
        except BoxLost as error:
            # The network's fault or this mail's: when it is the same one each time, the others go first.
            if self._tried(uid):
                await self._set_aside(None, uid, str(error))
            raise
        except BoxSaysNo as error:
            await self._set_aside(box, uid, str(error))
        except MailBroken as error:
            if self._tried(uid):
                await self._set_aside(box, uid, str(error))
            else:
                raise BoxLost("the gateway fails at a mail") from error
        else:
            self._tries.pop(uid, None)

    def _before(self, found: Found) -> bool:
        return found.arrived is not None and found.arrived < self._place.since

    def _tried(self, uid: int) -> bool:
        self._tries[uid] = self._tries.get(uid, 0) + 1
        return self._tries[uid] >= _TRIES or uid in self._place.owed

    async def _take(self, box: Box, uid: int, found: Found) -> None:
        large = found.size > self._max_bytes
        raw = await (box.head(uid) if large else box.mail(uid))
        place = self._place.past(uid)
        if raw is None:
            self._place = place
            return
        note = _too_large(found.size) if large else ""
        outcome = await self._handed(raw, (self.name, place.value()), note)
        self._place = place
        if large:
            self._counters.too_large += 1
            return
        folder = self._config.failed if outcome == "unreadable" else self._config.done
        if folder:
            await self._moved(box, uid, folder)

    async def _handed(self, raw: bytes, cursor: Cursor, note: str) -> Outcome:
        """The gateway being away is waited out here, mail in hand: it is nobody's fault."""
        failures = 0
        while True:
            try:
                return await self._takes.take(self._account, raw, None, "imap", cursor, note)
            except OSError as error:
                failures += 1
                _log.warning("mail_put_off", account=self._account, why=str(error), failures=failures)
                await self._pause(failures, min(self._most_s, 30.0))

    async def _moved(self, box: Box, uid: int, folder: str) -> None:
        try:
            await box.move(uid, folder)
        except BoxSaysNo as error:  # it has been taken; where it lies is a convenience
            _log.warning("mail_not_moved", account=self._account, folder=folder, why=str(error))

    async def _set_aside(self, box: Box | None, uid: int, why: str) -> None:
        """Past a mail that cannot be had: it is tried again every hour, and after a day a ticket tells of it."""
        self._tries.pop(uid, None)
        self._owed_at = time.monotonic() + _OWED_AGAIN_S
        place = self._place.owing(uid)
        tries = place.owed[uid]
        if len(place.owed) > _OWED_MOST:
            raise BoxLost(f"{_OWED_MOST} mails are set aside: the server is at fault, not they")
        self._counters.set_aside += tries == 1
        _log.error("mail_set_aside", account=self._account, folder=self._config.folder, uid=uid, why=why, tries=tries)
        if tries >= _OWED_TRIES:
            place = self._place.past(uid)
            await self._handed(self._notice(uid), (self.name, place.value()), _NOT_FETCHED)
        else:
            await self._gateway.keep_cursor(self._account, self.name, place.value())
        self._place = place
        if box is not None and (tries == 1 or uid not in place.owed):
            await self._mark(box, uid, uid not in place.owed)

    async def _mark(self, box: Box, uid: int, for_good: bool) -> None:
        try:
            if for_good and self._config.failed:
                await box.move(uid, self._config.failed)
            else:
                await box.flag(uid)
        except BoxSaysNo as error:
            _log.warning("mail_not_flagged", account=self._account, uid=uid, why=str(error))

    def _notice(self, uid: int) -> bytes:
        """In the place of a mail that cannot be had."""
        where = f"{self._place.validity}.{uid}"
        return f"Message-ID: <{where}@{self._config.host}>\r\nSubject: IMAP UID {uid}\r\n\r\n".encode()


_NOT_FETCHED = (
    "not_fetched （邮箱中有一封邮件无法取回，请人工到邮箱中查看。"
    "/ A mail in the mailbox cannot be fetched: please look at it there.）"
)


def _too_large(size: int) -> str:
    megabytes = size / 1_048_576
    return (
        f"too_large （邮件过大，{megabytes:.1f} MB，只收到信头，原件仍在邮箱中。"
        f"/ The mail of {megabytes:.1f} MB is too large: only its headers are here, it is still in the mailbox.）"
    )
