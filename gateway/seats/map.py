"""The seat map: for each seat presence, activity and reason, and since when.

Presence comes from queue membership alone (a member, paused or not, and the pause's reason), so that Asterisk itself
remembers who sits where while we are away. Activity comes from the seat's own legs and app_queue's word that it rings.
The three are never folded into one value: an agent can be not ready and talking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.seats.config import Device, HallConfig, SeatConfig
from gateway.seats.watching import Watch

Presence = Literal["signed_out", "ready", "not_ready", "wrap_up"]
Activity = Literal["idle", "reserved", "ringing", "talking", "held", "consulting", "three_way", "outbound", "monitored"]

RoomActivity = Literal["consulting", "three_way", "talking"]
"""What an agent does in a conference room: with the partner alone (or waiting for one), with all, with the citizen."""

_NOBODY = AgentId("")

WRAP_UP = "wrap_up"
"""The pause reason that means wrap-up. It lives in Asterisk, so a restarted gateway still knows."""

LegState = Literal["reserved", "ringing", "up", "held"]


@dataclass(slots=True)
class SeatLeg:
    """One channel at the seat. ``dialled`` is true when the agent began it, ``room`` is set while it is in a room;
    ``monitors`` is true while it is a supervisor's that speaks on no call of its own."""

    state: LegState
    call: CallId
    dialled: bool = False
    room: RoomActivity | None = None
    monitors: bool = False


@dataclass(slots=True)
class Member:
    """One membership of the seat's interface, as Asterisk last imaged it."""

    agent: AgentId
    paused: bool
    reason: str
    last_pause: float


@dataclass(slots=True)
class Seat:
    """One seat, live. ``since`` and ``presence_since`` are epoch seconds by Asterisk's clock; ``caller`` is masked.

    ``finishing`` is when a call with a wrap-up ended, until Asterisk has told of the pause that we ordered for it (or
    has not for too long): the agent is not ready in between. ``counted`` is what this seat adds to its queues now:
    (queue, talking, ready), kept by the hall. ``interface`` is the telephone in use: the one that is a queue's member,
    else the desk phone; ``reachable`` tells of that one, ``reached`` of each.
    """

    config: SeatConfig
    hall: str
    interface: str
    softphone: str = ""
    desk_phone: str = field(init=False)
    presence: Presence = "signed_out"
    activity: Activity = "idle"
    reason: str = ""
    agent: AgentId = _NOBODY
    since: float = 0.0
    presence_since: float = 0.0
    reachable: bool = False
    calls_today: int = 0
    wrap_up_until: float | None = None
    wrap_up_s: int = 0
    finishing: float | None = None
    last_queue: QueueId | None = None
    misses: int = 0
    call: CallId | None = None
    queue: QueueId | None = None
    entry_number: str = ""
    caller: str = ""
    members: dict[QueueId, Member] = field(default_factory=dict)
    legs: dict[LegId, SeatLeg] = field(default_factory=dict)
    counted: list[tuple[QueueId, int, int]] = field(default_factory=list)
    reached: dict[str, bool] = field(default_factory=dict)
    monitored_by: list[Watch] = field(default_factory=list)
    monitoring: Watch | None = None
    contacts: dict[str, str] = field(default_factory=dict)
    """Where each telephone has registered from, as far as it was told since the snapshot."""

    def __post_init__(self) -> None:
        self.desk_phone = self.interface

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Both telephones of the seat as app_queue calls them, the desk phone first."""
        return (self.desk_phone, self.softphone) if self.softphone else (self.desk_phone,)

    @property
    def device(self) -> Device:
        return "softphone" if self.interface == self.softphone else "phone"

    def interface_of(self, device: Device) -> str:
        return self.softphone if device == "softphone" and self.softphone else self.desk_phone

    def use(self, interface: str) -> bool:
        """The agent speaks by this telephone from now on; true when it was the other."""
        if interface == self.interface:
            return False
        self.interface, self.reachable = interface, self.reached.get(interface, False)
        return True

    def concerns(self, interface: str, contact: str, *, reachable: bool) -> bool:
        """False for the leaving of an address that a telephone has no more: when it registers from a new one (after a
        restart, behind a NAT), Asterisk tells of that first and then that the old contact was removed."""
        if reachable:
            self.contacts[interface] = contact
        return reachable or not contact or self.contacts.get(interface, contact) == contact

    def reach(self, interface: str, *, reachable: bool) -> bool:
        """One of its telephones can be called, or cannot; true when that moved what the seat shows."""
        self.reached[interface] = reachable
        if interface != self.interface or reachable == self.reachable:
            return False
        self.reachable = reachable
        return True

    def settle(self, at: float) -> bool:
        """Derive presence and activity anew; true when either moved."""
        presence, reason, since = self._presence()
        activity = self._activity()
        moved = presence != self.presence or reason != self.reason
        if moved:
            self.presence_since = since if since and abs(since - at) > 2.0 else at
            self.presence, self.reason, self.misses = presence, reason, 0
        if activity != self.activity:
            self.since, self.activity, moved = at, activity, True
        member = next(iter(self.members.values()), None)
        agent = member.agent if member is not None else _NOBODY
        if agent != self.agent:
            self.agent, self.misses, self.calls_today, moved = agent, 0, 0, True
        if activity == "idle" and self.call is not None and not self.legs:
            self.call, self.queue, self.entry_number, self.caller = None, None, "", ""
            moved = True
        return moved

    def _presence(self) -> tuple[Presence, str, float]:
        members = self.members.values()
        if not members:
            return "signed_out", "", 0.0
        for member in members:
            if not member.paused:  # in one queue but not in all is still ready: that agent gets calls
                return ("ready", "", 0.0) if self.finishing is None else ("wrap_up", "", 0.0)
        last = max(members, key=lambda m: m.last_pause)
        return (
            ("wrap_up", "", last.last_pause) if last.reason == WRAP_UP else ("not_ready", last.reason, last.last_pause)
        )

    def _activity(self) -> Activity:
        if not self.legs:
            return "idle"
        states: set[LegState] = set()
        for leg in self.legs.values():
            if leg.room and leg.state == "up":
                return leg.room
            if not leg.monitors:
                states.add(leg.state)
        if "up" in states:
            return "outbound" if any(leg.dialled for leg in self.legs.values()) else "talking"
        for state, activity in (("held", "held"), ("ringing", "ringing"), ("reserved", "reserved")):
            if state in states:
                return activity  # type: ignore[return-value]
        return self._supervising()

    def _supervising(self) -> Activity:
        """Of a seat that is on no call: its telephone may be a supervisor's, who monitors somebody by it."""
        states = {leg.state for leg in self.legs.values()}
        return "ringing" if "ringing" in states else "reserved"

    def view(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The seat as the live stream shows it (numbers masked)."""
        return {
            "id": self.config.id,
            "extension": self.config.extension,
            "hall": self.hall,
            "room": self.config.room,
            "x": self.config.x,
            "y": self.config.y,
            "presence": self.presence,
            "activity": self.activity,
            "reason": self.reason,
            "agent": self.agent,
            "agent_name": names.get(self.agent, ""),
            "since": self.since,
            "presence_since": self.presence_since,
            "call_id": self.call,
            "queue": self.queue,
            "entry_number": self.entry_number,
            "caller": self.caller,
            "reachable": self.reachable,
            "device": self.device,
            "calls_today": self.calls_today,
            "wrap_up_until": self.wrap_up_until if self.presence == "wrap_up" else None,
            "monitored_by": [watch.by(names) for watch in self.monitored_by],
            "monitoring": self.monitoring.of() if self.monitoring else None,
        }


class SeatMap:
    """All seats by interface (``PJSIP/8001``, ``PJSIP/8001w``: two a seat) and by id (one a seat)."""

    def __init__(self, halls: Iterable[HallConfig], technology: str = "PJSIP") -> None:
        self.by_interface: dict[str, Seat] = {}
        self.by_id: dict[SeatId, Seat] = {}
        for hall in halls:
            for config in hall.all_seats():
                phones = f"{technology}/{config.extension}", f"{technology}/{config.softphone}"
                seat = Seat(config, hall.id, *phones)
                self.by_interface |= dict.fromkeys(seat.interfaces, seat)
                self.by_id[SeatId(config.id)] = seat

    def interfaces(self) -> dict[str, SeatId]:
        """Interface -> seat id, for the call table."""
        return {interface: SeatId(seat.config.id) for interface, seat in self.by_interface.items()}

    def seat(self, seat_id: str) -> Seat:
        """Raises LookupError in words for users when there is no such seat."""
        found = self.by_id.get(SeatId(seat_id))
        if found is None:
            raise LookupError(f"没有座席 {seat_id} / no such seat: {seat_id}")
        return found

    def by_agent(self, agent: str) -> Seat | None:
        """The seat where an agent is signed in, or None."""
        return next((s for s in self.by_id.values() if s.agent == agent and s.presence != "signed_out"), None)

    def adopt(self, halls: Iterable[HallConfig], technology: str = "PJSIP") -> set[SeatId]:
        """Take a changed floor plan: new seats appear, moved ones move, gone ones go. Returns the ids that changed."""
        fresh = SeatMap(halls, technology)
        changed = set(self.by_id) ^ set(fresh.by_id)
        for seat in list(fresh.by_id.values()):
            known = self.by_interface.get(seat.desk_phone)
            if known is None:
                changed.add(SeatId(seat.config.id))  # perhaps a known place with another telephone
                continue
            if known.config != seat.config or known.hall != seat.hall:
                changed |= {SeatId(known.config.id), SeatId(seat.config.id)}
            known.config, known.hall = seat.config, seat.hall
            fresh.by_interface |= dict.fromkeys(known.interfaces, known)
            fresh.by_id[SeatId(seat.config.id)] = known
        self.by_interface, self.by_id = fresh.by_interface, fresh.by_id
        return changed
