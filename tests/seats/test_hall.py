"""The hall: seats, queues and the live stream's diffs follow the facts and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import T0, hall, tell

from gateway.model.facts import (
    EndpointChanged,
    LegCreated,
    LegImage,
    LegRang,
    LinkLost,
    MemberRemoved,
    SeatAnswered,
    SeatCalled,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.records import CallRecord
from gateway.seats.config import EntryNumberConfig
from gateway.seats.hall import Hall


def seat(h: Hall, seat_id: str = "A001") -> tuple[str, str, str]:
    view = next(s for s in h.seat_views() if s["id"] == seat_id)
    return view["presence"], view["activity"], view["reason"]


def queue(h: Hall, key: str = "hotline") -> dict[str, object]:
    return next(q for q in h.queue_views() if q["id"] == key)


def test_presence_activity_and_reason_move_apart_from_each_other() -> None:
    h = hall()
    assert seat(h) == ("signed_out", "idle", "")
    tell(h, story.member(0))
    assert seat(h) == ("ready", "idle", "")
    tell(h, *story.ANSWERED_CALL[:5])
    assert seat(h) == ("ready", "reserved", "")
    tell(h, *story.ANSWERED_CALL[5:7])
    assert seat(h) == ("ready", "ringing", "")
    tell(h, *story.ANSWERED_CALL[7:])
    tell(h, story.member(30, paused=True, reason="lunch", device=2))
    assert seat(h) == ("not_ready", "talking", "lunch")
    tell(h, *story.AFTER)
    assert seat(h) == ("not_ready", "idle", "lunch")
    tell(h, story.removed(80))
    assert seat(h) == ("signed_out", "idle", "")


def test_a_member_paused_in_one_of_two_queues_is_still_ready() -> None:
    h = hall()
    tell(h, story.member(0), story.member(0, queue="legal", paused=True, reason="lunch"))
    assert seat(h)[0] == "ready"
    tell(h, story.member(1, paused=True, reason="lunch"))
    assert seat(h) == ("not_ready", "idle", "lunch")


def test_the_tile_shows_the_call_and_never_the_whole_number() -> None:
    h = hall()
    tell(h, story.member(0), *story.ANSWERED_CALL)
    view = next(s for s in h.seat_views() if s["id"] == "A001")
    assert (view["call_id"], view["queue"], view["entry_number"]) == ("c1", "hotline", "12345")
    assert view["caller"] == "138****5678"
    assert view["calls_today"] == 1
    tell(h, *story.AFTER)
    assert next(s for s in h.seat_views() if s["id"] == "A001")["caller"] == ""


def test_queue_counts_follow_callers_and_seats() -> None:
    h = hall()
    tell(h, story.member(0), story.entered(1), story.queued(2))
    q = queue(h)
    assert (q["ready"], q["signed_in"], len(q["waiting"]), q["longest_since"]) == (1, 1, 1, T0 + 2)  # type: ignore[arg-type]
    tell(h, story.seat_created(3), story.seat_called(3), story.seat_up(4), story.answered(4))
    q = queue(h)
    assert (q["ready"], q["talking"], q["waiting"], q["answered_today"]) == (0, 1, [], 1)


def test_a_lost_call_is_counted_once_and_leaves_the_list() -> None:
    h = hall()
    tell(h, story.entered(1), story.queued(2), story.abandoned(9), story.left_queue(9), story.ended(9))
    q = queue(h)
    assert (q["waiting"], q["lost_today"], q["answered_today"]) == ([], 1, 0)


def test_todays_counts_begin_anew_at_the_halls_midnight() -> None:
    h = hall()
    tell(h, story.entered(1), story.queued(2), story.abandoned(9), story.ended(9))
    assert queue(h)["lost_today"] == 1
    tell(h, story.member(86_400))
    assert queue(h)["lost_today"] == 0


def test_diffs_are_numbered_without_gaps_and_hold_only_what_moved() -> None:
    h = hall()
    assert h.take_diff(T0) is None
    tell(h, story.member(0))
    first = h.take_diff(T0)
    assert first is not None
    assert ([s["id"] for s in first["seats"]], first["n"]) == (["A001"], 1)
    assert h.take_diff(T0) is None
    tell(h, story.member(1, paused=True, reason="lunch"))
    second = h.take_diff(T0 + 1)
    assert second is not None
    assert second["n"] == 2


def test_snapshot_and_diffs_give_the_same_picture_as_a_new_snapshot() -> None:
    h = hall()
    picture = {s["id"]: s for s in h.live(T0)["seats"]} | {q["id"]: q for q in h.live(T0)["queues"]}
    for fact in (story.member(0), *story.ANSWERED_CALL, *story.AFTER, story.removed(99)):
        h.apply(fact)
        diff = h.take_diff(fact.at)
        for item in (*diff["seats"], *diff["queues"]) if diff else ():
            picture[item["id"]] = item
    live = h.live(T0 + 99)
    assert picture == {s["id"]: s for s in live["seats"]} | {q["id"]: q for q in live["queues"]}


def test_a_seat_that_dials_out_is_outbound_and_makes_a_call() -> None:
    h = hall()
    tell(h, story.member(0))
    dialled = LegCreated(
        T0 + 1, LegId("o1"), CallId("o1"), story.SEAT_CHANNEL, True, "8001", "", "13900000000", "from-seats"
    )
    assert tell(h, dialled) == ["arrived"]
    assert seat(h)[1] == "outbound"
    assert h.calls.live[CallId("o1")].record.direction == "out"


def test_a_lost_link_says_so_and_a_snapshot_heals_it() -> None:
    h = hall()
    tell(h, story.snapshot(0, members=(story.member(0),)))
    assert (h.link, h.epoch, seat(h)[0]) == ("up", 1, "ready")
    tell(h, LinkLost(T0 + 5, "cut"))
    assert h.link == "down"
    diff = h.take_diff(T0 + 5)
    assert diff is not None
    assert diff["link"] == "down"
    tell(h, story.snapshot(60, epoch=2))
    assert (h.link, h.epoch, seat(h)[0]) == ("up", 2, "signed_out")


def test_snapshot_rebuilds_a_talking_seat() -> None:
    h = hall()
    legs = (story.citizen_image(20, "b"), story.seat_image(12, "b"))
    members = (story.member(0, device=2),)
    tell(h, story.snapshot(30, legs=legs, members=members))
    view = next(s for s in h.seat_views() if s["id"] == "A001")
    assert (view["presence"], view["activity"], view["agent"]) == ("ready", "talking", "1001")
    assert (view["entry_number"], view["caller"], view["reachable"]) == ("12345", "138****5678", True)


def test_a_phone_that_goes_away_shows_on_its_seat() -> None:
    h = hall()
    tell(h, EndpointChanged(T0, "8001", True))
    assert next(s for s in h.seat_views() if s["id"] == "A001")["reachable"]
    tell(h, EndpointChanged(T0, "8001", False), EndpointChanged(T0, "nobody", False))
    assert not next(s for s in h.seat_views() if s["id"] == "A001")["reachable"]


def test_a_telephone_that_registers_from_a_new_address_stays_reachable_when_the_old_one_is_removed() -> None:
    """Asterisk tells it in this order, within a millisecond (seen on 22.10 with max_contacts=1, remove_existing)."""
    h = hall()
    old, new = "sip:8001@10.0.0.7:5060", "sip:8001@10.0.0.7:40001"
    tell(h, EndpointChanged(T0, "8001", True, old))
    tell(h, EndpointChanged(T0, "8001", True, new), EndpointChanged(T0, "8001", False, old))
    assert seen(h)["reachable"]
    tell(h, EndpointChanged(T0, "8001", False, new))
    assert not seen(h)["reachable"]


def test_what_was_not_seen_while_the_link_was_down_does_not_hide_that_a_telephone_goes() -> None:
    h = hall()
    tell(h, EndpointChanged(T0, "8001", True, "sip:8001@10.0.0.7:5060"), LinkLost(T0, "test"))
    tell(h, story.snapshot(30, members=(story.member(0, device=1),)))
    assert seen(h)["reachable"]
    tell(h, EndpointChanged(T0, "8001", False, "sip:8001@10.0.0.7:40001"))
    assert not seen(h)["reachable"]


def seen(h: Hall) -> dict[str, object]:
    return next(s for s in h.seat_views() if s["id"] == "A001")


def test_a_telephone_that_is_taken_up_can_be_reached() -> None:
    h = hall()
    tell(h, story.member(0, device=5), story.entered(0), story.queued(0), story.seat_called(1))
    assert not next(s for s in h.seat_views() if s["id"] == "A001")["reachable"]
    tell(h, story.seat_up(2))
    assert next(s for s in h.seat_views() if s["id"] == "A001")["reachable"]


def test_counts_of_the_day_survive_a_restart_through_the_ledger() -> None:
    h = hall()
    answered = CallRecord(CallId("x"), T0, queue=story.HOTLINE, answered_at=T0 + 1, outcome="answered")
    lost = CallRecord(CallId("y"), T0, queue=story.HOTLINE, outcome="timed_out")
    h.resume_day([answered, lost])
    assert (queue(h)["answered_today"], queue(h)["lost_today"]) == (1, 1)


def test_counts_are_right_after_a_seat_is_taken_off_the_plan() -> None:
    h = hall()
    tell(h, story.member(0))
    assert queue(h)["signed_in"] == 1
    from gateway.seats.config import HallConfig, QueueConfig, RoomConfig

    config = h.seats.by_id["A002"].config  # type: ignore[index]
    room = RoomConfig(id="east", name="东厅", width=10, height=4)
    plan = HallConfig(id="hk", name="海口厅", area_code="460100", rooms=[room], seats=[config])
    h.adopt([plan], [QueueConfig(id="hotline", name="热线")], {})
    assert (queue(h)["signed_in"], queue(h)["ready"]) == (0, 0)


def test_a_changed_floor_plan_keeps_live_state() -> None:
    h = hall()
    tell(h, story.member(0))
    config = h.seats.by_id["A001"].config  # type: ignore[index]
    other = hall()
    moved = other.seats.by_id["A001"]  # type: ignore[index]
    moved.config = config.model_copy(update={"x": 7})
    from gateway.seats.config import HallConfig, QueueConfig, RoomConfig

    plan = HallConfig(
        id="hk", name="海口厅", area_code="460100", rooms=[RoomConfig(id="east", name="东厅", width=10, height=4)],
        seats=[moved.config],
    )  # fmt: skip
    h.adopt([plan], [QueueConfig(id="hotline", name="热线")], {"12345": "own"})
    views = h.seat_views()
    assert [(s["id"], s["x"], s["presence"]) for s in views] == [("A001", 7, "ready")]
    assert [q["name"] for q in h.queue_views()] == ["热线"]
    assert EntryNumberConfig(number="12345", name="x").track == "own"


SOFT = "PJSIP/8001w"


def test_the_telephone_that_is_a_member_is_the_one_in_use() -> None:
    h = hall()
    tell(h, EndpointChanged(T0, "8001", True), EndpointChanged(T0, "8001w", False))
    assert (seen(h)["device"], seen(h)["reachable"]) == ("phone", True)
    tell(h, story.member(1, phone=SOFT, device=5), story.member(1, phone=SOFT, device=5, queue="legal"))
    assert (seen(h)["device"], seen(h)["reachable"]) == ("softphone", False)
    tell(h, EndpointChanged(T0 + 2, "8001w", True))
    assert seen(h)["reachable"] is True
    tell(h, EndpointChanged(T0 + 3, "8001", False))
    assert seen(h)["reachable"] is True


def test_signed_out_of_the_softphone_the_seat_has_its_desk_phone_again() -> None:
    h = hall()
    tell(h, EndpointChanged(T0, "8001", True), story.member(1, phone=SOFT), story.member(1, phone=SOFT, queue="legal"))
    tell(h, MemberRemoved(T0 + 2, QueueId("hotline"), SOFT, "1001"))
    assert (seen(h)["device"], seat(h)[0]) == ("softphone", "ready")
    tell(h, MemberRemoved(T0 + 2, QueueId("legal"), SOFT, "1001"))
    assert (seen(h)["device"], seat(h)[0], seen(h)["reachable"]) == ("phone", "signed_out", True)
    tell(h, story.member(3), MemberRemoved(T0 + 4, QueueId("hotline"), SOFT, "1001"))
    assert seat(h)[0] == "ready"  # a late word of the other telephone signs nobody out


def test_a_softphones_call_is_the_seats() -> None:
    h = hall()
    tell(h, story.member(0, phone=SOFT), story.entered(0), story.queued(1))
    leg, channel = story.SEAT_LEG, "PJSIP/8001w-02"
    tell(
        h,
        SeatCalled(T0 + 2, story.LEG, story.CALL, story.HOTLINE, SOFT, "1001", leg),
        LegRang(T0 + 2, leg, story.CALL, channel),
    )
    assert (seen(h)["activity"], seen(h)["caller"]) == ("ringing", "138****5678")
    tell(
        h,
        SeatAnswered(
            T0 + 4, story.LEG, story.CALL, story.TRUNK, story.HOTLINE, SOFT, "1001", leg, 2.0, 2.0, story.NUMBER, "",
            "12345",
        ),
    )  # fmt: skip
    record = h.calls.record(story.CALL)
    assert record is not None
    assert (record.seat, seen(h)["activity"]) == ("A001", "talking")


def test_a_snapshot_knows_the_softphone_by_its_membership() -> None:
    h = hall()
    leg = LegImage(story.SEAT_LEG, story.CALL, "PJSIP/8001w-02", "Up", "12345", "", "", 5.0, "b1")
    tell(
        h,
        story.snapshot(10, legs=(story.citizen_image(9, "b1"), leg), members=(story.member(0, phone=SOFT, device=2),)),
    )
    assert (seen(h)["device"], seen(h)["activity"], seen(h)["agent"]) == ("softphone", "talking", "1001")
    assert seen(h)["reachable"] is True  # app_queue says that it is in use
    tell(h, story.snapshot(20))
    assert (seen(h)["device"], seat(h)[0], seen(h)["reachable"]) == ("phone", "signed_out", True)
    assert queue(h)["signed_in"] == 0
