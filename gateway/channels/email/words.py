"""Encoded words of headers (RFC 2047) as they are really sent: cut inside a character, unpadded, inside quotes.

Adjacent words of one charset are joined as bytes before they are decoded; where that fails, Base64 that was cut as
text is joined as text. A word without its end is read to the next blank.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from gateway.channels.email.charsets import Charsets, codec_of, strictly
from gateway.channels.email.texts import one_line

_HEAD = re.compile(r"=\?([^?=\s]{1,75})\?([bBqQ])\?")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]+")
_BLANK = re.compile(r"\s")
_LIKELY = frozenset({"gb18030", "big5hkscs", "shift_jis", "euc_jp", "euc_kr"})
"""Charsets that a raw header may share with the body."""
_MOST = 131_072
"""Characters of one header that are looked through for encoded words."""


@dataclass(slots=True)
class _Run:
    """Adjacent words of one charset."""

    charset: str = ""
    pieces: list[bytes] = field(default_factory=list)
    base64: list[str] = field(default_factory=list)
    all_base64: bool = True


def raw_text(value: bytes, charsets: Charsets) -> str:
    """A header's bytes as text: UTF-8 (RFC 6532) or, against all rules, GBK or anything else. Encoded words stay."""
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    try:
        text = value.decode("utf-8")
        if b"\x1b" not in value and any(one >= "\u0800" for one in text):
            return text
    except UnicodeDecodeError:
        pass
    charsets.flags.add("header_repaired")
    return charsets.decode(value, charsets.hint if codec_of(charsets.hint) in _LIKELY else "")


def read_field(value: bytes, charsets: Charsets) -> str:
    """A header's bytes as text for people."""
    return read_words(raw_text(value, charsets), charsets)


def read_words(text: str, charsets: Charsets) -> str:
    """The header with its encoded words decoded, on one line."""
    if "=?" not in text:
        return one_line(text)
    return one_line(_Reader(text[:_MOST], charsets).read() + text[_MOST:])


class _Reader:
    """One pass over a header's text."""

    def __init__(self, text: str, charsets: Charsets) -> None:
        self._text, self._charsets = text, charsets
        self._out: list[str] = []
        self._run = _Run()
        self._ended = True  # whether "?=" may still be found further on

    def read(self) -> str:
        at = search = 0
        while (start := self._text.find("=?", search)) >= 0:
            head = _HEAD.match(self._text, start)
            if head is None:
                search = start + 2
                continue
            self._between(self._text[at:start])
            at = search = self._word(head)
        self._between(self._text[at:])
        self._flush()
        return "".join(self._out)

    def _between(self, text: str) -> None:
        """Blanks between two words are none; anything else ends the run."""
        if text and not (text.isspace() and self._run.pieces):
            self._flush()
            self._out.append(text)

    def _word(self, head: re.Match[str]) -> int:
        """Take a word in; returns where it ends."""
        end = self._text.find("?=", head.end()) if self._ended else -1
        self._ended = end >= 0
        stop = end if end >= 0 else len(self._text)
        inner = self._text.find("=?", head.end(), stop)
        if inner >= 0 and _HEAD.match(self._text, inner):
            end, stop = -1, inner  # the next word begins before this one ended
            self._ended = True
        if end < 0:
            self._charsets.flags.add("header_repaired")
            blank = _BLANK.search(self._text, head.end(), stop)
            stop = blank.start() if blank else stop
        self._add(head[1].partition("*")[0], head[2], self._text[head.end() : stop])
        return stop + (2 if end >= 0 else 0)

    def _add(self, charset: str, encoding: str, body: str) -> None:
        if self._run.pieces and codec_of(charset) != codec_of(self._run.charset):
            self._flush()
        self._run.charset = charset
        if encoding in "bB":
            plain = _NOT_BASE64.sub("", body)
            self._run.base64.append(plain)
            self._run.pieces.append(from_base64(plain))
        else:
            self._run.all_base64 = False
            raw = body.encode("utf-8", "replace")
            self._run.pieces.append(binascii.a2b_qp(raw, header=True))

    def _flush(self) -> None:
        run, self._run = self._run, _Run()
        if not run.pieces:
            text = ""
        elif (joined := self._as_text(run)) is not None:
            text = joined
        else:
            text = self._charsets.decode(b"".join(run.pieces), run.charset)
        if text and not self._charsets.hint and not text.isascii():
            self._charsets.hint = run.charset
        self._out.append(text)

    def _as_text(self, run: _Run) -> str | None:
        """Base64 that was cut anywhere, or None where the words are whole each."""
        if len(run.pieces) < 2 or not run.all_base64 or all(len(one) % 4 == 0 for one in run.base64[:-1]):
            return None
        codec = codec_of(run.charset) or "utf_8"
        if strictly(b"".join(run.pieces), codec) is not None:
            return None
        self._charsets.flags.add("header_repaired")
        return strictly(from_base64("".join(run.base64)), codec)


def from_base64(plain: str) -> bytes:
    """Base64 of its alphabet alone; what is missing at the end is padded or, a lone sign, left out."""
    if len(plain) % 4 == 1:
        plain = plain[:-1]
    return binascii.a2b_base64(plain + "=" * (-len(plain) % 4))
