"""Whose call is it? An agent's desk shows and files the calls of the own seat and those that the agent had; shift leads
have all. A call that comes to another seat (a lost telephone, a colleague's transfer) is then that seat's, drafts and
all, and stays with who had it before.
"""

from __future__ import annotations

from gateway.model.ids import CallId
from gateway.model.records import CallRecord, Ticket
from gateway.web.asked import Asked, B, Q
from gateway.web.problem import Problem
from gateway.web.services import Desk, desk_of

_WORKED_ON_S = 1800.0
"""So long after its end a call that was handed to a seat is still that seat's: wrap-up, the ticket, a call back."""


async def call_of(asked: Asked[B, Q], call_id: str) -> CallRecord:
    """The call, as it is now or as it was kept. Raises Problem 404, and 403 for a call of others."""
    services = desk_of(asked.request).services
    call = services.hall.call(call_id) or await services.ledger.call(CallId(call_id))
    if call is None:
        raise Problem(404, "没有这个通话", "there is no such call", field="call_id")
    if not (asked.who.supervises or await is_theirs(asked, call)):
        raise Problem(403, "这不是您座席的通话", "this is not a call of your seat", field="call_id")
    return call


async def is_theirs(asked: Asked[B, Q], call: CallRecord) -> bool:
    """Whether the call is, or was, that of the agent who asks."""
    desk, agent = desk_of(asked.request), asked.who.account.agent_id
    if not agent:
        return False
    seat = seat_of(desk, agent)
    if call.agent == agent or (seat is not None and seat["call_id"] == call.call_id):
        return True
    if seat is not None and call.ended_at is None and call.seat == seat["id"]:
        return True
    if any(stretch.agent == agent for stretch in call.stretches):
        return True  # had it before it went on to somebody else
    # A transfer names the seat that it went to, not who sat there: that is whoever sits there while it is worked on.
    fresh = seat is not None and (call.ended_at is None or asked.at - call.ended_at < _WORKED_ON_S)
    had = await desk.services.ledger.transfers(call_id=call.call_id, limit=20)
    return any(one.agent == agent or (fresh and seat is not None and one.target_seat == seat["id"]) for one in had)


async def own_ticket(asked: Asked[B, Q], ticket: Ticket) -> bool:
    """Whether a ticket is the asker's: taken by them, or of a call that is theirs now."""
    agent, services = asked.who.account.agent_id, desk_of(asked.request).services
    if agent and ticket.agent_id == agent:
        return True
    call = services.hall.call(ticket.call_id) if ticket.call_id else None
    return call is not None and await is_theirs(asked, call)


def seat_of(desk: Desk, agent: str) -> dict[str, object] | None:
    """The view of the seat where an agent is signed in."""
    seat = desk.services.hall.seat_of(agent) if agent else None
    return None if seat is None else desk.services.hall.seat(seat)
