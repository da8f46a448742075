"""Calling in the standby: whom, by seat, number or roster, and that they are planned for afterwards."""

from __future__ import annotations

import pytest

from gateway.model.ids import AgentId
from gateway.seats.queueing import QueueRefused
from gateway.seats.standby import CALLED_S, Standby
from tests.seats import story


class Clock:
    at = story.T0
    standby: tuple[str, ...] = ()


@pytest.fixture
def standby() -> Standby:
    h = story.hall(day_lines=6, standby=1)
    story.tell(h, story.member(0))  # 1001 at A001
    h.names = {"1001": "王小芳", "1002": "李强"}
    return Standby(h, lambda _name, _at: True, lambda: Clock.at, lambda: Clock.standby)


def test_seats_stand_for_who_sits_there_and_numbers_for_themselves(standby: Standby) -> None:
    called = standby.meant("hotline", ["A001", "1002", "1001"])
    assert (called.agents, called.here) == (("1001", "1002"), ("1001",))
    assert "综合受理" in called.text and "standby" in called.text


def test_without_names_it_is_the_rosters_standby(standby: Standby, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueueRefused) as refused:
        standby.meant("hotline", [])
    assert refused.value.kind == "not_now"
    monkeypatch.setattr(Clock, "standby", ("1002",))
    assert standby.meant("hotline", []).agents == ("1002",)


@pytest.mark.parametrize(
    ("queue", "names", "kind"),
    [("nowhere", ["1002"], "unknown"), ("hotline", ["A002"], "not_now"), ("hotline", ["9999"], "not_allowed")],
)
def test_who_is_not_there_is_refused(standby: Standby, queue: str, names: list[str], kind: str) -> None:
    with pytest.raises(QueueRefused) as refused:
        standby.meant(queue, names)
    assert refused.value.kind == kind


def test_who_was_called_in_is_planned_for_a_shift(standby: Standby, monkeypatch: pytest.MonkeyPatch) -> None:
    standby.called("hotline", [AgentId("1002")])
    standby.called("hotline", [AgentId("1002")])
    found = standby.capacity("hotline")
    assert (found.line, found.lines, found.planned, found.signed_in, found.short) == ("day", 6, 7, 1, 6)
    monkeypatch.setattr(Clock, "at", story.T0 + CALLED_S + 1)
    assert standby.capacity("hotline").planned == 6
    with pytest.raises(QueueRefused):
        standby.capacity("nowhere")
