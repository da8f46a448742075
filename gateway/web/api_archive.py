"""The archive of recordings: the search, loudness and marks for the player, holds (保全), and how full the disk is.

Shift leads search all recordings, agents their own. A search by a citizen's number tells who called, so it is for shift
leads and audited like a reveal; so is each hold and each lifting. Listening itself is in ``api_recordings``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from gateway.model.archive import LegalHold, RecordedCall
from gateway.model.ids import CallId, TicketNo, new_id
from gateway.model.masking import mask_number
from gateway.model.records import AuditEntry, CallOutcome
from gateway.tickets.ports import NotFound
from gateway.web.address import client_address
from gateway.web.api_recordings import meant_recording
from gateway.web.archive_ports import ArchiveTx
from gateway.web.asked import Asked, B, Instant, Lines, Nothing, Part, Q
from gateway.web.auth import AGENTS, SUPERVISORS
from gateway.web.marks import marks_of
from gateway.web.problem import Problem
from gateway.web.retention import Retention
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use
from gateway.web.views import mask_name
from gateway.web.wav import NotWav

_TICKET = r"^[0-9]{6}-[0-9]{8}-[0-9]{7}$"
_MOST_HOLDS = 500
_MOST_TRANSFERS = 50


class RecordingQuery(Part):
    since: Instant | None = None
    until: Instant | None = None
    agent: str | None = Field(default=None, min_length=1, max_length=40)
    queue: str | None = Field(default=None, min_length=1, max_length=40)
    entry_number: str | None = Field(default=None, pattern=r"^[0-9*#+]{2,20}$")
    number: str | None = Field(default=None, pattern=r"^\+?[0-9]{3,20}$", description="whole; shift leads, audited")
    ticket_no: str | None = Field(default=None, pattern=_TICKET)
    outcome: CallOutcome | None = None
    direction: Literal["in", "out"] | None = None
    least_s: float | None = Field(default=None, ge=0, le=86_400, description="talk and hold together")
    most_s: float | None = Field(default=None, ge=0, le=86_400)
    after: str | None = Field(default=None, min_length=1, max_length=80, description="the last call_id before")
    limit: int = Field(default=50, ge=1, le=200)


class RecordingView(BaseModel):
    """A call that was recorded. ``state``: there; deleted (its time was over); missing (the disk has no such file)."""

    call_id: str
    recording_id: str
    started_at: float
    answered_at: float | None
    direction: Literal["in", "out"]
    caller: str = Field(description="masked, as 138****5678")
    caller_name: str
    entry_number: str
    queue: str | None
    seat: str | None
    agent: str | None
    agent_name: str
    outcome: str | None
    ended_by: str
    talk_s: float | None
    hold_s: float | None
    holds: int = Field(description="how often the citizen was put on hold")
    ticket_no: str
    is_secret: bool
    held: bool
    state: Literal["there", "deleted", "missing"]
    deleted_at: float | None


class RecordingPage(BaseModel):
    """Newest first. ``next``: ``after`` of the next page, null on the last."""

    items: list[RecordingView]
    next: str | None


class PeaksView(BaseModel):
    """The loudest of each equal part of the recording, 0 to 100 of full scale."""

    seconds: float
    peaks: list[int]


class MarkView(BaseModel):
    """Seconds from the beginning of the file. ``by``: the agent of a talk, the partner or queue of a transfer."""

    kind: Literal["talk", "hold", "transfer", "three_way"]
    start_s: float
    end_s: float
    by: str
    name: str = Field(description="what people call it; empty when nobody knows")
    mode: str
    outcome: str


class MarksView(BaseModel):
    """``exact`` false: file and call differ in length, the marks may be some seconds off."""

    seconds: float
    exact: bool
    marks: list[MarkView]


class HoldBody(Part):
    """One call or one ticket. ``until`` absent: until it is lifted."""

    call_id: str | None = Field(default=None, min_length=1, max_length=80)
    ticket_no: str | None = Field(default=None, pattern=_TICKET)
    why: Lines = Field(min_length=2, max_length=500, pattern=r"\S")
    until: Instant | None = None

    @model_validator(mode="after")
    def _one(self) -> HoldBody:
        if (self.call_id is None) == (self.ticket_no is None):
            raise ValueError("call_id: give either it or ticket_no")
        return self


class HoldQuery(Part):
    subject: str | None = Field(default=None, min_length=1, max_length=80, description="a call_id or ticket number")
    lifted: bool = Field(default=False, description="also those that were lifted")
    limit: int = Field(default=100, ge=1, le=_MOST_HOLDS)


class HoldView(BaseModel):
    id: str
    kind: Literal["call", "ticket"]
    subject: str
    why: str
    by: str
    at: float
    until: float | None
    lifted_at: float | None
    lifted_by: str
    in_force: bool


class HoldPage(BaseModel):
    items: list[HoldView]


class StorageView(BaseModel):
    """Bytes; null before the first measuring. ``days_left`` null: more than ten years at the present pace."""

    keep_months: int
    at: float | None = None
    used: int | None = None
    budget: int | None = None
    free: int | None = None
    per_day: int | None = None
    days_left: int | None = None
    level: Literal["ok", "warn", "over"] = "ok"
    oldest: str | None = None
    holds: int = 0


# The search -------------------------------------------------------------------------------------------------------


async def search(asked: Asked[Nothing, RecordingQuery]) -> Answer:
    kept, query = retention_of(asked), asked.query
    given = query.model_dump(exclude_none=True)
    if not asked.who.supervises:
        given = _own_only(asked, given)
    if query.number is not None:
        # As one thing: the names of the filters are not the entry's own, and the number is masked in the log too.
        said = given | {"number": mask_number(query.number)}
        desk = desk_of(asked.request)
        await desk.gate.note(
            asked.request, asked.who, "recordings.searched", mask_number(query.number), asked.at, asked=said
        )
    try:
        found = await kept.ledger.recorded_calls(**{**given, "limit": query.limit + 1})
    except NotFound:
        raise Problem(400, "续页位置无效", "no such call to continue after", field="after") from None
    page, more = list(found[: query.limit]), len(found) > query.limit
    views = await _views(asked, page)
    return RecordingPage(items=views, next=views[-1].call_id if more else None)


def _own_only(asked: Asked[Nothing, RecordingQuery], given: dict[str, object]) -> dict[str, object]:
    """What an agent may look for. Raises Problem 403."""
    agent = asked.who.account.agent_id
    if asked.query.number is not None or not agent or asked.query.agent not in (None, agent):
        raise Problem(403, "只能查询自己的录音", "agents look only for recordings of their own calls", field="agent")
    return given | {"agent": agent}


async def _views(asked: Asked[B, Q], page: Sequence[RecordedCall]) -> list[RecordingView]:
    kept = retention_of(asked)
    held, names = await kept.ledger.held_recordings(asked.at), await _agents(asked)
    there = await asyncio.to_thread(_there, kept, page)
    return [
        _view(one, one.call.recording_id in held, here, names.get(one.call.agent or "", ""))
        for one, here in zip(page, there, strict=True)
    ]


async def _agents(asked: Asked[B, Q]) -> dict[str, str]:
    """Names by the agents' numbers."""
    accounts = await desk_of(asked.request).services.ledger.accounts()
    return {str(one.agent_id): one.name for one in accounts if one.agent_id}


def _there(kept: Retention, page: Sequence[RecordedCall]) -> list[bool]:
    return [kept.recordings.find(one.call.recording_id, one.call.started_at) is not None for one in page]


def _view(one: RecordedCall, held: bool, there: bool, name: str) -> RecordingView:
    call = one.call
    lost: Literal["deleted", "missing"] = "missing" if one.deleted_at is None else "deleted"
    return RecordingView(
        call_id=call.call_id, recording_id=call.recording_id, started_at=call.started_at, answered_at=call.answered_at,
        direction=call.direction, caller=mask_number(call.caller_number), caller_name=mask_name(call.caller_name),
        entry_number=call.entry_number, queue=call.queue, seat=call.seat, agent=call.agent, agent_name=name,
        outcome=call.outcome, ended_by=call.ended_by, talk_s=call.talk_s, hold_s=call.hold_s,
        holds=sum(stretch.kind == "held" for stretch in call.stretches), ticket_no=one.ticket_no,
        is_secret=one.is_secret, held=held, state="there" if there else lost, deleted_at=one.deleted_at,
    )  # fmt: skip


# For the player ---------------------------------------------------------------------------------------------------


async def peaks(asked: Asked[Nothing, Nothing]) -> Answer:
    seconds, loud = await _loudness(asked)
    return PeaksView(seconds=seconds, peaks=loud)


async def marks(asked: Asked[Nothing, Nothing]) -> Answer:
    seconds, _ = await _loudness(asked)
    services = desk_of(asked.request).services
    call_id = CallId(asked.path["id"])
    call = services.hall.call(call_id) or await services.ledger.call(call_id)
    if call is None:  # over a virtual number: it has no stretches
        return MarksView(seconds=seconds, exact=True, marks=[])
    had = await services.ledger.transfers(call_id=call_id, limit=_MOST_TRANSFERS)
    marked = marks_of(call, had, seconds)
    names = await _agents(asked)
    if services.transfers is not None:
        names |= {one.partner.number: one.partner.name for one in services.transfers.lines()}
    views = [
        MarkView(
            kind=m.kind, start_s=m.start_s, end_s=m.end_s, by=m.by, name=names.get(m.by, ""), mode=m.mode,
            outcome=m.outcome,
        )
        for m in marked.marks
    ]  # fmt: skip
    return MarksView(seconds=seconds, exact=marked.exact, marks=views)


async def _loudness(asked: Asked[B, Q]) -> tuple[float, list[int]]:
    """Raises Problem 403, 404, 410, 422 as listening does."""
    kept = retention_of(asked)
    path, _ = await meant_recording(asked)
    try:
        return await asyncio.to_thread(kept.recordings.peaks, path)
    except NotWav as error:
        raise Problem(422, "录音文件无法识别", f"the recording cannot be read: {error}") from None


# Holds ------------------------------------------------------------------------------------------------------------


async def holds(asked: Asked[Nothing, HoldQuery]) -> Answer:
    query = asked.query
    found = await retention_of(asked).ledger.holds(subject=query.subject, lifted=query.lifted, limit=query.limit)
    return HoldPage(items=[_hold_view(one, asked.at) for one in found])


async def hold(asked: Asked[HoldBody, Nothing]) -> Answer:
    kept, body = retention_of(asked), asked.body
    if body.until is not None and body.until <= asked.at:
        raise Problem(400, "保全期限已过", "until: it is in the past", field="until")
    await _check_subject(asked)
    made = LegalHold(
        new_id(), "call" if body.call_id is not None else "ticket", body.call_id or body.ticket_no or "", body.why,
        asked.who.account.login, asked.at, body.until,
    )  # fmt: skip
    await _write_hold(asked, kept, made, "recording.held", {"until": body.until, "kind": made.kind})
    return _hold_view(made, asked.at)


async def _check_subject(asked: Asked[HoldBody, Nothing]) -> None:
    """Raises Problem 404 for what is not there, 410 for a call whose recording is deleted already."""
    body, ledger = asked.body, desk_of(asked.request).services.ledger
    if body.ticket_no is not None:
        if await ledger.ticket(TicketNo(body.ticket_no)) is None:
            raise Problem(404, "没有这个工单", "there is no such ticket", field="ticket_no")
        return
    call_id = CallId(body.call_id or "")
    call = await ledger.call(call_id)
    over_virtual = None if call is not None else await ledger.virtual_call(call_id)
    if call is None and over_virtual is None:
        raise Problem(404, "没有这个通话", "there is no such call", field="call_id")
    recording_id = call.recording_id if call is not None else over_virtual.recording_id if over_virtual else ""
    if not recording_id:
        raise Problem(404, "这个通话没有录音", "that call was not recorded", field="call_id")
    if await retention_of(asked).ledger.gone_recording(recording_id) is not None:
        raise Problem(410, "录音已按保存期限删除", "the recording was deleted when its time was over", field="call_id")


async def lift(asked: Asked[Nothing, Nothing]) -> Answer:
    kept, who, at = retention_of(asked), asked.who.account.login, asked.at
    address = client_address(asked.request, desk_of(asked.request).config.trusted_proxies)

    async def work(tx: ArchiveTx) -> LegalHold | None:
        found = await tx.hold(asked.path["hold"])
        if found is None or found.lifted_at is not None:
            return found
        lifted = LegalHold(
            found.id, found.kind, found.subject, found.why, found.author, found.at, found.until, at, who
        )  # fmt: skip
        await tx.save_hold(lifted)
        await tx.audit(AuditEntry(at, who, "recording.hold_lifted", found.subject, address, {"hold": found.id}))
        return lifted

    lifted = await kept.ledger.write(work)
    if lifted is None:
        raise Problem(404, "没有这项保全", "there is no such hold")
    return _hold_view(lifted, at)


async def _write_hold(
    asked: Asked[B, Q], kept: Retention, made: LegalHold, act: str, detail: dict[str, object]
) -> None:
    address = client_address(asked.request, desk_of(asked.request).config.trusted_proxies)

    async def work(tx: ArchiveTx) -> None:
        await tx.save_hold(made)
        await tx.audit(AuditEntry(asked.at, made.author, act, made.subject, address, {"hold": made.id} | detail))

    await kept.ledger.write(work)


def _hold_view(one: LegalHold, at: float) -> HoldView:
    return HoldView(
        id=one.id, kind=one.kind, subject=one.subject, why=one.why, by=one.author, at=one.at, until=one.until,
        lifted_at=one.lifted_at, lifted_by=one.lifted_by, in_force=one.in_force(at),
    )  # fmt: skip


# The disk ---------------------------------------------------------------------------------------------------------


async def storage(asked: Asked[Nothing, Nothing]) -> Answer:
    kept = retention_of(asked)
    reading, open_holds = kept.reading(), await kept.ledger.holds(limit=_MOST_HOLDS)
    count = sum(one.in_force(asked.at) for one in open_holds)
    if reading is None:
        return StorageView(keep_months=kept.keep_months, holds=count)
    return StorageView(
        keep_months=kept.keep_months, at=reading.at, used=reading.used, budget=reading.budget, free=reading.free,
        per_day=reading.per_day, days_left=reading.days_left, level=reading.level,
        oldest=reading.oldest.isoformat() if reading.oldest else None, holds=count,
    )  # fmt: skip


def retention_of(asked: Asked[B, Q]) -> Retention:
    """Raises Problem 404 on a gateway that keeps none."""
    return in_use(desk_of(asked.request).services.retention, "录音功能未启用", "recordings are not in use")


def routes() -> list[Route]:
    at = "/api/v1/recordings"
    return [
        route(
            "GET", at, "Recorded calls, newest first; agents see their own; a search by number is audited", search,
            roles=AGENTS, body=Nothing, query=RecordingQuery, answer=RecordingPage, errors=(404,),
        ),
        route(
            "GET", f"{at}/storage", "How long recordings are kept, what they take, when the disk is full", storage,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=StorageView, errors=(404,),
        ),
        route(
            "GET", f"{at}/holds", "Holds on recordings, newest first", holds,
            roles=SUPERVISORS, body=Nothing, query=HoldQuery, answer=HoldPage, errors=(404,),
        ),
        route(
            "POST", f"{at}/holds", "Keep the recordings of a call or ticket beyond their time; audited", hold,
            roles=SUPERVISORS, body=HoldBody, query=Nothing, answer=HoldView, status=201, errors=(404, 410),
        ),
        route(
            "DELETE", f"{at}/holds/{{hold}}", "Lift a hold; audited", lift,
            roles=SUPERVISORS, body=Nothing, query=Nothing, answer=HoldView, errors=(404,),
        ),
        route(
            "GET", f"{at}/{{id}}/peaks", "The loudness of a recording over its time, for a picture", peaks,
            roles=AGENTS, body=Nothing, query=Nothing, answer=PeaksView, errors=(404, 410, 422),
        ),
        route(
            "GET", f"{at}/{{id}}/marks", "Holds, transfers and three-way talks as places in the recording", marks,
            roles=AGENTS, body=Nothing, query=Nothing, answer=MarksView, errors=(404, 410, 422),
        ),
    ]  # fmt: skip
