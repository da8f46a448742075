"""The structure of a mail: bytes to a tree of parts. Works on offsets into the one original; no part is copied.

Line ends may be LF, CRLF, CR or CR CR LF; a "From " line of a mailbox file, a missing blank line, header lines
without a colon, missing end boundaries, boundaries that the header spells wrongly, and colliding ones are all met
with. Every loop moves forward only, so the time is that of reading the bytes once a level; levels, parts, fields and
the size of headers are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.params import read_params
from gateway.channels.email.transfer import kind_of_encoding, undo
from gateway.channels.email.words import raw_text

MOST_PARTS, MOST_DEPTH = 500, 20
MOST_HEADERS, MOST_FIELDS = 1_048_576, 2000

_EOL = rb"(?:\r{0,2}\n|\r)"
_FIELD = re.compile(rb"([!-9;-~]{1,100}+)[ \t]*+:([^\r\n]*+(?:\r{0,2}\n[ \t][^\r\n]*+)*+)(?:" + _EOL + rb"|\Z)")
_LINE = re.compile(rb"([^\r\n]*+)(?:" + _EOL + rb"|\Z)")
_BLANK = re.compile(_EOL)
_MBOX = re.compile(rb">?From [^\r\n]*+" + _EOL)
_TAIL = re.compile(rb"(--)?[ \t]*+(?:\r{0,2}\n|\r|\Z)")
_GUESS = re.compile(rb"(?:\A|[\r\n])--([^\r\n]{1,200}+)\r{0,2}\n(?=[Cc]ontent-[!-9;-~]{1,50}:)")
_KIND = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}")
_KNOWN = re.compile(
    rb"(?:from|to|cc|bcc|subject|date|received|message-id|mime-version|content-[a-z-]{2,30}|reply-to|sender"
    rb"|return-path|in-reply-to|references|delivered-to|list-[a-z-]{2,20}|x-[!-9;-~]{1,60})[ \t]*:",
    re.IGNORECASE,
)
_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "plain/text": "text/plain",
          "text/htm": "text/html", "text/html.": "text/html", "message": "message/rfc822"}  # fmt: skip
_NESTED = frozenset({"message/rfc822", "message/global", "message/news"})


@dataclass(slots=True)
class Part:
    """One part. Its raw body is ``source[start:end]``; ``fields`` are names in lower case and unfolded raw values."""

    source: bytes
    start: int
    end: int
    fields: list[tuple[str, bytes]] = field(default_factory=list)
    kind: str = "text/plain"
    params: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    disposition: str = ""
    name: str = ""
    children: list[Part] = field(default_factory=list)

    def get(self, name: str) -> bytes:
        """The first field of the name that is not empty."""
        return next((value for known, value in self.fields if known == name and value), b"")

    def body(self) -> tuple[bytes, bool]:
        """The content behind its transfer encoding, and whether it had to be repaired."""
        return undo(self.source[self.start : self.end], self.encoding)


def read_mime(raw: bytes, charsets: Charsets) -> Part:
    """The tree of a mail's parts. What was repaired or left out is told by ``charsets.flags``."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    head = raw[:4096]
    start = len(head) - len(head.lstrip(b"\xef\xbb\xbf\r\n"))
    return _Reader(charsets).read(raw, start, len(raw), 0, "text/plain")


class _Reader:
    def __init__(self, charsets: Charsets) -> None:
        self._charsets, self._flags = charsets, charsets.flags
        self._parts = 0

    def read(self, source: bytes, start: int, end: int, depth: int, kind: str) -> Part:
        """The part in ``source[start:end]``; ``kind`` is the type of a part that names none (RFC 2046, 5.1.5)."""
        self._parts += 1
        fields, body, repaired = split_fields(source, start, end)
        if repaired:
            self._flags.add(repaired)
        part = Part(source, body, end, fields)
        self._describe(part, kind)
        if part.kind.startswith("multipart/") or part.kind in _NESTED:
            self._open(part, depth)
        return part

    def _describe(self, part: Part, kind: str) -> None:
        charsets = self._charsets
        head, part.params = "", {}
        if value := part.get("content-type"):
            head, part.params = read_params(raw_text(value, charsets), charsets)
        part.kind = _kind(head, kind)
        if encoding := part.get("content-transfer-encoding"):
            part.encoding = encoding.decode("ascii", "replace").strip().lower()
        name = part.params.get("name", "")
        if value := part.get("content-disposition"):
            part.disposition, told = read_params(raw_text(value, charsets), charsets)
            name = told.get("filename") or told.get("name") or name
        part.name = name

    def _open(self, part: Part, depth: int) -> None:
        if depth >= MOST_DEPTH or self._parts >= MOST_PARTS:
            self._flags.add("truncated")
            return
        if kind_of_encoding(part.encoding) in ("base64", "quoted-printable"):  # forbidden (RFC 2045, 6.4), and sent
            self._decode(part)
        if part.kind in _NESTED:
            part.children = [self.read(part.source, part.start, part.end, depth + 1, "text/plain")]
            return
        inner = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        sections = self._sections(part)
        if sections is None:
            self._flags.add("mime_repaired")
            part.kind, part.children = "text/plain", []
            return
        for start, end in sections:
            if self._parts >= MOST_PARTS:
                self._flags.add("truncated")
                break
            part.children.append(self.read(part.source, start, end, depth + 1, inner))

    def _decode(self, part: Part) -> None:
        boundary = part.params.get("boundary", "").encode("utf-8", "replace")
        if part.kind not in _NESTED and boundary and part.source.find(b"--" + boundary, part.start, part.end) >= 0:
            return  # only labelled so
        part.source, part.encoding = part.body()[0], ""
        part.start, part.end = 0, len(part.source)
        self._flags.add("mime_repaired")

    def _sections(self, part: Part) -> list[tuple[int, int]] | None:
        """Where the parts of a multipart lie; None when no boundary can be found."""
        declared = part.params.get("boundary", "")
        for boundary in dict.fromkeys((declared, declared.strip().strip("\"'").strip())):
            if boundary and (found := self._split(part, boundary.encode("utf-8", "replace"))):
                return found
        if part.start >= part.end:
            return []
        self._flags.add("mime_repaired")
        guess = _GUESS.search(part.source[part.start : min(part.end, part.start + 65_536)])
        return self._split(part, guess[1].rstrip()) if guess else None

    def _split(self, part: Part, boundary: bytes) -> list[tuple[int, int]] | None:
        source, start, end = part.source, part.start, part.end
        marker = b"--" + boundary
        found: list[tuple[int, int]] = []
        opened, closed = -1, False
        at = source.find(marker, start, end)
        while at >= 0:
            tail = _TAIL.match(source, at + len(marker), end)
            if tail is None or (at > start and source[at - 1] not in b"\r\n"):
                at = source.find(marker, at + len(marker), end)
                continue
            if opened >= 0:
                found.append((opened, _before(source, opened, at)))
                if len(found) > MOST_PARTS:
                    return found
            closed = bool(tail[1])
            opened = -1 if closed else tail.end()
            at = source.find(marker, tail.end(), end)
        if opened >= 0:
            found.append((opened, end))
        if found and not closed:
            self._flags.add("mime_repaired")
        return found or ([] if closed else None)


def _before(source: bytes, start: int, at: int) -> int:
    """Where a section ends whose delimiter stands at ``at``: the line end before it belongs to the delimiter."""
    if at > start and source[at - 1 : at] == b"\n":
        at -= 1
    while at > start and source[at - 1 : at] == b"\r":
        at -= 1
    return at


def _kind(head: str, default: str) -> str:
    head = _TYPES.get(head, head)
    if not head:
        return default
    if _KIND.fullmatch(head):
        return head
    found = _KIND.search(head)
    return found[0] if found else "application/octet-stream" if "/" in head else default


def split_fields(source: bytes, start: int, end: int) -> tuple[list[tuple[str, bytes]], int, str]:
    """The header fields in ``source[start:end]``, where the body begins, and a flag for what was repaired."""
    limit = min(end, start + MOST_HEADERS)
    fields: list[tuple[str, bytes]] = []
    at, flag = start, ""
    mbox = _MBOX.match(source, at, limit)
    if mbox:
        at = mbox.end()
    while at < limit:
        if source[at] in b"\r\n" and (blank := _BLANK.match(source, at, limit)):
            return fields, blank.end(), flag
        found = _FIELD.match(source, at, limit)
        if found is None:
            line = _LINE.match(source, at, limit)
            assert line is not None  # it matches anything
            if line[1].strip() and not _goes_on(source, line.end(), limit):
                return fields, at, "header_repaired" if fields else flag
            _append(fields, line[1])
            flag, at = flag if not line[1].strip() else "header_repaired", line.end()
            continue
        at = found.end()
        if len(fields) < MOST_FIELDS:
            fields.append((found[1].decode("ascii").lower(), _unfolded(found[2])))
        else:
            flag = "truncated"
    return fields, at, "truncated" if at >= limit and limit < end else flag


def _goes_on(source: bytes, at: int, limit: int) -> bool:
    """Whether a line that is no field is rubbish among fields (then another known one follows) or the body's first."""
    return _KNOWN.match(source, at, limit) is not None


def _append(fields: list[tuple[str, bytes]], line: bytes) -> None:
    """A line without a colon after a subject goes on with it: somebody folded it without a blank."""
    if fields and fields[-1][0] == "subject" and line.strip() and len(fields[-1][1]) < 4096:
        name, value = fields[-1]
        fields[-1] = (name, value + b" " + line.strip())


def _unfolded(value: bytes) -> bytes:
    return value.translate(None, b"\r\n").strip() if b"\n" in value or b"\r" in value else value.strip()
