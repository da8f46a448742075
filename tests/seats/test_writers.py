"""Who could answer a written message, from the hall's facts."""

from __future__ import annotations

from gateway.model.ids import AgentId, QueueId, SeatId
from gateway.seats.config import HallConfig, QueueConfig, RoomConfig, SeatConfig
from gateway.seats.hall import Hall
from gateway.seats.map import Member
from gateway.seats.writers import Writers


def hall() -> Hall:
    seats = [SeatConfig(id=f"A00{n}", extension=f"800{n}", room="main", x=n, y=0, queues=("hotline",)) for n in (1, 2)]
    room = RoomConfig(id="main", name="一号大厅", width=10, height=3)
    plan = HallConfig(id="haikou", name="海口", area_code="460100", rooms=[room], seats=seats)
    return Hall([plan], [QueueConfig(id="hotline", name="综合")], {})


def sit(hall: Hall, seat: str, agent: str, *, paused: bool = False, reason: str = "") -> None:
    found = hall.seats.by_id[SeatId(seat)]
    found.members[QueueId("hotline")] = Member(AgentId(agent), paused, reason, 1.0)
    found.settle(1.0)


def test_those_who_are_signed_in_are_seen_with_their_queues_and_what_they_do() -> None:
    live = hall()
    sit(live, "A001", "8001")
    sit(live, "A002", "8002", paused=True, reason="paperwork")
    first, second = Writers(live).writers()
    assert (first.agent, first.queues, first.presence, first.idle) == ("8001", {"hotline"}, "ready", True)
    assert (second.presence, second.reason) == ("not_ready", "paperwork")


def test_nobody_is_seen_at_an_empty_seat_and_wrap_up_is_not_idle() -> None:
    live = hall()
    assert Writers(live).writers() == []
    sit(live, "A001", "8001", paused=True, reason="wrap_up")
    (only,) = Writers(live).writers()
    assert not only.idle
    live.seats.by_id[SeatId("A001")].activity = "talking"
    assert not Writers(live).writers()[0].idle


def test_the_picture_is_true_only_while_the_line_is_up() -> None:
    live = hall()
    assert not Writers(live).true()
    live.link = "up"
    assert Writers(live).true()
