"""A call told as facts, for the tests of the live side: one helper a sentence, times in seconds from ``T0``."""

from __future__ import annotations

from typing import Literal

from gateway.model.facts import (
    CallAbandoned,
    CallEntered,
    CallLeftQueue,
    CallQueued,
    FlowEnded,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegImage,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    MemberRemoved,
    MemberSeen,
    MonitorBegan,
    QueueLeft,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
    Snapshot,
    WaitingImage,
    Watching,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.seats.config import HallConfig, QueueConfig, RoomConfig, SeatConfig
from gateway.seats.hall import Hall

T0 = 1_795_300_000.0
CALL, LEG, SEAT_LEG = CallId("c1"), LegId("c1"), LegId("s1")
TRUNK, SEAT_CHANNEL, PHONE = "PJSIP/trunk-01", "PJSIP/8001-02", "PJSIP/8001"
HOTLINE = QueueId("hotline")
NUMBER = "13812345678"


def hall(**queue: int) -> Hall:
    """Two seats in one room, two queues."""
    room = RoomConfig(id="east", name="东厅", width=10, height=4)
    seats = [
        SeatConfig(id=f"A00{i}", extension=f"800{i}", room="east", x=i, y=0, queues=["hotline", "legal"])
        for i in (1, 2)
    ]
    config = HallConfig(id="hk", name="海口厅", area_code="460100", rooms=[room], seats=seats)
    queues = [QueueConfig(id="hotline", name="综合受理", **queue), QueueConfig(id="legal", name="法律专席")]
    return Hall([config], queues, {"12345": "own", "12315": "dual"})


def tell(h: Hall, *facts: object) -> list[str]:
    """Apply facts; returns the kinds of the changes they made."""
    return [change.kind for fact in facts for change in h.apply(fact)]  # type: ignore[arg-type]


def member(
    at: float, *, paused: bool = False, reason: str = "", queue: str = "hotline", phone: str = PHONE,
    agent: str = "1001", device: int = 1,
) -> MemberSeen:  # fmt: skip
    return MemberSeen(T0 + at, QueueId(queue), phone, agent, paused, reason, device, 0, 0.0, T0 + at if paused else 0.0)


def removed(at: float, queue: str = "hotline") -> MemberRemoved:
    return MemberRemoved(T0 + at, QueueId(queue), PHONE, "1001")


def created(at: float) -> LegCreated:
    return LegCreated(T0 + at, LEG, CALL, TRUNK, True, NUMBER, "", "12345", "from-trunk")


def entered(at: float, entry: str = "12345") -> CallEntered:
    return CallEntered(T0 + at, LEG, CALL, TRUNK, NUMBER, "", entry, "trunk")


def flow_ended(at: float, result: str = "done") -> FlowEnded:
    return FlowEnded(T0 + at, LEG, CALL, "greeting", result, "zh")


def queued(at: float) -> CallQueued:
    return CallQueued(T0 + at, LEG, CALL, TRUNK, HOTLINE, 1, NUMBER, "", "12345")


def left_queue(at: float) -> CallLeftQueue:
    return CallLeftQueue(T0 + at, LEG, CALL, HOTLINE)


def abandoned(at: float, hold_s: float = 0.0) -> CallAbandoned:
    return CallAbandoned(T0 + at, LEG, CALL, HOTLINE, hold_s)


def queue_left(at: float, status: str) -> QueueLeft:
    return QueueLeft(T0 + at, LEG, CALL, HOTLINE, status)


def seat_created(at: float) -> LegCreated:
    return LegCreated(T0 + at, SEAT_LEG, CALL, SEAT_CHANNEL, False, "", "", "s", "from-seats")


def seat_called(at: float) -> SeatCalled:
    return SeatCalled(T0 + at, LEG, CALL, HOTLINE, PHONE, "1001", SEAT_LEG)


def seat_rang(at: float) -> LegRang:
    return LegRang(T0 + at, SEAT_LEG, CALL, SEAT_CHANNEL)


def no_answer(at: float) -> SeatDidNotAnswer:
    return SeatDidNotAnswer(T0 + at, LEG, CALL, HOTLINE, PHONE, "1001", 10.0)


def seat_up(at: float) -> LegAnswered:
    return LegAnswered(T0 + at, SEAT_LEG, CALL, SEAT_CHANNEL)


def answered(at: float, hold_s: float = 0.0) -> SeatAnswered:
    return SeatAnswered(
        T0 + at, LEG, CALL, TRUNK, HOTLINE, PHONE, "1001", SEAT_LEG, hold_s, 2.0, NUMBER, "", "12345"
    )  # fmt: skip


def completed(at: float, reason: str = "caller") -> SeatCompleted:
    return SeatCompleted(T0 + at, LEG, CALL, HOTLINE, PHONE, "1001", 0.0, 0.0, reason)


def seat_ended(at: float) -> LegEnded:
    return LegEnded(T0 + at, SEAT_LEG, CALL, SEAT_CHANNEL, 16, "Normal Clearing")


def ended(at: float, cause: int = 16) -> LegEnded:
    return LegEnded(T0 + at, LEG, CALL, TRUNK, cause, "Normal Clearing")


ROOM, TARGET = "x-t1", LegId("gw-t1")
_CHANNELS = {LEG: TRUNK, SEAT_LEG: SEAT_CHANNEL, TARGET: "PJSIP/trunk-03"}


def joined(at: float, leg: LegId, room: str = ROOM) -> LegJoinedRoom:
    """A leg comes into the room of a transfer; the target's has a Linkedid of its own."""
    return LegJoinedRoom(T0 + at, leg, CallId(TARGET) if leg == TARGET else CALL, _CHANNELS[leg], room)


def left(at: float, leg: LegId, room: str = ROOM) -> LegLeftRoom:
    return LegLeftRoom(T0 + at, leg, CallId(TARGET) if leg == TARGET else CALL, _CHANNELS[leg], room)


THREE_WAY = (joined(20, TARGET), joined(20.01, SEAT_LEG), joined(20.02, LEG))


def citizen_image(age: float, bridge: str = "", entry: str = "12345") -> LegImage:
    return LegImage(LEG, CALL, TRUNK, "Up", NUMBER, "", entry, age, bridge)


def seat_image(age: float, bridge: str = "", state: str = "Up") -> LegImage:
    return LegImage(SEAT_LEG, CALL, SEAT_CHANNEL, state, "12345", "", "", age, bridge)


def waiting_image(wait: float) -> WaitingImage:
    return WaitingImage(LEG, HOTLINE, 1, wait)


def snapshot(
    at: float, *, legs: tuple[LegImage, ...] = (), members: tuple[MemberSeen, ...] = (),
    waiting: tuple[WaitingImage, ...] = (), epoch: int = 1,
) -> Snapshot:  # fmt: skip
    return Snapshot(T0 + at, epoch, legs, members, waiting, (HOTLINE,), frozenset({"8001"}))


ANSWERED_CALL = (
    created(0), entered(0), flow_ended(4), queued(4), seat_created(5), seat_called(5), seat_rang(5.1), seat_up(8),
    left_queue(8), answered(8),
)  # fmt: skip
"""A call that waits 4 s, of which it rings 3 s, and is answered at second 8."""

AFTER = (completed(68), seat_ended(68), ended(68))
"""It ends by the caller after 60 s of talk."""

LEAD, SPY = "1002", LegId("spy-1")
LEAD_PHONE, LEAD_CHANNEL = "PJSIP/8002", "PJSIP/8002-07"


def spy_created(at: float) -> LegCreated:
    """A shift lead's telephone is rung to monitor somebody."""
    return LegCreated(T0 + at, SPY, CallId(SPY), LEAD_CHANNEL, False, "8002", "", "s", "from-seats")


def spy_up(at: float) -> LegAnswered:
    return LegAnswered(T0 + at, SPY, CallId(SPY), LEAD_CHANNEL)


def monitors(at: float, mode: Literal["listen", "whisper", "barge"] = "listen", agent: str = LEAD) -> MonitorBegan:
    return MonitorBegan(T0 + at, SPY, LEAD_CHANNEL, SEAT_CHANNEL, Watching(SEAT_LEG, mode, agent))


def spy_ended(at: float) -> LegEnded:
    return LegEnded(T0 + at, SPY, CallId(SPY), LEAD_CHANNEL, 16, "")


def taken(at: float) -> SeatAnswered:
    """The citizen is with the shift lead, and no longer with the agent."""
    return SeatAnswered(T0 + at, LEG, CALL, TRUNK, HOTLINE, LEAD_PHONE, LEAD, SPY, 0.0, 0.0, NUMBER, "", "12345")


LISTENING = (spy_created(10), spy_up(11), monitors(11.1))
