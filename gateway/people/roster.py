"""The roster as a picture: who is on duty at a moment, who comes next, where somebody is missing or booked twice.

Pure: people, duties and the shifts of the configuration go in; the caller gives the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.model.people import Duty, DutyRole, Person
from gateway.people.config import ShiftConfig
from gateway.people.times import moment, span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """A duty with its person and its moments (epoch seconds)."""

    duty: Duty
    person: Person
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class ShiftTime:
    """A shift of a day."""

    shift: ShiftConfig
    day: date
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Who is on duty. ``shifts`` are those that run (two where shifts overlap), the latest begun first."""

    at: float
    shifts: Sequence[ShiftTime]
    lead: Sequence[Entry]
    standby: Sequence[Entry]
    on_duty: Sequence[Entry]
    leaders: Sequence[Entry]
    lawyers: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Gap:
    """A shift that at some moment has fewer in a role than it needs; ``there`` is the fewest."""

    day: date
    shift: str
    role: DutyRole
    needed: int
    there: int


@dataclass(frozen=True, slots=True)
class Clash:
    """One person, two duties that overlap."""

    person_id: str
    first: Duty
    second: Duty


def _order(one: Entry) -> tuple[object, ...]:
    """By time, then role, then agent's number; who has none comes last."""
    return (one.start, one.duty.role, not one.person.agent, one.person.agent, one.person.name, one.duty.id)


class Roster:
    """Duties of some days. Those of the day before count too: a night shift of yesterday is on duty now."""

    def __init__(
        self, people: Iterable[Person], duties: Iterable[Duty], shifts: Sequence[ShiftConfig], zone: ZoneInfo
    ) -> None:
        self.people: Mapping[str, Person] = {one.id: one for one in people}
        self.shifts, self.zone = shifts, zone
        made = (self._entry(duty) for duty in duties if duty.person_id in self.people)
        self.entries: Sequence[Entry] = sorted(made, key=_order)

    def _entry(self, duty: Duty) -> Entry:
        start, end = span(duty, self.zone)
        return Entry(duty, self.people[duty.person_id], start, end)

    # -- now and next --------------------------------------------------------------------------------------------------

    def now(self, at: float) -> OnDuty:
        on = [one for one in self.entries if one.start <= at < one.end]

        def of(role: DutyRole) -> list[Entry]:
            return [one for one in on if one.duty.role == role]

        return OnDuty(at, self.shifts_at(at), of("lead"), of("standby"), of("agent"), of("leader"), of("lawyer"))

    def shifts_at(self, at: float) -> list[ShiftTime]:
        today = datetime.fromtimestamp(at, self.zone).date()
        found = [one for day in (today - _DAY, today) for one in self._of_day(day) if one.start <= at < one.end]
        return sorted(found, key=lambda one: -one.start)

    def next_shift(self, at: float) -> ShiftTime | None:
        """The one that begins soonest after ``at``; None without shifts."""
        today = datetime.fromtimestamp(at, self.zone).date()
        later = [
            one for n in range(3) for one in self._of_day(today + n * _DAY) if one.start > at and one.end > one.start
        ]
        return min(later, key=lambda one: one.start, default=None)

    def _of_day(self, day: date) -> Iterator[ShiftTime]:
        for shift in self.shifts:
            start, end = shift.minutes
            yield ShiftTime(shift, day, moment(day, start, self.zone), moment(day, end, self.zone))

    # -- what is wrong with it -----------------------------------------------------------------------------------------

    def gaps(self, first: date, last: date) -> list[Gap]:
        """Shifts of these days that have too few of somebody, in order."""
        days = [first + n * _DAY for n in range((last - first).days + 1)]
        return [gap for day in days for time in self._of_day(day) for gap in self._gaps_of(time)]

    def _gaps_of(self, time: ShiftTime) -> Iterator[Gap]:
        needs: tuple[tuple[DutyRole, int], ...] = (
            ("lead", time.shift.leads), ("agent", time.shift.agents), ("standby", time.shift.standby),
        )  # fmt: skip
        for role, needed in needs:
            there = self._fewest(role, time.start, time.end) if needed else 0
            if there < needed:
                yield Gap(time.day, time.shift.id, role, needed, there)

    def _fewest(self, role: DutyRole, start: float, end: float) -> int:
        """The fewest in a role at any moment of [start, end): the number changes only where a duty begins or ends."""
        on = [one for one in self.entries if one.duty.role == role and one.start < end and one.end > start]
        if end <= start:
            return len(on)
        moments = {start, *(at for one in on for at in (one.start, one.end) if start <= at < end)}
        return min(sum(one.start <= at < one.end for one in on) for at in moments)

    def clashes(self) -> list[Clash]:
        """Duties of one person that overlap, in order; each with the one before it that ends latest."""
        latest: dict[str, Entry] = {}
        found = []
        for one in self.entries:
            before = latest.get(one.duty.person_id)
            if before is not None and one.start < before.end and one.end > one.start:
                found.append(Clash(one.duty.person_id, before.duty, one.duty))
            if before is None or one.end > before.end:
                latest[one.duty.person_id] = one
        return found
