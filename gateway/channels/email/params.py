"""Parameters of Content-Type and Content-Disposition: RFC 2045, RFC 2231, and what is sent instead of them.

File names come as ``filename*0*=utf-8''%E4..``, as encoded words in quotes (forbidden, and usual), as raw GBK, as
percent-encoded UTF-8 without any mark. One function reads them all, another one chooses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from gateway.channels.email.charsets import Charsets, codec_of
from gateway.channels.email.texts import one_line
from gateway.channels.email.words import read_words

_PARAMETER = re.compile(r'[;\s]*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|([^;]*+))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_EXTENDED = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*)?")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_NAMES = frozenset({"filename", "name"})
_MOST_TEXT, _MOST = 65_536, 100


def read_params(text: str, charsets: Charsets) -> tuple[str, dict[str, str]]:
    """The value before the first semicolon in lower case, and the parameters by their names in lower case.

    ``text`` is the header as ``raw_text`` gives it. Of a name given twice the first one counts.
    """
    head, _, rest = text[:_MOST_TEXT].partition(";")
    plain: dict[str, str] = {}
    extended: dict[str, dict[int, tuple[str, bool]]] = {}
    if "=" in head and "/" not in head:  # no type at all: only parameters
        head, rest = "", text[:_MOST_TEXT]
    for name, value in _split(rest):
        if "*" not in name:
            plain.setdefault(name, value)
            continue
        parts = _EXTENDED.fullmatch(name)
        if parts is None or name == parts[1]:
            plain.setdefault(name, value)
        elif len(extended) < _MOST:
            pieces = extended.setdefault(parts[1], {})
            pieces.setdefault(int(parts[2] or 0), (value, bool(parts[3])))
    found_names = {name: _joined(pieces, charsets) for name, pieces in extended.items()}
    merged = {name: _spoken(value, charsets) if name in _NAMES else value for name, value in plain.items()}
    merged.update({name: value for name, value in found_names.items() if value})
    return head.strip().strip("\"'").lower(), merged


def _split(rest: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while len(found) < _MOST:
        match = _PARAMETER.match(rest, at)
        if match is None:  # what is no parameter is stepped over
            at = rest.find(";", at) + 1
            if not at:
                break
            continue
        quoted = match[2]
        value = _ESCAPED.sub(r"\1", quoted) if quoted is not None else match[3].strip()
        found.append((match[1].lower(), value))
        at = match.end()
        if quoted is not None:  # anything between the closing quote and the next semicolon is nothing
            at = rest.find(";", at)
            if at < 0:
                break
    return found


def _joined(pieces: Mapping[int, tuple[str, bool]], charsets: Charsets) -> str:
    """RFC 2231: the pieces in order, decoded as one, since a character may be cut between two."""
    charset, marked = "", False
    runs: list[tuple[bool, list[str]]] = []  # percent signs, too, are cut between two
    for number in sorted(pieces):
        value, encoded = pieces[number]
        if encoded and not marked and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
            marked = True
        if not runs or runs[-1][0] != encoded:
            runs.append((encoded, []))
        runs[-1][1].append(value)
    joined = ((encoded, "".join(values)) for encoded, values in runs)
    data = b"".join(unquote_to_bytes(one) if encoded else one.encode("utf-8", "replace") for encoded, one in joined)
    text = charsets.decode(data, charset)
    return read_words(text, charsets)


def _spoken(value: str, charsets: Charsets) -> str:
    """A plain value, which may hold encoded words or percent signs all the same."""
    if "=?" in value:
        charsets.flags.add("header_repaired")
        return read_words(value, charsets)
    if "''" in value and (label := value.partition("''"))[0] and codec_of(label[0]):
        return charsets.decode(unquote_to_bytes(label[2]), label[0])
    if value.count("%") > 1 and len(_PERCENT.findall(value)) == value.count("%"):
        try:
            return one_line(unquote_to_bytes(value).decode("utf-8"))
        except UnicodeDecodeError:
            return one_line(value)
    return one_line(value)
