"""What becomes of a mail's bytes in the mailroom: read, normalised, files and original kept, handed over.

Reading never raises by contract; should it all the same, or should the gateway break at what was read, the mail goes in
as unreadable with its original: it is never lost for a fault of ours. Only ``OSError`` (disk, gateway, ledger) goes up:
whoever holds the mail keeps it and gives it again, which is harmless, because the same mail has the same key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

import structlog

from gateway.channels.email.keeping import keep_files
from gateway.channels.email.mail import MailFile
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.handing import LARGEST_BODY, HandingError
from gateway.channels.email.mailroom.link import MailBroken
from gateway.channels.email.port import Handed
from gateway.model.ids import new_id
from gateway.model.messages import Attachment, Message, Raw

if TYPE_CHECKING:
    from gateway.channels.port import Files  # it imports aiohttp, which this process does without

_IN_THREAD = 65_536
"""Bytes above which reading would keep other connections waiting for more than some milliseconds."""

_LARGE = 1_048_576
_LARGE_AT_ONCE = 2
"""Reading takes several times a mail's size in memory: large ones wait for each other."""

Outcome = Literal["taken", "unreadable"]
Cursor = tuple[str, Mapping[str, int]]

_log = structlog.get_logger(__name__)


class Reads(Protocol):
    """How an account's mail is read (``office.AccountReader``)."""

    def read(self, raw: bytes, received_at: float, envelope: Envelope | None) -> tuple[Message, tuple[MailFile, ...]]:
        """CPU work, in a thread. Never raises by contract."""

    def with_files(self, message: Message, attachments: Sequence[Attachment]) -> Message: ...

    def unreadable(self, raw: bytes, received_at: float, why: str) -> Message: ...


class Originals(Protocol):
    """Where large originals are kept (``gateway.channels.files.FileStore``)."""

    async def keep(self, body: bytes) -> str:
        """Returns the name (SHA-256). Raises OSError."""


class Hands(Protocol):
    """The gateway (``Link``)."""

    async def take(self, account: str, handed: Handed) -> None:
        """Raises OSError, MailBroken, HandingError."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Between whom the mail was delivered to us; there is none for mail fetched from a mailbox. ``sender`` is "" for
    the null sender of bounces."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Limits:
    """``[files]`` on one message: how many files, and how many bytes of them."""

    max_count: int
    max_total: int


class Desk:
    """Takes mails in for all accounts. ``clock`` gives epoch seconds."""

    def __init__(
        self,
        readers: Mapping[str, Reads],
        files: Files,
        originals: Originals,
        limits: Limits,
        hands: Hands,
        counters: Counters,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._readers, self._files, self._originals, self._limits = readers, files, originals, limits
        self._hands, self.counters, self._clock = hands, counters, clock
        self._large = asyncio.Semaphore(_LARGE_AT_ONCE)

    async def take(
        self,
        account: str,
        raw: bytes,
        envelope: Envelope | None,
        via: str,
        cursor: Cursor | None = None,
        note: str = "",
    ) -> Outcome:
        """Returns after the gateway's commit. ``note`` (a flag and what people should know, parted by a blank) marks
        what is not the whole mail. Raises OSError; MailBroken when the gateway takes it not even as unreadable.
        """
        self.counters.received += 1
        try:
            async with self._large if len(raw) > _LARGE else _unlimited():
                return await self._take(account, raw, envelope, via, cursor, note)
        except OSError:
            self.counters.deferred += 1
            raise

    async def _take(
        self, account: str, raw: bytes, envelope: Envelope | None, via: str, cursor: Cursor | None, note: str
    ) -> Outcome:
        at = self._clock()
        reader = self._readers[account]
        original = await self._original(account, raw, at, envelope, via)
        try:
            message = await self._read(reader, raw, at, envelope)
            message = _noted(message, note) if note else message
            await self._hands.take(account, Handed(original, message, cursor))
        except OSError:
            raise
        except (MailBroken, HandingError) as error:
            why = str(error)
            _log.error("mail_not_taken", account=account, raw_id=original.id, bytes=len(raw), why=why)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            _log.exception("mail_not_read", account=account, raw_id=original.id, bytes=len(raw))
        else:
            self.counters.handed += 1
            broken = "unreadable" in message.flags or message.kind == "unreadable"
            self.counters.unreadable += broken
            return "unreadable" if broken else "taken"
        await self._give_up(reader, original, raw, why, cursor)
        return "unreadable"

    async def _give_up(self, reader: Reads, original: Raw, raw: bytes, why: str, cursor: Cursor | None) -> None:
        message = reader.unreadable(raw, original.received_at, why[:300])
        try:
            await self._hands.take(original.account, Handed(original, message, cursor))
        except HandingError as error:
            raise MailBroken(str(error)) from error
        self.counters.handed += 1
        self.counters.unreadable += 1

    async def _original(self, account: str, raw: bytes, at: float, envelope: Envelope | None, via: str) -> Raw:
        meta = {"via": via}
        if envelope is not None:
            meta |= {"envelope_from": envelope.sender, "envelope_to": envelope.recipient}
        file = await self._originals.keep(raw) if len(raw) > LARGEST_BODY else ""
        return Raw(new_id(), "email", account, at, "message/rfc822", b"" if file else raw, meta, file)

    async def _read(self, reader: Reads, raw: bytes, at: float, envelope: Envelope | None) -> Message:
        if len(raw) > _IN_THREAD:
            message, files = await asyncio.to_thread(reader.read, raw, at, envelope)
        else:
            message, files = reader.read(raw, at, envelope)
        return reader.with_files(message, await keep_files(files, self._files, self._limits)) if files else message


class _unlimited:  # noqa: N801 - reads as a limit that is none
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


def _noted(message: Message, note: str) -> Message:
    flag, _, words = note.partition(" ")
    text = f"{message.text}\n\n{words}" if message.text else words
    return replace(message, text=text, flags=(*message.flags, flag))
