"""Recordings of calls, played in the page: with ranges, so that one can jump in them, and each listening is audited
before the first byte leaves.

Agents hear the calls that were theirs, shift leads all; a call whose ticket asks for secrecy is for shift leads alone.
Taking a file out (``?download=true``) is an act of its own in the audit log, and for shift leads.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web
from pydantic import Field

from gateway.model.ids import CallId
from gateway.web.asked import Asked, B, Nothing, Part, Q
from gateway.web.auth import AGENTS
from gateway.web.desk_rights import call_of
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use


class SoundQuery(Part):
    download: bool = Field(default=False, description="as a file to keep; shift leads only")


@dataclass(frozen=True, slots=True)
class Played:
    """Which recording is meant, since when it may lie on the disk, and the ticket that it belongs to."""

    recording_id: str
    at: float
    ticket_no: str


async def recording(asked: Asked[Nothing, SoundQuery]) -> Answer:
    taken = asked.query.download
    if taken and not asked.who.supervises:
        raise Problem(403, "下载录音须由值班长进行", "recordings are taken out by shift leads")
    path, meant = await meant_recording(asked)
    act = "recording.downloaded" if taken else "recording.played"
    await _noted(asked, meant, act)
    way = "attachment" if taken else "inline"
    headers = {
        "Content-Type": "audio/wav",
        "Content-Disposition": f'{way}; filename="{meant.recording_id}.wav"',
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return web.FileResponse(path, headers=headers)


async def _noted(asked: Asked[Nothing, SoundQuery], meant: Played, act: str) -> None:
    """Audit a listening once, however many parts the browser asks for; returns when it is committed."""
    desk = desk_of(asked.request)
    kept = desk.services.recordings
    assert kept is not None
    login, once = asked.who.account.login, f"{act} {meant.recording_id}"
    if kept.begins(login, once, asked.at):
        await desk.gate.note(
            asked.request, asked.who, act, asked.path["id"], asked.at,
            recording=meant.recording_id, ticket_no=meant.ticket_no,
        )  # fmt: skip
        kept.noted(login, once, asked.at)


async def meant_recording(asked: Asked[B, Q]) -> tuple[Path, Played]:
    """The file of the call in the address, if who asks may hear it. Raises Problem 403, 404, 410."""
    services = desk_of(asked.request).services
    recordings = in_use(services.recordings, "录音功能未启用", "recordings are not in use")
    meant = await _meant(asked)
    if not meant.recording_id:
        raise Problem(404, "这个通话没有录音", "that call was not recorded")
    path = await asyncio.to_thread(recordings.find, meant.recording_id, meant.at)
    if path is not None:
        return path, meant
    kept = services.retention
    gone = await kept.ledger.gone_recording(meant.recording_id) if kept is not None else None
    if gone is not None:
        day = f"{datetime.fromtimestamp(gone.deleted_at, services.zone):%Y-%m-%d}"
        raise Problem(410, f"录音已于 {day} 按保存期限删除", f"deleted on {day}, when its time was over")
    raise Problem(404, "没有这个通话的录音", "there is no recording of this call")


async def _meant(asked: Asked[B, Q]) -> Played:
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
        return Played(over_virtual.recording_id, over_virtual.began_at, over_virtual.ticket_no)
    call = await call_of(asked, call_id)
    about = list(await ledger.tickets(call_id=call_id, limit=5))
    if call.ticket_no and (one := await ledger.ticket(call.ticket_no)) is not None:
        about.append(one)
    check_secret_recording(asked, any(one.is_secret for one in about))
    return Played(call.recording_id, call.started_at, str(about[0].ticket_no) if about else "")


def check_secret_recording(asked: Asked[B, Q], secret: bool) -> None:
    """Raises Problem 403."""
    if secret and not asked.who.supervises:
        raise Problem(403, "该通话要求保密，须由值班长收听", "the citizen asked for secrecy: for shift leads")


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/v1/calls/{id}/recording", "The recording of a call, also in ranges; audited", recording,
            roles=AGENTS, body=Nothing, query=SoundQuery, answer=None, content_type="audio/wav", errors=(404, 410),
        ),
    ]  # fmt: skip
