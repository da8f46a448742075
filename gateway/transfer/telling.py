"""What the feed is told of a transfer: each event once, in the transaction of the step that made it."""

from __future__ import annotations

from typing import Any

from gateway.model.transfers import Transfer
from gateway.transfer.numbers import tried_of

STARTED = "hotline.transfer.started.v1"
ANSWERED = "hotline.transfer.answered.v1"
JOINED = "hotline.transfer.joined.v1"
RELEASED = "hotline.transfer.released.v1"
ENDED = "hotline.transfer.ended.v1"


def subject_of(transfer: Transfer) -> str:
    """The ticket's number, or the call's id while there is none."""
    return transfer.ticket_no or transfer.call_id


def transfer_data(transfer: Transfer) -> dict[str, Any]:
    """``to`` is a partner's number, a queue, a flow or a seat: nobody's telephone."""
    return {
        "transfer_id": transfer.id,
        "call_id": transfer.call_id,
        "ticket_no": transfer.ticket_no,
        "mode": transfer.mode,
        "phase": transfer.phase,
        "outcome": transfer.outcome,
        "kind": transfer.target_kind,
        "to": transfer.target_seat or transfer.partner or transfer.target,
        "partner": transfer.partner,
        "seat": transfer.seat,
        "agent": transfer.agent,
        "started_at": transfer.started_at,
        "answered_at": transfer.answered_at,
        "joined_at": transfer.joined_at,
        "released_at": transfer.released_at,
        "ended_at": transfer.ended_at,
        "cause": transfer.cause,
        "delivery_id": transfer.delivery,
        "tried": [one["outcome"] for one in tried_of(transfer)],
    }


def events_between(before: Transfer | None, after: Transfer) -> list[tuple[str, dict[str, Any]]]:
    """What happened from one version to the next (``before`` None: the press)."""
    marks = (("answered_at", ANSWERED), ("joined_at", JOINED), ("released_at", RELEASED), ("ended_at", ENDED))
    found = [] if before is not None else [STARTED]
    found += [
        type_ for name, type_ in marks
        if getattr(after, name) is not None and (before is None or getattr(before, name) is None)
    ]  # fmt: skip
    data = transfer_data(after)
    return [(type_, data) for type_ in found]
