"""What an imported or edited roster would change: the file says the whole of the days that it covers.

Duties that are the same keep their ids, so that a second import of one file changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.model.ids import AgentId, new_id
from gateway.model.people import Duty, Person
from gateway.people.rows import CONTACTS, Fault, Wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """``days`` are replaced as a whole by ``kept`` and ``added``. ``people`` are new or changed."""

    days: Sequence[date]
    added: Sequence[Duty]
    removed: Sequence[Duty]
    kept: Sequence[Duty]
    people_new: Sequence[Person]
    people_changed: Sequence[Person]

    @property
    def changes(self) -> bool:
        return bool(self.added or self.removed or self.people_new or self.people_changed)

    @property
    def duties(self) -> list[Duty]:
        return [*self.kept, *self.added]


def mark_of(duties: Iterable[Duty]) -> str:
    """A mark of some days' duties: it differs when anybody changed them."""
    said = sorted(f"{one.id} {one.day} {one.shift} {one.role} {one.person_id} {one.note}" for one in duties)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def plan(
    wanted: Sequence[Wanted], days: Iterable[date], people: Sequence[Person], duties: Sequence[Duty]
) -> tuple[Plan, list[Fault]]:
    """``duties`` are those that the days have now. Faults are names that more than one person bears."""
    covered = sorted(set(days))
    who = _People(people)
    before = {_sameness(one): one for one in duties if one.day in set(covered)}
    kept: dict[str, Duty] = {}
    added = []
    for one in wanted:
        person = who.of(one)
        if person is None:
            continue
        made = Duty(
            new_id(), one.day, person, one.role, one.shift, one.start_min, one.end_min, one.note
        )  # fmt: skip
        known = before.get(_sameness(made))
        if known is not None:
            kept[known.id] = known
        else:
            added.append(made)
    removed = [one for one in before.values() if one.id not in kept]
    new, changed = who.moved()
    return Plan(covered, added, removed, list(kept.values()), new, changed), who.faults


def _sameness(duty: Duty) -> tuple[object, ...]:
    return (duty.day, duty.person_id, duty.role, duty.shift, duty.start_min, duty.end_min, duty.note)


class _People:
    """Finds the person that a row means: by the agent's number, else by a name that only one bears."""

    def __init__(self, known: Sequence[Person]) -> None:
        self._before: Mapping[str, Person] = {one.id: one for one in known}
        self._now: dict[str, Person] = dict(self._before)
        self._by_agent = {one.agent: one.id for one in known if one.agent}
        self._by_name: dict[str, list[str]] = {}
        for one in known:
            self._by_name.setdefault(one.name, []).append(one.id)
        self.faults: list[Fault] = []

    def of(self, row: Wanted) -> str | None:
        """The person's id; None, and a fault is noted, when it cannot be told who is meant."""
        found = self._found(row)
        if found is None:
            return None
        said = {name: getattr(row, name) for name in CONTACTS if getattr(row, name)}
        if row.agent:
            said |= {"agent": AgentId(row.agent), "name": row.name}
        self._now[found] = replace(self._now[found], **said)
        return found

    def _found(self, row: Wanted) -> str | None:
        if row.agent and row.agent in self._by_agent:
            return self._by_agent[AgentId(row.agent)]
        named = self._by_name.get(row.name, [])
        if row.agent:  # somebody who has had no number so far, else somebody new
            nameless = [id_ for id_ in named if not self._now[id_].agent]
            id_ = nameless[0] if len(nameless) == 1 else self._new(row)
            self._by_agent[AgentId(row.agent)] = id_
            return id_
        if len(named) > 1:
            self.faults.append(
                Fault(
                    row.row,
                    0,
                    f"有 {len(named)} 位“{row.name}”，请填写工号",
                    f"{len(named)} persons of that name: give the agent's number",
                )
            )
            return None
        return named[0] if named else self._new(row)

    def _new(self, row: Wanted) -> str:
        made = Person(new_id(), row.name, AgentId(row.agent) if row.agent else "")
        self._now[made.id] = made
        self._by_name.setdefault(row.name, []).append(made.id)
        return made.id

    def moved(self) -> tuple[list[Person], list[Person]]:
        """Those that are new, and those that changed."""
        new = [one for id_, one in self._now.items() if id_ not in self._before]
        return new, [one for id_, one in self._now.items() if id_ in self._before and one != self._before[id_]]
