"""A fake carrier's gateway (ISMG of CMPP 2.0 and 3.0, SMGW of SMGP 3.0) on a free loopback port. Named a fake.

It knows nothing of the gateway's code: every frame is built and read here by struct, from the standards. It checks the
login's MD5, keeps a window of messages without an answer, sends what is not answered again (on the same connection
after ``resend_s``, on the next one at once), answers messages and reports on them, and misbehaves as told: mute, busy,
refusing, dropping connections, saying lengths that are no lengths.

    async with Ismg("3.0", "901234", "secret") as ismg:
        ismg.push(ismg.deliver("13800000000", "12345", "路灯坏了".encode("utf-16-be")))
        await ismg.until(lambda: ismg.kept)
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import struct
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.serverends import end

Speaks = Literal["2.0", "3.0", "smgp"]

LOGIN, LEAVE, SUBMIT, DELIVER, TEST = "login", "leave", "submit", "deliver", "test"
_CMPP = {1: LOGIN, 2: LEAVE, 4: SUBMIT, 5: DELIVER, 8: TEST}
_SMGP = {1: LOGIN, 6: LEAVE, 2: SUBMIT, 3: DELIVER, 4: TEST}


def padded(text: str | bytes, width: int) -> bytes:
    octets = text.encode() if isinstance(text, str) else text
    return octets[:width].ljust(width, b"\0")


def bare(octets: bytes) -> str:
    return octets.split(b"\0")[0].decode()


def long_parts(text: str, reference: int, bits: int = 8, coding: str = "utf-16-be", room: int = 134) -> list[bytes]:
    """A long message's user data as telephones send it, cut by octets: a character may be divided."""
    octets = text.encode(coding)
    pieces = [octets[at : at + room] for at in range(0, len(octets), room)]
    made = []
    for n, piece in enumerate(pieces, 1):
        tail = bytes((len(pieces), n))
        head = (
            b"\x05\x00\x03" + bytes((reference & 255,)) if bits == 8 else b"\x06\x08\x04" + struct.pack(">H", reference)
        )
        made.append(head + tail + piece)
    return made


@dataclass
class Submitted:
    """A message of ours as the carrier got it."""

    sequence: int
    target: str
    content: bytes
    coding: int
    headed: int
    source: str
    total: int
    n: int
    wants_report: int
    service: str
    company: str
    fee: tuple[str, str]
    id: bytes = b""
    result: int = 0

    @property
    def text(self) -> str:
        body = self.content[1 + self.content[0] :] if self.headed else self.content
        return body.decode("utf-16-be" if self.coding == 8 else "ascii")


@dataclass
class Pushed:
    """Something to be delivered; ``id`` as in its body. ``key`` is what an answer to it must name."""

    id: bytes
    body: bytes
    sent: int = 0


@dataclass(eq=False)
class _Line:
    """One connection."""

    writer: asyncio.StreamWriter
    up: bool = False
    sequence: int = 0
    flying: dict[int, tuple[Pushed, float]] = field(default_factory=dict)

    def next(self) -> int:
        self.sequence += 1
        return self.sequence


class Ismg:
    """See the module. ``kept`` are ids that were answered with 0, ``answers`` every answer to a delivery by id."""

    def __init__(
        self, speaks: Speaks, account: str, secret: str, *, window: int = 16, resend_s: float = 60.0, port: int = 0
    ) -> None:
        self.speaks, self.account, self.secret = speaks, account, secret
        self.window, self.resend_s, self.port = window, resend_s, port
        self.waiting: deque[Pushed] = deque()
        self.kept: set[bytes] = set()
        self.answers: dict[bytes, list[int]] = {}
        self.submits: list[Submitted] = []
        self.seen: Counter[str] = Counter()
        self.most_flying = 0
        self.own_version = {"2.0": 0x20, "3.0": 0x30, "smgp": 0x30}[speaks]
        # misbehaviour
        self.refuse = 0
        self.mute: set[str] = set()
        self.results: deque[int] = deque()
        self.drop_after: int | None = None
        self.repeat_each = 1
        self.tail = b""
        self._numbers = itertools.count(1)
        self._lines: set[_Line] = set()
        self._changed = asyncio.Condition()
        self._commands = _SMGP if speaks == "smgp" else _CMPP
        self._codes = {name: code for code, name in self._commands.items()}

    # -- life

    async def __aenter__(self) -> Ismg:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the door and cut all lines; ``start`` opens it again on the same port."""
        await end(self._server)

    def cut(self) -> None:
        """Reset every connection."""
        for line in self._lines:
            line.writer.transport.abort()

    @property
    def lines(self) -> int:
        """Connections that are logged in."""
        return sum(line.up for line in self._lines)

    async def until(self, true: Callable[[], Any], limit_s: float = 60.0) -> None:
        """Wait until it holds; looked at after everything that happens."""
        async with asyncio.timeout(limit_s), self._changed:
            await self._changed.wait_for(true)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    # -- what it delivers

    def new_id(self) -> bytes:
        n = next(self._numbers)
        if self.speaks == "smgp":
            return bytes.fromhex("010203" + "11220514" + f"{n:06d}")
        # 22 November 05:14:07, gateway 1234
        return struct.pack(">Q", 11 << 60 | 22 << 55 | 5 << 50 | 14 << 44 | 7 << 38 | 1234 << 16 | n & 0xFFFF)

    def deliver(
        self, sender: str, receiver: str, content: bytes, coding: int = 8, headed: int = 0, *, id: bytes | None = None,
        report: int = 0,
    ) -> Pushed:  # fmt: skip
        """A message of a citizen (or with ``report`` a status report)."""
        made = self.new_id() if id is None else id
        if self.speaks == "smgp":
            options = struct.pack(">HHB", 2, 1, headed) if headed else b""
            body = (
                made + bytes((report, coding)) + b"20261122051407" + padded(sender, 21) + padded(receiver, 21)
                + bytes((len(content),)) + content + bytes(8) + options
            )  # fmt: skip
        else:
            new = self.speaks == "3.0"
            body = (
                made + padded(receiver, 21) + padded("HELP", 10) + bytes((0, headed, coding))
                + padded(sender, 32 if new else 21) + (b"\0" if new else b"") + bytes((report, len(content)))
                + content + (padded("LINK", 20) if new else bytes(8))
            )  # fmt: skip
        return Pushed(made, body + self.tail)

    def report_on(self, submitted: Submitted, state: str = "DELIVRD") -> Pushed:
        """A status report on a message of ours, of the version's length."""
        if self.speaks == "smgp":
            content = (
                b"id:" + submitted.id + b" sub:001 dlvrd:001 Submit date:2611220514 done date:2611220515 stat:"
                + padded(state, 7) + b" err:000 Text:" + padded("", 20)
            )  # fmt: skip
            assert len(content) == 122
        else:
            width = 32 if self.speaks == "3.0" else 21
            content = (
                submitted.id + padded(state, 7) + b"2611220514" + b"2611220515" + padded(submitted.target, width)
                + struct.pack(">I", 77)
            )  # fmt: skip
            assert len(content) == (71 if self.speaks == "3.0" else 60)
        return self.deliver(submitted.target, submitted.source, content, 0, report=1)

    def push(self, *pushed: Pushed) -> None:
        """Queue for delivery."""
        self.waiting.extend(pushed)
        for line in self._lines:
            self._fill(line)

    def _fill(self, line: _Line) -> None:
        while line.up and self.waiting and len(line.flying) < self.window:
            one = self.waiting.popleft()
            for _ in range(self.repeat_each):
                self._send(line, one)

    def _send(self, line: _Line, one: Pushed, sequence: int | None = None) -> None:
        sequence = line.next() if sequence is None else sequence
        line.flying[sequence] = (one, asyncio.get_running_loop().time())
        self.most_flying = max(self.most_flying, len(line.flying))
        one.sent += 1
        self._write(line, self._codes[DELIVER], sequence, one.body)

    def send_raw(self, octets: bytes) -> None:
        """Anything, to every line."""
        for line in self._lines:
            line.writer.write(octets)

    def ask(self, name: str) -> None:
        """A request without a body (a test, a leave) on every line that is up."""
        for line in self._lines:
            if line.up:
                self._write(line, self._codes[name], line.next(), b"")

    def _write(self, line: _Line, command: int, sequence: int, body: bytes) -> None:
        line.writer.write(struct.pack(">III", 12 + len(body), command, sequence) + body)

    # -- what it hears

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line(writer)
        self._lines.add(line)
        resending = asyncio.create_task(self._resend(line))
        try:
            while True:
                size, command, sequence = struct.unpack(">III", await reader.readexactly(12))
                body = await reader.readexactly(size - 12)
                self._heard(line, command, sequence, body)
                await self._tell()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            resending.cancel()
            self._lines.discard(line)
            self.waiting.extendleft(reversed([one for one, _ in line.flying.values()]))
            for other in self._lines:
                self._fill(other)
            writer.transport.abort()
            with suppress(RuntimeError):
                await self._tell()

    async def _resend(self, line: _Line) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.resend_s / 4)
            for sequence, (one, at) in list(line.flying.items()):
                if loop.time() - at >= self.resend_s:
                    self._send(line, one, sequence)

    def _heard(self, line: _Line, command: int, sequence: int, body: bytes) -> None:
        name = self._commands.get(command & 0x7FFF_FFFF, "?")
        answer = bool(command & 0x8000_0000)
        self.seen[name + (" answer" if answer else "")] += 1
        if answer:
            if name == DELIVER:
                self._delivered(line, sequence, body)
            return
        if name in self.mute:
            return
        reply = {LOGIN: self._login, SUBMIT: self._submit, TEST: self._test, LEAVE: lambda *_: b""}.get(name)
        if reply is None:
            return
        self._write(line, command | 0x8000_0000, sequence, reply(line, sequence, body))
        if name == LOGIN and line.up:
            self._fill(line)
        if name == LEAVE:
            line.up = False

    def _delivered(self, line: _Line, sequence: int, body: bytes) -> None:
        width = 10 if self.speaks == "smgp" else 8
        result = int.from_bytes(body[width:])
        assert len(body) == width + (1 if self.speaks == "2.0" else 4), "an answer of another version"
        self.answers.setdefault(body[:width], []).append(result)
        one, _ = line.flying.pop(sequence, (None, 0.0))
        if one is not None and result == 0:
            assert one.id[:width] == body[:width] or len(one.body) < 20, "an answer that names another message"
            self.kept.add(one.id)
        if self.drop_after is not None:
            self.drop_after -= 1
            if self.drop_after <= 0:
                self.drop_after = None
                line.writer.transport.abort()
        self._fill(line)

    def _login(self, line: _Line, sequence: int, body: bytes) -> bytes:
        if self.speaks == "smgp":
            client, proof, _mode, stamp, _version = struct.unpack(">8s16sBIB", body)
            zeros = 7
        else:
            client, proof, _version, stamp = struct.unpack(">6s16sBI", body)
            zeros = 9
        word = bare(client).encode() + bytes(zeros) + self.secret.encode() + f"{stamp:010d}".encode()
        right = hashlib.md5(word).digest() == proof and bare(client) == self.account
        wrong = 21 if self.speaks == "smgp" else 3
        status = self.refuse or (0 if right else wrong)
        line.up = status == 0
        octets = status.to_bytes(1 if self.speaks == "2.0" else 4)
        shown = hashlib.md5(octets + proof + self.secret.encode()).digest()
        return octets + shown + bytes((self.own_version,))

    def _test(self, line: _Line, sequence: int, body: bytes) -> bytes:
        return b"" if self.speaks == "smgp" else b"\0"

    def _submit(self, line: _Line, sequence: int, body: bytes) -> bytes:
        one = self._read_smgp(sequence, body) if self.speaks == "smgp" else self._read_cmpp(sequence, body)
        one.id, one.result = self.new_id(), self.results.popleft() if self.results else 0
        self.submits.append(one)
        return one.id + one.result.to_bytes(1 if self.speaks == "2.0" else 4)

    def _read_cmpp(self, sequence: int, body: bytes) -> Submitted:
        new = self.speaks == "3.0"
        width = 32 if new else 21
        at = 0

        def cut(octets: int) -> bytes:
            nonlocal at
            at += octets
            assert at <= len(body), "a SUBMIT that is cut"
            return body[at - octets : at]

        cut(8)
        total, n, report, _level = cut(4)
        service = bare(cut(10))
        cut(1 + width + (1 if new else 0) + 1)
        headed, coding = cut(2)
        company = bare(cut(6))
        fee = (bare(cut(2)), bare(cut(6)))
        cut(34)
        source = bare(cut(21))
        assert cut(1) == b"\1"
        target = bare(cut(width))
        cut(1 if new else 0)
        content = cut(cut(1)[0])
        cut(20 if new else 8)
        assert at == len(body), "octets behind a SUBMIT"
        return Submitted(sequence, target, content, coding, headed, source, total, n, report, service, company, fee)

    def _read_smgp(self, sequence: int, body: bytes) -> Submitted:
        head = struct.Struct(">BBB10s2s6s6sB17s17s21s21sB")
        kind, report, _, service, fee, code, _, coding, _, _, source, _, count = head.unpack_from(body)
        assert (kind, count) == (6, 1)
        at = head.size
        target, size = bare(body[at : at + 21]), body[at + 21]
        content = body[at + 22 : at + 22 + size]
        options: dict[int, bytes] = {}
        at += 22 + size + 8
        while at < len(body):
            tag, length = struct.unpack_from(">HH", body, at)
            options[tag] = body[at + 4 : at + 4 + length]
            at += 4 + length
        assert at == len(body), "an option that is cut"
        one = lambda tag, other: options.get(tag, bytes((other,)))[0]  # noqa: E731
        return Submitted(
            sequence, target, content, coding, one(2, 0), bare(source), one(9, 1), one(10, 1), report, bare(service),
            bare(options.get(0x10, b"")), (bare(fee), bare(code)),
        )  # fmt: skip
