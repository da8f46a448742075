"""What a carrier handed over, as the ledger keeps it: a single SMS as its untouched PDU or body with what the link read
from it beside, a joined one as all of its parts; and back again, for ``gateway replay`` and for parts that wait.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gateway.channels.sms.port import Arrived, PartOf
from gateway.model.ids import new_id
from gateway.model.messages import Raw

CHANNEL = "sms"
PARTS_TYPE = "application/vnd.gateway-12345.sms-parts+json"
"""Content type of an original of several parts: a JSON list of them, oldest part number first."""

_PLAIN = ("key", "content_type", "sender", "receiver", "received_at", "text", "coding", "port", "sent_at")


class NotAnOriginal(ValueError):
    """The kept original is not one of ours, or was damaged. The message says what is wrong."""


def raw_of(pieces: Sequence[Arrived], account: str) -> Raw:
    """The original of a message made of these pieces (one, or several parts in order)."""
    last = max(piece.received_at for piece in pieces)
    if len(pieces) == 1:
        (one,) = pieces
        meta = {"arrived": _dumps(_described(one)).decode()}
        return Raw(new_id(), CHANNEL, account, last, one.content_type, one.raw, meta)
    body = _dumps([to_json(piece) for piece in pieces])
    return Raw(new_id(), CHANNEL, account, last, PARTS_TYPE, body, {"parts": str(len(pieces))})


def pieces_of(raw: Raw) -> tuple[Arrived, ...]:
    """The pieces of an original, as they arrived. Raises NotAnOriginal."""
    try:
        if raw.content_type == PARTS_TYPE:
            return tuple(from_json(one) for one in orjson.loads(raw.body))
        return (from_json({**orjson.loads(raw.meta["arrived"]), "raw": _text(raw.body)}),)
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnOriginal(f"original {raw.id} is no SMS of ours: {type(error).__name__}: {error}") from error


def to_json(piece: Arrived) -> dict[str, Any]:
    """A piece as plain JSON values."""
    return {**_described(piece), "raw": _text(piece.raw)}


def from_json(value: Mapping[str, Any]) -> Arrived:
    """The other way. Raises KeyError, TypeError, ValueError for what ``to_json`` never wrote."""
    part = PartOf(*value["part"]) if value["part"] else None
    plain = {name: value[name] for name in _PLAIN}
    return Arrived(
        raw=base64.b64decode(value["raw"]), data=base64.b64decode(value["data"]), part=part,
        flags=tuple(value["flags"]), meta=dict(value["meta"]), **plain,
    )  # fmt: skip


def _described(piece: Arrived) -> dict[str, Any]:
    part = piece.part
    return {name: getattr(piece, name) for name in _PLAIN} | {
        "data": _text(piece.data),
        "part": [part.reference, part.bits, part.total, part.n] if part is not None else None,
        "flags": list(piece.flags),
        "meta": dict(piece.meta),
    }


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # a lone surrogate in a vendor's text
        return orjson.dumps(_storable(value))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list) else value


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
