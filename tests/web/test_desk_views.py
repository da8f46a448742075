"""The desk's answers are masked where they must be, and say what the record says."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.kpi.day import DayFigures
from gateway.model.contexts import PartnerContext
from gateway.model.desk import Draft, Watch
from gateway.model.ids import CallId
from gateway.model.records import CallRecord
from gateway.tickets.config import CategoriesConfig, CategoryConfig
from gateway.tickets.pop import Spot
from gateway.tickets.similar import Similar
from gateway.web.desk_views import (
    category_views,
    context_view,
    day_view,
    desk_lists,
    draft_view,
    entry_view,
    known_call,
    known_ticket,
    place_view,
    pop_watch,
    similar_views,
    watch_view,
)
from tests.web.desks import MEANS, NUMBER


def test_a_day_has_satisfaction_only_when_somebody_rated() -> None:
    day = DayFigures(1.0, 2, 3.0, 0.0, 4.0, 5, 1, 1, 0, None, (0,) * 24)
    assert day_view(day).satisfaction is None and len(day_view(day).by_hour) == 24
    rated = day_view(DayFigures(1.0, 2, 3.0, 0.0, 4.0, 5, 1, 1, 2, 4.5, (0,) * 24)).satisfaction
    assert rated is not None and (rated.rated, rated.mean) == (2, 4.5)


def test_categories_have_their_path_and_what_is_known_of_their_spelling() -> None:
    top, below = (
        CategoryConfig(code="04", name="城市"),
        CategoryConfig(code="0402", name="路灯", parent="04", urgent=True),
    )
    views = category_views(CategoriesConfig(category=(top, below)), {"路灯": ("ludeng", "ld")})
    assert [(one.path, one.pinyin, one.initials, one.urgent) for one in views] == [
        ("城市", "", "", False),
        ("城市 / 路灯", "ludeng", "ld", True),
    ]


def test_lists_come_from_the_configuration() -> None:
    lists = desk_lists(MEANS)
    assert set(lists) == {"reasons", "entries", "areas", "templates", "flows"}
    assert lists["reasons"][0].max_s == 900 and lists["entries"][1].track == "dual"


def test_tickets_and_what_partners_told_are_masked(fakes: Any) -> None:
    ticket = fakes.ticket(1, title=f"请回电{NUMBER}", state="closed")
    view = known_ticket(ticket)
    assert view.no == view.ticket_no == ticket.ticket_no and not view.open and NUMBER not in view.title
    [alike] = similar_views([Similar(ticket, 0.456, True, "urge_of", "催办用语")])
    assert (alike.score, alike.own, alike.relation) == (0.46, True, "urge_of") and NUMBER not in alike.title
    told = PartnerContext("c", "110", "push", 1.0, 2.0, text=f"电话{NUMBER}", title="警情", fields={"phone": NUMBER})
    shown = context_view([told, told], {"110": "公安"})
    assert shown is not None and (shown.name, shown.content) == ("公安", "警情\n电话138****5678")
    assert shown.fields == {"phone": "138****5678"}
    assert context_view([], {}) is None


@pytest.mark.parametrize(("until", "shown"), [(None, True), (9.0, True), (5.0, False)])
def test_a_note_is_shown_while_it_holds_and_its_number_never(until: float | None, shown: bool) -> None:
    watch = Watch("w", NUMBER, "care", "独居", "lead", 1.0, until)
    assert (pop_watch(watch, 5.0) is not None) is shown and watch_view(watch).number == "138****5678"
    assert pop_watch(None, 5.0) is None


def test_an_entry_that_is_none_of_ours_has_a_number_and_no_name() -> None:
    ours, strange = entry_view("12345", MEANS), entry_view("96777", MEANS)
    assert ours is not None and ours.name == "政务热线" and strange is not None and strange.name == ""
    assert entry_view("", MEANS) is None


def test_places_calls_and_drafts_are_as_they_are() -> None:
    assert place_view(None) is None
    place = place_view(Spot("460100", "海口市", "entry"))
    assert place is not None and (place.area_code, place.why) == ("460100", "entry")
    call = known_call(CallRecord(CallId("1.1"), 2.0, direction="out", talk_s=3.0))
    assert (call.call_id, call.at, call.direction, call.outcome) == ("1.1", 2.0, "out", None)
    assert draft_view(Draft("new/a", "a", 2, 3.0, {"x": 1}), "new").key == "new"
