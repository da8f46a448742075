"""Rooms: who is with whom, and what that makes of a conversation's stretches and of the seat."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from gateway.model.ids import CallId, LegId
from gateway.model.records import CallRecord, Stretch
from gateway.seats.map import Seat, SeatLeg
from gateway.seats.rooms import Rooms, SeatsInRooms, forget_parting, parted, together

CALL, CITIZEN, AGENT, TARGET = CallId("c"), LegId("c"), LegId("a"), LegId("t")


def rooms(*legs: LegId, room: str = "x-1") -> Rooms:
    made = Rooms()
    for leg in legs:
        made.join(room, leg, CALL)
    return made


def talking() -> CallRecord:
    return CallRecord(CALL, 1.0, stretches=[Stretch("talking", 2.0, leg=AGENT)])


def kinds(record: CallRecord) -> list[tuple[str, float, float | None]]:
    return [(s.kind, s.start, s.end) for s in record.stretches]


@pytest.mark.parametrize(
    ("others", "activity"),
    [((), "consulting"), ((TARGET,), "consulting"), ((CITIZEN,), "talking"), ((CITIZEN, TARGET), "three_way")],
)
def test_what_an_agent_does_is_who_is_there(others: tuple[LegId, ...], activity: str) -> None:
    assert rooms(AGENT, *others).activity(AGENT, CALL) == activity


def test_whoever_is_in_no_room_does_nothing_there() -> None:
    assert rooms(CITIZEN).activity(AGENT, CALL) is None


def test_a_leg_is_in_one_room_at_a_time_and_an_empty_room_is_none() -> None:
    made = rooms(AGENT)
    made.join("x-2", AGENT, CALL)
    assert (made.of(AGENT), list(made.members)) == ("x-2", ["x-2"])
    assert made.drop(AGENT) == "x-2"
    assert (made.drop(AGENT), made.members) == ("", {})


def test_leaving_twice_or_another_room_changes_nothing() -> None:
    made = rooms(AGENT)
    made.leave("x-9", AGENT)
    made.leave("x-1", TARGET)
    assert made.of(AGENT) == "x-1"


def test_a_consultation_is_a_hold_of_the_citizen() -> None:
    record = talking()
    parted(record, 10.0)
    parted(record, 11.0)
    together(record, 30.0)
    assert kinds(record) == [("talking", 2.0, 10.0), ("held", 10.0, 30.0), ("talking", 30.0, None)]


def test_two_legs_that_arrive_one_after_the_other_were_never_parted() -> None:
    record = talking()
    parted(record, 10.0)
    together(record, 10.02)
    assert kinds(record) == [("talking", 2.0, None)]


def test_the_end_of_a_call_is_no_hold() -> None:
    record = talking()
    parted(record, 10.0)
    forget_parting(record, 10.01)
    assert kinds(record) == [("talking", 2.0, 10.0)]


def test_a_true_hold_is_not_forgotten() -> None:
    record = talking()
    parted(record, 10.0)
    forget_parting(record, 60.0)
    assert kinds(record) == [("talking", 2.0, 10.0), ("held", 10.0, None)]


def test_without_a_conversation_nothing_is_made_up() -> None:
    record = CallRecord(CALL, 1.0)
    for change in (parted, together, forget_parting):
        change(record, 5.0)
    assert record.stretches == []


def seat_with(leg: LegId) -> Seat:
    seat = Seat(cast("object", SimpleNamespace(id="A001")), "h", "PJSIP/8001")  # type: ignore[arg-type]
    seat.legs[leg] = SeatLeg("up", CALL)
    return seat


def test_a_seats_conversation_goes_on_in_the_room_after_the_citizen_and_ends_with_its_leg() -> None:
    made, record = rooms(AGENT, CITIZEN, TARGET), talking()
    inside, seat = SeatsInRooms(lambda: made), seat_with(AGENT)
    inside.join(seat, AGENT, record)
    assert inside.moved("x-1", AGENT) == [seat]
    assert seat.legs[AGENT].room == "three_way"
    made.leave("x-1", CITIZEN)
    inside.moved("x-1", CITIZEN)
    assert seat.legs[AGENT].room == "consulting"
    assert inside.goes_on(seat, CALL)
    assert inside.ended(AGENT) is record
    assert inside.ended(AGENT) is None


def test_a_seat_in_no_room_is_done_when_app_queue_says_so() -> None:
    inside = SeatsInRooms(Rooms)
    assert not inside.goes_on(seat_with(AGENT), CALL)
    assert inside.ended(AGENT) is None


def test_legs_whose_end_was_never_told_are_forgotten_with_the_next_snapshot() -> None:
    seats = SeatsInRooms(lambda: rooms(AGENT, CITIZEN))
    seat = cast(Seat, SimpleNamespace(legs={AGENT: SeatLeg("up", CALL, room="talking")}))
    for leg in (AGENT, LegId("lost")):
        seats.join(seat, leg, talking())
    assert seats.goes_on(seat, CALL)
    seats.keep_only({AGENT})
    assert len(seats.of_call(CALL)) == 1
    assert seats.ended(AGENT) is not None, "what is put off for a leg that lives is kept"
