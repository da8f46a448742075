"""How the roster looks outside: names of staff as they are, how to reach them masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import BaseModel, Field

from gateway.model.masking import mask_number
from gateway.model.people import Duty, DutyRole, Handover, Person
from gateway.people.plan import Plan
from gateway.people.roster import Entry, OnDuty, Roster, ShiftTime
from gateway.web.views import mask_id

_MOST_SHOWN = 200
"""Duties of a preview."""


class PersonView(BaseModel):
    id: str
    name: str
    agent: str = Field(description="the agent's number (工号), empty for who has none")
    phone: str = Field(description="masked, as 138****5678")
    email: str
    wechat: str


class PersonReveal(BaseModel):
    id: str
    phone: str
    email: str
    wechat: str


class ShiftView(BaseModel):
    id: str
    name: str
    name_en: str
    start: str
    end: str
    leads: int
    agents: int
    standby: int


class DutyView(BaseModel):
    """``start`` and ``end`` are epoch seconds, ``from_min`` and ``to_min`` minutes from the day's midnight by the
    hall's clock (over 1440: the morning after)."""

    id: str
    day: date
    person: str
    role: DutyRole
    shift: str
    from_min: int
    to_min: int
    start: float
    end: float
    note: str


class GapView(BaseModel):
    day: date
    shift: str
    role: DutyRole
    needed: int
    there: int


class ClashView(BaseModel):
    """One person, two duties at one time."""

    person: str
    name: str
    day: date
    first: str
    second: str


class RosterView(BaseModel):
    """``duties`` are also those of the day before, whose night shift goes on. ``mark`` is given back with a change."""

    zone: str
    first: date
    last: date
    shifts: list[ShiftView]
    people: list[PersonView]
    duties: list[DutyView]
    gaps: list[GapView]
    clashes: list[ClashView]
    mark: str


class OnView(BaseModel):
    """Somebody on duty, until when (epoch seconds)."""

    id: str
    name: str
    agent: str
    phone: str
    until: float


class ShiftNowView(BaseModel):
    id: str
    name: str
    name_en: str
    day: date
    start: float
    end: float


class NextView(BaseModel):
    shift: ShiftNowView
    lead: list[OnView]
    agents: int
    standby: int


class NowView(BaseModel):
    """``shift`` null where none runs."""

    at: float
    zone: str
    shift: ShiftNowView | None
    lead: list[OnView]
    standby: list[OnView]
    on_duty: list[OnView]
    leaders: list[OnView]
    lawyers: list[OnView]
    next: NextView | None


class FaultView(BaseModel):
    """As a spreadsheet counts, from 1; 0: about the whole row or file."""

    row: int
    column: int
    zh: str
    en: str


class ImportView(BaseModel):
    """What was wrong; nothing was changed. ``count`` of all faults, the first are in ``errors``."""

    errors: list[FaultView]
    count: int
    zh: str
    en: str


class DutyLine(BaseModel):
    day: date
    name: str
    agent: str
    role: DutyRole
    shift: str


class ChangeView(BaseModel):
    """What a change does, or (``done`` false) would do. The first of ``added`` and ``removed`` are named."""

    done: bool
    days: list[date]
    added: list[DutyLine]
    removed: list[DutyLine]
    added_count: int
    removed_count: int
    kept_count: int
    people_new: list[str]
    people_changed: list[str]
    clashes: list[ClashView]
    expect: str


class HandoverView(BaseModel):
    id: str
    at: float
    day: date
    shift: str
    author: str
    author_name: str
    text: str
    read_by: str
    read_by_name: str
    read_at: float | None


class HandoverPage(BaseModel):
    items: list[HandoverView]


def person_view(one: Person) -> PersonView:
    return PersonView(
        id=one.id, name=one.name, agent=one.agent, phone=mask_number(one.phone), email=mask_id(one.email),
        wechat=mask_id(one.wechat),
    )  # fmt: skip


def roster_view(found: Roster, first: date, last: date, mark: str) -> RosterView:
    clashes = [(found.people[one.person_id], one.first, one.second) for one in found.clashes()]
    return RosterView(
        zone=str(found.zone),
        first=first,
        last=last,
        shifts=[
            ShiftView(id=s.id, name=s.name, name_en=s.name_en, start=s.start, end=s.end, leads=s.leads,
                      agents=s.agents, standby=s.standby)
            for s in found.shifts
        ],
        people=[person_view(one) for one in found.people.values()],
        duties=[_duty_view(one) for one in found.entries],
        gaps=[
            GapView(day=g.day, shift=g.shift, role=g.role, needed=g.needed, there=g.there)
            for g in found.gaps(first, last)
        ],
        clashes=[_clash_view(*one) for one in clashes],
        mark=mark,
    )  # fmt: skip


def _duty_view(one: Entry) -> DutyView:
    duty = one.duty
    return DutyView(
        id=duty.id, day=duty.day, person=duty.person_id, role=duty.role, shift=duty.shift, from_min=duty.start_min,
        to_min=duty.end_min, start=one.start, end=one.end, note=duty.note,
    )  # fmt: skip


def _clash_view(person: Person, first: Duty, second: Duty) -> ClashView:
    return ClashView(person=person.id, name=person.name, day=second.day, first=first.shift, second=second.shift)


def now_view(now: OnDuty, coming: tuple[ShiftTime, OnDuty] | None, zone: str) -> NowView:
    return NowView(
        at=now.at, zone=zone, shift=_shift_now(now.shifts[0]) if now.shifts else None, lead=_on(now.lead),
        standby=_on(now.standby), on_duty=_on(now.on_duty), leaders=_on(now.leaders), lawyers=_on(now.lawyers),
        next=None if coming is None else _next(*coming),
    )  # fmt: skip


def _next(time: ShiftTime, then: OnDuty) -> NextView:
    return NextView(
        shift=_shift_now(time), lead=_on(then.lead), agents=len(then.on_duty), standby=len(then.standby)
    )  # fmt: skip


def _shift_now(time: ShiftTime) -> ShiftNowView:
    shift = time.shift
    return ShiftNowView(
        id=shift.id, name=shift.name, name_en=shift.name_en, day=time.day, start=time.start, end=time.end
    )  # fmt: skip


def _on(entries: Sequence[Entry]) -> list[OnView]:
    return [
        OnView(id=one.person.id, name=one.person.name, agent=one.person.agent, phone=mask_number(one.person.phone),
               until=one.end)
        for one in entries
    ]  # fmt: skip


def change_view(
    made: Plan,
    people: Sequence[Person],
    clashes: Sequence[tuple[Person, Duty, Duty]],
    *,
    done: bool,
    expect: str,
) -> ChangeView:
    """``people`` are those who are kept; who is new is in the plan."""
    known = {one.id: one for one in [*people, *made.people_new]}
    return ChangeView(
        done=done,
        days=list(made.days),
        added=[_line(one, known) for one in made.added[:_MOST_SHOWN]],
        removed=[_line(one, known) for one in made.removed[:_MOST_SHOWN]],
        added_count=len(made.added),
        removed_count=len(made.removed),
        kept_count=len(made.kept),
        people_new=[one.name for one in made.people_new],
        people_changed=[one.name for one in made.people_changed],
        clashes=[_clash_view(*one) for one in clashes],
        expect=expect,
    )


def _line(duty: Duty, known: Mapping[str, Person]) -> DutyLine:
    who = known.get(duty.person_id)
    name, agent = (who.name, who.agent) if who is not None else ("", "")
    return DutyLine(day=duty.day, name=name, agent=agent, role=duty.role, shift=duty.shift)


def handover_view(note: Handover, names: Mapping[str, str]) -> HandoverView:
    """``names`` are people by their logins."""
    return HandoverView(
        id=note.id, at=note.at, day=note.day, shift=note.shift, author=note.author,
        author_name=names.get(note.author, note.author), text=note.text, read_by=note.read_by,
        read_by_name=names.get(note.read_by, note.read_by), read_at=note.read_at,
    )  # fmt: skip
