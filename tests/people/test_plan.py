"""What a file would change: the days it covers as a whole, people found again, the same file twice changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from gateway.model.ids import AgentId
from gateway.model.people import Duty, Person
from gateway.people.plan import mark_of, plan
from gateway.people.rows import Wanted

DAY = date(2026, 11, 22)
WANG = Person("w", "王小芳", AgentId("8001"), phone="13812345678")


def want(name: str = "王小芳", agent: str = "8001", day: date = DAY, **fields: Any) -> Wanted:
    return Wanted(2, day, "day", 480, 1200, "agent", name, agent, **fields)


def duty(id_: str, person: str = "w", day: date = DAY, note: str = "") -> Duty:
    return Duty(id_, day, person, "agent", "day", 480, 1200, note)


def test_a_day_is_replaced_as_a_whole_and_what_is_the_same_stays() -> None:
    before = [duty("1"), duty("2", "x"), duty("3", "x", DAY + timedelta(days=1))]
    made, faults = plan([want(), want("李强", "8002")], [DAY], [WANG, Person("x", "旧人", AgentId("9"))], before)
    assert not faults
    assert [one.id for one in made.kept] == ["1"] and [one.id for one in made.removed] == ["2"]
    assert [one.name for one in made.people_new] == ["李强"] and made.people_changed == []
    assert len(made.added) == 1 and made.changes


def test_the_same_again_changes_nothing() -> None:
    made, _ = plan([want()], [DAY], [WANG], [duty("1")])
    assert not made.changes and [one.id for one in made.duties] == ["1"]


def test_a_day_can_be_emptied() -> None:
    made, _ = plan([], [DAY], [WANG], [duty("1")])
    assert [one.id for one in made.removed] == ["1"] and made.changes


def test_another_note_is_another_duty() -> None:
    made, _ = plan([want(note="早到")], [DAY], [WANG], [duty("1")])
    assert (len(made.added), len(made.removed)) == (1, 1)


def test_an_empty_contact_keeps_what_is_known_and_a_given_one_replaces_it() -> None:
    assert plan([want()], [DAY], [WANG], [])[0].people_changed == []
    [changed] = plan([want(phone="13900001111", email="w@x.cn")], [DAY], [WANG], [])[0].people_changed
    assert (changed.id, changed.phone, changed.email, changed.name) == ("w", "13900001111", "w@x.cn", "王小芳")


def test_a_number_finds_a_person_who_is_called_otherwise_now() -> None:
    [changed] = plan([want("王晓芳")], [DAY], [WANG], [])[0].people_changed
    assert (changed.id, changed.name) == ("w", "王晓芳")


def test_who_has_no_number_is_found_by_name_and_may_get_one() -> None:
    lawyer = Person("l", "陈律师")
    made, _ = plan([want("陈律师", "")], [DAY], [lawyer], [])
    assert made.people_new == [] and made.added[0].person_id == "l"
    [changed] = plan([want("陈律师", "7001")], [DAY], [lawyer], [])[0].people_changed
    assert (changed.id, changed.agent) == ("l", "7001")


def test_one_new_person_in_several_rows_is_one() -> None:
    rows = [
        want("李强", "8002"),
        want("李强", "8002", DAY + timedelta(days=1)),
        want("李强", "", DAY + timedelta(days=2)),
    ]
    made, faults = plan(rows, [one.day for one in rows], [], [])
    assert not faults and len(made.people_new) == 1 and len({one.person_id for one in made.added}) == 1


def test_a_name_that_two_bear_needs_the_number() -> None:
    two = [WANG, Person("v", "王小芳", AgentId("8009"))]
    made, [fault] = plan([want(agent="")], [DAY], two, [])
    assert fault.row == 2 and "工号" in fault.zh and made.added == []


def test_the_mark_moves_with_the_duties() -> None:
    assert mark_of([duty("1"), duty("2")]) == mark_of([duty("2"), duty("1")])
    assert len({mark_of(some) for some in ([], [duty("1")], [duty("1", note="x")], [duty("1", "v")])}) == 4
