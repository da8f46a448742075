"""A kept SMS read again, for ``gateway replay``: what was unreadable in a carrier's protocol is taken apart anew, all
else is decoded anew from what was read when it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from gateway.channels.sms.cmpp import normalise as cmpp
from gateway.channels.sms.originals import pieces_of, raw_of
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.reading import read_raw
from gateway.channels.sms.smgp import normalise as smgp
from gateway.channels.sms.smpp import normalise as smpp
from gateway.channels.sms.smpp.config import SmppSms
from gateway.channels.sms.tables import AnySms
from gateway.model.messages import Message, Raw

_UNREADABLE = "unreadable"


def read_again(raw: Raw, config: AnySms | None, zone: ZoneInfo) -> Message:
    """The message of an original; ``config`` is its account's table, when there still is one. Raises ValueError."""
    pieces = pieces_of(raw)
    if not any(_UNREADABLE in piece.flags for piece in pieces):
        return read_raw(raw)
    return read_raw(raw_of([_anew(piece, config, zone) for piece in pieces], raw.account))


def _anew(piece: Arrived, config: AnySms | None, zone: ZoneInfo) -> Arrived:
    """The piece as its PDU reads today, under the key that it has. Raises ValueError for a status report."""
    reader = _readers(config, zone).get(piece.content_type)
    if reader is None or _UNREADABLE not in piece.flags:
        return piece
    match reader(piece.raw, piece.received_at):
        case Arrived() as read:
            return replace(read, key=piece.key)
        case _:
            raise ValueError("it is a status report, and no message")


def _readers(config: AnySms | None, zone: ZoneInfo) -> Mapping[str, Callable[[bytes, float], Arrived | Told]]:
    alphabet = config.alphabet if isinstance(config, SmppSms) else "gsm7"
    return {
        cmpp.CONTENT_TYPES["2.0"]: lambda octets, at: cmpp.read_raw(octets, "2.0", at, zone),
        cmpp.CONTENT_TYPES["3.0"]: lambda octets, at: cmpp.read_raw(octets, "3.0", at, zone),
        smgp.CONTENT_TYPE: lambda octets, at: smgp.read_raw(octets, at, zone),
        smpp.CONTENT_TYPE: lambda octets, at: smpp.read_raw(octets, at, zone, alphabet),
    }
