"""A snapshot by telephone, and what of a seat it replaces."""

from __future__ import annotations

import pytest

from gateway.model.facts import LegImage, MemberSeen, Snapshot, WaitingImage
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.seats.calls import CallTable
from gateway.seats.config import HallConfig, RoomConfig, SeatConfig
from gateway.seats.map import Member, Seat, SeatLeg, SeatMap
from gateway.seats.settling import Picture, waiting_in

HOTLINE = QueueId("hotline")


@pytest.fixture
def seat() -> Seat:
    room = RoomConfig(id="main", name="大厅", width=10, height=3)
    own = SeatConfig(id="A001", extension="8001", room="main", x=1, y=0, queues=("hotline",))
    plan = HallConfig(id="haikou", name="海口", area_code="460100", rooms=[room], seats=[own])
    return SeatMap([plan]).by_id[SeatId("A001")]


def leg(leg_id: str, channel: str, state: str = "Up", call: str = "c1") -> LegImage:
    return LegImage(LegId(leg_id), CallId(call), channel, state, "", "", "", 1.0, "", "")


def member(interface: str, device: int = 1) -> MemberSeen:
    return MemberSeen(100.0, HOTLINE, interface, "1001", False, "", device, 0, 0.0, 1.0)


def picture(
    legs: tuple[LegImage, ...] = (), members: tuple[MemberSeen, ...] = (), reachable: frozenset[str] = frozenset()
) -> Picture:
    return Picture.of(Snapshot(100.0, 1, legs, members, reachable=reachable))


def test_what_is_not_in_the_picture_is_not_there(seat: Seat) -> None:
    seat.members[HOTLINE] = Member(AgentId("1001"), False, "", 1.0)
    seat.legs[LegId("s1")] = SeatLeg("up", CallId("c1"))
    picture().settle(seat)
    assert (seat.members, seat.legs, seat.reachable, seat.interface) == ({}, {}, False, "PJSIP/8001")


def test_legs_of_both_telephones_are_the_seats_and_what_was_held_is_held(seat: Seat) -> None:
    seat.legs[LegId("s1")] = SeatLeg("held", CallId("c1"))
    picture((leg("s1", "PJSIP/8001-01"), leg("s2", "PJSIP/8001w-02", "Ringing"), leg("x", "PJSIP/8002-3"))).settle(seat)
    assert {one: known.state for one, known in seat.legs.items()} == {"s1": "held", "s2": "ringing"}


def test_a_leg_that_is_its_own_call_was_dialled_by_the_agent(seat: Seat) -> None:
    picture((leg("c9", "PJSIP/8001-01", "Ring", call="c9"),)).settle(seat)
    assert seat.legs[LegId("c9")].dialled and seat.legs[LegId("c9")].state == "reserved"


@pytest.mark.parametrize(
    ("device", "reachable", "there"),
    [(1, frozenset(), True), (5, frozenset(), False), (0, frozenset(), False), (5, frozenset({"8001w"}), True)],
)  # fmt: skip
def test_the_telephone_in_use_is_the_one_that_is_in_the_queues(
    seat: Seat, device: int, reachable: frozenset[str], there: bool
) -> None:
    picture(members=(member("PJSIP/8001w", device),), reachable=reachable).settle(seat)
    assert (seat.interface, seat.reachable) == ("PJSIP/8001w", there)
    assert seat.members[HOTLINE].agent == "1001"


def test_only_calls_that_are_known_wait() -> None:
    calls = CallTable({}, {}, ("PJSIP/trunk",))
    assert waiting_in(Snapshot(100.0, 1, (), (), (WaitingImage(LegId("c1"), HOTLINE, 1, 9.0),)), calls) == {}
