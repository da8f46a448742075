"""A telephone exchange in play, for the tests of transfers: three legs, bridges, rooms and music, and a dialplan that
does what docs/transfers.md promises of it without any gateway. It knows what a citizen hears at every moment.

What happens is told as facts, kept by leg: Asterisk promises their sequence within one leg only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.facts import (
    CallQueued,
    Fact,
    LegCreated,
    LegEnded,
    LegImage,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    Snapshot,
    TargetFailed,
    WaitingImage,
)
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs, Order, OrderRefused
from gateway.model.transfers import Talk, Transfer

T0 = 1_795_300_000.0
CALL = CallId("c1")
HOTLINE = QueueId("hotline")
Where = Literal["bridge", "room", "lobby", "hold", "queue", "flow", "ringing", "gone"]
"""lobby: a citizen before a room in which nobody is, with music, for three seconds (gw-room)."""


def a_talk(**fields: Any) -> Talk:
    values: dict[str, Any] = {
        "call_id": CALL, "seat": SeatId("A001"), "agent": AgentId("1001"), "interface": "PJSIP/8001",
        "caller_leg": LegId("c1"), "caller_channel": "PJSIP/trunk-01", "agent_leg": LegId("s1"),
        "agent_channel": "PJSIP/8001-02", "queue": "hotline", "entry_number": "12345", "caller_number": "13812345678",
        "language": "zh",
    }  # fmt: skip
    return Talk(**{**values, **fields})


def a_transfer(mode: str, **fields: Any) -> Transfer:
    """At the press, before ``begin``."""
    talk = a_talk()
    kind = {"queue": "queue", "ivr": "flow"}.get(mode, "partner")
    values: dict[str, Any] = {
        "id": "t1", "key": "k1", "call_id": CALL, "mode": mode, "target": "legal" if kind != "partner" else "110",
        "seat": talk.seat, "agent": talk.agent, "started_at": T0, "partner": "110" if kind == "partner" else "",
        "caller_leg": talk.caller_leg, "caller_channel": talk.caller_channel, "agent_leg": talk.agent_leg,
        "agent_channel": talk.agent_channel, "interface": talk.interface, "target_kind": kind,
        "endpoint": "PJSIP/110@trunk" if kind == "partner" else "", "ring_s": 30,
    }  # fmt: skip
    return Transfer(**{**values, **fields})


@dataclass
class Leg:
    id: LegId
    channel: str
    role: Literal["caller", "agent", "target"]
    where: Where
    room: str = ""
    bridge: str = ""
    ended_by: str = ""

    @property
    def alive(self) -> bool:
        return self.where != "gone"


@dataclass
class Telephone:
    """``facts`` are those not yet delivered, by leg. ``queued_by`` says why the citizen is in a queue."""

    now: float = T0
    marks: dict[str, str] = field(default_factory=dict)
    legs: dict[str, Leg] = field(default_factory=dict)
    facts: dict[str, deque[Fact]] = field(default_factory=dict)
    dialled: list[DialTarget] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.legs["c1"] = Leg(LegId("c1"), "PJSIP/trunk-01", "caller", "bridge", bridge="b1")
        self.legs["s1"] = Leg(LegId("s1"), "PJSIP/8001-02", "agent", "bridge", bridge="b1")

    @property
    def caller(self) -> Leg:
        return self.legs["c1"]

    @property
    def agent(self) -> Leg:
        return self.legs["s1"]

    @property
    def target(self) -> Leg | None:
        """The one that was dialled last."""
        return next((leg for leg in reversed(self.legs.values()) if leg.role == "target"), None)

    @property
    def ringing_or_there(self) -> list[Leg]:
        """All targets whose legs live."""
        return [leg for leg in self.legs.values() if leg.role == "target" and leg.alive]

    def find(self, name: str) -> Leg | None:
        return next((leg for leg in self.legs.values() if name in (leg.channel, leg.id) and leg.alive), None)

    def tell(self, leg: Leg, fact: Fact) -> None:
        self.now += 0.001
        self.facts.setdefault(leg.id, deque()).append(fact)

    # -- what people do ----------------------------------------------------------------------------------------------

    def answer(self, room: str) -> None:
        assert self.target
        self.enter(self.target, room)

    def refuse(self, transfer: str, status: str = "busy", cause: int = 17) -> None:
        """Busy, refused, nobody: the target's leg is gone before it was anywhere."""
        target = self.target
        assert target
        target.where = "gone"
        self.tell(target, TargetFailed(self.now, target.id, transfer, status, cause))

    def hang_up(self, leg: Leg, by: str) -> None:
        """A leg ends; the dialplan does what follows."""
        if not leg.alive:
            return
        leg.ended_by = by
        self.leave(leg, "gone")
        self.tell(leg, LegEnded(self.now, leg.id, CALL, leg.channel, 16, "Normal Clearing"))

    # -- the exchange and its dialplan -------------------------------------------------------------------------------

    def leave(self, leg: Leg, then: Where) -> None:
        """Take a leg out of where it is, and look after those who stay."""
        was, room, bridge = leg.where, leg.room, leg.bridge
        leg.where, leg.room, leg.bridge = then, "", ""
        if was == "room":
            self.tell(leg, LegLeftRoom(self.now, leg.id, CALL, leg.channel, room))
            self.look_after(room)
        elif was == "bridge" and bridge:
            other = next((one for one in self.legs.values() if one.alive and one.bridge == bridge), None)
            if other is None:
                return
            if other.role == "caller":
                self.alone(other)  # the agent was lost to app_queue
            else:
                self.hang_up(other, "app_queue")

    def look_after(self, room: str) -> None:
        """The last marked user has left a room: nobody stays in it."""
        inside = [one for one in self.legs.values() if one.alive and one.room == room and one.where == "room"]
        if inside and all(one.role == "caller" for one in inside):
            self.alone(inside[0])

    def alone(self, caller: Leg) -> None:
        mark = self.marks.get("GW_XFER", "")
        ordinary = mark == "" and caller.where == "bridge"
        if caller.where == "room":
            self.tell(caller, LegLeftRoom(self.now, caller.id, CALL, caller.channel, caller.room))
        caller.where, caller.room, caller.bridge = "hold", "", ""
        if mark == "completed" or ordinary:
            self.hang_up(caller, "ordinary" if ordinary else "completed")
        else:
            self.to_queue(caller)

    def to_queue(self, caller: Leg) -> None:
        caller.where = "queue"
        self.tell(caller, CallQueued(self.now, caller.id, CALL, caller.channel, HOTLINE, 1, "", "", "12345"))

    def enter(self, leg: Leg, room: str) -> None:
        marked = any(one.alive and one.room == room and one.where == "room" for one in self.legs.values())
        if leg.role == "caller" and not marked:
            leg.where, leg.room = "lobby", room
            return
        self._inside(leg, room)
        if leg.role != "caller" and self.caller.where == "lobby" and self.caller.room == room:
            self._inside(self.caller, room)

    def _inside(self, leg: Leg, room: str) -> None:
        leg.where, leg.room, leg.bridge = "room", room, f"conf-{room}"
        self.tell(leg, LegJoinedRoom(self.now, leg.id, CALL, leg.channel, room))

    def hold_limit(self) -> None:
        """The time before an empty room or in gw-hold is over: the citizen goes to the front of the queue."""
        if self.caller.where in ("hold", "lobby"):
            self.caller.room = ""
            self.to_queue(self.caller)

    # -- orders ------------------------------------------------------------------------------------------------------

    def carry_out(self, order: Order) -> None:
        """Raises OrderRefused for a leg that is not there."""
        self.orders.append(order)
        self.now += 0.001
        match order:
            case DialTarget():
                self.dialled.append(order)
                leg = self.legs[order.leg] = Leg(
                    order.leg, f"PJSIP/trunk-{98 + len(self.dialled)}", "target", "ringing"
                )
                self.tell(leg, LegCreated(self.now, leg.id, CALL, leg.channel, False, "", "", "s", "gw-room"))
                self.tell(leg, LegRang(self.now, leg.id, CALL, leg.channel))
            case Hangup():
                self.hang_up(self._found(order, order.channel), "order")
            case MarkLeg():
                self._found(order, order.channel)
                self.marks[order.name] = order.value
            case MoveLegs():
                self._move(order)

    def _found(self, order: Order, name: str) -> Leg:
        leg = self.find(name)
        if leg is None:
            raise OrderRefused(order, "no such channel")
        return leg

    def _move(self, order: MoveLegs) -> None:
        found = [(self._found(order, name), place, detail) for name, place, detail in order.moves]
        together = len(found) == 2 and all(leg.where == "bridge" for leg, _, _ in found)
        for leg, _, _ in found:
            if together:
                leg.bridge, leg.where = "", "hold"
            else:
                self.leave(leg, "hold")
        for leg, place, _ in found:
            if not leg.alive:
                continue
            if place == "room":
                self.enter(leg, f"x-{order.transfer}")
            elif place in ("back", "queue"):
                self.to_queue(leg)
            else:
                leg.where = "hold" if place == "hold" else "flow"

    def snapshot(self) -> Snapshot:
        images = tuple(
            LegImage(
                leg.id, CALL, leg.channel, "Ringing" if leg.where == "ringing" else "Up", "", "", "12345", 1.0,
                leg.bridge, leg.room if leg.where == "room" else "",
            )
            for leg in self.legs.values() if leg.alive
        )  # fmt: skip
        waiting = (WaitingImage(self.caller.id, HOTLINE, 1, 0.0),) if self.caller.where == "queue" else ()
        return Snapshot(self.now, 1, images, (), waiting)

    # -- what a citizen hears ----------------------------------------------------------------------------------------

    def company(self) -> str:
        """With whom the citizen is: agent, somebody (in a room), hold, queue, flow, alone, gone."""
        caller = self.caller
        if not caller.alive:
            return "gone"
        if caller.where == "bridge":
            return "agent" if self.agent.alive and self.agent.bridge == caller.bridge else "alone"
        if caller.where == "room":
            others = [one for one in self.legs.values() if one.room == caller.room and one.alive and one is not caller]
            return "somebody" if others else "alone"
        return caller.where
