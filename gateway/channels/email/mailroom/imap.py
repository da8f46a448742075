"""A mailbox over IMAP: aioimaplib 2.0.3 behind our port, with its faults mended (read and tried).

What it lacks: commands wait for ever when the connection goes (mended: they end with it); each line of an answer is one
level of recursion, so a thousand lines in one read break it (mended: a loop); STARTTLS, quoting of names and folders
in modified UTF-7 (done here); the ID command that NetEase (163, 126, yeah.net) wants before SELECT, which says "Unsafe
Login" without it (sent when offered). An answer that does not come in time ends the connection: what state it is in is
then unknown.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, TypeVar

from aioimaplib.aioimaplib import (  # type: ignore[import-untyped]
    AioImapException,
    Command,
    IMAP4ClientProtocol,
    IncompleteRead,
    Response,
    literal_data_re,
    quoted,
)

from gateway.channels.email.config import ImapConfig
from gateway.channels.email.mailroom.mailbox import BoxLost, BoxSaysNo, Found

_LINE = 1_048_576
_FOUND_AT_ONCE = 50
_GOODBYE_S = 1.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "\s*(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"')
_BODY_LITERAL = re.compile(rb"\bBODY\[(?:HEADER)?\](?:<0>)? \{\d+\}$", re.IGNORECASE)
_BODY_QUOTED = re.compile(rb'\bBODY\[(?:HEADER)?\](?:<0>)? (NIL|"(?:[^"\\]|\\.)*")', re.IGNORECASE)
_VALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_NEXT = re.compile(rb"\[UIDNEXT (\d+)\]", re.IGNORECASE)

T = TypeVar("T")


class _Wire(IMAP4ClientProtocol):  # type: ignore[misc]
    """aioimaplib's protocol, mended. ``most`` bounds a literal."""

    def __init__(self, most: int) -> None:
        super().__init__(asyncio.get_running_loop(), self._gone)
        self._most = most
        self.lost: Exception | None = None
        self.news = asyncio.Event()  # a mail may have come since the last search began
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, d: bytes) -> None:
        if self.lost is not None:
            return
        why: Exception | None = None
        try:
            super().data_received(d)
        except Exception as error:  # nothing that a server sends may be more than the end of its connection
            why = error
        if len(self.incomplete_line) > _LINE:
            why = BoxLost("a line without end")
        if why is not None:
            self._gone(why)
            self.transport.abort()

    def _gone(self, why: Exception | None) -> None:
        if self.lost is None:
            self.lost = why or BoxLost("the server closed the connection")
        if not self.greeted.done():
            self.greeted.set_result(None)
        waiting = [*self.pending_async_commands.values(), self.pending_sync_command]
        for command in waiting:
            if command is not None:
                command.close(b"connection lost", "LOST")

    def _untagged_response(self, line: bytes) -> Any:
        """A server tells of a new mail once, also in the middle of another answer: aioimaplib forgets it there."""
        if line.endswith(b" EXISTS"):
            self.news.set()
        return super()._untagged_response(line)

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
        except Exception as error:  # BYE, or no IMAP at all: whoever waits for the greeting is told
            self._gone(error)
        if not self.greeted.done():
            self.greeted.set_result(None)

    def _handle_responses(self, data: bytes, line_handler: Callable[..., Any], current_cmd: Any = None) -> None:
        """As aioimaplib has it, as a loop, and with a bound on what a literal may announce."""
        command = current_cmd
        while data:
            if command is not None and command.wait_literal_data():
                data = command.append_literal_data(data)
                if command.wait_literal_data():
                    raise IncompleteRead(command)
            line, separator, tail = data.partition(b"\r\n")
            if not separator:
                raise IncompleteRead(command, data)
            current = line_handler(line, command)
            if literal := literal_data_re.match(line):
                size = int(literal["size"])
                if size > self._most:
                    raise BoxLost(f"a literal of {size} bytes")
                current = current if current is not None else Command("NIL", "unused")
                current.begin_literal_data(size)
                command = current
            else:
                command = current if current is not None and current.wait_data() else None
            data = tail
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()
        if command is not None and command.wait_data():
            raise IncompleteRead(command)


class ImapBox:
    """An open mailbox (``mailbox.Box``). Every call ends within ``call_s`` of the configuration."""

    def __init__(self, config: ImapConfig, wire: _Wire) -> None:
        self._config, self._wire = config, wire
        self.validity = self.next_uid = 0

    async def search(self, first: int, since: float | None) -> list[int]:
        """UIDs from ``first`` on in order, of mails that came at ``since`` (a day or two earlier as well) or later."""
        criteria = f"UID {first}:*"
        if since is not None:
            day = datetime.fromtimestamp(max(since - 2 * 86_400, 0), UTC)
            criteria += f" SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        self._wire.news.clear()
        lines = await self._ask(self._wire.search(criteria, charset=None, by_uid=True))
        found = {int(word) for line in lines[:-1] for word in line.split() if word.isdigit()}
        return sorted(uid for uid in found if uid >= first)  # "n:*" names the last mail even when it is before n

    async def look(self, uids: Sequence[int]) -> dict[int, Found]:
        """Size and time of arrival of those that are still there."""
        found: dict[int, Found] = {}
        for n in range(0, len(uids), _FOUND_AT_ONCE):
            wanted = ",".join(map(str, uids[n : n + _FOUND_AT_ONCE]))
            for line in await self._fetch(wanted, "(UID RFC822.SIZE INTERNALDATE)"):
                uid, size = _UID.search(line), _SIZE.search(line)
                if uid is not None and size is not None:
                    found[int(uid[1])] = Found(int(size[1]), _moment(line))
        return found

    async def mail(self, uid: int) -> bytes | None:
        """The mail's bytes; None when it is no longer there. It is not marked as read."""
        return _literal(await self._fetch(str(uid), "(UID BODY.PEEK[])"))

    async def head(self, uid: int) -> bytes | None:
        """The mail's headers alone."""
        return _literal(await self._fetch(str(uid), "(UID BODY.PEEK[HEADER])"))

    async def move(self, uid: int, folder: str) -> None:
        """Into another folder, which is made when it is not there. Raises BoxSaysNo."""
        name = _folder(folder)
        try:
            await self._moved(uid, name)
        except BoxSaysNo:
            await self._ask(self._wire.simple_command("CREATE", name))
            await self._moved(uid, name)

    async def flag(self, uid: int) -> None:
        """Mark it for people. Raises BoxSaysNo."""
        await self._ask(self._wire.store(str(uid), "+FLAGS.SILENT", "(\\Flagged)", by_uid=True))

    async def wait(self, seconds: float) -> None:
        """Until the server says that something came, or for so long."""
        if self._wire.news.is_set():
            return
        if "IDLE" not in self._wire.capabilities:
            await asyncio.sleep(seconds)
            return
        async with asyncio.TaskGroup() as group:
            idle = group.create_task(self._idle())
            begun = group.create_task(self._wire.wait_for_idle_response())
            told = group.create_task(self._wire.news.wait())
            why = await self._idled(idle, begun, told, seconds)
            for task in (idle, begun, told):
                task.cancel()
        while not self._wire.idle_queue.empty():  # said by ``news``
            self._wire.idle_queue.get_nowait()
        self._raise_if_lost()
        if why:
            raise BoxLost(why)

    async def close(self) -> None:
        """Say goodbye where somebody listens: not while an answer is still awaited."""
        wire = self._wire
        try:
            if wire.lost is None and wire.pending_sync_command is None and not wire.pending_async_commands:
                await ask(wire, wire.logout(), min(self._config.call_s, _GOODBYE_S))
        except (BoxLost, BoxSaysNo):
            return
        finally:
            wire.transport.abort()

    # -- within --------------------------------------------------------------------------------------------------------

    async def select(self, folder: str) -> None:
        """Raises BoxSaysNo when there is no such folder."""
        lines = b"\n".join(bytes(line) for line in await self._ask(self._wire.select(_folder(folder))))
        validity, following = _VALIDITY.search(lines), _NEXT.search(lines)
        self.validity = int(validity[1]) if validity else 0
        if following is not None:
            self.next_uid = int(following[1])
        else:
            last = await self.search(1, None)
            self.next_uid = last[-1] + 1 if last else 1

    async def _idle(self) -> None:
        with suppress(AioImapException):  # its end is enough to know
            await self._wire.idle()

    async def _idled(
        self, idle: asyncio.Task[Any], begun: asyncio.Task[Any], told: asyncio.Task[Any], seconds: float
    ) -> str:
        """Why it did not go as it should, "" when it did."""
        limit = self._config.call_s
        await asyncio.wait({idle, begun}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        if not begun.done():
            return "IDLE was refused" if idle.done() else f"IDLE did not begin within {limit:g} s"
        await asyncio.wait({idle, told}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not idle.done():
            self._wire.idle_done()
            await asyncio.wait({idle}, timeout=limit)
        return "" if idle.done() else f"IDLE did not end within {limit:g} s"

    async def _moved(self, uid: int, name: str) -> None:
        if "MOVE" in self._wire.capabilities:
            await self._ask(self._wire.move(str(uid), name, by_uid=True))
            return
        await self._ask(self._wire.copy(str(uid), name, by_uid=True))
        await self._ask(self._wire.store(str(uid), "+FLAGS.SILENT", "(\\Deleted)", by_uid=True))
        if "UIDPLUS" in self._wire.capabilities:  # a plain EXPUNGE would take what others have deleted along
            await self._ask(self._wire.expunge(str(uid), by_uid=True))

    async def _fetch(self, uids: str, what: str) -> list[bytes | bytearray]:
        return await self._ask(self._wire.fetch(uids, what, by_uid=True))

    async def _ask(self, call: Awaitable[Response]) -> list[bytes | bytearray]:
        return await ask(self._wire, call, self._config.call_s)

    def _raise_if_lost(self) -> None:
        raise_if_lost(self._wire)


async def open_box(config: ImapConfig, password: str, folder: str, most: int) -> ImapBox:
    """Connect, log in, select. ``most`` bounds a mail. Raises BoxLost, BoxSaysNo."""
    wire = await _connected(config, most)
    box = ImapBox(config, wire)
    try:
        if config.tls == "starttls":
            await _starttls(config, wire)
        await _logged_in(config, wire, password)
        await box.select(folder)
    except BaseException:
        wire.transport.abort()
        raise
    return box


async def ask(wire: _Wire, call: Awaitable[Response], limit_s: float) -> list[bytes | bytearray]:
    """The lines of an answer that says OK. Raises BoxLost when the connection is gone or nothing came in time."""
    try:
        raise_if_lost(wire)
        async with asyncio.timeout(limit_s):
            result, lines = await call
    except TimeoutError:
        wire.lost = wire.lost or BoxLost(f"no answer within {limit_s:g} s")
        wire.transport.abort()
        raise BoxLost(f"no answer within {limit_s:g} s") from None
    except AioImapException as error:
        raise_if_lost(wire)
        raise BoxLost(str(error)) from error
    finally:
        if asyncio.iscoroutine(call):
            call.close()
    raise_if_lost(wire)
    if result != "OK":
        raise BoxSaysNo(f"{result} {_words(lines)}")
    return list(lines)


def raise_if_lost(wire: _Wire) -> None:
    if wire.lost is not None:
        raise BoxLost(str(wire.lost) or type(wire.lost).__name__) from wire.lost


async def _connected(config: ImapConfig, most: int) -> _Wire:
    tls = _tls(config) if config.tls == "implicit" else None
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(config.call_s):
            _, wire = await loop.create_connection(
                lambda: _Wire(most), config.host, config.port, ssl=tls, server_hostname=config.host if tls else None
            )
    except TimeoutError:
        raise BoxLost(f"no connection within {config.call_s:g} s") from None
    except OSError as error:
        raise BoxLost(str(error)) from error
    try:
        async with asyncio.timeout(config.call_s):
            await wire.greeted
    except TimeoutError:
        wire.transport.abort()
        raise BoxLost(f"no greeting within {config.call_s:g} s") from None
    if wire.lost is not None:
        wire.transport.abort()
        raise_if_lost(wire)
    return wire


async def _starttls(config: ImapConfig, wire: _Wire) -> None:
    await ask(wire, wire.execute(Command("STARTTLS", wire.new_tag(), loop=wire.loop)), config.call_s)
    if wire.incomplete_line:
        raise BoxLost("more than the answer to STARTTLS came before the encryption")
    try:
        async with asyncio.timeout(config.call_s):
            wire.transport = await wire.loop.start_tls(
                wire.transport, wire, _tls(config), server_hostname=config.host
            )  # fmt: skip
    except OSError as error:
        raise BoxLost(str(error) or "no TLS in time") from error
    if wire.transport is None:
        raise BoxLost("the connection went while TLS began")
    await _capability(config, wire)  # what was told before may have been told by somebody else


async def _logged_in(config: ImapConfig, wire: _Wire, password: str) -> None:
    if wire.state == "NONAUTH":
        try:
            await ask(wire, wire.login(quoted(config.user), password), config.call_s)
        except ValueError as error:
            raise BoxSaysNo("the user or password holds a line end") from error
    await _capability(config, wire)
    if "ID" in wire.capabilities:
        try:
            await ask(wire, wire.id(name="gateway-12345", vendor="gateway-12345"), config.call_s)
        except BoxSaysNo:
            return  # it was only a courtesy then


async def _capability(config: ImapConfig, wire: _Wire) -> None:
    async def asked() -> Response:
        await wire.capability()
        return Response("OK", [])

    await ask(wire, asked(), config.call_s)


def _tls(config: ImapConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.ca or None)
    if not config.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _literal(lines: Sequence[bytes | bytearray]) -> bytes | None:
    """The one literal (or, of an empty or short mail, quoted text) of a fetch; None when no mail came."""
    for line, following in pairwise(lines):
        if isinstance(line, bytearray):
            continue
        if _BODY_LITERAL.search(line) and isinstance(following, bytearray):
            return bytes(following)
        if short := _BODY_QUOTED.search(line):
            return b"" if short[1].upper() == b"NIL" else re.sub(rb"\\(.)", rb"\1", short[1][1:-1])
    return None


def _moment(line: bytes | bytearray) -> float | None:
    """INTERNALDATE as epoch seconds; None when it is none."""
    found = _DATE.search(line)
    if found is None:
        return None
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = (part.decode() for part in found.groups())
    try:
        date = (int(year), _MONTHS.index(month.title()) + 1, int(day))
        at = datetime(*date, int(hour), int(minute), min(int(second), 59), tzinfo=UTC)
    except ValueError:
        return None
    offset = int(off_hours) * 3600 + int(off_minutes) * 60
    return at.timestamp() - (offset if sign == "+" else -offset)


def _words(lines: Sequence[bytes | bytearray]) -> str:
    return bytes(lines[-1]).decode("utf-8", "replace")[:200] if lines else ""


def _folder(name: str) -> str:
    """A folder's name as it goes over the wire: quoted modified UTF-7 (RFC 3501 section 5.1.3)."""
    out: list[str] = []
    for run in re.findall(r"[ -~]+|[^ -~]+", name):
        if run[0] in _PRINTABLE:
            out.append(run.replace("&", "&-"))
        else:
            out.append("&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-")
    return str(quoted("".join(out)))


_PRINTABLE: Mapping[str, None] = dict.fromkeys(map(chr, range(32, 127)))
