"""What the live stream is told: the whole for who comes, and for the others each thing that moved, once."""

from __future__ import annotations

from gateway.model.ids import QueueId
from gateway.seats.showing import Showing
from tests.seats import story
from tests.seats.story import T0, hall, tell


def test_a_new_follower_gets_all_seats_all_queues_and_what_stands_beside_them() -> None:
    h = hall()
    h.beside["transfers"] = lambda: [{"id": "t1"}]
    h.names = {"1001": "王芳"}
    tell(h, story.member(0))
    whole = h.live(T0 + 1)
    assert (whole["type"], whole["at"], whole["link"]) == ("snapshot", T0 + 1, "down")
    assert [seat["id"] for seat in whole["seats"]] == ["A001", "A002"]
    assert whole["seats"][0]["agent_name"] == "王芳"
    assert [queue["id"] for queue in whole["queues"]] == ["hotline", "legal"]
    assert whole["transfers"] == [{"id": "t1"}]


def test_what_is_told_rides_in_one_diff_and_never_again() -> None:
    h = hall()
    h.tell("desk", {"agent": "1001"})
    h.tell("desk", {"agent": "1002"})
    diff = h.take_diff(T0)
    assert diff is not None
    assert (diff["type"], diff["n"], diff["seats"], diff["queues"]) == ("diff", 1, [], [])
    assert diff["desk"] == [{"agent": "1001"}, {"agent": "1002"}]
    assert h.take_diff(T0) is None
    assert "desk" not in h.live(T0), "a hint is for who is there"


def test_what_moves_while_nobody_looks_is_in_the_whole_and_in_no_later_diff() -> None:
    h = hall()
    tell(h, story.member(0))
    h.tell("desk", {"agent": "1001"})
    h.pass_over()
    assert h.take_diff(T0) is None
    assert h.live(T0)["seats"][0]["presence"] == "ready"
    tell(h, story.member(1, paused=True))
    diff = h.take_diff(T0 + 1)
    assert diff is not None and diff["n"] == h.live(T0)["n"] and "desk" not in diff


def test_what_is_gone_since_it_moved_is_left_out() -> None:
    h = hall()
    tell(h, story.member(0))
    del h.queues.queues[QueueId("hotline")]
    diff = h.take_diff(T0)
    assert diff is not None and diff["queues"] == []
    assert isinstance(h, Showing)
