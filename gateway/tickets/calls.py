"""From a call to the ledger: the call's row, its events in the feed, and the ticket that an answered call opens.

Everything that one change of a call means is written in one transaction, so a reader of the feed never sees a ticket
without its call. Replaying a change does no harm: the call is saved by its id, the ticket by the key ``call:<id>``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from gateway.model.ids import CallId
from gateway.model.masking import mask_number
from gateway.model.records import LOST, CallChange, CallRecord, Ticket
from gateway.tickets.ports import TicketDraft, Tx
from gateway.tickets.telling import ticket_data

_BREATH = 16
"""Changes (about 2 ms of work) after which the loop gets its turn: callers are served by it."""

_CALL_FIELDS = (
    "entry_number", "account", "track", "direction", "flow", "language", "queue", "seat", "agent", "started_at",
    "queued_at", "answered_at", "ended_at", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "outcome", "ended_by",
    "recording_id", "ticket_no",
)  # fmt: skip
_CALL_KEYS = ("call_id", "caller", *_CALL_FIELDS)
_call_values = attrgetter(*_CALL_FIELDS)

FIGURES = "figures"
"""In ``Ticket.more``: the last revisions that make nobody's reading stale: only the call's figures changed, or what its
agent was typing was taken along by a transfer (``gateway.tickets.typed``)."""
_REMEMBERED = 15

_FROM_CALL = ("queue", "language", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s", "recording_id")
_figures_of = attrgetter(*_FROM_CALL)


def call_key(call: CallRecord) -> str:
    """The idempotency key under which a call opens its one ticket."""
    return key_of_call(call.call_id)


def key_of_call(call_id: CallId) -> str:
    """The same, for a call of which only the id is at hand."""
    return f"call:{call_id}"


def call_data(call: CallRecord) -> dict[str, Any]:
    """A call as the feed shows it: all figures, the number masked."""
    values = call.call_id, mask_number(call.caller_number), *_call_values(call)
    return dict(zip(_CALL_KEYS, values, strict=True))


def call_draft(call: CallRecord, area_code: str, at: float, latest: CallRecord | None = None) -> TicketDraft:
    """The ticket that a call opens: answered at ``call.answered_at``, else taken in hand at ``at``. ``latest`` is the
    call with its newest figures."""
    fields = {
        "track": call.track,
        "call_id": call.call_id,
        "channel_msg_id": call.call_id,
        "agent_id": call.agent or "",
        "calling_number": call.caller_number,
        "name": call.caller_name if not call.caller_name.isascii() else "",
        "first_response_at": call.answered_at,
        "title": f"来电 {call.entry_number}",
    }
    return TicketDraft(
        channel="phone",
        area_code=area_code,
        received_at=call.answered_at or at,
        occurred_at=call.started_at,
        entry_number=call.entry_number,
        account=call.account,
        fields=fields | _figures(latest or call),
    )


class CallBook:
    """Writes changes of calls. ``area_of`` gives the area code (GB/T 2260) for an entry number."""

    def __init__(self, area_of: Callable[[str], str]) -> None:
        self._area_of = area_of

    async def write(self, tx: Tx, changes: Sequence[CallChange]) -> None:
        """Keep changes, in their order, inside the caller's transaction.

        Each is told in the feed, but a call is saved once, as its last change left it, and a ticket that is opened on
        the way has the last figures at once: it needs no update in the same breath.
        """
        latest = {change.call.call_id: change.call for change in changes}
        settled: set[CallId] = set()
        for number, change in enumerate(changes, 1):
            await self._one(tx, change, latest[change.call.call_id], settled)
            if not number % _BREATH:
                await asyncio.sleep(0)

    async def _one(self, tx: Tx, change: CallChange, latest: CallRecord, settled: set[CallId]) -> None:
        call = change.call
        if call is latest:
            await tx.save_call(call)
        if change.kind != "updated":
            await tx.emit(f"hotline.call.{change.kind}.v1", call.call_id, call_data(call), change.at)
        if change.kind == "ended" and call.outcome in LOST and call.direction == "in":
            await tx.emit("hotline.call.lost.v1", call.call_id, call_data(call), change.at)
        if change.kind == "answered" and call.direction == "in":
            if await self._open(tx, change, latest):
                settled.add(call.call_id)
        elif change.kind in ("ended", "updated") and call.call_id not in settled:
            await self._update(tx, change)

    async def _open(self, tx: Tx, change: CallChange, latest: CallRecord) -> bool:
        """True when the ticket is new."""
        return (await self.open(tx, change.call, change.at, latest))[1]

    async def open(self, tx: Tx, call: CallRecord, at: float, latest: CallRecord | None = None) -> tuple[Ticket, bool]:
        """The ticket of a call, and whether it is new. Also for those who cannot wait until its answer is written."""
        draft = call_draft(call, self._area_of(call.entry_number), at, latest)
        ticket, created = await tx.open_ticket(draft, call_key(call))
        if created:
            await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, ticket_data(ticket), at)
        return ticket, created

    async def _update(self, tx: Tx, change: CallChange) -> None:
        ticket = await tx.amend_ticket(call_key(change.call), partial(_amended, change.call))
        if ticket is not None:
            await tx.emit("hotline.ticket.updated.v1", ticket.ticket_no, ticket_data(ticket), change.at)


def with_revision(ticket: Ticket) -> dict[str, Any]:
    """``Ticket.more`` for a change that makes nobody's reading stale."""
    return ticket.more | {FIGURES: [*ticket.more.get(FIGURES, ())[-_REMEMBERED:], ticket.revision + 1]}


def _amended(call: CallRecord, ticket: Ticket) -> dict[str, Any]:
    """What the call has other than its ticket; nothing when they agree."""
    fresh = {name: value for name, value in _figures(call).items() if getattr(ticket, name) != value}
    if fresh:
        fresh["more"] = with_revision(ticket)
    return fresh


def _figures(call: CallRecord) -> dict[str, Any]:
    figures: dict[str, Any] = dict(zip(_FROM_CALL, _figures_of(call), strict=True))
    figures["queue"] = call.queue or ""
    return figures
