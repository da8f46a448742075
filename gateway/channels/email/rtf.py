"""Words out of RTF, which Outlook puts into winmail.dat: compressed (MS-OXRTFCP) or plain. No layout, no pictures.

RTF that was made from HTML (MS-OXRTFEX) carries the HTML in ignored groups beside the words; the words are what is
read. Output and time are bounded by the input's size and ``MOST_RTF``.
"""

from __future__ import annotations

import re

from gateway.channels.email.charsets import codec_of

MOST_RTF = 4_194_304
_PREBUFFER = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?[0-9]{1,10})? ?|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_SKIPPED = frozenset(
    b"fonttbl colortbl stylesheet info pict object themedata datastore listtable listoverridetable header footer "
    b"rsidtbl generator xmlnstbl mmathpr latentstyles fldinst".split()
)
_SIGNS = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t",
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip


def decompressed(data: bytes) -> bytes:
    """RTF behind MS-OXRTFCP's LZFu; b"" for what is none."""
    if len(data) < 16:
        return b""
    kind = data[8:12]
    if kind == b"MELA":
        return data[16 : 16 + MOST_RTF]
    return _expanded(data) if kind == b"LZFu" else b""


def _expanded(data: bytes) -> bytes:
    wanted = min(int.from_bytes(data[4:8], "little"), MOST_RTF)
    out = bytearray(_PREBUFFER)
    begin, at, size = len(_PREBUFFER), 16, len(data)
    while at < size and len(out) - begin < wanted:
        control, at = data[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                out += data[at : at + 1]
                at += 1
                continue
            word, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            offset, length = word >> 4, (word & 15) + 2
            start = _position(offset, len(out))
            if at > size or start is None:
                return bytes(out[begin : begin + wanted])
            for step in range(length):  # it may read what it has just written
                out.append(out[start + step])
    return bytes(out[begin : begin + wanted])


def _position(offset: int, written: int) -> int | None:
    """Where the 4096 bytes of the ring that end at ``written`` hold ``offset``; None is the mark of the end."""
    behind = (written - offset) % 4096
    return None if behind == 0 or behind > written else written - behind


def text_of_rtf(data: bytes) -> str:
    """The words of RTF."""
    return _Reader().read(data[:MOST_RTF])


class _Reader:
    """A stack of groups; bytes of a code page are gathered until something else comes, since characters span them."""

    def __init__(self) -> None:
        self.codec = "gb18030"
        self.out: list[str] = []
        self.raw = bytearray()
        self.skip = 0  # groups open since one that is skipped
        self.fallbacks = [1]  # how many signs stand in for a Unicode one (uc)
        self.eat = 0
        self.first = False

    def read(self, data: bytes) -> str:
        for found in _TOKEN.finditer(data):
            self._token(found)
        self._flush()
        text = "".join(self.out)
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()

    def _token(self, found: re.Match[bytes]) -> None:
        if found[5]:
            self._group(found[5] == b"{")
        elif self.skip:
            return
        elif found[2]:
            self._word(found[2].lower(), int(found[3]) if found[3] else None)
        elif found[1]:
            self._bytes(bytes((int(found[1], 16),)))
        elif found[4]:
            self._symbol(found[4])
        elif found[6]:
            self._bytes(found[6])

    def _group(self, opens: bool) -> None:
        self._flush()
        self.eat = 0
        if opens:
            self.skip += 1 if self.skip else 0
            self.fallbacks.append(self.fallbacks[-1]) if len(self.fallbacks) < 1000 else None
            self.first = True
        else:
            self.skip -= 1 if self.skip else 0
            self.fallbacks.pop() if len(self.fallbacks) > 1 else None

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _SKIPPED:
            self._flush()
            self.skip = 1
        elif word == b"u" and number is not None:
            self._flush()
            self.out.append(chr(number & 0xFFFF))
            self.eat = self.fallbacks[-1]
        elif word == b"uc":
            self.fallbacks[-1] = min(number or 0, 10)
        elif word == b"ansicpg" and number:
            self.codec = codec_of(f"cp{number}") or self.codec
        elif sign := _SIGNS.get(word):
            self._flush()
            self.out.append(sign)

    def _symbol(self, sign: bytes) -> None:
        if sign == b"*":
            self._flush()
            self.skip = 1
        elif sign in b"\\{}":
            self._bytes(sign)
        elif sign in b"\r\n":
            self._flush()
            self.out.append("\n")
        elif sign in b"~_":
            self._bytes(b" " if sign == b"~" else b"-")

    def _bytes(self, data: bytes) -> None:
        eaten = min(self.eat, len(data))
        self.eat -= eaten
        self.raw += data[eaten:]

    def _flush(self) -> None:
        if self.raw:
            codec = self.codec if self.codec not in ("hz", "iso2022") else "gb18030"
            self.out.append(self.raw.decode(codec, "replace"))
            self.raw.clear()
