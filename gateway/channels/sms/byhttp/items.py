"""Takes a callback's JSON apart without giving up on any of it: each object with the very bytes that it came in.

A callback holds one object or an array of them. What stands before a fault is taken, and the rest from the fault on
is kept as one piece that nobody could read; so is a body that is no JSON at all. Nothing here raises.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST = 2000
"""Objects of one callback that are taken apart; vendors send some dozens. What comes beyond is kept in one piece."""

_SPACE = re.compile(r"[ \t\r\n]*")
_BETWEEN = re.compile(r"[ \t\r\n,]*")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a callback. ``fields`` is None when it is no JSON object; then ``why`` says what it is instead."""

    raw: bytes
    fields: Mapping[str, Any] | None
    flags: tuple[str, ...] = ()
    why: str = ""


def items_of(body: bytes) -> tuple[Item, ...]:
    """The pieces of a body in their order; none of an empty body or an empty array."""
    text, codec, flags = _decoded(body)
    at = _past(_SPACE, text, 1 if text.startswith(_BOM) else 0)
    if at == len(text):
        return ()
    if text[at] != "[":
        found, end = _element(text, at)
        alone = found is not None and _past(_SPACE, text, end) == len(text)
        return (Item(body, found if alone else None, flags, "" if alone else "no JSON object"),)
    return _array(text, at + 1, codec, flags)


def text_of(value: Any) -> str | None:
    """A field as text: numbers are written out, as vendors give ids both ways. None for what is neither.

    Half a surrogate pair (an emoji cut by somebody before us) and NUL become U+FFFD: no store takes them.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = value if isinstance(value, str) else _number(value)
    if text.isascii() and "\x00" not in text:
        return text
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\ufffd")


def _number(value: float) -> str:
    try:
        return str(value)
    except ValueError:  # an integer of more digits than Python will write
        return ""


def _decoded(body: bytes) -> tuple[str, str, tuple[str, ...]]:
    """Text that encodes back to the very bytes: UTF-8 as documented, GB18030 as some relays re-code it."""
    try:
        return body.decode(), "utf-8", ()
    except UnicodeDecodeError:
        pass
    try:
        text = body.decode("gb18030")
        if text.encode("gb18030") == body:
            return text, "gb18030", ("charset_guessed",)
    except UnicodeError:
        pass
    return body.decode(errors="surrogateescape"), "utf-8", ("undecodable",)


def _array(text: str, at: int, codec: str, flags: tuple[str, ...]) -> tuple[Item, ...]:
    items: list[Item] = []
    while (at := _past(_BETWEEN, text, at)) < len(text) and text[at] != "]":
        found, end = _element(text, at) if len(items) < MOST else (None, at)
        if end == at:
            return (*items, Item(_bytes(text[at:], codec), None, flags, "broken JSON"))
        why = "" if isinstance(found, dict) else "no JSON object"
        items.append(Item(_bytes(text[at:end], codec), found, flags, why))
        at = end
    if rest := text[at + 1 :].strip():
        items.append(Item(_bytes(rest, codec), None, flags, "something after the array"))
    return tuple(items)


def _element(text: str, at: int) -> tuple[dict[str, Any] | None, int]:
    """The object at a place and where it ends; None for a value that is no object; ``at`` again for no value."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, at
    return (value if isinstance(value, dict) else None), end


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _bytes(text: str, codec: str) -> bytes:
    return text.encode(codec, "surrogateescape")
