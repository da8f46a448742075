"""The roster at work: what is kept is read and changed here, and who is on duty now is known without asking anybody.

Queues and alarms ask in the middle of their own work (``standby_now``, ``on_duty``, ``contacts``): they are answered
from memory, which is read anew each minute and after each change. A ledger that does not answer leaves the last
picture, and ``read_at`` says of when it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from gateway.model.ids import AgentId, new_id
from gateway.model.people import Duty, DutyRole, Handover, Person
from gateway.model.records import AuditEntry
from gateway.people.config import RosterConfig
from gateway.people.plan import Plan, mark_of, plan
from gateway.people.ports import PeopleLedger, PeopleTx
from gateway.people.roster import OnDuty, Roster, ShiftTime
from gateway.people.rows import Fault, Wanted

_EVERY_S = 60.0
_DAY = timedelta(days=1)
LONGEST_DAYS = 92
"""Days of a roster that are looked at together."""

_log = structlog.get_logger(__name__)


class Moved(Exception):
    """Somebody else changed these days since they were read. Nothing was written."""


class NoSuchNote(Exception):
    """There is no such hand-over note."""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose act it is, for the audit log."""

    login: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A roster that is wanted. ``expect`` is the mark of the days as they were read, "" for whatever they are."""

    wanted: Sequence[Wanted]
    days: Sequence[date]
    expect: str = ""


class RosterBook:
    """``config`` gives the shifts now in force; ``zone`` is the hall's. ``run`` is its work in the background."""

    def __init__(
        self,
        ledger: PeopleLedger,
        config: Callable[[], RosterConfig],
        zone: ZoneInfo,
        clock: Callable[[], float],
        every_s: float = _EVERY_S,
    ) -> None:
        self._ledger, self.config, self.zone, self._clock, self._every_s = ledger, config, zone, clock, every_s
        self._near = Roster((), (), (), zone)
        self.read_at: float | None = None

    async def run(self) -> None:
        """Read what is near each minute, until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # the ledger's own errors are above this layer; none of them may end the node
                _log.warning("roster.not_read", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._every_s)

    async def refresh(self) -> None:
        """Read the duties of yesterday to the day after tomorrow."""
        today = self.today()
        self._near = await self.roster(today, today + 2 * _DAY)
        self.read_at = self._clock()

    def today(self) -> date:
        return datetime.fromtimestamp(self._clock(), self.zone).date()

    # -- who is on duty, from memory -----------------------------------------------------------------------------------

    def now(self) -> OnDuty:
        return self._near.now(self._clock())

    def next(self) -> tuple[ShiftTime, OnDuty] | None:
        """The shift that begins next, and who is on duty as it begins."""
        time = self._near.next_shift(self._clock())
        return None if time is None else (time, self._near.now(time.start))

    def on_duty(self, role: DutyRole) -> list[Person]:
        """Who serves in a role now, each once."""
        found = {one.person.id: one.person for one in self._near.entries if self._is_on(one.start, one.end)
                 and one.duty.role == role}  # fmt: skip
        return list(found.values())

    def _is_on(self, start: float, end: float) -> bool:
        return start <= self._clock() < end

    def agents(self, role: DutyRole) -> list[AgentId]:
        """The agents' numbers of who serves in a role now; who has none is left out."""
        return [AgentId(one.agent) for one in self.on_duty(role) if one.agent]

    def standby_now(self) -> list[AgentId]:
        """Agents who can be called in (备班)."""
        return self.agents("standby")

    def contacts(self, role: DutyRole = "lead") -> list[Person]:
        """Who serves in a role now and can be reached by telephone, mail or WeChat: the recipients of an alarm."""
        return [one for one in self.on_duty(role) if one.phone or one.email or one.wechat]

    # -- some days -----------------------------------------------------------------------------------------------------

    async def roster(self, first: date, last: date) -> Roster:
        """These days, and the day before: its night shift goes on in the first. ValueError for too many days."""
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise ValueError(f"days: 1 to {LONGEST_DAYS}, the last not before the first")
        people = await self._ledger.people()
        duties = await self._ledger.duties(first - _DAY, last)
        return Roster(people, duties, self.config().shifts, self.zone)

    async def people(self) -> Sequence[Person]:
        return await self._ledger.people()

    async def mark(self, first: date, last: date) -> str:
        """The mark of days, to be given back with a change of them."""
        return mark_of(await self._ledger.duties(first, last))

    async def ledger_days(self, days: Sequence[date]) -> Sequence[Duty]:
        """What is kept of these days, what lies between them, and the day before and after."""
        return await self._ledger.duties(min(days) - _DAY, max(days) + _DAY)

    async def preview(self, change: Change) -> tuple[Plan, list[Fault], str]:
        """What a change would do, its faults, and the mark of the days as they are; nothing is written."""
        people, duties = await self._ledger.people(), await self._of_days(self._ledger, change.days)
        made, faults = plan(change.wanted, change.days, people, duties)
        return made, faults, mark_of(duties)

    async def change(self, change: Change, who: Who, act: str) -> tuple[Plan, list[Fault]]:
        """Make a change, whole or, with a fault, not at all. Raises Moved when the days are not as expected."""

        async def work(tx: PeopleTx) -> tuple[Plan, list[Fault]]:
            duties = await self._of_days(tx, change.days)
            if change.expect and change.expect != mark_of(duties):
                raise Moved
            made, faults = plan(change.wanted, change.days, await tx.people(), duties)
            if not faults and made.changes:
                await tx.save_people([*made.people_new, *made.people_changed])
                await tx.replace_duties(made.days, made.duties)
                await tx.audit(self._noted(made, who, act))
            return made, faults

        made, faults = await self._ledger.write(work)
        if not faults:
            await self.refresh()
        return made, faults

    @staticmethod
    async def _of_days(source: PeopleTx | PeopleLedger, days: Sequence[date]) -> list[Duty]:
        if not days:
            return []
        wanted = set(days)
        return [one for one in await source.duties(min(days), max(days)) if one.day in wanted]

    def _noted(self, made: Plan, who: Who, act: str) -> AuditEntry:
        first = min(made.days).isoformat()
        said = {
            "last": max(made.days).isoformat(), "days": len(made.days),
            "added": len(made.added), "removed": len(made.removed), "people_new": len(made.people_new),
            "people_changed": len(made.people_changed),
        }  # fmt: skip
        return AuditEntry(self._clock(), who.login, act, first, who.address, said)

    # -- hand-over notes (交接班) --------------------------------------------------------------------------------------

    async def handovers(self, limit: int = 50) -> Sequence[Handover]:
        return await self._ledger.handovers(limit)

    async def hand_over(self, text: str, who: Who) -> Handover:
        """Note something for the next shift, under the shift that runs."""
        running = Roster((), (), self.config().shifts, self.zone).shifts_at(self._clock())
        day, shift = (running[0].day, running[0].shift.id) if running else (self.today(), "")
        note = Handover(new_id(), self._clock(), day, shift, who.login, text)

        async def work(tx: PeopleTx) -> None:
            await tx.save_handover(note)
            await tx.audit(AuditEntry(note.at, who.login, "handover.written", note.id, who.address, {"shift": shift}))

        await self._ledger.write(work)
        return note

    async def take_over(self, id: str, who: Who) -> Handover:
        """Acknowledge a note; who did so first stays. Raises NoSuchNote."""

        async def work(tx: PeopleTx) -> Handover:
            found = await tx.handover(id)
            if found is None:
                raise NoSuchNote(id)
            if found.read_at is not None:
                return found
            read = replace(found, read_by=who.login, read_at=self._clock())
            await tx.save_handover(read)
            await tx.audit(AuditEntry(self._clock(), who.login, "handover.taken", id, who.address))
            return read

        return await self._ledger.write(work)
