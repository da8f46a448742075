"""The engine raises, counts and clears as its rules say, and nothing makes it flap, lose or invent an alarm."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.engine import Change, Engine
from gateway.alarms.readings import Reading
from gateway.model.alarms import Alarm
from tests.alarms.stage import NOON, engine, look, read, rule, whats

DISK = rule("disk", raise_at=0.10, clear_at=0.12, for_s=0)
WAITED = rule("waited", raise_at=15, clear_at=10, for_s=2, clear_s=5)
PHONE = rule("phone", for_s=0, clear_s=0, storm=3)


def seats(*names: str) -> list[Reading]:
    return [read(1.0, f"seat:{name}") for name in names]


# -- one condition -----------------------------------------------------------------------------------------------------


def test_it_is_raised_after_it_was_bad_for_so_long_and_over_after_it_was_good_for_so_long() -> None:
    one = engine(WAITED)
    assert one.take([look(0, WAITED, read(20))]) == []
    assert whats(one.take([look(2, WAITED, read(22))])) == ["raised queue:hotline"]
    [alarm] = one.alarms
    assert (alarm.since, alarm.value, alarm.level, alarm.count, alarm.state) == (NOON + 2, 22, 3, 1, "open")
    assert one.take([look(3, WAITED, read(9))]) == []
    assert one.take([look(7, WAITED)]) == []
    assert whats(one.take([look(8, WAITED, read(0))])) == ["cleared queue:hotline"]
    assert one.alarms == []


def test_what_was_bad_too_shortly_is_forgotten() -> None:
    one = engine(WAITED)
    for at, value in ((0, 20), (1, 12), (2, 20), (3, 14), (4, 20)):
        assert one.take([look(at, WAITED, read(value))]) == []


def test_between_the_thresholds_nothing_moves() -> None:
    one = engine(WAITED)
    one.take([look(0, WAITED, read(15)), look(2, WAITED, read(15))])
    for at in range(3, 60):
        changes = one.take([look(at, WAITED, read(10 + at % 5))])
        assert not {one.what for one in changes} - {"seen"}
    assert len(one.alarms) == 1


def test_below_is_the_worse_side_of_what_is_left_of_a_disk() -> None:
    one = engine(DISK)
    assert one.take([look(0, DISK, read(0.10, "disk:var"))]) == []
    assert whats(one.take([look(1, DISK, read(0.09, "disk:var"))])) == ["raised disk:var"]
    one.take([look(2, DISK, read(0.05, "disk:var")), look(3, DISK, read(0.11, "disk:var"))])
    assert one.alarms[0].worst == 0.05
    assert whats(one.take([look(4, DISK, read(0.12, "disk:var"))])) == ["cleared disk:var"]


def test_without_a_threshold_each_subject_has_its_own() -> None:
    own = rule("waited", clear_s=0)
    one = engine(own)
    readings = [read(20, "queue:a", limit=15.0), read(20, "queue:b", limit=30.0)]
    assert whats(one.take([look(0, own, *readings)])) == ["raised queue:a"]


def test_a_text_that_moves_is_seen_and_one_that_does_not_is_not() -> None:
    one = engine(WAITED)
    one.take([look(0, WAITED, read(20)), look(2, WAITED, read(20))])
    assert whats(one.take([look(3, WAITED, read(20))])) == []
    assert whats(one.take([look(4, WAITED, read(25))])) == ["seen queue:hotline"]
    assert (one.alarms[0].worst, one.alarms[0].seen_at) == (25, NOON + 4)


# -- again, and storms -------------------------------------------------------------------------------------------------


def test_one_that_comes_back_soon_is_the_same_alarm_counted_once_more() -> None:
    one = engine(rule("phone", for_s=0, clear_s=0, again_s=60))
    phone = one.rule("phone")
    assert phone is not None
    one.take([look(0, phone, *seats("A001")), look(1, phone), look(61, phone, *seats("A001"))])
    [alarm] = one.alarms
    assert (alarm.id, alarm.count, alarm.since, alarm.first_at) == ("a1", 2, NOON + 61, NOON)
    one.take([look(62, phone)])
    one.pass_time(NOON + 62 + 61)
    one.take([look(130, phone, *seats("A001"))])
    assert [(it.id, it.count) for it in one.alarms] == [("a2", 1)]


def test_of_many_at_once_only_some_stand_alone_and_the_rest_is_one_line() -> None:
    one = engine(PHONE)
    changes = one.take([look(0, PHONE, *seats("A001", "A002", "A003", "A004", "A005", "A006"))])
    assert whats(changes) == [
        "raised seat:A001", "raised seat:A002", "raised seat:A003", "raised seat:*", "joined seat:*", "joined seat:*",
    ]  # fmt: skip
    storm = next(it for it in one.alarms if it.members)
    assert (storm.count, storm.members) == (3, ("seat:A004", "seat:A005", "seat:A006"))
    assert "3" in storm.text and "A004" in storm.text
    assert whats(one.take([look(1, PHONE, *seats("A001", "A006"))])) == [
        "cleared seat:A002", "cleared seat:A003", "left seat:*", "left seat:*",
    ]  # fmt: skip
    assert whats(one.take([look(2, PHONE, *seats("A001"))])) == ["cleared seat:*"]


# -- people and time ---------------------------------------------------------------------------------------------------


def raised(*rules: Any) -> tuple[Engine, Alarm]:
    one = engine(*rules)
    one.take([look(0, rules[0], *seats("A001"))])
    return one, one.alarms[0]


def test_it_is_acknowledged_by_somebody_and_nobody_else_is_told() -> None:
    loud = rule("phone", for_s=0, tell=["shift_lead"], escalate=[{"after_s": 60, "tell": ["leader"], "level": 1}])
    one, alarm = raised(loud)
    assert alarm.owed == ("shift_lead",)
    change = one.acknowledge(alarm.id, "lead")
    assert change is not None and (change.alarm.state, change.alarm.by, change.alarm.owed) == (
        "acknowledged",
        "lead",
        (),
    )
    assert one.pass_time(NOON + 600) == []
    assert one.acknowledge("a99", "lead") is None


def test_it_escalates_by_time_once_a_step_and_the_level_only_gets_worse() -> None:
    steps = [{"after_s": 60, "tell": ["standby"], "level": 2}, {"after_s": 300, "tell": ["leader"], "level": 1}]
    one, _ = raised(rule("phone", for_s=0, level=3, escalate=steps))
    assert one.pass_time(NOON + 59) == []
    [first] = one.pass_time(NOON + 60)
    assert (first.what, first.alarm.level, first.alarm.owed, first.alarm.step) == ("escalated", 2, ("standby",), 1)
    assert one.pass_time(NOON + 61) == []
    [second] = one.pass_time(NOON + 300)
    assert (second.alarm.level, second.alarm.owed) == (1, ("standby", "leader"))
    assert one.pass_time(NOON + 9999) == []


def test_a_snoozed_one_is_silent_until_its_time_also_when_it_comes_again() -> None:
    loud = rule("phone", for_s=0, clear_s=0, tell=["shift_lead"])
    one, alarm = raised(loud)
    assert one.snooze(alarm.id, "lead", NOON + 600) is not None
    assert whats(one.take([look(10, loud)])) == ["cleared seat:A001"]
    [again] = one.take([look(20, loud, *seats("A001"))])
    assert (again.what, again.alarm.state, again.alarm.owed) == ("again", "snoozed", ())
    [woken] = one.pass_time(NOON + 600)
    assert (woken.what, woken.alarm.state, woken.alarm.owed) == ("woken", "open", ("shift_lead",))


def test_a_person_may_have_a_role_told_at_once_also_when_it_was_told_a_moment_ago() -> None:
    one, alarm = raised(PHONE)
    told = one.noted(Alarm(**{**_fields(alarm), "told": {"leader/王/3": NOON}, "owed": ()}))
    assert told is not None and told.alarm.told == {"leader/王/3": NOON}
    change = one.escalate(alarm.id, "leader")
    assert change is not None and (change.alarm.owed, change.alarm.told) == (("leader",), {})


def test_alarms_of_a_rule_that_is_gone_are_cleared_and_those_of_others_stay() -> None:
    one = engine(PHONE, DISK)
    one.take([look(0, PHONE, *seats("A001", "A002", "A003", "A004")), look(0, DISK, read(0.01, "disk:var"))])
    one.use([DISK])
    assert {it.what for it in one.pass_time(NOON + 1)} == {"cleared"}
    assert [it.subject for it in one.alarms] == ["disk:var"]
    one.use([PHONE, DISK])
    assert len(one.take([look(2, PHONE, *seats("A001"))])) == 1


def test_what_was_kept_is_gone_on_with() -> None:
    one = engine(PHONE)
    one.take([look(0, PHONE, *seats("A001", "A002", "A003", "A004", "A005"))])
    kept = one.alarms
    next_one = engine(PHONE)
    next_one.restore(kept)
    assert next_one.alarms == kept
    assert next_one.take([look(5, PHONE, *seats("A001", "A002", "A003", "A004", "A005"))]) == []
    assert whats(next_one.take([look(6, PHONE, *seats("A001"))])) == [
        "cleared seat:A002", "cleared seat:A003", "left seat:*", "cleared seat:*",
    ]  # fmt: skip


# -- properties --------------------------------------------------------------------------------------------------------

VALUES = st.lists(st.tuples(st.floats(0.25, 9), st.floats(0, 30)), min_size=1, max_size=60)
"""Steps of time and the longest wait at each."""


@given(VALUES)
def test_it_never_flaps_within_the_hysteresis(steps: list[tuple[float, float]]) -> None:
    """Between a raising and the next there is a clearing, and between any two of them the times that the rule asks."""
    one, at, moved = engine(WAITED), 0.0, list[tuple[str, float]]()
    for step, value in steps:
        at += step
        moved += [(it.what, at) for it in one.take([look(at, WAITED, read(value))]) if it.what != "seen"]
    kinds = [what for what, _ in moved]
    assert kinds == (["raised"] + ["cleared", "again"] * len(kinds))[: len(kinds)]
    for (what, was), (_, then) in pairwise(moved):
        assert then - was >= (WAITED.good_for_s if what in ("raised", "again") else WAITED.bad_for_s) - 1e-6


@given(VALUES)
def test_what_stays_bad_is_never_lost_and_what_stays_good_is_never_left(steps: list[tuple[float, float]]) -> None:
    one, at = engine(WAITED), 0.0
    for step, value in steps:
        at += step
        one.take([look(at, WAITED, read(value))])
    one.take([look(at + 100, WAITED, read(15)), look(at + 103, WAITED, read(15))])
    assert len(one.alarms) == 1
    one.take([look(at + 200, WAITED), look(at + 206, WAITED)])
    assert one.alarms == []


NAMES = st.lists(st.sampled_from(("A001", "A002", "A003", "A004", "A005", "A006", "A007")), max_size=7, unique=True)


@given(st.lists(NAMES, min_size=1, max_size=25))
def test_every_subject_that_is_bad_is_in_exactly_one_alarm_and_storms_stay_one_line(rounds: list[list[str]]) -> None:
    one = engine(PHONE)
    balance: Counter[str] = Counter()
    for at, names in enumerate(rounds):
        for change in one.take([look(at, PHONE, *seats(*names))]):
            balance[change.alarm.id] += {"raised": 1, "again": 1, "cleared": -1}.get(change.what, 0)
        shown = [subject for it in one.alarms for subject in (it.members or (it.subject,))]
        assert sorted(shown) == sorted(f"seat:{name}" for name in names)
        assert len([it for it in one.alarms if not it.members]) <= PHONE.storm
        assert len([it for it in one.alarms if it.members]) <= 1
        assert {id_ for id_, n in balance.items() if n} == {it.id for it in one.alarms}


@given(st.lists(st.tuples(NAMES, st.floats(0, 30)), min_size=1, max_size=6), st.randoms())
def test_the_order_of_readings_at_the_same_time_does_not_matter(
    rounds: list[tuple[list[str], float]], dice: Any
) -> None:
    one, other = engine(PHONE, WAITED), engine(PHONE, WAITED)
    for at, (names, value) in enumerate(rounds):
        looks = [
            look(at * 2, PHONE, *seats(*names)),
            look(at * 2, WAITED, read(value), read(value / 2)),
            look(at * 2, WAITED, read(value / 3, "queue:market")),
        ]
        mixed = [look(at * 2, it.rule, *dice.sample(it.readings, len(it.readings))) for it in looks]
        dice.shuffle(mixed)
        assert one.take(looks) == other.take(mixed)
    assert one.alarms == other.alarms


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 30)), min_size=2, max_size=30))
def test_looks_that_come_late_change_nothing(steps: list[tuple[int, float]]) -> None:
    one, other, newest = engine(WAITED), engine(WAITED), -1
    for at, value in steps:
        changes = one.take([look(at, WAITED, read(value))])
        if at >= newest:
            newest = at
            assert changes == other.take([look(at, WAITED, read(value))])
        else:
            assert changes == []
    assert one.alarms == other.alarms


@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_worst_level_stands_first(level: int) -> None:
    one = engine(rule("disk", level=2, for_s=0), rule("phone", for_s=0, level=level))
    disk, phone = one.rule("disk"), one.rule("phone")
    assert disk is not None and phone is not None
    one.take([look(0, disk, read(0.01, "disk:var")), look(1, phone, *seats("A001"))])
    assert [it.rule for it in one.alarms] == (["phone", "disk"] if level == 1 else ["disk", "phone"])


def _fields(alarm: Alarm) -> dict[str, Any]:
    return {name: getattr(alarm, name) for name in Alarm.__slots__}


def test_changes_name_what_they_are() -> None:
    assert Change("raised", raised(PHONE)[1]).what == "raised"
