"""A kept original becomes a ``Message`` once more, as it would be read today: for ``gateway replay``."""

from __future__ import annotations

from gateway.channels.sms import normalise
from gateway.channels.sms.originals import pieces_of
from gateway.channels.sms.parts import Group, content_of, is_possible
from gateway.channels.sms.port import Arrived
from gateway.model.messages import Message, Raw


def read_raw(raw: Raw) -> Message:
    """The message of an original. Raises NotAnOriginal (a ValueError) when it is none of an SMS account."""
    pieces = pieces_of(raw)
    parts = {one.part.n: one for one in pieces if one.part is not None and is_possible(one.part)}
    total = max((one.part.total for one in parts.values() if one.part is not None), default=0)
    if len(pieces) > 1 and len(parts) == len(pieces):
        return normalise.joined(parts, total, raw.account, _group(parts, total).key)
    if parts and total > 1:
        return normalise.joined(parts, total, raw.account, pieces[0].key)
    return normalise.single(pieces[0], raw.account)


def _group(parts: dict[int, Arrived], total: int) -> Group:
    seen = {n: (piece.key, content_of(piece)) for n, piece in parts.items()}
    return Group("", total, 0.0, "ready", parts, seen)
