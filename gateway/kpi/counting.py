"""From one row to its sums: what a call, a ticket, a transfer and a quarter of an agent's time add to the figures.

Rows are plain tuples in the order of the types below, as the ledger reads them: a month is made of a million of them.
What a figure counts and what not is decided here and nowhere else; the formulas (formulas.py) only divide.

A call counts where it began, a ticket where it was received, a transfer where it was asked for. A request for a person
counts once it is decided: who still waits is neither answered nor lost yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.kpi.sums import ANSWERED_WAITS, AT, LOST_WAITS, Sums, wait_bucket

WITHIN_MS = 15_000
"""GB/T 33358-2016: a call is answered within 15 s of entering the queue."""
SHORT_MS = 5_000
"""Who gives up within 5 s is shown apart (domain.md): a slip of the finger, not a hotline that did not answer."""
SATISFIED = 4
"""4 and 5 of 5 are satisfied (满意, 非常满意)."""

_LOST: Mapping[str, str] = {
    "abandoned_queue": "lost_queue", "abandoned_ringing": "lost_ringing", "no_answer": "lost_no_answer",
    "queue_full": "lost_full", "no_seat": "lost_no_seat", "timed_out": "lost_timeout", "system": "lost_system",
    "ended_unseen": "lost_unseen",
}  # fmt: skip
_ABANDONED = ("abandoned_queue", "abandoned_ringing")
_SPOKEN = ("phone", "partner")
"""Channels whose first response is not counted: a call has the 15 s, a partner's ticket its acknowledgement."""


class Call(NamedTuple):
    """A row of ``calls``; times are epoch seconds, durations seconds."""

    started_at: float
    queued_at: float | None
    answered_at: float | None
    ended_at: float | None
    wait_s: float | None
    talk_s: float | None
    hold_s: float | None
    wrap_s: float | None
    outcome: str | None
    direction: str
    queue: str | None
    agent: str | None
    entry_number: str


class TicketRow(NamedTuple):
    """A row of ``tickets``, with what its call says of its end. ``called`` is None where there is no such call."""

    received_at: float
    channel: str
    queue: str
    agent: str
    entry_number: str
    area_code: str
    category: str
    state: str
    sent_at: float | None
    first_response_at: float | None
    satisfaction: int | None
    talk_s: float | None
    hold_s: float | None
    wrap_s: float | None
    called: str | None
    call_ended_at: float | None


class TransferRow(NamedTuple):
    """A row of ``transfers``, with the queue and the entry number of its call."""

    started_at: float
    partner: str
    agent: str
    outcome: str | None
    queue: str | None
    entry_number: str | None


class TimeRow(NamedTuple):
    """An agent's time within one quarter of an hour, in milliseconds by what was done (gateway.kpi.times)."""

    quarter: int
    agent: str
    idle: int
    ringing: int
    talking: int
    held: int
    wrap: int
    outbound: int
    resting: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What the figures count by, besides the law: seconds within which a ticket is sent on (10 min after the call) and
    within which a person answers in a written channel (SMS and media 3 min, a mailbox 24 h; ``within`` by channel)."""

    send_on_s: float = 600.0
    answer_s: float = 180.0
    within: Mapping[str, float] = field(default_factory=lambda: {"email": 86_400.0, "web": 86_400.0})


def call_sums(call: Call) -> Sums:
    """What a call adds; nothing while it is in the flow or waits."""
    sums: Sums = {}
    if call.direction == "out":
        _bump(sums, "out_calls")
        if call.outcome == "answered" or call.answered_at is not None:
            _bump(sums, "out_answered")
        return sums
    _bump(sums, "calls_in")
    if call.queued_at is None:
        _never_asked(call, sums)
    elif _talked(call):
        _answered(call, call.queued_at, sums)
    elif call.ended_at is not None:
        _lost(call, call.queued_at, call.ended_at, sums)
    return sums


def _never_asked(call: Call, sums: Sums) -> None:
    if call.outcome == "self_service":
        _bump(sums, "self_service")
    elif call.outcome == "abandoned_flow":
        _bump(sums, "left_in_flow")


def _talked(call: Call) -> bool:
    """Answered with talk > 0; while the talk lasts its length is not known."""
    return call.answered_at is not None and (call.talk_s is None or call.talk_s > 0 or (call.hold_s or 0.0) > 0)


def _answered(call: Call, queued_at: float, sums: Sums) -> None:
    answered_at = call.answered_at if call.answered_at is not None else queued_at
    wait = _ms(call.wait_s if call.wait_s is not None else answered_at - queued_at)
    _bump(sums, "requests")
    _bump(sums, "answered")
    _bump(sums, "within_15", int(wait <= WITHIN_MS))
    _bump(sums, "wait_ms", wait)
    _bump(sums, "wait_answered_ms", wait)
    sums[ANSWERED_WAITS + wait_bucket(wait)] = 1
    if call.ended_at is not None and call.talk_s is not None:
        _bump(sums, "handled")
        _bump(sums, "talk_ms", _ms(call.talk_s))
        _bump(sums, "hold_ms", _ms(call.hold_s))
        _bump(sums, "wrap_ms", _ms(call.wrap_s))


def _lost(call: Call, queued_at: float, ended_at: float, sums: Sums) -> None:
    wait = _ms(call.wait_s if call.wait_s is not None else ended_at - queued_at)
    _bump(sums, "requests")
    # Answered, and nobody spoke: the connection failed.
    _bump(sums, _LOST.get(call.outcome or "", "lost_system"))
    _bump(sums, "short_abandoned", int(call.outcome in _ABANDONED and wait < SHORT_MS))
    _bump(sums, "wait_ms", wait)
    sums[LOST_WAITS + wait_bucket(wait)] = 1


def ticket_sums(ticket: TicketRow, rules: Rules, at: float) -> tuple[Sums, float | None]:
    """What a ticket adds at a time, and when that will change though nothing happens: a limit that passes."""
    sums: Sums = {}
    closed = ticket.state == "closed"
    _bump(sums, "tickets")
    _bump(sums, "closed", int(closed and ticket.channel != "partner"))
    _bump(sums, "direct", int(closed and ticket.sent_at is None))
    if ticket.satisfaction is not None:
        _bump(sums, "rated")
        _bump(sums, "satisfied", int(ticket.satisfaction >= SATISFIED))
    if ticket.talk_s is not None:
        _bump(sums, "ticket_handled")
        _bump(sums, "ticket_talk_ms", _ms(ticket.talk_s))
        _bump(sums, "ticket_hold_ms", _ms(ticket.hold_s))
        _bump(sums, "ticket_wrap_ms", _ms(ticket.wrap_s))
    dues = [_response(ticket, rules, at, sums, closed=closed), _sending(ticket, rules, at, sums, closed=closed)]
    return sums, min((due for due in dues if due is not None), default=None)


def _response(ticket: TicketRow, rules: Rules, at: float, sums: Sums, *, closed: bool) -> float | None:
    """The first response of a written channel. What was closed without one waits for nobody."""
    if ticket.channel in _SPOKEN:
        return None
    within = rules.within.get(ticket.channel, rules.answer_s)
    if ticket.first_response_at is None:
        if closed:
            return None
        if at <= ticket.received_at + within:
            return ticket.received_at + within
        _bump(sums, "response_due")
        return None
    took = ticket.first_response_at - ticket.received_at
    _bump(sums, "response_due")
    _bump(sums, "responses")
    _bump(sums, "response_ms", _ms(took))
    _bump(sums, "response_in_time", int(took <= within))
    return None


def _sending(ticket: TicketRow, rules: Rules, at: float, sums: Sums, *, closed: bool) -> float | None:
    """Sent on within the time from the call's end. What was closed on the spot was not to be sent."""
    begins = ticket.received_at if ticket.called is None else ticket.call_ended_at
    if ticket.sent_at is not None:
        _bump(sums, "send_due")
        _bump(sums, "sent_in_time", int(begins is None or ticket.sent_at - begins <= rules.send_on_s))
        return None
    if closed or begins is None:
        return None
    if at <= begins + rules.send_on_s:
        return begins + rules.send_on_s
    _bump(sums, "send_due")
    return None


def transfer_sums(transfer: TransferRow) -> Sums:
    """What a transfer adds once it has ended."""
    if transfer.outcome is None:
        return {}
    sums = {AT["transfers"]: 1}
    _bump(sums, "transfers_completed", int(transfer.outcome == "completed"))
    return sums


def time_sums(row: TimeRow) -> Sums:
    sums: Sums = {}
    done = row[2:]
    for name, ms in zip(("idle", "ringing", "talking", "held", "wrap", "outbound", "resting"), done, strict=True):
        _bump(sums, f"time_{name}", ms)
    _bump(sums, "time_signed", sum(done))
    return sums


def _bump(sums: Sums, name: str, by: int = 1) -> None:
    if by:
        sums[AT[name]] = sums.get(AT[name], 0) + by


def _ms(seconds: float | None) -> int:
    return max(0, round((seconds or 0.0) * 1000))
