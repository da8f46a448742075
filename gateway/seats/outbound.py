"""Calls out: what a seat dials, folded into one record a call like the calls that come in.

An agent dials by hand at the desk phone (the seat's leg begins the call, as Asterisk sees it), or the desk dials for
them (``DialOut``: their own telephone rings first, then ``OutboundBegun`` tells whom the call is for). Either way the
seat's leg names the call, the leg that Asterisk makes for it is the citizen's, and the record's ``caller_number`` is
whom we called. Nothing here is queued, so no call out counts as waiting or as lost.
"""

from __future__ import annotations

from typing import Literal

from gateway.model.ids import LegId, SeatId
from gateway.model.records import CallOutcome, CallRecord, Stretch

PREFIX = "out-"
"""How the Uniqueid of a seat's leg begins that was rung for a call out (``DialOut.call``)."""

_BY_CAUSE: dict[int, CallOutcome] = {16: "no_answer", 17: "busy", 18: "no_answer", 19: "no_answer", 21: "refused"}
"""Q.850 of the citizen's leg; 16 without an answer is ours: the agent gave up, or the ring limit was over."""

_BY_STATUS: dict[str, CallOutcome] = {"BUSY": "busy", "NOANSWER": "no_answer", "CANCEL": "no_answer"}


def is_dialled_for(leg: LegId) -> bool:
    """True for a seat's leg that we began for a call out."""
    return str(leg).startswith(PREFIX)


def answered(record: CallRecord, at: float, rang_at: float, seat_leg: LegId) -> bool:
    """The citizen has answered; False when that was known."""
    if record.answered_at is not None:
        return False
    record.answered_at = at
    record.ring_s = round(max(0.0, at - rang_at), 3)
    record.stretches.append(Stretch("talking", at, None, None, record.seat, record.agent, seat_leg))
    return True


def outcome(record: CallRecord, cause: int | None, status: str) -> CallOutcome:
    """How it went. ``cause`` is Q.850 of the citizen's leg, None when there never was one."""
    if record.answered_at is not None:
        return "answered"
    if cause in _BY_CAUSE:
        return _BY_CAUSE[cause]
    return _BY_STATUS.get(status, "unreachable")


def ended_by(source: str, seat: SeatId | None, record: CallRecord) -> Literal["", "agent", "caller"]:
    """Who hung up: ``source`` is the endpoint that did, as the dialplan tells it before the legs end; ``seat`` its
    seat. "caller" is the citizen here too."""
    if not source:
        return ""
    return "agent" if seat is not None and seat == record.seat else "caller"
