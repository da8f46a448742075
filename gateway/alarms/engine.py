"""The engine: looks in, alarms out. Pure; time comes with the looks.

Each rule and subject is a condition. It becomes an alarm when it has been bad (at ``raise_at`` or worse) for
``for_s``, and is over when it has been good (better than ``clear_at``) for ``clear_s``; between the two thresholds
nothing moves. One that comes back within ``again_s`` is the same alarm, counted once more. Of many at once in one
rule only ``storm`` stand alone; the others are members of one alarm.

Looks may come late or twice: an older one than was seen changes nothing, and those of one moment are taken together,
the worst reading a subject, so that their order does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gateway.alarms.config import RuleConfig
from gateway.alarms.readings import Look, Reading
from gateway.alarms.words import storm_texts, texts, titles
from gateway.model.alarms import Alarm

Key = tuple[str, str]
"""Rule and subject."""

What = Literal[
    "raised", "again", "seen", "escalated", "woken", "acknowledged", "snoozed", "joined", "left", "told", "cleared"
]  # fmt: skip
"""again: raised anew within ``again_s``; seen: its text moved; joined, left: of a storm's members; told: a notice."""

KEPT: frozenset[What] = frozenset(
    {"raised", "again", "escalated", "woken", "acknowledged", "snoozed", "joined", "left", "told", "cleared"}
)
"""Changes that the ledger keeps at once."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an alarm."""

    what: What
    alarm: Alarm


@dataclass(slots=True)
class _Condition:
    """``bad_since`` while it is not (yet) an alarm, ``good_since`` while it is one and may be over."""

    raised: bool = False
    bad_since: float | None = None
    good_since: float | None = None


class Engine:
    """``new_id`` names new alarms. Not thread-safe; one owner."""

    def __init__(self, rules: Sequence[RuleConfig], new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._conditions: dict[str, dict[str, _Condition]] = {}
        self._looked: dict[str, float] = {}
        self._alarms: dict[Key, Alarm] = {}
        """Those that are not cleared, and cleared ones that may come again."""
        self._in_storm: dict[Key, Key] = {}
        self._rules: dict[str, RuleConfig] = {}
        self.use(rules)

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def alarms(self) -> list[Alarm]:
        """Those that are not cleared: the worst level first, then the oldest."""
        return sorted(
            (one for one in self._alarms.values() if one.state != "cleared"), key=lambda it: (it.level, it.since, it.id)
        )

    @property
    def known(self) -> list[Alarm]:
        """All, also cleared ones that may come again or that somebody must be told the end of."""
        return list(self._alarms.values())

    def find(self, alarm_id: str) -> Alarm | None:
        return next((one for one in self._alarms.values() if one.id == alarm_id), None)

    def rule(self, rule_id: str) -> RuleConfig | None:
        return self._rules.get(rule_id)

    def use(self, rules: Sequence[RuleConfig]) -> None:
        """Take changed rules. Alarms of rules that are gone are cleared at the next ``pass_time``."""
        self._rules = {one.id: one for one in rules}

    def restore(self, alarms: Iterable[Alarm]) -> None:
        """Go on with what was kept: the last one a rule and subject."""
        for alarm in sorted(alarms, key=lambda it: (it.first_at, it.id)):
            key = (alarm.rule, alarm.subject)
            self._alarms[key] = alarm
            if alarm.state == "cleared":
                continue
            for subject in alarm.members or (alarm.subject,):
                self._condition(alarm.rule, subject).raised = True
                if alarm.members:
                    self._in_storm[alarm.rule, subject] = key

    def let_go(self, rules: Collection[str]) -> None:
        """Forget the alarms of these rules, which another gateway looks after now."""
        for rule_id in rules:
            self._conditions.pop(rule_id, None)
            self._looked.pop(rule_id, None)
        self._alarms = {key: one for key, one in self._alarms.items() if key[0] not in rules}
        self._in_storm = {key: storm for key, storm in self._in_storm.items() if key[0] not in rules}

    def acted(self, alarm: Alarm) -> Alarm | None:
        """Take what people did about one of ours at another gateway, as the ledger has it; None when it is no news."""
        present = self._present(alarm.id)
        if present is None or alarm.state == "cleared" or alarm.version < present.version:
            return None
        if alarm.version == present.version and _people(alarm) == _people(present):
            return None
        taken = replace(
            present, state=alarm.state, by=alarm.by, until=alarm.until, owed=alarm.owed, told=alarm.told,
            version=alarm.version,
        )  # fmt: skip
        self._alarms[present.rule, present.subject] = taken
        return taken

    # -- looks ---------------------------------------------------------------------------------------------------------

    def take(self, looks: Iterable[Look]) -> list[Change]:
        """Fold looks in. Those of one rule and moment count as one."""
        merged: dict[tuple[float, str], list[Look]] = {}
        for look in looks:
            merged.setdefault((look.at, look.rule.id), []).append(look)
        changes: list[Change] = []
        for (at, rule_id), same in sorted(merged.items(), key=lambda item: item[0]):
            if at < self._looked.get(rule_id, at):
                continue
            self._looked[rule_id] = at
            changes += self._look(self._rules.get(rule_id, same[0].rule), at, _worst(same))
        return changes

    def _look(self, rule: RuleConfig, at: float, readings: dict[str, Reading]) -> list[Change]:
        known = self._conditions.get(rule.id, {})
        changes: list[Change] = []
        for subject in sorted({*known, *readings}):
            reading = readings.get(subject)
            changes += self._judge(rule, subject, reading, at)
        return changes

    def _judge(self, rule: RuleConfig, subject: str, reading: Reading | None, at: float) -> list[Change]:
        condition = self._condition(rule.id, subject)
        bad, good = _sides(rule, reading)
        if condition.raised:
            return self._while_raised(rule, subject, condition, reading, at, good=good)
        if not bad or reading is None:
            del self._conditions[rule.id][subject]
            return []
        condition.bad_since = at if condition.bad_since is None else condition.bad_since
        if at - condition.bad_since < rule.bad_for_s:
            return []
        condition.raised, condition.good_since = True, None
        return [self._raise(rule, reading, at)]

    def _while_raised(
        self, rule: RuleConfig, subject: str, condition: _Condition, reading: Reading | None, at: float, *, good: bool
    ) -> list[Change]:
        if not good and reading is not None:
            condition.good_since = None
            return self._seen(rule, subject, reading, at)
        condition.good_since = at if condition.good_since is None else condition.good_since
        if at - condition.good_since < rule.good_for_s:
            return []
        del self._conditions[rule.id][subject]
        return self._over(rule, subject, at)

    def _condition(self, rule_id: str, subject: str) -> _Condition:
        return self._conditions.setdefault(rule_id, {}).setdefault(subject, _Condition())

    # -- raising and clearing ------------------------------------------------------------------------------------------

    def _raise(self, rule: RuleConfig, reading: Reading, at: float) -> Change:
        key = (rule.id, reading.subject)
        before = self._alarms.get(key)
        alone = sum(1 for one in self._alarms.values() if one.rule == rule.id and one.state != "cleared")
        storm = self._storm(rule, reading.subject)
        if storm in self._alarms and self._alarms[storm].state != "cleared":
            alone -= 1
        if alone >= rule.storm:
            return self._join(rule, storm, reading, at)
        zh, en = texts(rule, reading)
        if before is not None and before.state == "cleared" and at - (before.cleared_at or 0.0) <= rule.again_s:
            anew = self._anew(rule, before, reading.value, at, zh, en)
            return self._keep("again", replace(anew, topic=reading.topic))
        fresh = self._fresh(rule, reading.subject, reading.value, at, zh, en)
        return self._keep("raised", replace(fresh, topic=reading.topic))

    def _fresh(self, rule: RuleConfig, subject: str, value: float, at: float, zh: str, en: str) -> Alarm:
        title, title_en = titles(rule)
        return Alarm(
            self._new_id(), rule.id, subject, rule.level, title, title_en, zh, en, at, at, at, value=value, worst=value,
            owed=rule.tell, version=0,
        )  # fmt: skip

    def _anew(self, rule: RuleConfig, before: Alarm, value: float, at: float, zh: str, en: str) -> Alarm:
        """The same alarm once more. One that is snoozed stays so; an acknowledgement was for the time before."""
        asleep = before.until is not None and before.until > at
        fresh = replace(
            before, level=rule.level, text=zh, text_en=en, since=at, seen_at=at, count=before.count + 1, value=value,
            worst=_worse(rule, before.worst, value), step=0, cleared_at=None,
        )  # fmt: skip
        if asleep:
            return replace(fresh, state="snoozed")
        return replace(fresh, state="open", by="", until=None, owed=rule.tell)

    def _join(self, rule: RuleConfig, storm: Key, reading: Reading, at: float) -> Change:
        self._in_storm[rule.id, reading.subject] = storm
        present = self._alarms.get(storm)
        if present is None or present.state == "cleared":
            members: tuple[str, ...] = (reading.subject,)
            zh, en = storm_texts(rule, members)
            made = self._fresh(rule, storm[1], reading.value, at, zh, en)
            return self._keep("raised", replace(made, members=members))
        members = tuple(sorted({*present.members, reading.subject}))
        zh, en = storm_texts(rule, members)
        worst = _worse(rule, present.worst, reading.value)
        grown = replace(
            present,
            members=members,
            text=zh,
            text_en=en,
            seen_at=at,
            worst=worst,
            count=max(present.count, len(members)),
        )
        return self._keep("joined", grown)

    def _seen(self, rule: RuleConfig, subject: str, reading: Reading, at: float) -> list[Change]:
        storm = self._in_storm.get((rule.id, subject))
        if storm is not None:
            if self._alarms[storm].seen_at != at:  # once a look, however many its members
                self._alarms[storm] = replace(self._alarms[storm], seen_at=at)
            return []
        alarm = self._alarms[rule.id, subject]
        zh, en = texts(rule, reading)
        moved = replace(
            alarm, text=zh, text_en=en, seen_at=at, value=reading.value,
            worst=_worse(rule, alarm.worst, reading.value), topic=reading.topic,
        )  # fmt: skip
        self._alarms[rule.id, subject] = moved
        return [Change("seen", moved)] if zh != alarm.text else []

    def _over(self, rule: RuleConfig, subject: str, at: float) -> list[Change]:
        storm = self._in_storm.pop((rule.id, subject), None)
        if storm is None:
            return [self._clear(self._alarms[rule.id, subject], at)]
        present = self._alarms[storm]
        left = tuple(one for one in present.members if one != subject)
        if not left:
            return [self._clear(present, at)]
        zh, en = storm_texts(rule, left)
        return [self._keep("left", replace(present, members=left, text=zh, text_en=en))]

    def _clear(self, alarm: Alarm, at: float) -> Change:
        told = tuple(sorted({mark.partition("/")[0] for mark in alarm.told}))  # who was told may be told of the end
        return self._keep("cleared", replace(alarm, state="cleared", cleared_at=at, members=(), owed=told))

    def _keep(self, what: What, alarm: Alarm) -> Change:
        kept = replace(alarm, version=alarm.version + 1)
        self._alarms[kept.rule, kept.subject] = kept
        return Change(what, kept)

    @staticmethod
    def _storm(rule: RuleConfig, subject: str) -> Key:
        return rule.id, f"{subject.partition(':')[0]}:*"

    # -- time and people -----------------------------------------------------------------------------------------------

    def pass_time(self, at: float) -> list[Change]:
        """What time alone does: the end of a snoozing, escalations, alarms of rules that are gone, forgetting."""
        changes: list[Change] = []
        for key, alarm in sorted(self._alarms.items()):
            rule = self._rules.get(alarm.rule)
            if alarm.state == "cleared":
                if not alarm.owed and (rule is None or at - (alarm.cleared_at or 0.0) > rule.again_s):
                    del self._alarms[key]
            elif rule is None:
                changes.append(self._drop(alarm, at))
            elif alarm.state == "snoozed" and (alarm.until or 0.0) <= at:
                changes.append(self._keep("woken", replace(alarm, state="open", by="", until=None, owed=rule.tell)))
            elif alarm.state == "open":
                changes += self._escalations(rule, alarm, at)
        return changes

    def _drop(self, alarm: Alarm, at: float) -> Change:
        self._conditions.pop(alarm.rule, None)
        self._looked.pop(alarm.rule, None)
        for member in alarm.members:
            self._in_storm.pop((alarm.rule, member), None)
        return self._clear(alarm, at)

    def _escalations(self, rule: RuleConfig, alarm: Alarm, at: float) -> list[Change]:
        due = [one for one in rule.escalate[alarm.step :] if at - alarm.since >= one.after_s]
        if not due:
            return []
        tell = {role: None for one in due for role in (*alarm.owed, *one.tell)}
        levels = [alarm.level, *(one.level for one in due if one.level is not None)]
        return [
            self._keep(
                "escalated",
                replace(alarm, step=alarm.step + len(due), level=min(levels), owed=tuple(tell or alarm.owed)),
            )
        ]

    def acknowledge(self, alarm_id: str, by: str) -> Change | None:
        """Somebody sees to it: nobody else is told. None when there is no such alarm any more."""
        alarm = self._present(alarm_id)
        return None if alarm is None else self._keep(
            "acknowledged", replace(alarm, state="acknowledged", by=by, until=None, owed=())
        )  # fmt: skip

    def snooze(self, alarm_id: str, by: str, until: float) -> Change | None:
        alarm = self._present(alarm_id)
        return None if alarm is None else self._keep(
            "snoozed", replace(alarm, state="snoozed", by=by, until=until, owed=())
        )  # fmt: skip

    def escalate(self, alarm_id: str, role: str) -> Change | None:
        """A person asks for another to be told, now."""
        alarm = self._present(alarm_id)
        if alarm is None:
            return None
        told = {name: at for name, at in alarm.told.items() if name.partition("/")[0] != role}
        return self._keep("escalated", replace(alarm, owed=(*alarm.owed, role), told=told))

    def noted(self, alarm: Alarm) -> Change | None:
        """Take what was told and is owed of an alarm (``gateway.alarms.notices``); None when it is gone."""
        present = self.find(alarm.id)
        if present is None or (present.state == "cleared") != (alarm.state == "cleared"):
            return None
        return self._keep("told", replace(present, owed=alarm.owed, told=alarm.told, notices=alarm.notices))

    def _present(self, alarm_id: str) -> Alarm | None:
        alarm = self.find(alarm_id)
        return None if alarm is None or alarm.state == "cleared" else alarm


def _people(alarm: Alarm) -> tuple[object, ...]:
    return alarm.state, alarm.by, alarm.until, alarm.owed


def _worst(looks: Sequence[Look]) -> dict[str, Reading]:
    """The worst reading a subject, whatever the order."""
    found: dict[str, Reading] = {}
    for look in looks:
        for reading in look.readings:
            known = found.get(reading.subject)
            if known is None or _rank(look.rule, reading) > _rank(look.rule, known):
                found[reading.subject] = reading
    return found


def _rank(rule: RuleConfig, reading: Reading) -> tuple[float, str]:
    sign = 1.0 if rule.kind.worse == "above" else -1.0
    own = (reading.limit or 0.0) if rule.raise_at is None else 0.0
    return sign * (reading.value - own), repr(sorted(reading.words.items(), key=repr))


def _sides(rule: RuleConfig, reading: Reading | None) -> tuple[bool, bool]:
    """(bad, good); neither between the thresholds. What was not read is well."""
    if reading is None:
        return False, True
    start, end = rule.thresholds(reading.limit)
    if rule.kind.worse == "above":
        bad = reading.value >= start
        return bad, not bad and (reading.value < end or start == end)
    bad = reading.value < start
    return bad, not bad and reading.value >= end


def _worse(rule: RuleConfig, one: float | None, other: float) -> float:
    if one is None:
        return other
    return max(one, other) if rule.kind.worse == "above" else min(one, other)
