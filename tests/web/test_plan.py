"""The floor plan holds what the page draws."""

from __future__ import annotations

from gateway.seats.config import EntryNumberConfig, HallConfig, RestReasonConfig, RoomConfig, SeatConfig
from gateway.web.live_views import PlanView
from gateway.web.plan import floor_plan


def test_plan_has_rooms_pillars_reasons_and_names_of_entry_numbers() -> None:
    room = RoomConfig(id="main", name="大厅", x=2, y=3, width=10, height=4, pillars=[(1, 1)])
    hall = HallConfig(
        id="haikou", name="海口", area_code="460100", rooms=[room],
        rest_reasons=[RestReasonConfig(id="break", name="小休", max_minutes=15)],
        seats=[SeatConfig(id="P1", extension="8001", room="main", x=2, y=1, queues=["legal", "hotline"])],
    )  # fmt: skip
    plan = floor_plan([hall], [EntryNumberConfig(number="12315", name="市场监管", track="dual")])
    PlanView.model_validate(plan)
    assert plan["halls"][0]["rooms"][0] == {
        "id": "main", "name": "大厅", "name_en": "", "x": 2, "y": 3, "width": 10, "height": 4, "pillars": [[1, 1]],
    }  # fmt: skip
    assert plan["halls"][0]["rest_reasons"][0]["max_minutes"] == 15
    assert [reason["id"] for reason in plan["halls"][0]["rest_reasons"]] == ["break", "sign_in", "system"]
    assert plan["entries"]["12315"]["name"] == "市场监管"
    assert plan["halls"][0]["members"] == {"legal": ["P1"], "hotline": ["P1"]}
