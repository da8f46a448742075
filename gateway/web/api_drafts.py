"""Drafts of the desk: what is typed is kept within a second, sealed, and is there again after a crash or at the next
seat that gets the call.

The page counts a draft's revision. A saving with a revision that is not newer was overtaken: it changes nothing, and is
told so unless it says what is kept anyway (a try again). Drafts end with the filing, by being dropped, or by age.
"""

from __future__ import annotations

import re

import orjson
from pydantic import Field

from gateway.model.desk import Draft
from gateway.model.ids import CallId
from gateway.tickets.ports import Tx
from gateway.web.api_tickets import found_ticket
from gateway.web.asked import Asked, B, Nothing, Part, Q, Typed
from gateway.web.auth import AGENTS
from gateway.web.desk_rights import call_of, is_theirs, own_ticket
from gateway.web.desk_views import DraftDropped, DraftList, DraftSaved, DraftView, draft_view
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of

NEW = "new"
_OWN = f"{NEW}/"
_KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,79}")
_TICKET = re.compile(r"[0-9]{6}-[0-9]{8}-[0-9]{7}")
_LARGEST = 48_000
"""Bytes of a draft as JSON."""


class DraftBody(Part):
    fields: Typed
    revision: int = Field(ge=1, le=2**53, description="counted by the page, rises with each saving")


def ledger_key(key: str, login: str) -> str:
    """What a draft is kept under: ``new`` is each agent's own."""
    return f"{_OWN}{login}" if key == NEW else key


def _page_key(key: str) -> str:
    return NEW if key.startswith(_OWN) else key


async def save(asked: Asked[DraftBody, Nothing]) -> Answer:
    body, login = asked.body, asked.who.account.login
    if len(orjson.dumps(body.fields)) > _LARGEST:
        raise Problem(400, "草稿过长", f"field fields: at most {_LARGEST} bytes", field="fields")
    await _check(asked)
    wanted = Draft(ledger_key(asked.path["key"], login), login, body.revision, asked.at, body.fields)

    async def work(tx: Tx) -> Draft:
        kept = wanted if await tx.save_draft(wanted) else await tx.draft(wanted.key)
        return kept or wanted

    kept = await desk_of(asked.request).services.ledger.write(work)
    if (kept.revision, dict(kept.fields)) != (wanted.revision, dict(wanted.fields)):
        raise Problem(
            409, "草稿已有更新的内容", f"the draft is at revision {kept.revision}", field="revision",
            extra={"current": kept.revision, "author": kept.author},
        )  # fmt: skip
    return DraftSaved(key=asked.path["key"], revision=kept.revision, at=kept.at)


async def draft(asked: Asked[Nothing, Nothing]) -> Answer:
    key = asked.path["key"]
    await _check(asked)
    kept = await desk_of(asked.request).services.ledger.draft(ledger_key(key, asked.who.account.login))
    if kept is None:
        raise Problem(404, "没有这份草稿", "there is no such draft")
    return draft_view(kept, key)


async def drop(asked: Asked[Nothing, Nothing]) -> Answer:
    await _check(asked)
    key = ledger_key(asked.path["key"], asked.who.account.login)
    return DraftDropped(dropped=await desk_of(asked.request).services.ledger.write(lambda tx: tx.drop_draft(key)))


async def drafts(asked: Asked[Nothing, Nothing]) -> Answer:
    kept = await desk_of(asked.request).services.ledger.drafts(asked.who.account.login)
    return DraftList(items=[draft_view(one, _page_key(one.key)) for one in kept])


async def _check(asked: Asked[B, Q]) -> None:
    """Raises Problem 404 for a key that is none, 403 for the draft of a call of others. Whoever typed at a draft last
    may go on, also when the call has left their seat."""
    key, services = asked.path["key"], desk_of(asked.request).services
    if not _KEY.fullmatch(key):
        raise Problem(404, "没有这份草稿", "there is no such draft")
    if key == NEW or asked.who.supervises:
        return
    if _TICKET.fullmatch(key):
        await _check_ticket(asked, key)
        return
    live = services.hall.call(key) or await services.ledger.call(CallId(key))
    if live is not None and await is_theirs(asked, live):
        return
    kept = await services.ledger.draft(key)
    if kept is None or kept.author != asked.who.account.login:
        await call_of(asked, key)  # raises what is the matter


async def _check_ticket(asked: Asked[B, Q], key: str) -> None:
    """A draft holds what was typed unmasked: another's is for who has the ticket. Anybody may begin one, but of a
    ticket that is to be kept secret. Raises Problem 403, 404."""
    kept = await desk_of(asked.request).services.ledger.draft(key)
    if kept is not None and kept.author == asked.who.account.login:
        return
    ticket = await found_ticket(key, desk_of(asked.request))
    begins = kept is None and not ticket.is_secret
    if not (begins or await own_ticket(asked, ticket)):
        raise Problem(403, "这不是您的工单", "this is not your ticket", field="key")


def routes() -> list[Route]:
    one = "/api/v1/desk/drafts/{key}"
    return [
        route(
            "GET", "/api/v1/desk/drafts", "The drafts that I typed at last, newest first", drafts,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DraftList,
        ),
        route(
            "GET", one, "A draft: of a call, of a ticket, or my new one", draft,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DraftView, errors=(404,),
        ),
        route(
            "PUT", one, "Keep what was typed; `revision` must be newer", save,
            roles=AGENTS, body=DraftBody, query=Nothing, answer=DraftSaved, errors=(404, 409),
        ),
        route(
            "DELETE", one, "Forget a draft", drop,
            roles=AGENTS, body=Nothing, query=Nothing, answer=DraftDropped, errors=(404,),
        ),
    ]  # fmt: skip
