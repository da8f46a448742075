"""Tickets as GeoReport service requests: what a client asks for, which tickets it may see, and how they look.

Only tickets that were filed through Open311 are shown, never those with secrecy, and nothing of the person ever;
numbers in texts are masked. Coordinates are WGS-84 as the specification wants, whatever the ticket has them in.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from gateway.channels.open311.config import Open311Config
from gateway.channels.open311.services import Services
from gateway.channels.open311.wire import Fault, Form, Refusal, moment, w3c
from gateway.model.coordinates import convert
from gateway.model.ids import TicketNo
from gateway.model.masking import mask_personal
from gateway.model.records import Ticket
from gateway.tickets.ports import Ledger
from gateway.tickets.states import NAMES

DAY_S: Final = 86_400.0
MOST_DAYS: Final = 90
"""The longest span of a search, by the specification."""
MOST_IDS: Final = 100
_MOST_PAGES_ROWS: Final = 20_000
_SLICE: Final = 200


@dataclass(frozen=True, slots=True)
class Search:
    """GET requests, understood. ``ids`` override all else; empty sets do not filter. Times are epoch seconds."""

    ids: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    since: float = 0.0
    until: float = 0.0
    page: int = 1
    size: int = 1000

    def takes(self, ticket: Ticket) -> bool:
        return (not self.codes or ticket.category in self.codes) and (
            not self.statuses or status(ticket) in self.statuses
        )


def status(ticket: Ticket) -> str:
    return "closed" if ticket.state == "closed" else "open"


def search(form: Form, services: Services, *, now: float, zone: tzinfo, size: int) -> Search:
    """Understand a query. Raises Refusal with everything that is wrong."""
    ids = form.listed("service_request_id")
    if ids:
        if len(ids) > MOST_IDS:
            raise Refusal(Fault(400, f"at most {MOST_IDS} service_request_id at once"))
        return Search(ids=tuple(dict.fromkeys(ids)))
    faults: list[Fault] = []
    codes, statuses = form.listed("service_code"), form.listed("status")
    faults += [Fault(404, f"service_code {code[:20]} was not found") for code in codes if not services.name(code)]
    faults += [Fault(400, "status must be open or closed") for one in statuses if one not in ("open", "closed")]
    since, until = _span(form, now, zone, faults)
    page, rows = _number(form, "page", 1, faults), _number(form, "page_size", size, faults)
    rows = min(rows, size)
    if page * rows > _MOST_PAGES_ROWS:
        faults.append(Fault(400, f"at most {_MOST_PAGES_ROWS} requests can be paged through: narrow the dates"))
    if faults:
        raise Refusal(*dict.fromkeys(faults))
    return Search((), frozenset(codes), frozenset(statuses), since, until, page, rows)


def _span(form: Form, now: float, zone: tzinfo, faults: list[Fault]) -> tuple[float, float]:
    """From and until; the missing end is 90 days away from the other one, both missing are the last 90 days."""
    ends: dict[str, float | None] = {}
    for name in ("start_date", "end_date"):
        text = form.one(name)
        ends[name] = moment(text, zone) if text else None
        if text and ends[name] is None:
            faults.append(Fault(400, f"{name} must be a W3C date with its zone, as 2026-11-21T00:00:00+08:00"))
    since, until = ends["start_date"], ends["end_date"]
    if since is None:
        until = now + 1 if until is None else until
        return until - MOST_DAYS * DAY_S, until
    until = since + MOST_DAYS * DAY_S if until is None else until
    if until < since:
        faults.append(Fault(400, "end_date is before start_date"))
    elif until - since > MOST_DAYS * DAY_S:
        faults.append(Fault(400, f"start_date and end_date may not span more than {MOST_DAYS} days"))
    return since, until


def _number(form: Form, name: str, usual: int, faults: list[Fault]) -> int:
    text = form.one(name)
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and int(text) >= 1):
        faults.append(Fault(400, f"{name} must be a positive whole number"))
        return usual
    return int(text)


def is_shown(ticket: Ticket | None, account: str) -> bool:
    """True for tickets that were filed here and are not secret."""
    return ticket is not None and ticket.channel == "open311" and ticket.account == account and not ticket.is_secret


async def found(ledger: Ledger, search: Search, account: str) -> list[Ticket]:
    """The page of tickets that a search asks for, newest first."""
    if search.ids:
        looked = [await ledger.ticket(TicketNo(id)) for id in search.ids]
        return [ticket for ticket in looked if ticket is not None and is_shown(ticket, account)]
    page: list[Ticket] = []
    skip = (search.page - 1) * search.size
    async for ticket in _walk(ledger, search):
        if not is_shown(ticket, account) or not search.takes(ticket):
            continue
        if skip:
            skip -= 1
            continue
        page.append(ticket)
        if len(page) == search.size:
            break
    return page


async def _walk(ledger: Ledger, search: Search) -> AsyncIterator[Ticket]:
    """Tickets of the span in slices; one category or the closed ones are asked of the ledger itself."""
    category = next(iter(search.codes)) if len(search.codes) == 1 else None
    state = "closed" if search.statuses == {"closed"} else None
    after: str | None = None
    while True:
        rows = await ledger.tickets(
            since=search.since, until=search.until, channel="open311", state=state, category=category, after=after,
            limit=_SLICE,
        )  # fmt: skip
        for ticket in rows:
            yield ticket
        if len(rows) < _SLICE:
            return
        after = rows[-1].ticket_no


def request(
    ticket: Ticket, config: Open311Config, services: Services, zone: tzinfo, *, reply: str = "", media_url: str = ""
) -> dict[str, Any]:
    """A ticket as a service request, with the last ``reply`` if whoever asks may read it."""
    shown = config.show == "masked" or ticket.is_public
    point = None
    if ticket.longitude is not None and ticket.latitude is not None:
        point = convert(ticket.longitude, ticket.latitude, ticket.crs, "WGS-84")  # type: ignore[arg-type]
    return {
        "service_request_id": str(ticket.ticket_no),
        "status": status(ticket),
        "status_notes": _notes(ticket, reply=reply, shown=shown),
        "service_name": services.name(ticket.category),
        "service_code": ticket.category,
        "description": mask_personal(ticket.content or ticket.title) if shown else None,
        "agency_responsible": ticket.department,
        "service_notice": None,
        "requested_datetime": w3c(ticket.received_at, zone),
        "updated_datetime": w3c(_updated(ticket), zone),
        "expected_datetime": w3c(ticket.deadline_at, zone),
        "address": mask_personal(ticket.address) if shown else None,
        "address_id": ticket.asset_id,
        "zipcode": None,
        "lat": round(point[1], 7) if point and shown else None,
        "long": round(point[0], 7) if point and shown else None,
        "media_url": media_url,
    }


def _notes(ticket: Ticket, *, reply: str, shown: bool) -> str:
    """The result of a closed one, else the last reply, else the state in words."""
    if ticket.state == "closed" and ticket.result and shown:
        return mask_personal(ticket.result)
    return mask_personal(reply) if reply else " / ".join(NAMES[ticket.state])


def _updated(ticket: Ticket) -> float:
    if ticket.state == "closed" and ticket.closed_at is not None:
        return ticket.closed_at
    times = (ticket.received_at, ticket.first_response_at, ticket.sent_at)
    return max(time for time in times if time is not None)
