"""The floor plan as the pages need it: halls, their rooms on the grid, reasons of rest and their limits, and the names
of entry numbers. Made from the checked configuration, so it changes only with a reload.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig
from gateway.web.ports import View

OUR_REASONS = (
    RestReasonConfig(id="sign_in", name="待就绪", name_en="Signed in"),
    RestReasonConfig(id="system", name="系统强制", name_en="Forced by the system"),
)
"""Reasons that nobody chooses: between signing in and the first "ready", and a seat that rang in vain too often."""


def floor_plan(halls: Iterable[HallConfig], entries: Iterable[EntryNumberConfig]) -> View:
    """The answer of GET /api/v1/plan. Coordinates are in seat-sized cells; ``max_minutes`` 0 means no limit.
    ``members`` are the seats that serve a queue when somebody is signed in there."""
    return {
        "halls": [_hall(hall) for hall in halls],
        "entries": {entry.number: {"name": entry.name, "name_en": entry.name_en} for entry in entries},
    }


def _hall(hall: HallConfig) -> View:
    return {
        "id": hall.id,
        "name": hall.name,
        "name_en": hall.name_en,
        "zone": hall.zone,
        "rooms": [_room(room) for room in hall.rooms],
        "rest_reasons": [_reason(reason) for reason in (*hall.rest_reasons, *OUR_REASONS)],
        "members": _members(hall),
    }


def _members(hall: HallConfig) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for seat in hall.all_seats():
        for queue in seat.queues:
            found.setdefault(queue, []).append(seat.id)
    return found


def _reason(reason: RestReasonConfig) -> View:
    return {"id": reason.id, "name": reason.name, "name_en": reason.name_en, "max_minutes": reason.max_minutes}


def _room(room: RoomConfig) -> View:
    return {
        "id": room.id,
        "name": room.name,
        "name_en": room.name_en,
        "x": room.x,
        "y": room.y,
        "width": room.width,
        "height": room.height,
        "pillars": [list(pillar) for pillar in room.pillars],
    }
