"""A small reader of PDF files as WeasyPrint writes them: how many pages, which fonts, and the text, by way of the table
that each embedded font has for it (ToUnicode). Enough to see that a report can be read, searched and copied.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Read:
    pages: int
    fonts: list[str]
    text: str


def read_pdf(pdf: bytes) -> Read:
    objects = {int(m[1]): m[2] for m in re.finditer(rb"(\d+) 0 obj\s(.*?)\sendobj", pdf, re.S)}
    for body in list(objects.values()):
        if b"/ObjStm" in _head(body):
            objects |= _packed(body)
    heads = {number: _head(body) for number, body in objects.items()}
    maps: dict[str, dict[str, str]] = {}
    fonts = []
    for head in heads.values():
        font = re.search(rb"/Subtype /Type0/BaseFont /(\w+)\+([\w-]+)/ToUnicode (\d+) 0 R", head)
        if font is not None:
            maps[font[1].decode()] = _letters(_stream(objects[int(font[3])]))
            fonts.append(font[2].decode())
    pages = sum(re.search(rb"/Type /Page\b", head) is not None for head in heads.values())
    drawn = [_stream(body) for number, body in sorted(objects.items()) if b"stream" in body]
    return Read(pages, sorted(fonts), "\n".join(_said(one.decode("latin-1"), maps) for one in drawn if b"BT" in one))


def _head(body: bytes) -> bytes:
    return body.split(b"stream", 1)[0]


def _stream(body: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", body, re.S)
    assert found is not None
    return zlib.decompress(found[1]) if b"/FlateDecode" in _head(body) else found[1]


def _packed(body: bytes) -> dict[int, bytes]:
    """The objects of an object stream (PDF 1.7, 7.5.7)."""
    first = int(re.search(rb"/First (\d+)", _head(body))[1])  # type: ignore[index]
    data = _stream(body)
    table = list(map(int, data[:first].split()))
    starts = [first + at for at in table[1::2]] + [len(data)]
    return {number: data[starts[i] : starts[i + 1]] for i, number in enumerate(table[::2])}


def _letters(table: bytes) -> dict[str, str]:
    pairs = re.findall(rb"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", table)
    return {glyph.decode().lower(): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _said(drawing: str, maps: dict[str, dict[str, str]]) -> str:
    """The text of one content stream, a line for each run."""
    letters: dict[str, str] = {}
    said = []
    for font, shown in re.findall(r"/(\w+) [\d.]+ Tf|\[((?:<[0-9a-fA-F]*>|[-\d.\s])*)\] TJ", drawing):
        if font:
            letters = maps.get(font, {})
        else:
            glyphs = "".join(re.findall(r"<([0-9a-fA-F]*)>", shown)).lower()
            said.append("".join(letters.get(glyphs[i : i + 4], "") for i in range(0, len(glyphs), 4)))
    return "\n".join(said)
