"""The AMI wire without IO: bytes in, frames out; actions in, bytes out.

An AMI frame is lines of ``Name: value`` that end in CRLF, and an empty line. A hall sends about 150 events a call of
which two thirds are VarSet, so an event nobody wants is dropped by the name in its first line, on raw bytes, before
anything is decoded. Text is decoded only once its frame is whole: a Chinese character split between two reads is never
harmed, and a caller name in GB18030 becomes replacement characters, never an exception.

What real servers do and the documentation does not say: a value can hold a lone LF ("No Contacts found" of Asterisk
22 does), a UserEvent line can lack the blank after its colon, and up to Asterisk 13 the answer to Command is raw text
up to ``--END COMMAND--``. A request line longer than 1,022 bytes is refused by Asterisk and its rest taken for a
request of its own (both seen on 22.10), so ``encode`` refuses it first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from gateway.asterisk.ami.errors import UnsafeHeader, WireError
from gateway.asterisk.ami.forms import Forms

Value = str | int | list[str] | tuple[str, ...]
"""A header's value; a sequence repeats the header (Variable, ChanVariable)."""

Headers = Mapping[str, Value] | Iterable[tuple[str, Value]]

MAX_FRAME = 1 << 20
MAX_LINE = 1022
MAX_HEADERS = 128

_BLANK_LINE = b"\r\n\r\n"
_EVENT = b"Event: "
_RESPONSE = b"Response: "
_FOLLOWS = b"Response: Follows"
_FOLLOWS_END = b"--END COMMAND--"
_GREETING = b"Asterisk Call Manager/"
_MAX_GREETING = 256
_MAX_HEADLESS = 16
_MAX_MEMO = 8192  # lines
_MAX_MEMO_LINE = 200  # bytes
_MAX_HEADS = 1024
_ANSWER, _KEEP, _DROP, _OTHER = range(4)
_ALWAYS = frozenset({"Event", "ActionID"})  # what tells whose a frame is


class Frame(dict[str, str]):
    """One AMI frame: header name -> value. A repeated header shows its last value here and all of them in ``every``."""

    __slots__ = ("_pairs",)
    _pairs: list[tuple[str, str]]  # set only when a header repeats

    def every(self, name: str) -> list[str]:
        """All values of a header that may repeat (Output, ChanVariable), in the order sent."""
        try:
            pairs = self._pairs
        except AttributeError:
            return [self[name]] if name in self else []
        return [value for header, value in pairs if header == name]


class _Lines(dict[bytes, tuple[str, str]]):
    """Lines already taken apart: most lines of a call's events are the same, so half of the parsing is spared."""

    def __missing__(self, line: bytes) -> tuple[str, str]:
        name, separator, value = line.decode("utf-8", "replace").partition(": ")
        if not separator:
            raise ValueError(line)
        if len(line) <= _MAX_MEMO_LINE and name != "Timestamp":  # which never comes twice
            if len(self) >= _MAX_MEMO:
                self.clear()
            self[line] = name, value
        return name, value


class FrameReader:
    """Bytes of one AMI session to frames, the same frames however the bytes are split.

    ``wanted`` names the events to keep (None: all); responses are always kept, and so are events whose ActionID begins
    with ``own`` (items of lists that we asked for). ``headers`` names, by event, those that are looked at: the others
    may be missing from its frames. ``joined`` is for recordings that begin anywhere: what comes before the first whole
    frame is skipped. Counters: ``dropped`` events not wanted, ``headless`` pieces between empty lines that are no
    frame. ``version`` is the greeting's, None until it came. While ``listening`` is False nothing of our own is
    expected, and ``own`` is not searched for.

    ``feed`` raises WireError for a peer that is not AMI, for a frame over ``max_frame`` bytes and for many headless
    pieces in a row; the reader is of no use from then on and raises the same again.
    """

    def __init__(
        self,
        wanted: frozenset[str] | None = None,
        max_frame: int = MAX_FRAME,
        *,
        own: str = "",
        joined: bool = False,
        headers: Mapping[str, frozenset[str]] = MappingProxyType({}),
    ) -> None:
        self.version: str | None = None
        self.dropped = 0
        self.headless = 0
        self.listening = True
        self._wanted = None if wanted is None else frozenset(name.encode() for name in wanted)
        self._heads: dict[bytes, int] = {}  # what to do with a frame, by its first line
        self._lines = _Lines()
        self._forms = {_EVENT + name.encode(): Forms(taken | _ALWAYS) for name, taken in headers.items()}
        self._own = b"\r\nActionID: " + own.encode() if own else None
        self._max = max_frame
        self._joined = joined
        self._begun = False
        self._held = bytearray()
        self._end = _BLANK_LINE  # what completes the held bytes
        self._headless_run = 0
        self._failed: str | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; return the frames that they complete, in order."""
        if self._failed is not None:
            raise WireError(self._failed)
        if self._held:
            searched = max(0, len(self._held) - len(self._end) + 1)
            self._held += data
            if self._begun and self._held.find(self._end, searched) < 0:
                self._hold(b"")
                return []
            data = bytes(self._held)
            self._held.clear()
        if not self._begun:
            data = self._begin(data)
        frames: list[Frame] = []
        try:
            while data:
                data = self._cut(data, frames)
        except WireError as error:
            self._failed = str(error)
            raise WireError(self._failed, frames) from None
        return frames

    def _begin(self, data: bytes) -> bytes:
        """Look at the very first bytes: a greeting, a frame (a recording without greeting), or a stranger."""
        if data.startswith(_GREETING):
            line, end, after = data.partition(b"\r\n")
            if end:
                self.version = line[len(_GREETING) :].decode("ascii", "replace").strip()
                self._begun = True
                return after
            if len(data) <= _MAX_GREETING:
                self._held += data
                return b""
        elif any(head.startswith(data) for head in (_GREETING, _EVENT, _RESPONSE)):
            self._held += data
            return b""
        elif self._joined or data.startswith((_EVENT, _RESPONSE)):
            self._begun = True
            return data
        self._failed = f"the peer does not speak AMI, it began with {data[:40]!r}"
        raise WireError(self._failed)

    def _cut(self, data: bytes, frames: list[Frame]) -> bytes:
        """Cut whole frames off; returns what is left to cut, empty when the rest is held for the next bytes."""
        heads, own, dropped = self._heads, self._own if self.listening else None, 0
        pieces = data.split(_BLANK_LINE)
        rest = pieces.pop()
        if len(data) > self._max:  # else no piece can be
            self._refuse_oversized(pieces, frames)
        for at, piece in enumerate(pieces):
            end = piece.find(b"\r")
            head = piece[:end] if end > 0 else piece
            kind = heads.get(head)
            if kind is None:
                kind = self._judge(head)
            if kind == _DROP and (own is None or own not in piece):
                dropped += 1
                continue
            if kind == _OTHER:
                self._seen(dropped)
                dropped = 0
                self._odd(piece, frames)
                continue
            if kind == _ANSWER and head.startswith(_FOLLOWS) and not piece.endswith(_FOLLOWS_END):
                self._seen(dropped)
                return self._cut_follows(_BLANK_LINE.join([*pieces[at:], rest]), frames)
            frames.append(self._read(piece, head))
            self._headless_run = 0
        self._seen(dropped)
        self._hold(rest)
        return b""

    def _judge(self, head: bytes) -> int:
        """What to do with frames that begin with this line; remembered for the next."""
        if head.startswith(_EVENT):
            kind = _KEEP if self._wanted is None or head[len(_EVENT) :] in self._wanted else _DROP
        elif head.startswith(_RESPONSE):
            kind = _ANSWER
        else:
            return _OTHER
        if len(self._heads) < _MAX_HEADS:
            self._heads[head] = kind
        return kind

    def _seen(self, dropped: int) -> None:
        if dropped:
            self.dropped += dropped
            self._headless_run = 0

    def _hold(self, rest: bytes) -> None:
        """Keep the beginning of a frame. Whoever holds more than a frame and its end holds no frame."""
        self._held += rest
        if len(self._held) > self._max + len(self._end) - 1:
            self._held.clear()
            self._failed = f"a frame of more than {self._max} bytes"
            raise WireError(self._failed)

    def _refuse_oversized(self, pieces: list[bytes], frames: list[Frame]) -> None:
        """Keep what came before an oversized frame, then fail: as if it had come in smaller reads."""
        for at, piece in enumerate(pieces):
            if len(piece) > self._max:
                before = _BLANK_LINE.join([*pieces[:at], b""])
                while before:
                    before = self._cut(before, frames)
                raise WireError(f"a frame of more than {self._max} bytes")

    def _cut_follows(self, data: bytes, frames: list[Frame]) -> bytes:
        """Asterisk 13 and older: raw command output, which may hold empty lines, up to its own end mark."""
        mark = _FOLLOWS_END + _BLANK_LINE
        end = data.find(mark)
        if end > self._max:
            raise WireError(f"a frame of more than {self._max} bytes")
        if end < 0:
            self._end = mark
            self._hold(data)
            return b""
        self._end = _BLANK_LINE
        frames.append(self._parse(data[: end + len(_FOLLOWS_END)]))
        return data[end + len(mark) :]

    def _odd(self, piece: bytes, frames: list[Frame]) -> None:
        """A piece without a head: stray line ends or a second greeting before a frame, or the rest of a broken one."""
        whole = piece.lstrip(b"\r\n")
        if whole.startswith(_GREETING):
            whole = whole.partition(b"\r\n")[2].lstrip(b"\r\n")
        if not whole:
            return
        if not whole.startswith((_EVENT, _RESPONSE)):
            self.headless += 1
            self._headless_run += 1
            if self._headless_run > _MAX_HEADLESS:
                raise WireError(f"{self._headless_run} pieces in a row are no frames, the last began {whole[:40]!r}")
            return
        self._headless_run = 0
        own = self._own if self.listening else None
        if self._judge(whole.partition(b"\r")[0]) == _DROP and (own is None or own not in whole):
            self.dropped += 1
            return
        frames.append(self._parse(whole))

    def _read(self, raw: bytes, head: bytes) -> Frame:
        """A frame, of some events only what is looked at."""
        forms = self._forms.get(head)
        if forms is None:
            return self._parse(raw)
        pairs = forms.read(raw)
        if pairs is not None:
            return Frame(pairs)
        frame = self._parse(raw)
        if not hasattr(frame, "_pairs"):
            forms.learn(tuple(frame))
        return frame

    def _parse(self, raw: bytes) -> Frame:
        if raw.startswith(_FOLLOWS):
            return _parse_loosely(_with_output(raw.decode("utf-8", "replace").split("\r\n")))
        lines = raw.split(b"\r\n")
        try:
            frame = Frame(map(self._lines.__getitem__, lines))
        except ValueError:
            return _parse_loosely([line.decode("utf-8", "replace") for line in lines])
        if len(frame) != len(lines):
            frame._pairs = [self._lines[line] for line in lines]
        return frame


def _parse_loosely(lines: list[str]) -> Frame:
    """Lines that lack the blank after the colon; a line without a colon belongs to no header and is left out."""
    pairs = [(name, value.removeprefix(" ")) for name, colon, value in (line.partition(":") for line in lines) if colon]
    frame = Frame(pairs)
    frame._pairs = pairs
    return frame


def _with_output(lines: list[str]) -> list[str]:
    """Turn the raw text of ``Response: Follows`` into the Output lines that newer servers send."""
    heads = [line for line in lines[:4] if line.startswith(("Response: ", "Privilege: ", "ActionID: ", "Message: "))]
    text = "\r\n".join(lines[len(heads) :]).removesuffix(_FOLLOWS_END.decode()).replace("\r\n", "\n")
    return [*heads, *(f"Output: {line}" for line in text.removesuffix("\n").split("\n"))]


def encode(action: Headers) -> bytes:
    """One action as bytes, its headers in the order given, its empty line included.

    Raises UnsafeHeader, naming the header, for CR, LF or NUL anywhere (they would begin a header or an action of the
    attacker's), for a name that is empty or holds a colon, for a line that Asterisk would cut, and for text that is not
    Unicode (a lone surrogate); TypeError for a value that is neither text nor a whole number.
    """
    lines: list[bytes] = []
    for name, value in action.items() if isinstance(action, Mapping) else action:
        values = value if isinstance(value, list | tuple) else (value,)
        lines.extend(_line(name, one) for one in values)
    if not lines or len(lines) > MAX_HEADERS:
        raise UnsafeHeader("Action", f"{len(lines)} headers, Asterisk takes 1 to {MAX_HEADERS}")
    return b"\r\n".join(lines) + _BLANK_LINE


def _line(name: str, value: object) -> bytes:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise TypeError(f"header {name!r}: {type(value).__name__} is neither text nor a whole number")
    text = f"{name}: {value}"
    for bad, called in (("\r", "CR"), ("\n", "LF"), ("\0", "NUL")):
        if bad in text:
            raise UnsafeHeader(name, f"must not hold {called}")
    if not name.strip() or ":" in name:
        raise UnsafeHeader(name, "is no header name")
    try:
        line = text.encode()
    except UnicodeEncodeError:
        raise UnsafeHeader(name, "is not Unicode text") from None
    if len(line) > MAX_LINE:
        raise UnsafeHeader(name, f"its line has {len(line)} bytes, Asterisk takes {MAX_LINE}")
    return line
