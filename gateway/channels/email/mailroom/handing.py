"""The wire between the mailroom and the gateway: frames with a JSON header and bytes beside it. No IO.

A frame is two lengths (4 bytes each, big-endian: header, body), the header, the body. The mailroom asks (take this
mail, where was this mailbox left, remember its place) and tells figures; the gateway answers by the ask's number, in
any order, so that many are under way at once. A mail's bytes go beside the header, untouched; those of a large mail are
in the file store and only named here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

import orjson

from gateway.channels.email.port import Handed
from gateway.model.messages import Attachment, Message, Person, Place, Raw

LARGEST_BODY = 262_144
"""Bytes of a mail that travel (and lie in the ledger's row); more go to the file store."""

LARGEST_HEADER = 33_554_432
_LENGTHS = struct.Struct(">II")

T = TypeVar("T")


class HandingError(ValueError):
    """What came is no frame of ours, or what is to be sent cannot be put into one. The message says why."""


@dataclass(frozen=True, slots=True)
class Take:
    """Take this mail in."""

    n: int
    account: str
    handed: Handed


@dataclass(frozen=True, slots=True)
class AskCursor:
    """Where was this mailbox left?"""

    n: int
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class KeepCursor:
    """Remember a mailbox's place."""

    n: int
    account: str
    name: str
    value: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The mailroom's counters as they stand. Also its sign of life."""

    values: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Answer:
    """``failed`` is "" when done, ``later`` when it may work later, ``broken`` when this mail itself made it fail."""

    n: int
    failed: Literal["", "later", "broken"] = ""
    why: str = ""
    value: Mapping[str, int] | None = field(default=None)


Frame = Take | AskCursor | KeepCursor | Figures | Answer


# Frames ------------------------------------------------------------------------------------------------------------


def encode(frame: Frame) -> bytes:
    """Raises HandingError for what JSON cannot hold (half an emoji, a number beyond 64 bits)."""
    body = frame.handed.raw.body if isinstance(frame, Take) else b""
    try:
        header = orjson.dumps(_header(frame), default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        raise HandingError(f"not to be sent as JSON: {error}") from error
    if len(header) > LARGEST_HEADER or len(body) > LARGEST_BODY:
        raise HandingError(f"too large: header {len(header)}, body {len(body)} bytes")
    return b"".join((_LENGTHS.pack(len(header), len(body)), header, body))


class Frames:
    """Bytes in, frames out; any split of the bytes gives the same frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Raises HandingError; after it nothing more can be read."""
        self._buffer += data
        found: list[Frame] = []
        at = 0
        while len(self._buffer) - at >= _LENGTHS.size:
            header, body = _LENGTHS.unpack_from(self._buffer, at)
            if header > LARGEST_HEADER or body > LARGEST_BODY:
                raise HandingError(f"a frame of {header} and {body} bytes")
            begin = at + _LENGTHS.size
            if len(self._buffer) < begin + header + body:
                break
            middle, at = begin + header, begin + header + body
            found.append(decode(bytes(self._buffer[begin:middle]), bytes(self._buffer[middle:at])))
        if at:
            del self._buffer[:at]
        return found


def decode(header: bytes, body: bytes) -> Frame:
    """Raises HandingError."""
    try:
        head = orjson.loads(header)
        return _READERS[head["what"]](head, body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HandingError(f"no frame: {type(error).__name__}") from error


def _header(frame: Frame) -> dict[str, Any]:
    match frame:
        case Take(n, account, handed):
            raw = {one.name: getattr(handed.raw, one.name) for one in fields(Raw) if one.name != "body"}
            cursor = list(handed.cursor) if handed.cursor is not None else None
            return {
                "what": "take", "n": n, "account": account, "raw": raw, "message": handed.message, "cursor": cursor,
            }  # fmt: skip
        case AskCursor(n, account, name):
            return {"what": "cursor", "n": n, "account": account, "name": name}
        case KeepCursor(n, account, name, value):
            return {"what": "keep", "n": n, "account": account, "name": name, "value": value}
        case Figures(values):
            return {"what": "figures", "values": values}
        case Answer(n, failed, why, given):
            return {"what": "answer", "n": n, "failed": failed, "why": why, "value": given}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)


# Values ------------------------------------------------------------------------------------------------------------


def _take(head: dict[str, Any], body: bytes) -> Take:
    raw = Raw(**_typed(head["raw"], dict), body=body)
    cursor = head["cursor"]
    handed = Handed(raw, message_of(head["message"]), (_typed(cursor[0], str), _numbers(cursor[1])) if cursor else None)
    return Take(_typed(head["n"], int), _typed(head["account"], str), handed)


def message_of(value: Any) -> Message:
    """A message from its plain form. Raises KeyError, TypeError, ValueError."""
    plain = dict(_typed(value, dict))
    place = plain.get("place")
    plain["person"] = Person(**_typed(plain["person"], dict))
    plain["place"] = Place(**_typed(place, dict)) if place is not None else None
    plain["attachments"] = tuple(Attachment(**_typed(one, dict)) for one in _typed(plain["attachments"], list))
    plain["flags"] = tuple(_typed(one, str) for one in _typed(plain["flags"], list))
    for name in ("occurred_at", "received_at"):
        if isinstance(plain[name], bool) or not isinstance(plain[name], int | float):
            raise TypeError(name)
    for name in ("key", "channel", "account", "kind"):
        _typed(plain[name], str)
    return Message(**plain)


def _cursor(head: dict[str, Any], _: bytes) -> AskCursor:
    return AskCursor(_typed(head["n"], int), _typed(head["account"], str), _typed(head["name"], str))


def _keep(head: dict[str, Any], _: bytes) -> KeepCursor:
    asked = _cursor(head, _)
    return KeepCursor(asked.n, asked.account, asked.name, _numbers(head["value"]))


def _figures(head: dict[str, Any], _: bytes) -> Figures:
    return Figures(_numbers(head["values"]))


def _answer(head: dict[str, Any], _: bytes) -> Answer:
    if head["failed"] not in ("", "later", "broken"):
        raise ValueError("failed")
    value = None if head["value"] is None else _numbers(head["value"])
    return Answer(_typed(head["n"], int), head["failed"], _typed(head["why"], str), value)


def _numbers(value: Any) -> dict[str, int]:
    return {name: _typed(one, int) for name, one in _typed(value, dict).items()}


def _typed(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(kind.__name__)
    return value


_READERS: Mapping[str, Callable[[dict[str, Any], bytes], Frame]] = {
    "take": _take,
    "cursor": _cursor,
    "keep": _keep,
    "figures": _figures,
    "answer": _answer,
}
