"""Rows of the roster (gateway.model.people): names, contacts and notes are sealed, times and roles are plain."""

from __future__ import annotations

from datetime import date
from typing import Any

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.texts import storable
from gateway.model.people import Duty, Handover, Person

_CONTACTS = ("name", "phone", "email", "wechat")


def person_row(person: Person, seal: Seal) -> Params:
    id_ = storable(person.id)
    said = {name: getattr(person, name) for name in _CONTACTS}
    return {"id": id_, "agent": storable(person.agent), "data": seal.close(f"people/{id_}", said)}


def person_of(row: Row, seal: Seal) -> Person:
    id_, agent, data = row
    return Person(id=id_, agent=agent, **seal.open(f"people/{id_}", data))


def duty_row(duty: Duty, seal: Seal) -> dict[str, Any]:
    id_ = storable(duty.id)
    return {
        "id": id_,
        "day": duty.day.isoformat(),
        "person_id": storable(duty.person_id),
        "role": duty.role,
        "shift": storable(duty.shift),
        "start_min": duty.start_min,
        "end_min": duty.end_min,
        "note": seal.close(f"duties/{id_}", {"note": duty.note}) if duty.note else None,
    }


def duty_of(row: Row, seal: Seal) -> Duty:
    id_, day, person_id, role, shift, start_min, end_min, note = row
    said = seal.open(f"duties/{id_}", note)["note"] if note is not None else ""
    return Duty(id_, date.fromisoformat(day), person_id, role, shift, start_min, end_min, said)


def handover_row(note: Handover, seal: Seal) -> Params:
    id_ = storable(note.id)
    return {
        "id": id_,
        "at": float(note.at),
        "day": note.day.isoformat(),
        "shift": storable(note.shift),
        "author": storable(note.author),
        "read_by": storable(note.read_by),
        "read_at": note.read_at,
        "data": seal.close(f"handovers/{id_}", {"text": note.text}),
    }


def handover_of(row: Row, seal: Seal) -> Handover:
    id_, at, day, shift, author, read_by, read_at, data = row
    text = seal.open(f"handovers/{id_}", data)["text"]
    return Handover(id_, at, date.fromisoformat(day), shift, author, text, read_by, read_at)
