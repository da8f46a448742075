"""Content-Transfer-Encoding: Base64, quoted-printable, uuencode, as labelled, misspelt, broken or not at all true.

Everything is undone in one go by ``binascii``; what does not fit the encoding is left out or left as it stands, and
the caller is told.
"""

from __future__ import annotations

import binascii
import re

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANKS = b" \t\r\n"
_REST = bytes(set(range(256)) - set(_ALPHABET))
_MOST_PIECES = 1000
_PADDING = re.compile(rb"=[=\s]*+")
_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/]{56,76}\r?\n){1,20}+(?:\Z|[A-Za-z0-9+/]{2,76}={0,2}\s*\Z|[A-Za-z0-9+/])")
_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))begin(?:-base64)? +[0-7]{3,4} +([^\r\n]{1,200})\r?\n")
_END = re.compile(rb"[\r\n]end[ \t]*(?=\r|\n|\Z)")


def kind_of_encoding(name: str) -> str:
    """``base64``, ``quoted-printable``, ``uuencode``, ``identity``, or "" for a name that means nothing."""
    name = name.strip().strip("\"'").lower()
    if "64" in name:
        return "base64"
    if "quot" in name or "print" in name or name == "qp":
        return "quoted-printable"
    if "uu" in name:
        return "uuencode"
    return "identity" if not name or "bit" in name or "binary" in name or name in ("7", "8", "none") else ""


def undo(data: bytes, name: str) -> tuple[bytes, bool]:
    """The body behind its encoding, and whether something had to be repaired."""
    kind = kind_of_encoding(name)
    if kind == "identity":
        return data, False
    if kind == "quoted-printable":
        return from_quoted(data), False
    if kind == "base64":
        return from_base64(data)
    if kind == "uuencode":
        found = split_uu(data)
        return (found[1][0][1], False) if found[1] else (data, True)
    if _BASE64_LINES.match(data.lstrip(_BLANKS)[:2000]):
        return from_base64(data)[0], True
    return data, True


def from_quoted(data: bytes) -> bytes:
    """Quoted-printable. Soft line ends may have blanks behind them; signs that encode nothing stay."""
    if b"= " in data or b"=\t" in data:
        data = re.sub(rb"=[ \t]++(?=\r?\n)", b"=", data)
    return binascii.a2b_qp(data)


def from_base64(data: bytes) -> tuple[bytes, bool]:
    """Base64 with rubbish in it, without its padding, or several put one behind the other; text that is none stays."""
    if _is_plain(data[:2048]):
        return data, True
    padding = _PADDING.search(data)
    if padding is None or padding.end() == len(data):
        return _one_base64(data)
    pieces = _PADDING.split(data, _MOST_PIECES)
    return b"".join(_one_base64(one)[0] for one in pieces if _fits(one)), True


def _one_base64(data: bytes) -> tuple[bytes, bool]:
    try:
        return binascii.a2b_base64(data), False
    except binascii.Error:
        plain = data.translate(None, _REST)
        if len(plain) % 4 == 1:
            plain = plain[:-1]
        return binascii.a2b_base64(plain + b"=" * (-len(plain) % 4)), True


def _fits(piece: bytes) -> bool:
    """Base64, and no footer that somebody put behind it."""
    return b" " not in piece.strip() and not piece.translate(None, _ALPHABET + _BLANKS)


def _is_plain(sample: bytes) -> bool:
    """More than a tenth of it cannot be Base64: the label lies."""
    return len(sample.translate(None, _ALPHABET + _BLANKS + b"=")) > 0.1 * len(sample) or sample.count(
        b" "
    ) > 0.1 * len(sample)


def split_uu(data: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """What stands around uuencoded blocks, and each block's raw name with its content."""
    if b"begin" not in data:
        return data, []
    rest: list[bytes] = []
    found: list[tuple[bytes, bytes]] = []
    at = 0
    while len(found) < 100 and (begin := _BEGIN.search(data, at)):
        end = _END.search(data, begin.end() - 1)
        if end is None or (body := _uu(data[begin.end() : end.start()], b"begin-base64" in begin[0])) is None:
            rest.append(data[at : begin.end()])
            at = begin.end()
            if end is None:
                break
            continue
        rest.append(data[at : begin.start()])
        found.append((begin[1], body))
        at = end.end()
    rest.append(data[at:])
    return b"".join(rest), found


def _uu(block: bytes, as_base64: bool) -> bytes | None:
    """A block's content, None when its lines are not uuencoded."""
    if as_base64:
        return from_base64(block.replace(b"====", b""))[0]
    out = []
    for line in block.splitlines():
        if not line or line in (b"`", b" "):
            continue
        wanted = ((((line[0] - 32) & 63) * 4 + 5) // 3) + 1
        if not 32 <= line[0] <= 96 or len(line) < wanted - 3 or len(line) > wanted + 3:
            return None
        try:
            out.append(binascii.a2b_uu(line[:wanted]))
        except binascii.Error:
            return None
    return b"".join(out) if out else None
