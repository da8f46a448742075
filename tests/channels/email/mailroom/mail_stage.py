"""What the mailroom's tests share: mails, a desk in memory that fails as told, a reader that reads what tests need.

The reader stands in for ``office.AccountReader`` where a test is not about reading; stories of the whole process use
the real one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from gateway.channels.email.mail import MailFile
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.desk import Desk, Envelope, Limits
from gateway.channels.email.port import Handed
from gateway.model.ids import new_id
from gateway.model.messages import Attachment, Message
from tests.plugins.closing import all_closed

AT = 1_795_233_600.0
PATIENCE_S = 60.0


def mail(n: int | str, body: str = "路灯坏了", *, size: int = 0, sender: str = "wang") -> bytes:
    """A mail that no other is: its Message-ID and subject hold ``n``; padded to ``size`` bytes."""
    head = (
        f"From: =?utf-8?B?546L5aWz5aOr?= <{sender}@example.com>\r\nTo: 12345@hotline.example\r\n"
        f"Message-ID: <mail-{n}@example.com>\r\nSubject: request {n}\r\nDate: Sat, 21 Nov 2026 04:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    text = (head + body + "\r\n").encode()
    line = b"x" * 76 + b"\r\n"
    return text + line * max(0, (size - len(text) + len(line) - 1) // len(line))


class MemoryDesk:
    """An account's side without a ledger (``MailDesk``): one mail a key, cursors in the same step.

    ``script`` is consulted before each take: an exception to raise, or a coroutine to wait for.
    """

    def __init__(self) -> None:
        self.taken: dict[str, Handed] = {}
        self.again: list[str] = []
        self.cursors: dict[str, dict[str, int]] = {}
        self.script: Callable[[Handed], BaseException | None] = lambda _: None
        self.gate = asyncio.Event()
        self.gate.set()
        self._moved = asyncio.Event()

    async def take(self, handed: Handed) -> None:
        await self.gate.wait()
        failure = self.script(handed)
        if failure is not None:
            raise failure
        key = handed.message.key
        if key in self.taken:
            self.again.append(key)
        else:
            self.taken[key] = handed
        if handed.cursor is not None:
            self.cursors[handed.cursor[0]] = dict(handed.cursor[1])
        self._moved.set()

    async def cursor(self, name: str) -> Mapping[str, int] | None:
        return self.cursors.get(name)

    async def keep_cursor(self, name: str, value: Mapping[str, int]) -> None:
        self.cursors[name] = dict(value)
        self._moved.set()

    @property
    def titles(self) -> list[str]:
        """The subjects, in the order of taking."""
        return [handed.message.title for handed in self.taken.values()]

    async def until(self, true: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
        """Wait until something is so; looked at whenever a mail or a cursor came."""
        async with asyncio.timeout(limit_s):
            while not true():
                self._moved.clear()
                await self._moved.wait()


class DeskAsLink:
    """A MailDesk for every account, where a ``Link`` would stand."""

    def __init__(self, desk: MemoryDesk) -> None:
        self.desk = desk
        self.accounts: list[str] = []

    async def take(self, account: str, handed: Handed) -> None:
        self.accounts.append(account)
        await self.desk.take(handed)

    async def cursor(self, _account: str, name: str) -> Mapping[str, int] | None:
        return await self.desk.cursor(name)

    async def keep_cursor(self, _account: str, name: str, value: Mapping[str, int]) -> None:
        await self.desk.keep_cursor(name, value)


class PlainReader:
    """The key is the account and the bytes, the title the subject."""

    def __init__(self, account: str = "hall") -> None:
        self.account = account
        self.fails: Exception | None = None
        self.files: tuple[MailFile, ...] = ()
        self.envelopes: list[Envelope | None] = []

    def read(self, raw: bytes, received_at: float, envelope: Envelope | None) -> tuple[Message, tuple[MailFile, ...]]:
        self.envelopes.append(envelope)
        if self.fails is not None:
            raise self.fails
        return self._message(raw, received_at, "text"), self.files

    def with_files(self, message: Message, attachments: Sequence[Attachment]) -> Message:
        return replace(message, attachments=tuple(attachments))

    def unreadable(self, raw: bytes, received_at: float, why: str) -> Message:
        return replace(self._message(raw, received_at, "unreadable"), flags=("unreadable",), more={"why": why})

    def _message(self, raw: bytes, at: float, kind: str) -> Message:
        title = next((line[9:].decode() for line in raw.split(b"\r\n") if line.startswith(b"Subject: ")), "")
        key = f"email:{self.account}:{hashlib.sha256(raw).hexdigest()}"
        return Message(key, "email", self.account, kind, at, at, title=title, text=str(len(raw)))  # type: ignore[arg-type]


class MemoryFiles:
    """Files and originals in memory; ``fails`` is a disk that is full."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.fails: OSError | None = None

    async def keep(self, body: bytes) -> str:
        if self.fails is not None:
            raise self.fails
        name = hashlib.sha256(body).hexdigest()
        self.kept[name] = body
        return name

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        return Attachment(new_id(), name, content_type, len(body), await self.keep(body))

    async def read(self, sha256: str) -> bytes:
        return self.kept[sha256]


class Stage:
    """A desk of the mailroom with everything around it in memory."""

    def __init__(self, *accounts: str) -> None:
        names = accounts or ("hall",)
        self.readers = {name: PlainReader(name) for name in names}
        self.files, self.counters, self.memory = MemoryFiles(), Counters(), MemoryDesk()
        self.link = DeskAsLink(self.memory)
        limits = Limits(max_count=3, max_total=1000)
        self.desk = Desk(self.readers, self.files, self.files, limits, self.link, self.counters, lambda: AT)


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a background work and wait for its end, and for that of its connections that the other end has closed."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await all_closed()
