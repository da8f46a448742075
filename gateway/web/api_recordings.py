"""Recordings of calls, played in the page: with ranges, so that one can jump in them, and each listening is audited
before the first byte leaves.

Agents hear the calls that were theirs, shift leads all; a call whose ticket asks for secrecy is for shift leads alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from gateway.model.ids import CallId
from gateway.web.asked import Asked, Nothing
from gateway.web.auth import AGENTS
from gateway.web.desk_rights import call_of
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of


@dataclass(frozen=True, slots=True)
class _Played:
    recording_id: str
    at: float
    ticket_no: str


async def recording(asked: Asked[Nothing, Nothing]) -> Answer:
    desk = desk_of(asked.request)
    kept = desk.services.recordings
    if kept is None:
        raise Problem(404, "录音功能未启用", "recordings are not in use")
    meant = await _meant(asked)
    path = await asyncio.to_thread(kept.find, meant.recording_id, meant.at) if meant.recording_id else None
    if path is None:
        raise Problem(404, "没有这个通话的录音", "there is no recording of this call")
    login = asked.who.account.login
    if kept.begins(login, meant.recording_id, asked.at):
        await desk.gate.note(
            asked.request, asked.who, "recording.played", asked.path["id"], asked.at,
            recording=meant.recording_id, ticket_no=meant.ticket_no,
        )  # fmt: skip
        kept.noted(login, meant.recording_id, asked.at)
    headers = {
        "Content-Type": "audio/wav",
        "Content-Disposition": f'inline; filename="{meant.recording_id}.wav"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.FileResponse(path, headers=headers)


async def _meant(asked: Asked[Nothing, Nothing]) -> _Played:
    """The recording, if who asks may hear it. Raises Problem 403, 404."""
    ledger, call_id = desk_of(asked.request).services.ledger, asked.path["id"]
    over_virtual = await ledger.virtual_call(CallId(call_id))
    if over_virtual is not None:
        ticket = await ledger.ticket(over_virtual.ticket_no)
        own = ticket is not None and ticket.agent_id and ticket.agent_id == asked.who.account.agent_id
        if not (asked.who.supervises or own):
            raise Problem(403, "这不是您的工单", "this is not your ticket")
        if ticket is not None:
            check_secret_recording(asked, ticket.is_secret)
        return _Played(over_virtual.recording_id, over_virtual.began_at, over_virtual.ticket_no)
    call = await call_of(asked, call_id)
    about = list(await ledger.tickets(call_id=call_id, limit=5))
    if call.ticket_no and (one := await ledger.ticket(call.ticket_no)) is not None:
        about.append(one)
    check_secret_recording(asked, any(one.is_secret for one in about))
    return _Played(call.recording_id, call.started_at, str(about[0].ticket_no) if about else "")


def check_secret_recording(asked: Asked[Nothing, Nothing], secret: bool) -> None:
    """Raises Problem 403."""
    if secret and not asked.who.supervises:
        raise Problem(403, "该通话要求保密，须由值班长收听", "the citizen asked for secrecy: for shift leads")


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/calls/{id}/recording", "The recording of a call, also in ranges; audited", recording,
            roles=AGENTS, body=Nothing, query=Nothing, answer=None, content_type="audio/wav", errors=(404,),
        ),
    ]  # fmt: skip
