"""The seat map: presence from memberships, activity from legs, and a floor plan that may change under it."""

from __future__ import annotations

from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.seats.config import HallConfig, RoomConfig, SeatConfig
from gateway.seats.map import WRAP_UP, Member, Seat, SeatLeg, SeatMap

T0 = 1_795_300_000.0
NOBODY: dict[str, str] = {}


def hall(*seats: tuple[str, str], x: int = 0, name: str = "hk") -> HallConfig:
    room = RoomConfig(id="east", name="东厅", width=50, height=4)
    placed = [
        SeatConfig(id=seat, extension=extension, room="east", x=x + n, y=0, queues=["hotline"])
        for n, (seat, extension) in enumerate(seats)
    ]
    return HallConfig(id=name, name="海口厅", area_code="460100", rooms=[room], seats=placed)


def seat() -> Seat:
    return SeatMap([hall(("A001", "8001"))]).by_id[SeatId("A001")]


def member(*, paused: bool = False, reason: str = "", at: float = 0.0, agent: str = "1001") -> Member:
    return Member(AgentId(agent), paused, reason, T0 + at if at else 0.0)


def test_a_seat_without_members_is_signed_out() -> None:
    one = seat()
    assert one.settle(T0) is False
    assert (one.presence, one.activity, one.agent) == ("signed_out", "idle", "")


def test_a_member_that_is_not_paused_makes_the_seat_ready_and_names_the_agent() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member()
    assert one.settle(T0 + 5) is True
    assert (one.presence, one.agent, one.presence_since) == ("ready", "1001", T0 + 5)
    assert one.settle(T0 + 9) is False, "nothing moved"
    assert one.presence_since == T0 + 5


def test_paused_in_one_queue_of_two_is_still_ready() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member(paused=True, reason="meal", at=1)
    one.members[QueueId("legal")] = member()
    one.settle(T0)
    assert (one.presence, one.reason) == ("ready", "")


def test_the_latest_pause_gives_the_reason_and_since_when() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member(paused=True, reason="meal", at=100)
    one.members[QueueId("legal")] = member(paused=True, reason="training", at=200)
    one.settle(T0 + 900)
    assert (one.presence, one.reason, one.presence_since) == ("not_ready", "training", T0 + 200)


def test_a_pause_just_now_begins_now_and_not_at_its_rounded_second() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member(paused=True, reason="meal", at=100)
    one.settle(T0 + 100.9)
    assert one.presence_since == T0 + 100.9


def test_our_own_pause_is_wrap_up_and_its_end_is_shown_only_meanwhile() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member(paused=True, reason=WRAP_UP, at=10)
    one.wrap_up_until = T0 + 30
    one.settle(T0 + 10)
    assert (one.presence, one.reason) == ("wrap_up", "")
    assert one.view(NOBODY)["wrap_up_until"] == T0 + 30
    one.members[QueueId("hotline")] = member()
    one.settle(T0 + 20)
    assert one.view(NOBODY)["wrap_up_until"] is None


def test_not_ready_and_talking_are_both_true_at_once() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member(paused=True, reason="meal", at=1)
    one.legs[LegId("s1")] = SeatLeg("up", CallId("c1"))
    one.settle(T0 + 50)
    assert (one.presence, one.activity, one.since) == ("not_ready", "talking", T0 + 50)


def test_of_several_legs_the_one_that_is_most_alive_gives_the_activity() -> None:
    one = seat()
    for state, activity in (("reserved", "reserved"), ("ringing", "ringing"), ("held", "held"), ("up", "talking")):
        one.legs[LegId(f"leg-{state}")] = SeatLeg(state, CallId("c1"))  # type: ignore[arg-type]
        one.settle(T0)
        assert one.activity == activity


def test_a_leg_that_the_agent_dialled_is_outbound_once_it_is_up() -> None:
    one = seat()
    one.legs[LegId("s1")] = SeatLeg("ringing", CallId("c1"), dialled=True)
    one.settle(T0)
    assert one.activity == "ringing"
    one.legs[LegId("s1")].state = "up"
    one.settle(T0 + 1)
    assert one.activity == "outbound"


def test_when_the_last_leg_is_gone_the_call_is_no_more_shown() -> None:
    one = seat()
    one.call, one.queue, one.entry_number, one.caller = CallId("c1"), QueueId("hotline"), "12345", "138****5678"
    one.legs[LegId("s1")] = SeatLeg("up", CallId("c1"))
    one.settle(T0)
    assert one.view(NOBODY)["call_id"] == "c1"
    one.legs.clear()
    assert one.settle(T0 + 60) is True
    shown = one.view(NOBODY)
    assert (shown["call_id"], shown["queue"], shown["entry_number"], shown["caller"]) == (None, None, "", "")


def test_another_agent_starts_with_clean_counts() -> None:
    one = seat()
    one.members[QueueId("hotline")] = member()
    one.settle(T0)
    one.calls_today, one.misses = 7, 2
    one.members[QueueId("hotline")] = member(agent="1002")
    assert one.settle(T0 + 1) is True
    assert (one.agent, one.calls_today, one.misses) == ("1002", 0, 0)


def test_the_view_shows_the_caller_as_kept_and_names_the_agent() -> None:
    one = seat()
    one.caller = "138****5678"
    one.members[QueueId("hotline")] = member()
    one.settle(T0)
    shown = one.view({"1001": "王芳"})
    assert (shown["caller"], shown["agent_name"], shown["extension"], shown["hall"]) == (
        "138****5678", "王芳", "8001", "hk",
    )  # fmt: skip


def test_an_agent_is_found_where_signed_in_and_nowhere_after_signing_out() -> None:
    seats = SeatMap([hall(("A001", "8001"), ("A002", "8002"))])
    second = seats.by_id[SeatId("A002")]
    second.members[QueueId("hotline")] = member()
    second.settle(T0)
    assert seats.by_agent("1001") is second
    second.members.clear()
    second.settle(T0 + 1)
    assert seats.by_agent("1001") is None
    assert seats.by_agent("") is None


def test_interfaces_lead_to_seats() -> None:
    assert SeatMap([hall(("A001", "8001"))]).interfaces() == {"PJSIP/8001": "A001", "PJSIP/8001w": "A001"}


def test_a_changed_floor_plan_keeps_the_live_state_of_seats_that_stay() -> None:
    seats = SeatMap([hall(("A001", "8001"), ("A002", "8002"))])
    first = seats.by_id[SeatId("A001")]
    first.legs[LegId("s1")] = SeatLeg("up", CallId("c1"))
    first.settle(T0)
    changed = seats.adopt([hall(("A001", "8001"), ("A003", "8003"), x=1)])
    assert changed == {"A001", "A002", "A003"}
    assert seats.by_id[SeatId("A001")] is first is seats.by_interface["PJSIP/8001"]
    assert (first.activity, first.config.x) == ("talking", 1)
    assert set(seats.by_id) == {"A001", "A003"}
    assert set(seats.by_interface) == {"PJSIP/8001", "PJSIP/8001w", "PJSIP/8003", "PJSIP/8003w"}
    assert first is seats.by_interface["PJSIP/8001w"]


def test_the_same_floor_plan_changes_nothing() -> None:
    seats = SeatMap([hall(("A001", "8001"))])
    assert seats.adopt([hall(("A001", "8001"))]) == set()


def test_a_place_with_another_telephone_is_a_changed_seat_without_the_old_ones_state() -> None:
    seats = SeatMap([hall(("A001", "8001"))])
    seats.by_id[SeatId("A001")].members[QueueId("hotline")] = member()
    assert seats.adopt([hall(("A001", "8009"))]) == {"A001"}
    assert set(seats.by_interface) == {"PJSIP/8009", "PJSIP/8009w"}
    assert seats.by_id[SeatId("A001")].members == {}


def test_a_telephone_at_a_place_with_another_name_keeps_its_call() -> None:
    seats = SeatMap([hall(("A001", "8001"))])
    seats.by_id[SeatId("A001")].legs[LegId("s1")] = SeatLeg("up", CallId("c1"))
    assert seats.adopt([hall(("B001", "8001"))]) == {"A001", "B001"}
    assert list(seats.by_id[SeatId("B001")].legs) == ["s1"]


def test_a_seat_that_moves_to_another_hall_is_changed() -> None:
    seats = SeatMap([hall(("A001", "8001"))])
    assert seats.adopt([hall(("A001", "8001"), name="sanya")]) == {"A001"}
    assert seats.by_id[SeatId("A001")].hall == "sanya"
