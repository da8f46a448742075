"""The hall: call table, queue table and seat map folded together from one stream of facts.

One writer task owns a ``Hall`` and applies facts in order; there are no locks because nobody else writes. What it shows
of itself is ``gateway.seats.showing``, today's counts are ``gateway.seats.day_counts``. Orders never change anything
here: a seat is ready when Asterisk says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from gateway.model.facts import (
    CallAbandoned,
    CallLeftQueue,
    CallQueued,
    EndpointChanged,
    Fact,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegHeld,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    LegResumed,
    LinkLost,
    MemberRemoved,
    MemberSeen,
    MonitorBegan,
    MonitorEnded,
    OutboundBegun,
    QueueLeft,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
    Snapshot,
)
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.model.masking import mask_number
from gateway.model.records import CallChange, CallRecord, Track
from gateway.seats.calls import CallTable, endpoint_of
from gateway.seats.config import HallConfig, QueueConfig
from gateway.seats.day_counts import DayCounts
from gateway.seats.map import Member, Seat, SeatLeg, SeatMap
from gateway.seats.outbound import is_dialled_for
from gateway.seats.queue_states import Broadcast, Closure
from gateway.seats.queues import QueueTable, Waiting
from gateway.seats.rooms import SeatsInRooms
from gateway.seats.settling import Picture, waiting_in
from gateway.seats.showing import Showing
from gateway.seats.watching import Watch, Watches, is_supervisors
from gateway.seats.wrap_ups import WrapUps

UNREACHABLE = frozenset({4, 5})
"""Device states of app_queue (AST_DEVICE_INVALID, AST_DEVICE_UNAVAILABLE) of a telephone that cannot be called."""

_BUSY = frozenset({"talking", "held", "outbound", "three_way", "consulting"})


class Hall(Showing):
    """All live state of one node, and what of it is shown (``Showing``)."""

    def __init__(
        self,
        halls: Iterable[HallConfig],
        queues: Iterable[QueueConfig],
        tracks: Mapping[str, Track],
        citizen_endpoints: Iterable[str] = ("PJSIP/trunk", "PJSIP/probe"),
    ) -> None:
        halls = tuple(halls)
        super().__init__(SeatMap(halls), QueueTable(queues))
        self.calls = CallTable(self.seats.interfaces(), tracks, citizen_endpoints)
        self.calls.agent_at = lambda seat: self.seats.by_id[seat].agent if seat in self.seats.by_id else AgentId("")
        self.rooms = SeatsInRooms(lambda: self.calls.rooms)
        self.zone = ZoneInfo(halls[0].zone if halls else "Asia/Shanghai")
        self.facts = 0
        self.on_seat: list[Callable[[Seat, float], None]] = []
        """Who is told when presence, activity or agent of a seat has moved, and when; not of a snapshot's seats."""
        self._day = DayCounts(self.seats, self.queues, self.zone)
        self._wrap_ups = WrapUps(self.seats, self.queues, self.calls, self._settle)
        self.watches = Watches()
        self.wrapping_up: set[SeatId] = set()
        """Seats whose presence is wrap_up."""
        self._by_type: dict[type[Any], Callable[[Any], None]] = {
            LegCreated: self._leg_created,
            LegRang: self._leg_rang,
            LegAnswered: self._leg_answered,
            LegEnded: self._leg_ended,
            LegHeld: self._leg_held,
            LegResumed: self._leg_resumed,
            LegJoinedRoom: self._joined_room,
            LegLeftRoom: self._left_room,
            OutboundBegun: self._out_begun,
            CallQueued: self._queued,
            CallLeftQueue: self._left_queue,
            CallAbandoned: self._left_queue,
            QueueLeft: self._left_queue,
            SeatCalled: self._seat_called,
            SeatDidNotAnswer: self._seat_did_not_answer,
            SeatAnswered: self._seat_answered,
            SeatCompleted: self._seat_completed,
            MemberSeen: self._member_seen,
            MemberRemoved: self._member_removed,
            EndpointChanged: self._endpoint,
            MonitorBegan: self._monitor_began,
            MonitorEnded: self._monitor_ended,
            LinkLost: self._link_lost,
        }

    # -- in ----------------------------------------------------------------------------------------------------------

    def apply(self, fact: Fact) -> list[CallChange]:
        """Fold one fact into calls, queues and seats; returns what changed about calls."""
        self.facts += 1
        if self._day.roll(fact.at):
            self._dirty_queues.update(self.queues.queues)
            self._dirty_seats.update(self.seats.by_id)
        if type(fact) is Snapshot:
            return self._snapshot(fact)
        changes = self.calls.apply(fact)
        handle = self._by_type.get(type(fact))
        if handle is not None:
            handle(fact)
        if changes:
            self._dirty_queues |= self._day.count(changes)
        return changes

    def wrap_up_over(self, at: float) -> list[CallChange]:
        """Changes of calls whose wrap-up has ended since the last call of this (presence moved on)."""
        return self._wrap_ups.over(at)

    def resume_day(self, records: Iterable[CallRecord]) -> None:
        """Count today's calls again after a restart, and take up open wrap-ups, from what the ledger has."""
        for record in records:
            self._day.resume(record)
            seat = self.seats.by_id.get(record.seat or SeatId(""))
            open_wrap_up = record.open_stretch("wrap_up")
            if seat is not None and open_wrap_up is not None and record.ended_at is not None:
                self.calls.wrapping[SeatId(seat.config.id)] = (record, open_wrap_up)

    # -- legs of seats -----------------------------------------------------------------------------------------------

    def _seat_of(self, channel: str) -> Seat | None:
        return self.seats.by_interface.get(endpoint_of(channel))

    def _settle(self, seat: Seat, at: float) -> None:
        if seat.settle(at):
            self._day.show(seat)
            seat_id = SeatId(seat.config.id)
            self._dirty_seats.add(seat_id)
            (self.wrapping_up.add if seat.presence == "wrap_up" else self.wrapping_up.discard)(seat_id)
            self._recount(seat)
            for tell in self.on_seat:
                tell(seat, at)

    def _recount(self, seat: Seat) -> None:
        """Take back what the seat added to its queues' figures and add what it is worth now: O(its queues)."""
        talking, ready = int(seat.activity in _BUSY), int(seat.presence == "ready" and seat.activity == "idle")
        counted = [(queue_id, talking, ready) for queue_id in seat.members]
        if counted == seat.counted:
            return
        for was_counted, sign in ((seat.counted, -1), (counted, 1)):
            for queue_id, talks, is_ready in was_counted:
                queue = self.queues.queues.get(queue_id)
                if queue is not None:
                    queue.signed_in += sign
                    queue.talking += sign * talks
                    queue.ready += sign * is_ready
                    self._dirty_queues.add(queue_id)
        seat.counted = counted

    def _leg_created(self, f: LegCreated) -> None:
        seat = self._seat_of(f.channel)
        if seat is not None and f.leg not in seat.legs:
            seat.legs[f.leg] = SeatLeg(
                "up" if f.inbound else "reserved", f.call, dialled=f.inbound or is_dialled_for(f.leg),
                monitors=is_supervisors(f.leg),
            )  # fmt: skip
            if f.inbound:
                self._show_call(seat, f.call, None)
            self._settle(seat, f.at)

    def _out_begun(self, f: OutboundBegun) -> None:
        seat = self._seat_of(f.channel)
        if seat is not None:
            seat.legs.setdefault(f.leg, SeatLeg("up", f.call)).dialled = True
            self._show_call(seat, f.call, None)
            self._settle(seat, f.at)

    def _leg_rang(self, f: LegRang) -> None:
        self._move_leg(f.channel, f.leg, f.call, "ringing", f.at)

    def _leg_answered(self, f: LegAnswered) -> None:
        seat = self._move_leg(f.channel, f.leg, f.call, "up", f.at)
        if seat is not None:
            self._reach(seat, endpoint_of(f.channel), reachable=True)  # whoever talks by it has a telephone

    def _leg_held(self, f: LegHeld) -> None:
        self._move_leg(f.channel, f.leg, f.call, "held", f.at)

    def _leg_resumed(self, f: LegResumed) -> None:
        self._move_leg(f.channel, f.leg, f.call, "up", f.at)

    def _move_leg(self, channel: str, leg: LegId, call: CallId, state: Any, at: float) -> Seat | None:
        """The seat whose leg it is, None for a citizen's."""
        seat = self._seat_of(channel)
        if seat is None:
            return None
        known = seat.legs.get(leg)
        if known is None:
            seat.legs[leg] = SeatLeg(state, call, monitors=is_supervisors(leg))
        else:
            known.state = state
        self._settle(seat, at)
        return seat

    def _leg_ended(self, f: LegEnded) -> None:
        seat = self._seat_of(f.channel)
        if seat is not None:
            record = self.rooms.ended(f.leg)
            if record is not None:
                self._wrap_ups.begin(seat, record, f.at)
            self._watched(self.watches.end(f.leg))
            if seat.legs.pop(f.leg, None) is not None:
                self._settle(seat, f.at)
            return
        self._dirty_queues |= self.queues.drop(f.leg)
        # app_queue does not always tell (AgentComplete) of a citizen who hangs up in a room (seen on 22.10).
        for alone, record in self.rooms.of_call(f.call) if str(f.leg) == str(f.call) else ():
            queue = self.queues.get(record.queue)
            alone.wrap_up_s = queue.config.wrap_up_s if queue else 0
            self.rooms.goes_on(alone, f.call)

    def _joined_room(self, f: LegJoinedRoom) -> None:
        seat = self._seat_of(f.channel)
        if seat is not None and f.leg in seat.legs:
            self.rooms.join(seat, f.leg, self.calls.record(seat.legs[f.leg].call))
        self._left_room(f)

    def _left_room(self, f: LegJoinedRoom | LegLeftRoom) -> None:
        for seat in self.rooms.moved(f.room, f.leg):
            self._settle(seat, f.at)

    def _show_call(self, seat: Seat, call: CallId, queue: QueueId | None) -> None:
        record = self.calls.record(call)
        seat.call, seat.queue = call, queue
        if record is not None:
            seat.entry_number, seat.caller = record.entry_number, mask_number(record.caller_number)
        self._dirty_seats.add(SeatId(seat.config.id))

    # -- queues ------------------------------------------------------------------------------------------------------

    def _queued(self, f: CallQueued) -> None:
        queue = self.queues.get(f.queue)
        record = self.calls.record(f.call)
        if queue is None or (record is not None and record.answered_at is not None and record.answered_at > f.at):
            return
        if record is None:
            return
        since = f.at if record.answered_at is not None else record.queued_at or f.at
        who = (mask_number(record.caller_number), record.entry_number, record.language)
        if queue.join(Waiting(f.leg, f.call, since, *who, f.channel), f.position):
            self._dirty_queues.add(f.queue)

    def _left_queue(self, f: CallLeftQueue | CallAbandoned | QueueLeft) -> None:
        queue = self.queues.get(f.queue)
        if queue is not None and queue.leave(f.leg):
            self._dirty_queues.add(f.queue)

    def _seat_called(self, f: SeatCalled) -> None:
        seat = self.seats.by_interface.get(f.interface)
        if seat is not None:
            if f.seat_leg and f.seat_leg not in seat.legs:
                seat.legs[f.seat_leg] = SeatLeg("reserved", f.call)
            seat.finishing = None  # app_queue rings nobody who is paused
            self._show_call(seat, f.call, f.queue)
            self._settle(seat, f.at)

    def _seat_did_not_answer(self, f: SeatDidNotAnswer) -> None:
        seat = self.seats.by_interface.get(f.interface)
        if seat is not None:
            seat.misses += 1

    def _seat_answered(self, f: SeatAnswered) -> None:
        self._left_queue(CallLeftQueue(f.at, f.leg, f.call, f.queue))
        seat = self.seats.by_interface.get(f.interface)
        if seat is None or self.calls.record(f.call) is None:
            return
        seat.misses = 0
        known = seat.legs.setdefault(f.seat_leg, SeatLeg("up", f.call))
        known.state, known.call, known.monitors = "up", f.call, False
        self._watched(self.watches.end(f.seat_leg))  # who takes over is not told to have ceased to monitor
        self._show_call(seat, f.call, f.queue)
        seat.last_queue = f.queue
        self._settle(seat, f.at)

    def _seat_completed(self, f: SeatCompleted) -> None:
        seat = self.seats.by_interface.get(f.interface)
        record = self.calls.record(f.call)
        if seat is None:
            return
        queue = self.queues.get(f.queue)
        seat.last_queue = f.queue
        seat.wrap_up_s = queue.config.wrap_up_s if queue else 0
        if not self.rooms.goes_on(seat, f.call) and record is not None:
            self._wrap_ups.begin(seat, record, f.at)

    # -- members -----------------------------------------------------------------------------------------------------

    def _member_seen(self, f: MemberSeen) -> None:
        seat = self.seats.by_interface.get(f.interface)
        if seat is None:
            return
        if seat.use(f.interface):
            self._dirty_seats.add(SeatId(seat.config.id))
        self._reach(seat, f.interface, reachable=f.device not in UNREACHABLE)
        known = seat.members.get(f.queue)
        if known is None:
            seat.members[f.queue] = Member(AgentId(f.member), f.paused, f.reason, f.last_pause)
        elif known.paused == f.paused and known.reason == f.reason and known.agent == f.member:
            return  # older recordings have an image a queue at every change of the telephone
        else:
            known.agent, known.paused, known.reason, known.last_pause = (
                AgentId(f.member),
                f.paused,
                f.reason,
                f.last_pause,
            )
        if all(member.paused for member in seat.members.values()):
            seat.finishing = None  # told: from now on the members say it
        self._settle(seat, f.at)
        self._recount(seat)

    def _member_removed(self, f: MemberRemoved) -> None:
        seat = self.seats.by_interface.get(f.interface)
        if seat is None or f.interface != seat.interface:
            return  # the telephone that was given up for the other
        if seat.members.pop(f.queue, None) is not None:
            if not seat.members and seat.use(seat.desk_phone):
                self._dirty_seats.add(SeatId(seat.config.id))
            self._settle(seat, f.at)
            self._recount(seat)

    def _endpoint(self, f: EndpointChanged) -> None:
        interface = f"PJSIP/{f.endpoint}"
        seat = self.seats.by_interface.get(interface)
        if seat is not None and seat.concerns(interface, f.contact, reachable=f.reachable):
            self._reach(seat, interface, reachable=f.reachable)

    def _reach(self, seat: Seat, interface: str, *, reachable: bool) -> None:
        if seat.reach(interface, reachable=reachable):
            self._dirty_seats.add(SeatId(seat.config.id))

    # -- supervision -------------------------------------------------------------------------------------------------

    def _monitor_began(self, f: MonitorBegan) -> None:
        phone, seat = self._seat_of(f.channel), self._seat_of(f.watched_channel)
        if phone is not None and seat is not None:
            watch = Watch(f.leg, SeatId(phone.config.id), SeatId(seat.config.id), f.watching)
            self._watched(self.watches.begin(watch))

    def _monitor_ended(self, f: MonitorEnded) -> None:
        self._watched(self.watches.end(f.leg))

    def _watched(self, seats: Iterable[SeatId]) -> None:
        """Let these seats show who monitors them, and whom they monitor."""
        for seat_id in seats:
            seat = self.seats.by_id.get(seat_id)
            if seat is not None:
                seat.monitored_by = self.watches.of_seat(seat_id)
                seat.monitoring = self.watches.at_phone(seat_id)
                self._dirty_seats.add(seat_id)

    # -- link and snapshot -------------------------------------------------------------------------------------------

    def _link_lost(self, f: LinkLost) -> None:
        self.link, self._link_moved = "down", True

    def _snapshot(self, f: Snapshot) -> list[CallChange]:
        """Settle everything with what Asterisk has now. Seats that are not in it are signed out."""
        changes = self.calls.apply(f)
        self._dirty_queues |= self._day.count(changes)
        picture = Picture.of(f)
        for seat in self.seats.by_id.values():
            picture.settle(seat)
            for known in seat.legs.values():
                record = self.calls.record(known.call)
                self._show_call(seat, known.call, record.queue if record else None)
            for leg, known in seat.legs.items():
                self.rooms.join(seat, leg, self.calls.record(known.call))
                known.room = self.calls.rooms.activity(leg, known.call)
            seat.finishing = None
            seat.settle(f.at)
            self._day.show(seat)
            if seat.presence == "wrap_up" and seat.wrap_up_until is None:
                seat.wrap_up_until = self._wrap_ups.until(seat)
        self.wrapping_up = {seat_id for seat_id, seat in self.seats.by_id.items() if seat.presence == "wrap_up"}
        legs = {leg: seat_id for seat_id, seat in self.seats.by_id.items() for leg in seat.legs}
        self.rooms.keep_only(legs)
        self.watches.settle(f.legs, legs)
        self._watched(self.seats.by_id)
        self._snapshot_queues(f)
        self.epoch, self.link, self._link_moved = f.epoch, "up", True
        self._dirty_seats.update(self.seats.by_id)
        return changes

    def _snapshot_queues(self, f: Snapshot) -> None:
        waiting = waiting_in(f, self.calls)
        for key, queue in self.queues.queues.items():
            known = queue.waiting
            queue.waiting = {w.leg: known.get(w.leg, w) for w in waiting.get(key, ())}
            self._dirty_queues.add(key)
        for seat in self.seats.by_id.values():
            self._recount(seat)

    def show_queue(
        self, queue_id: QueueId, closed: Closure | None, broadcast: Broadcast | None, lines: int | None
    ) -> None:
        """What holds before a queue, as Asterisk has it, and how many lines are to be manned."""
        queue = self.queues.get(queue_id)
        if queue is not None and (queue.closed, queue.broadcast, queue.lines) != (closed, broadcast, lines):
            queue.closed, queue.broadcast, queue.lines = closed, broadcast, lines
            self._dirty_queues.add(queue_id)

    def expect(self, queue_id: QueueId, waits: Mapping[LegId, float], new: float | None, *, tell: bool) -> None:
        """How long the callers of a queue still have to wait, and a new one; with ``tell`` in the next diff."""
        queue = self.queues.get(queue_id)
        if queue is not None:
            queue.expected, queue.expected_new = dict(waits), new
            if tell:
                self._dirty_queues.add(queue_id)

    def adopt(self, halls: Iterable[HallConfig], queues: Iterable[QueueConfig], tracks: Mapping[str, Track]) -> None:
        """Take a changed configuration without losing live state."""
        self._dirty_seats |= self.seats.adopt(halls)
        self._dirty_queues |= self.queues.adopt(queues)
        for queue in self.queues.queues.values():
            queue.signed_in = queue.talking = queue.ready = 0
        for seat in self.seats.by_id.values():
            seat.counted = []
            self._recount(seat)
        self.wrapping_up = {seat_id for seat_id, seat in self.seats.by_id.items() if seat.presence == "wrap_up"}
        self.calls.seats = self.seats.interfaces()
        self.calls.tracks = tracks
