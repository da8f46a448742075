"""The agent's inbox of written tickets: what is offered and taken, the acts on it, and the conversation of each.

An agent sees what is theirs and what waits for anybody; a shift lead sees all. Who fetches a conversation that they
have has read it. Replies go by ``POST /api/v1/tickets/{no}/replies``, as everybody's do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from gateway.model.assignments import HELD, Assignment
from gateway.model.ids import AgentId, TicketNo
from gateway.model.records import Ticket
from gateway.tickets.inbox import Mine
from gateway.tickets.ports import NotFound, Refused
from gateway.tickets.routes import STOPPED
from gateway.tickets.routes import route as way_back
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, Nothing
from gateway.web.auth import AGENTS
from gateway.web.inbox_views import InboxItem, InboxMoved, InboxView, ThreadView, WayView, inbox_item, thread, way_view
from gateway.web.ports import Inbox
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import Desk, desk_of, in_use

_MESSAGES = 500
"""A conversation of more is shown with its newest 500 messages."""


def _inbox(desk: Desk) -> Inbox:
    return in_use(desk.services.inbox, "文字诉求分派未启用", "the desk's inbox is not in use")


def _agent(asked: Asked[Nothing, Nothing]) -> AgentId:
    return asked.who.account.agent_id


async def inbox(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    mine = await _inbox(desk).mine(_agent(asked)) if _agent(asked) else Mine(0, (), 0, 0)
    items = await asyncio.gather(*(_item(one, desk, mine.offer_s) for one in mine.items))
    return InboxView(limit=mine.limit, mine=[one for one in items if one is not None], waiting=mine.waiting)


async def _item(one: Assignment, desk: Desk, offer_s: int) -> InboxItem | None:
    ledger = desk.services.ledger
    ticket, messages, replies = await asyncio.gather(
        ledger.ticket(one.ticket_no),
        ledger.messages(ticket_no=one.ticket_no, limit=1, newest=True),
        ledger.replies(one.ticket_no),
    )
    return None if ticket is None else inbox_item(one, ticket, messages, replies, offer_s)


async def conversation(asked: Asked[Nothing, Nothing]) -> Answer:
    """The whole conversation. Fetched by the agent who has it, it is read."""
    desk, number = desk_of(asked.request), TicketNo(asked.path["no"])
    seen = await _inbox(desk).one(number)
    if seen is None:
        raise Problem(404, "没有这个文字诉求", "there is no such written ticket")
    _check_theirs(asked, seen)
    view = await _thread(seen, desk)
    if seen.state in HELD and seen.agent == _agent(asked) and seen.unread:
        await _inbox(desk).read(seen)
    return view


def _check_theirs(asked: Asked[Nothing, Nothing], seen: Assignment) -> None:
    """What waits is anybody's to look at; what is done, of who had it last."""
    if seen.state != "waiting" and seen.agent != _agent(asked) and not asked.who.supervises:
        raise Problem(403, "已由其他座席处理", "another agent has it")


async def _thread(seen: Assignment, desk: Desk) -> ThreadView:
    ledger, number = desk.services.ledger, seen.ticket_no
    ticket = await found_ticket(number, desk)
    messages, attachments, replies, deliveries, way = await asyncio.gather(
        ledger.messages(ticket_no=number, limit=_MESSAGES, newest=True),
        ledger.attachments(number),
        ledger.replies(number),
        ledger.deliveries(ticket_no=number, kind="reply", limit=_MESSAGES),
        _way(ticket, desk),
    )
    return thread(seen, ticket, messages, attachments, replies, deliveries, way)


async def _way(ticket: Ticket, desk: Desk) -> WayView:
    """Whether and how long a reply has a way to the citizen."""
    config = desk.services.replies()
    way = way_back(ticket, config)
    known = await desk.services.ledger.conversation(way.conversation) if way is not None and way.target else None
    stopped = STOPPED if known is not None and known.stopped else ""
    return way_view(way, stopped, known, config)


async def take(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    if desk.services.hall.seat_of(_agent(asked)) is None:
        raise Problem(409, "请先签入座席", "sign in at a seat first")
    number = TicketNo(asked.path["no"])
    return await _moved(_inbox(desk).take(number, _agent(asked), asked.who.account.login))


async def release(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _moved(_inbox(desk_of(asked.request)).release(TicketNo(asked.path["no"]), _whose(asked)))


async def done(asked: Asked[Nothing, Nothing]) -> Answer:
    return await _moved(_inbox(desk_of(asked.request)).done(TicketNo(asked.path["no"]), _whose(asked)))


def _whose(asked: Asked[Nothing, Nothing]) -> AgentId | None:
    """Agents act on their own, shift leads on anybody's."""
    return None if asked.who.supervises else _agent(asked)


async def _moved(act: Awaitable[Assignment]) -> Answer:
    try:
        moved = await act
    except Refused as refused:
        raise Problem(409, refused.zh, refused.en) from None
    except NotFound:
        raise Problem(404, "没有这个文字诉求", "there is no such written ticket") from None
    return InboxMoved(ticket_no=moved.ticket_no, state=moved.state)


def routes() -> list[Route]:
    one = "/api/v1/desk/inbox/{no}"
    return [
        route(
            "GET", "/api/v1/desk/inbox", "The agent's written tickets, the soonest due first", inbox,
            roles=AGENTS, body=Nothing, query=Nothing, answer=InboxView, errors=(404,),
        ),
        route(
            "GET", one, "The conversation of a written ticket; it is read by this", conversation,
            roles=AGENTS, body=Nothing, query=Nothing, answer=ThreadView, errors=(404,),
        ),
        route(
            "POST", f"{one}/take", "Take what is offered, or what waits for anybody", take,
            roles=AGENTS, body=Nothing, query=Nothing, answer=InboxMoved, errors=(404, 409),
        ),
        route(
            "POST", f"{one}/release", "Give it back, for another agent", release,
            roles=AGENTS, body=Nothing, query=Nothing, answer=InboxMoved, errors=(404, 409),
        ),
        route(
            "POST", f"{one}/done", "Nothing is to do until the citizen writes again", done,
            roles=AGENTS, body=Nothing, query=Nothing, answer=InboxMoved, errors=(404, 409),
        ),
    ]  # fmt: skip
