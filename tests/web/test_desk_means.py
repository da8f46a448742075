"""What the desk takes from the configuration."""

from __future__ import annotations

from gateway.ivr.config import Flow
from gateway.seats.config import QueueConfig
from gateway.tickets.config import IntakeConfig
from gateway.web.desk_means import DeskMeans
from tests.web.desks import HALL, MEANS


def test_a_ticket_is_numbered_under_its_entrys_area_else_the_halls() -> None:
    assert (MEANS.area_of("12328"), MEANS.area_of("12345"), MEANS.area_of("")) == ("460100", "460000", "460000")


def test_places_and_times_come_from_the_configuration() -> None:
    assert MEANS.places.dialling == {"0898": "460000"} and MEANS.places.entries == {"12328": "460100"}
    assert MEANS.places.names == {"460000": "海南省", "460100": "海口市"} and MEANS.wait_s == 15
    slow = DeskMeans.of([HALL], [QueueConfig(id="a", name="a", answer_within_s=40)], [], IntakeConfig(), "460000")
    assert slow.wait_s == 40


def test_a_reason_that_two_halls_have_is_shown_once_and_nothing_is_needed() -> None:
    both = DeskMeans.of([HALL, HALL], [], [], IntakeConfig(), "460000")
    assert [one.id for one in both.reasons] == ["break"] and both.wait_s == 15
    assert DeskMeans().area_of("12345") == "000000" and DeskMeans().flows == {}


def test_flows_are_offered_by_their_names() -> None:
    flow = Flow.model_validate(
        {"id": "night", "name": "夜间", "start": "end", "nodes": {"end": {"kind": "queue", "queue": "hotline"}}}
    )
    assert DeskMeans.of([], [], [], IntakeConfig(), "460000", [flow]).flows == {"night": "夜间"}
