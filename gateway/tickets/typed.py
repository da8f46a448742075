"""What an agent has typed by the time a call is handed over, taken into the call's ticket within the press.

The draft stays and the ticket stays open for the form, which is filed later and is not overtaken by this: the revision
is noted like those by which only the call's figures moved. Nobody has checked what is half typed: what fits is taken,
what does not is left to the form, and never stops a press.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.model.ids import CallId
from gateway.model.records import Ticket
from gateway.tickets import telling
from gateway.tickets.acts import Act
from gateway.tickets.calls import with_revision
from gateway.tickets.changes import Changes
from gateway.tickets.filing import is_made_up, title_of
from gateway.tickets.ports import Refused, StaleRevision, Tx

TYPED = frozenset(
    {
        "kind", "category", "title", "content", "urgency", "name", "sex", "contact_number", "is_secret", "is_anonymous",
        "need_callback", "area_code", "address", "longitude", "latitude", "crs", "against", "against_number",
        "risk_level",
    }
)  # fmt: skip
"""Fields of the form that a partner is told. Links to other tickets wait for the form."""


def fitting(ticket: Ticket, typed: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """What of a form's fields changes the ticket; empty ones and values that do not fit are left out. One half of a
    pin is none."""
    said = {name: value.strip() if isinstance(value, str) else value for name, value in typed.items()}
    said = {name: value for name, value in said.items() if name in TYPED and value is not None and value != ""}
    good = {name: value for name, value in said.items() if _fits(ticket, name, value, changes)}
    if not {"longitude", "latitude"} <= good.keys():
        good = {name: value for name, value in good.items() if name not in ("longitude", "latitude", "crs")}
    content = good.get("content", ticket.content)
    if "title" not in good and (not ticket.title or is_made_up(ticket)) and content:
        good["title"] = title_of(content)
    return changes.checked(ticket, good) if good else {}


def _fits(ticket: Ticket, name: str, value: Any, changes: Changes) -> bool:
    try:
        changes.checked(ticket, {name: value})
    except Refused:
        return False
    return True


async def take_typed(tx: Tx, act: Act, ticket: Ticket, call: CallId) -> Ticket:
    """The ticket with what lies in its draft: the call's when it is the call's ticket, else its own. When the form is
    filed at the same time (by another gateway), what was filed stands."""
    draft = await tx.draft(call if ticket.call_id == call else ticket.ticket_no)
    changes = fitting(ticket, draft.fields, act.policy.changes) if draft is not None else {}
    if not changes:
        return ticket
    names = sorted(changes)
    try:
        taken = await tx.update_ticket(ticket.ticket_no, changes | {"more": with_revision(ticket)}, ticket.revision)
    except StaleRevision:
        return await act.ticket(tx, None)
    await act.audit(tx, "ticket.change", {"fields": names, "revision": taken.revision, "by": "transfer"})
    await tx.emit("hotline.ticket.updated.v1", ticket.ticket_no, telling.changed_data(taken, names), act.at)
    return taken
