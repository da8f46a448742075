"""The AGI protocol from the server's side, without IO: bytes in, events out; commands in, bytes out.

The dialogue, as res_agi.c of Asterisk 22 speaks it: on connecting Asterisk sends its environment (``agi_name: value``
lines, closed by an empty line), then waits. We send one command a line and Asterisk answers each, with three surprises:

* a usage error is a block (``520-...``, the usage text, ``520 End of proper usage.``), whose text may itself look like
  anything and whose last line need not begin with 520;
* a bare ``HANGUP`` line comes whenever the citizen leaves (or the dialplan's absolute limit runs out), before, after or
  instead of an answer;
* the value of a variable is sent raw inside brackets, so an answer may hold line feeds.

Any split of the bytes gives the same events, so characters are decoded only in whole lines. What cannot be AGI ends in
one ``Garbage`` event, after which the decoder is deaf: it never raises on what a stranger sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from gateway.model.value import value

LONGEST_COMMAND = 2047
"""Bytes of a command with its line feed. AGI_BUF_LEN is 2048 with the NUL; Asterisk would read a longer one as two."""

_MOST_ARGUMENTS = 126  # MAX_ARGS 128 of res_agi.c, less its own guard and the closing NULL

_NO_HEADERS = "it does not begin with the headers of an AGI session, or with too many"
_PLAIN = re.compile(r"[A-Za-z0-9_./:+*#=(),%@-]+").fullmatch
_REFUSED = re.compile(r"[\r\n\0]").search
_HEADERS = re.compile(r"^(agi_[a-z0-9_]{1,60}): ?(.*)$", re.MULTILINE).findall
_NAMES = tuple(
    "agi_" + name
    for name in (
        *("network", "network_script", "request", "channel", "language", "type", "uniqueid", "version", "callerid"),
        *("calleridname", "callingpres", "callingani2", "callington", "callingtns", "dnid", "rdnis", "context"),
        *("extension", "priority", "enhanced", "accountcode", "threadid"),
    )
)
"""The headers that res_agi sends a script without arguments, in their order (setup_env in res_agi.c)."""
_USUAL = re.compile("\n".join(f"{name}: (.*)" for name in _NAMES)).fullmatch
_RESULT = re.compile(r"([12]\d\d) result=([^\s(]*)((?: [a-z]+=[^\s()]*)*) ?").fullmatch
_FIELDS = re.compile(r"(?: [a-z]+=[^\s()]*)* ?").fullmatch
_ENDPOS = re.compile(r" endpos=(-?[0-9]{1,18})\b").search
_PLAYED = re.compile(rb"200 result=(\d{1,3}) endpos=(\d{1,18})\n").fullmatch
_STATUS = re.compile(r"(\d{3})[ -](.*)", re.DOTALL).fullmatch


@value
class Environment:
    """Who calls: the headers of the session by name. Of a repeated name the first counts."""

    headers: dict[str, str]


@value
class Result:
    """An answer: ``200 result=49 (value) endpos=1234``.

    ``value`` is what stands in brackets, None without them. ``endpos`` is where a sound or recording stopped, in
    samples (8,000 a second). Other ``name=value`` words are dropped.
    """

    code: int
    result: str
    value: str | None = None
    endpos: int | None = None

    @property
    def number(self) -> int | None:
        """``result`` as a number, None when it is not one (GET DATA answers with digits, or with nothing)."""
        try:
            return int(self.result)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class UsageError:
    """520: the command was malformed. ``text`` is Asterisk's whole block."""

    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The command was not carried out: 510 unknown command, 511 not on a dead channel."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class HungUpNotice:
    """The bare HANGUP line: the channel is dead. Asterisk may send it twice."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """What came is not AGI, or passes a limit; ``why`` is ours, nothing of the sender's is in it. The last event."""

    why: str


Event = Environment | Result | UsageError | Refused | HungUpNotice | Garbage


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Bounds on what one peer may make us keep. Asterisk sends about 23 headers in 700 bytes; values at most 4 KiB."""

    headers: int = 200
    header_bytes: int = 32_768
    line_bytes: int = 8_192
    reply_bytes: int = 65_536


_Take = Callable[["Decoder", bytes], Event | None]


class Decoder:
    """The state of one session's incoming half. ``feed`` what arrives, act on the events in order."""

    __slots__ = ("_bytes", "_deaf", "_greeted", "_limits", "_pending", "_tail", "_take")

    def __init__(self, limits: WireLimits | None = None) -> None:
        self._limits = limits or WireLimits()
        self._tail = b""
        self._bytes = 0
        self._greeted = False  # the headers are complete
        self._deaf = False
        self._pending: list[str] = []
        self._take: _Take = Decoder._reply  # a plain function: a bound one would make a reference cycle

    def whole(self, data: bytes) -> Result | None:
        """The answer that ``data`` is: just one, of the few common ones, and nothing before it. None: ``feed`` it."""
        if self._tail or not self._greeted or self._deaf or self._take is not Decoder._reply:
            return None
        if (played := _PLAYED(data)) is not None:
            return Result(200, played[1].decode(), None, int(played[2]))
        return _WHOLE.get(data)

    def feed(self, data: bytes) -> list[Event]:
        """The events that ``data`` completes, in order. After a Garbage event always none."""
        events: list[Event] = []
        if self._deaf:
            return events
        if not self._greeted:
            event, data = self._greet(data)
            if event is not None:
                events.append(event)
            if not data:
                return events
        lines = (self._tail + data if self._tail else data).split(b"\n")
        self._tail = lines.pop()
        for line in lines:
            event = self._long(line) or self._take(self, line)
            if event is not None:
                events.append(event)
            if isinstance(event, Garbage):
                return events
        if (broken := self._long(self._tail)) is not None:
            events.append(broken)
        return events

    def _stop(self, why: str) -> Garbage:
        self._deaf = True
        self._tail = b""
        return Garbage(why)

    def _long(self, line: bytes) -> Garbage | None:
        if len(line) > self._limits.line_bytes:
            return self._stop(f"a line of more than {self._limits.line_bytes} bytes")
        return None

    def _greet(self, data: bytes) -> tuple[Event | None, bytes]:
        """Gather the headers up to the empty line: (their event, the bytes after them).

        A stranger is known by the first bytes; all else is judged when the block is complete, in one go: that costs a
        quarter of a judgement line by line. One reason for all, so that it cannot depend on how the bytes were split.
        """
        known = len(self._tail)
        block = self._tail + data
        end = block.find(b"\n\n", max(0, known - 1))
        if not b"agi_".startswith(block[:4]) or (len(block) if end < 0 else end + 1) > self._limits.header_bytes:
            return self._stop(_NO_HEADERS), b""
        if end < 0:
            self._tail = block
            return None, b""
        headers = self._headers(block[:end].decode(errors="replace"))
        if headers is None:
            return self._stop(_NO_HEADERS), b""
        self._greeted = True
        self._tail = b""
        return Environment(headers), block[end + 2 :]

    def _headers(self, text: str) -> dict[str, str] | None:
        """The header block as name -> value, the first of a repeated name; None when it is none.

        The quick way holds for what our dialplan has Asterisk send. Anything else is judged line by line, at six times
        the cost.
        """
        usual = _USUAL(text)
        if usual is not None and len(_NAMES) <= self._limits.headers:
            return dict(zip(_NAMES, usual.groups(), strict=True))
        found = _HEADERS(text)
        if not 0 < len(found) <= self._limits.headers or len(found) != text.count("\n") + 1:
            return None
        found.reverse()
        return dict(found)

    def _reply(self, line: bytes) -> Event | None:
        common = _COMMON.get(line)
        if common is not None:
            return common
        text = line.decode(errors="replace")
        if (result := _result(text)) is not None:
            return None if result.code < 200 else result
        if text.startswith("200 result=") and " (" in text:
            self._open_block(text, Decoder._value)
            return None
        if text.startswith("520-"):
            self._open_block(text, Decoder._usage)
            return None
        return self._status(text)

    def _status(self, text: str) -> Event | None:
        """An answer without a result; 1xx is only "wait"."""
        found = _STATUS(text)
        if found is None or found[1][0] not in "15":
            return self._stop("a line that is no AGI answer")
        if found[1][0] == "1":
            return None
        return UsageError(found[2]) if found[1] == "520" else Refused(int(found[1]), found[2])

    def _open_block(self, text: str, take: _Take) -> None:
        self._pending = [text]
        self._bytes = len(text)
        self._take = take

    def _grow_block(self, line: bytes) -> Garbage | None:
        self._bytes += len(line) + 1
        if self._bytes > self._limits.reply_bytes:
            return self._stop(f"an answer of more than {self._limits.reply_bytes} bytes")
        self._pending.append(line.decode(errors="replace"))
        return None

    def _usage(self, line: bytes) -> Event | None:
        if (broken := self._grow_block(line)) is not None:
            return broken
        if not self._pending[-1].endswith("520 End of proper usage."):
            return None
        return self._close_block(UsageError("\n".join(self._pending)))

    def _value(self, line: bytes) -> Event | None:
        if (broken := self._grow_block(line)) is not None:
            return broken
        _, close, rest = self._pending[-1].rpartition(")")
        if not close or not _FIELDS(rest):
            return None
        result = _result("\n".join(self._pending))
        return None if result is None else self._close_block(result)

    def _close_block(self, event: Event) -> Event:
        self._pending = []
        self._take = Decoder._reply
        return event


def _result(text: str) -> Result | None:
    """A whole answer, or None. Its value reaches from the first opening to the last closing bracket, in linear time."""
    head, opened, tail = text.partition(" (")
    value, closed, rest = tail.rpartition(")") if opened else (None, "", "")
    found = _RESULT(head)
    if found is None or (opened and not (closed and _FIELDS(rest))):
        return None
    end = _ENDPOS(found[3] + rest)
    return Result(int(found[1]), found[2], value, int(end[1]) if end else None)


_ANSWERS = {b"200 result=%d" % n: Result(200, str(n)) for n in (-1, 0, 1)}
_WHOLE = {line + b"\n": result for line, result in _ANSWERS.items()}
_COMMON: dict[bytes, Event] = {**_ANSWERS, b"HANGUP": HungUpNotice()}


def encode_command(verb: str, arguments: Iterable[str] = ()) -> bytes:
    """One command line. ``verb`` is sent as it is (``STREAM FILE``); each argument so that res_agi reads it back whole.

    Asterisk's rule: blanks part arguments except within quotes or after a backslash; a backslash makes the next
    character literal. Raises ValueError when anything holds CR, LF or NUL, when there are more arguments than Asterisk
    keeps, or when the line passes LONGEST_COMMAND: its rest would be carried out as a command of its own.
    """
    return encoded(verb, tuple(arguments))


@lru_cache(maxsize=1024)
def encoded(verb: str, arguments: tuple[str, ...]) -> bytes:
    """The same, remembered: flows say the same few things to every caller, most lines have been made before."""
    words = [verb]
    for argument in arguments:
        words.append(argument if _PLAIN(argument) else _quoted(argument))
    text = " ".join(words)
    if _REFUSED(text) is not None:
        raise ValueError(f"AGI command {verb!r}: CR, LF and NUL are refused in {text[:200]!r}")
    line = text.encode(errors="replace") + b"\n"
    if len(line) > LONGEST_COMMAND:
        raise ValueError(f"AGI command {verb!r} is {len(line)} bytes long; Asterisk reads {LONGEST_COMMAND}")
    if len(words) > _MOST_ARGUMENTS:
        raise ValueError(f"AGI command {verb!r} has {len(words) - 1} arguments; Asterisk keeps fewer")
    return line


def _quoted(argument: str) -> str:
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'
