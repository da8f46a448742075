"""Editing the floor plan: a preview with the diff of the file, then the same with ``save``, by the version that the
preview named. Shift leads; what is saved is audited.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from gateway.web.asked import Asked, Nothing, Part
from gateway.web.auth import SUPERVISORS
from gateway.web.plan_edit import PlanChange, PlanDraft, PlanFiles, PlanRefused
from gateway.web.problem import Problem
from gateway.web.routes import Answer, Route, route
from gateway.web.services import desk_of, in_use

_MOST_SEATS = 2000
_MOST_PILLARS = 500

At = Annotated[int, Field(ge=0, le=200)]


class SeatPlace(Part):
    """A seat that moves, and where to: a cell of a room, counted from the room's corner."""

    id: str = Field(pattern=r"^[A-Za-z0-9-]{1,12}$")
    room: str = Field(min_length=1, max_length=40)
    x: At
    y: At


class RoomPillars(Part):
    """All pillars of a room from now on."""

    room: str = Field(min_length=1, max_length=40)
    cells: list[tuple[At, At]] = Field(max_length=_MOST_PILLARS)


class PlanBody(Part):
    """What changes. Without ``save`` nothing is written: the answer shows what would be."""

    hall: str = Field(min_length=1, max_length=40)
    seats: list[SeatPlace] = Field(default=[], max_length=_MOST_SEATS)
    pillars: list[RoomPillars] = Field(default=[], max_length=100)
    save: bool = False
    version: str = Field(default="", max_length=64, description="of the preview; needed to save")


class PlanDraftView(BaseModel):
    """The hall's file, its difference, and whether the gateway may write it."""

    file: str
    version: str
    diff: str
    writable: bool
    saved: bool


async def change(asked: Asked[PlanBody, Nothing]) -> Answer:
    body, files = asked.body, _files(asked)
    wanted = PlanChange(
        body.hall,
        {seat.id: (seat.room, seat.x, seat.y) for seat in body.seats},
        {one.room: tuple(one.cells) for one in body.pillars},
    )
    try:
        if not body.save:
            return _view(await files.preview(wanted))
        draft = await files.save(wanted, body.version)
    except PlanRefused as refused:
        raise _problem(refused) from None
    seats, pillars = [seat.id for seat in body.seats], [one.room for one in body.pillars]
    await desk_of(asked.request).gate.note(
        asked.request, asked.who, "plan.changed", body.hall, asked.at, file=draft.file, seats=seats, pillars=pillars
    )
    return _view(draft)


def _files(asked: Asked[PlanBody, Nothing]) -> PlanFiles:
    return in_use(desk_of(asked.request).services.plan_files, "布局编辑未启用", "the plan cannot be edited here")


def _problem(refused: PlanRefused) -> Problem:
    status = 404 if refused.unknown else 409 if refused.stale else 400
    return Problem(status, refused.why, "the plan cannot be changed so")


def _view(draft: PlanDraft) -> PlanDraftView:
    return PlanDraftView(
        file=draft.file, version=draft.version, diff=draft.diff, writable=draft.writable, saved=draft.saved
    )


def routes() -> list[Route]:
    return [
        route(
            "PUT", "/api/v1/plan", "Move seats and pillars of the floor plan, or see what that would change; audited",
            change, roles=SUPERVISORS, body=PlanBody, query=Nothing, answer=PlanDraftView, errors=(404, 409),
        )
    ]  # fmt: skip
