"""The watch list (来电关注): notes about callers that shift leads write and every agent sees at the ring.

A number is kept sealed and found by its keyed hash; who set or lifted a note is audited with the number masked.
"""

from __future__ import annotations

from pydantic import Field

from gateway.model.desk import Watch, WatchLevel
from gateway.model.ids import new_id
from gateway.model.masking import mask_number
from gateway.model.records import AuditEntry
from gateway.tickets.ports import Tx
from gateway.web.address import client_address
from gateway.web.asked import Asked, B, Instant, Lines, Nothing, Part, Q
from gateway.web.auth import SUPERVISORS
from gateway.web.desk_views import WatchPage, WatchView, watch_view
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of


class WatchQuery(Part):
    limit: int = Field(default=200, ge=1, le=1000)


class WatchBody(Part):
    """A number has one note: another replaces it."""

    number: str = Field(pattern=r"^\+?[0-9]{3,20}$")
    level: WatchLevel = Field(description="care: needs patience or help; attention: is followed; alert: threats, abuse")
    note: Lines = Field(min_length=1, max_length=500, pattern=r"\S")
    until: Instant | None = Field(default=None, description="its last moment; null for ever")


async def watches(asked: Asked[Nothing, WatchQuery]) -> Answer:
    found = await desk_of(asked.request).services.ledger.watches(asked.query.limit)
    return WatchPage(items=[watch_view(one) for one in found])


async def put(asked: Asked[WatchBody, Nothing]) -> Answer:
    body, login = asked.body, asked.who.account.login
    if body.until is not None and body.until <= asked.at:
        raise Problem(400, "截止时间须在将来", "field until: must be in the future", field="until")
    watch = Watch(new_id(), body.number, body.level, body.note, login, asked.at, body.until)

    async def work(tx: Tx) -> Watch:
        kept = await tx.save_watch(watch)
        await tx.audit(_entry(asked, "watch.set", kept))
        return kept

    return watch_view(await desk_of(asked.request).services.ledger.write(work))


async def lift(asked: Asked[Nothing, Nothing]) -> Answer:
    async def work(tx: Tx) -> Watch | None:
        dropped = await tx.drop_watch(asked.path["id"])
        if dropped is not None:
            await tx.audit(_entry(asked, "watch.lifted", dropped))
        return dropped

    dropped = await desk_of(asked.request).services.ledger.write(work)
    if dropped is None:
        raise Problem(404, "没有这条关注", "there is no such note")
    return watch_view(dropped)


def _entry(asked: Asked[B, Q], act: str, watch: Watch) -> AuditEntry:
    address = client_address(asked.request, desk_of(asked.request).config.trusted_proxies)
    detail = {"number": mask_number(watch.number), "level": watch.level, "until": watch.until}
    return AuditEntry(asked.at, asked.who.account.login, act, watch.id, address, detail)


def routes() -> list[Route]:
    base = "/api/v1/watch"
    return [
        route(
            "GET", base, "Notes about callers, newest first", watches,
            roles=SUPERVISORS, body=Nothing, query=WatchQuery, answer=WatchPage,
        ),
        route(
            "PUT", base, "Set the note about a number; audited", put,
            roles=SUPERVISORS, body=WatchBody, query=Nothing, answer=WatchView,
        ),
        route(
            "DELETE", f"{base}/{{id}}", "Lift a note; audited", lift,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=WatchView, errors=(404,),
        ),
    ]  # fmt: skip
