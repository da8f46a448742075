"""Addresses of headers: RFC 5322 lists with their groups, comments and quotes, and what mail programs write instead.

The header's raw bytes are text already (``raw_text``); the structure is taken apart first and names are decoded
afterwards, because an encoded name may hold a comma. Nothing is refused: what has no address keeps its name.
"""

from __future__ import annotations

import re

from gateway.channels.email.charsets import Charsets
from gateway.channels.email.mail import Address
from gateway.channels.email.texts import one_line
from gateway.channels.email.words import read_words

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|<[^<>]*+(?:>|\Z)?|[(),;:]|[^"<(),;:]++|.', re.DOTALL)
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@＠]{1,200}[@＠][^\s<>()\",;:@＠]{1,253}")
_ESCAPED = re.compile(r"\\(.)")
_MOST_TEXT, _MOST = 65_536, 300


def read_addresses(text: str, charsets: Charsets) -> tuple[Address, ...]:
    """The addresses of a header in order; members of groups stand like others, empty groups are nobody."""
    found: list[Address] = []
    for words, bracketed, comment in _entries(one_line(text[:_MOST_TEXT])):
        one = _address(words, bracketed, comment, charsets)
        if (one.address or one.name) and len(found) < _MOST:
            found.append(one)
    return tuple(found)


def _entries(text: str) -> list[tuple[str, str, str]]:
    """Words, the bracketed part and the comment of each entry."""
    entries: list[tuple[str, str, str]] = []
    words, bracketed, comment, depth = [""], "", "", 0
    for sign in (*_TOKEN.findall(text), ","):
        if sign == "(":
            depth += 1
        elif depth and sign != ",":
            depth -= sign == ")"
            comment += sign if sign not in "()" else " "
        elif sign == ":" and "@" not in words[-1] and not bracketed:
            words = [""]  # a group's name, or mailto
        elif sign in (",", ";"):
            if words == [""] and not bracketed and not comment:
                continue
            if sign == "," and not bracketed and len(words) < 20 and not _ADDRESS.search("".join(words)):
                words.append("，" if any(one >= "\u3400" for one in words[-1]) else ", ")  # a comma inside a name
                continue
            entries.append(("".join(words), bracketed, comment))
            words, bracketed, comment, depth = [""], "", "", 0
        elif sign[0] == "<":
            bracketed = bracketed if _ADDRESS.search(bracketed) else sign.strip("<>")
        else:
            words.append(_unquoted(sign) if sign[0] == '"' else sign)
    if words != [""] or bracketed:
        entries.append(("".join(words), bracketed, comment))
    return entries


def _unquoted(sign: str) -> str:
    return _ESCAPED.sub(r"\1", sign[1:-1] if len(sign) > 1 and sign[-1] == '"' else sign[1:])


def _address(words: str, bracketed: str, comment: str, charsets: Charsets) -> Address:
    inner = _ADDRESS.findall(bracketed)
    if inner:
        name = read_words(words, charsets) or read_words(comment, charsets)
        return Address(_folded(inner[-1]), _name(name, inner[-1]))
    plain = _ADDRESS.search(words)
    if plain is None and "=?" in words and (spoken := _ADDRESS.search(decoded := read_words(words, charsets))):
        return Address(_folded(spoken[0]), _name(decoded.replace(spoken[0], ""), spoken[0]))
    if plain is not None:
        rest = f"{words[: plain.start()]} {words[plain.end() :]}"
        name = read_words(rest, charsets) or read_words(comment, charsets) or read_words(bracketed, charsets)
        return Address(_folded(plain[0]), _name(name, plain[0]))
    return Address("", _name(read_words(f"{words} {bracketed}".strip(), charsets), ""))


def _folded(address: str) -> str:
    local, _, domain = address.replace("＠", "@").rpartition("@")
    return f"{local.strip(chr(39))}@{domain.lower().strip(chr(39) + '.>')}"


def _name(name: str, address: str) -> str:
    """Without quotes around it; none when it only repeats the address."""
    name = name.strip(" \t,，<>").strip()
    while len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip()
    return "" if name.strip("\"' ").lower() == address.lower() else name[:200]
