"""The gateway's end: starts the mailroom's process, starts it again when it dies, takes what it hands over.

The two are tied by a socketpair that only they hold: when the gateway is gone, however it went, the mailroom reads the
end of it and goes as well; when the mailroom is gone, what it had handed over is still committed and comes again
otherwise. Nobody who gave us mail has been told anything before a commit.
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog

from gateway.backoff import next_try
from gateway.channels.email.mailroom.counters import GAUGES
from gateway.channels.email.mailroom.handing import (
    Answer,
    AskCursor,
    Figures,
    Frames,
    HandingError,
    KeepCursor,
    Take,
    encode,
)
from gateway.channels.email.port import MailDesk
from gateway.figures import Figure

_CHUNK = 262_144
_UNDER_WAY = 32
_LEAVE_S = 5.0
_STEADY_S = 60.0
"""A mailroom that lived so long was well: the next restart is quick again."""

_log = structlog.get_logger(__name__)


class Mailroom:
    """``desks`` are the accounts by name; ``config_dir`` is given to the process (``command`` starts another one),
    which has our environment unless ``environ`` gives it one.

    ``commit_s`` limits the desks' work on one ask; a process that tells nothing for ``silence_s`` is hung and killed.
    ``restarts`` only rises; ``up`` is true while a mailroom is known to work.
    """

    def __init__(
        self,
        desks: Mapping[str, MailDesk],
        config_dir: Path,
        *,
        commit_s: float = 30.0,
        command: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        silence_s: float = 60.0,
        first_s: float = 0.5,
        most_s: float = 30.0,
    ) -> None:
        self._desks = desks
        self._command = tuple(command) or (sys.executable, "-m", "gateway", "mailroom", "--config", str(config_dir))
        self._environ = None if environ is None else dict(environ)
        self._commit_s, self._silence_s = commit_s, silence_s
        self._first_s, self._most_s = first_s, most_s
        self._rng = random.Random()  # noqa: S311 - spreads restarts
        self._before: Counter[str] = Counter()
        self._now: Mapping[str, int] = {}
        self._slots = asyncio.Semaphore(_UNDER_WAY)
        self.up = False
        self.restarts = self.broken = self.later = 0
        self.pid = 0

    async def run(self) -> None:
        """Keep a mailroom going until cancelled; it is gone when this returns."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._one_life()
            except OSError as error:
                _log.error("mailroom_not_started", why=str(error))
            failures = 1 if time.monotonic() - began > _STEADY_S else failures + 1
            self.restarts += 1
            now = time.monotonic()
            due = next_try(failures, now, self._rng, first_s=self._first_s, most_s=self._most_s)
            _log.error("mailroom_ended", again_in_s=round(due - now, 1), failures=failures)
            await asyncio.sleep(due - now)

    async def _one_life(self) -> None:
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                fd = theirs.fileno()
                process = await asyncio.create_subprocess_exec(
                    *self._command, "--fd", str(fd), pass_fds=(fd,), stdin=DEVNULL, env=self._environ
                )
        except BaseException:
            ours.close()
            raise
        self.pid = process.pid
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            try:
                await self._serve(reader, writer)
            finally:
                writer.close()
        finally:
            self._ended()
            await _see_out(process)
            self.pid = 0

    def _ended(self) -> None:
        self.up = False
        self._before.update({name: value for name, value in self._now.items() if name not in GAUGES})
        self._now = {}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the mailroom is gone, silent or talks nonsense. What it has handed over by then is still committed."""
        frames = Frames()
        async with asyncio.TaskGroup() as group:
            try:
                while True:
                    async with asyncio.timeout(self._silence_s):
                        data = await reader.read(_CHUNK)
                    if not data:
                        return
                    for frame in frames.feed(data):
                        if isinstance(frame, Figures):
                            self._heard(frame)
                        elif isinstance(frame, Take | AskCursor | KeepCursor):
                            await self._slots.acquire()
                            group.create_task(self._answer(frame, writer))
            except TimeoutError:
                _log.error("mailroom_silent", seconds=self._silence_s)
            except HandingError as error:
                _log.error("mailroom_not_understood", why=str(error))
            except ConnectionError as error:
                _log.warning("mailroom_link_broke", why=str(error))

    def _heard(self, frame: Figures) -> None:
        if not self.up:
            _log.info("mailroom_up", pid=self.pid)
        self.up, self._now = True, frame.values

    async def _answer(self, ask: Take | AskCursor | KeepCursor, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._done(ask)
        finally:
            self._slots.release()
        with suppress(ConnectionError):  # it is gone: whoever holds the mail gives it again
            writer.write(encode(answer))
            await writer.drain()

    async def _done(self, ask: Take | AskCursor | KeepCursor) -> Answer:
        desk = self._desks.get(ask.account)
        if desk is None:
            why = f"no mail account {ask.account}: is its configuration newer than the gateway?"
            return Answer(ask.n, "later", why)
        try:
            async with asyncio.timeout(self._commit_s):
                match ask:
                    case Take(handed=handed):
                        await desk.take(handed)
                    case AskCursor(name=name):
                        return Answer(ask.n, value=await desk.cursor(name))
                    case KeepCursor(name=name, value=value):
                        await desk.keep_cursor(name, value)
        except OSError as error:  # a limit that has passed (TimeoutError) as well
            self.later += 1
            _log.warning("mail_not_kept", account=ask.account, why=str(error) or type(error).__name__)
            return Answer(ask.n, "later", (str(error) or type(error).__name__)[:500])
        except Exception as error:
            self.broken += 1
            _log.exception("mail_broken", account=ask.account)
            return Answer(ask.n, "broken", f"{type(error).__name__}: {error}"[:500])
        return Answer(ask.n)

    # -- figures ------------------------------------------------------------------------------------------------------

    def count(self, name: str) -> int:
        """A counter of the mailroom over all its lives, or how one that falls stands now."""
        return self._now.get(name, 0) + self._before[name]

    def figures(self) -> list[Figure]:
        """For /metrics."""
        told = [
            Figure(f"mail_{name}", meaning, partial(self.count, name), rises=name not in GAUGES)
            for name, meaning in _MEANINGS.items()
        ]
        return [
            Figure("mailroom_up", "1 while the process that receives mail works", lambda: float(self.up)),
            Figure("mailroom_restarts", "Times that process was started again", lambda: self.restarts, rises=True),
            Figure("mail_broken", "Mails at which the gateway itself failed", lambda: self.broken, rises=True),
            Figure("mail_not_kept", "Asks that the ledger could not serve", lambda: self.later, rises=True),
            *told,
        ]


_MEANINGS: Mapping[str, str] = {
    "received": "Mails received or fetched",
    "refused": "Mails refused: unknown recipient, too large, peer not allowed",
    "deferred": "Mails put off: whoever held them keeps them and gives them again",
    "handed": "Mails handed over and committed",
    "unreadable": "Mails kept as unreadable",
    "too_large": "Mails over the limit left in their mailbox, with a ticket of their headers",
    "set_aside": "Mails of a mailbox passed over after several tries",
    "connections": "Connections of mail servers open",
    "mailboxes": "Mailboxes to be read",
    "mailboxes_up": "Mailboxes being read",
}


async def _see_out(process: Process) -> None:
    """Its end of the socket is closed, so it goes by itself; one that does not is made to. Cancelled, it is killed."""
    try:
        for send in (None, signal.SIGTERM):
            if send is not None:
                _log.warning("mailroom_stays", pid=process.pid)
                with suppress(ProcessLookupError):
                    process.send_signal(send)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LEAVE_S):
                    await process.wait()
                break
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()  # a killed process ends at once
    if process.returncode:
        _log.warning("mailroom_left", status=process.returncode)
