"""The roster as pages see it: staff by name, how to reach them masked, a preview that names its people."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from gateway.model.ids import AgentId
from gateway.model.people import Duty, Handover, Person
from gateway.people.config import RosterConfig
from gateway.people.plan import Plan
from gateway.people.roster import Roster
from gateway.web.people_views import change_view, handover_view, now_view, person_view, roster_view

DAY = date(2026, 11, 22)
WANG = Person("p", "王小芳", AgentId("8001"), "13812345678", "wang@example.cn", "oABCDEFGH12")
DUTY = Duty("d", DAY, "p", "lead", "day", 480, 1200, "带班")


def test_contacts_are_masked() -> None:
    view = person_view(WANG)
    assert (view.name, view.phone, view.email, view.wechat) == ("王小芳", "138****5678", "w***@example.cn", "oAB***12")
    assert person_view(Person("x", "海律师")).phone == ""


def test_a_week_has_its_duties_gaps_and_moments() -> None:
    roster = Roster([WANG], [DUTY], RosterConfig().shifts, ZoneInfo("Asia/Shanghai"))
    view = roster_view(roster, DAY, DAY, "m")
    [duty] = view.duties
    assert (duty.from_min, duty.end - duty.start, duty.note) == (480, 43_200, "带班")
    assert {(gap.shift, gap.role) for gap in view.gaps} >= {("day", "agent"), ("night", "lead")}
    assert "13812345678" not in view.model_dump_json()
    now = now_view(roster.now(duty.start + 60), None, "Asia/Shanghai")
    assert now.shift is not None and now.shift.id == "day" and now.lead[0].phone == "138****5678" and now.next is None
    assert now_view(roster.now(duty.start - 86_400 * 9), None, "").lead == []


def test_a_preview_names_who_is_new_and_who_is_known() -> None:
    fresh = Person("n", "李强", AgentId("8002"))
    added = [DUTY, Duty("e", DAY, "n", "agent", "day", 480, 1200), Duty("f", DAY, "gone", "agent", "day", 480, 1200)]
    made = Plan([DAY], added, [], [], [fresh], [])
    view = change_view(made, [WANG], [(WANG, DUTY, DUTY)], done=False, expect="m")
    assert [one.name for one in view.added] == ["王小芳", "李强", ""]
    assert (view.added_count, view.people_new, view.clashes[0].name) == (3, ["李强"], "王小芳")


def test_a_note_tells_names_where_they_are_known() -> None:
    view = handover_view(Handover("h", 1.0, DAY, "day", "lead", "x", "night", 2.0), {"lead": "陈班长"})
    assert (view.author_name, view.read_by_name) == ("陈班长", "night")
