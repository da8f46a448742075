"""What the feed tells about written tickets, as moves of their assignments. Pure.

A message of a citizen puts its ticket into the pool, or counts as unread with whoever has it; a reply by a person ends
its waiting; a closed ticket, or one that another system has taken over, leaves the desk. An event that was counted
before changes nothing: the feed may be read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.model.assignments import Assignment
from gateway.model.ids import TicketNo
from gateway.model.value import value
from gateway.tickets.acts import SYSTEM
from gateway.tickets.config import WrittenConfig

OPENED, JOINED = "hotline.ticket.opened.v1", "hotline.ticket.joined.v1"
REPLIED, STATE = "hotline.ticket.replied.v1", "hotline.ticket.state.v1"
HEARD: frozenset[str] = frozenset({OPENED, JOINED, REPLIED, STATE})
"""The events that move assignments."""

_ELSEWHERE = frozenset({"sent", "acknowledged"})


@value
class Told:
    """One event of the feed about a ticket, with its data."""

    sequence: int
    type: str
    ticket_no: TicketNo
    at: float
    data: Mapping[str, Any]


def hear(known: Assignment | None, told: Told, rules: WrittenConfig) -> Assignment | None:
    """The next version of a ticket's assignment, None when the event changes nothing."""
    if known is not None and told.sequence <= known.sequence:
        return None
    if told.type in (OPENED, JOINED):
        moved = _written(known, told, rules)
    elif known is None:
        return None
    else:
        moved = _replied(known, told) if told.type == REPLIED else _reported(known, told, rules)
    if moved is None or moved.sequence == told.sequence:
        return moved
    return replace(moved, sequence=told.sequence)


def _written(known: Assignment | None, told: Told, rules: WrittenConfig) -> Assignment | None:
    """The citizen has written."""
    channel, due = str(told.data.get("channel", "")), told.at
    if channel not in rules.channels:
        return None
    due += rules.answer_s(channel)
    if known is None:
        account = str(told.data.get("account", ""))
        return Assignment(
            told.ticket_no, channel, account, "waiting", told.at, first_at=told.at, due_at=due, last_at=told.at,
            moved_at=told.at, unread=1, sequence=told.sequence,
        )  # fmt: skip
    if known.state == "done":  # the agent who had it comes first again
        known = replace(_waiting(known, told.at), unread=0)
    else:
        known = replace(known, version=known.version + 1)
    waits = known.first_at is not None
    return replace(
        known,
        first_at=known.first_at if waits else told.at,
        due_at=known.due_at if waits else due,
        last_at=told.at,
        unread=known.unread + 1,
    )


def _replied(known: Assignment, told: Told) -> Assignment | None:
    """Somebody has answered: at the desk, or in another system, which then has it."""
    if told.data.get("author") == SYSTEM:
        return None
    if known.state not in ("taken", "done"):
        return _done(known, told.at)
    return replace(known, first_at=None, due_at=None, version=known.version + 1)


def _reported(known: Assignment, told: Told, rules: WrittenConfig) -> Assignment | None:
    to = told.data.get("to")
    if to == "closed" or (to in _ELSEWHERE and known.state in ("waiting", "offered")):
        return None if known.state == "done" else _done(known, told.at)
    if told.data.get("from") == "closed" and known.state == "done":  # opened again: a person must look at it
        again = _waiting(known, told.at)
        return replace(again, first_at=told.at, due_at=told.at + rules.answer_s(known.channel))
    return None


def _waiting(known: Assignment, at: float) -> Assignment:
    return replace(known.moved("waiting", known.agent, at), since=at, passed=())


def _done(known: Assignment, at: float) -> Assignment:
    return replace(known.moved("done", known.agent, at), first_at=None, due_at=None, unread=0, passed=())
