"""The call table: facts folded into one record a call, keyed by Linkedid.

A record opens when our dialplan says that a citizen entered (or when the stream is joined later, at the first queue
fact or snapshot that shows the call) and closes when the citizen's own leg ends. ``apply`` returns what changed, in
order, for the recorder to make durable. Every fact may come twice or late: a stretch is only opened when none of its
kind is open, and a closed call takes nothing but its wrap-up.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gateway.model.facts import (
    CallAbandoned,
    CallEntered,
    CallLeftQueue,
    CallQueued,
    Fact,
    FlowEnded,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegHeld,
    LegImage,
    LegJoinedRoom,
    LegLeftRoom,
    LegResumed,
    OutboundBegun,
    OutboundEnded,
    QueueLeft,
    RecordingStarted,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
    Snapshot,
)
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId, TicketNo
from gateway.model.records import CallChange, CallRecord, Stretch, Track
from gateway.seats import outbound, rooms
from gateway.seats.live_call import LiveCall

_CONGESTED = frozenset({34, 38, 41, 42, 44, 47, 58, 127})
"""Q.850 causes that mean that we or the network failed, not that a person hung up."""

_REMEMBER_CLOSED = 4096
"""How many closed calls are remembered against late facts: minutes at the highest rate planned for."""


def endpoint_of(channel: str) -> str:
    """``PJSIP/8001-0000002a`` -> ``PJSIP/8001``: what app_queue calls the interface."""
    return channel.rpartition("-")[0] or channel


class CallTable:
    """All calls that are alive, and those that ended but are still in wrap-up.

    ``tracks`` maps entry numbers to their merging mode; ``seats`` maps interfaces to seats; ``citizen_endpoints`` are
    the trunks that citizens come in by. One writer owns it; nothing here blocks or reads a clock.
    """

    def __init__(
        self, seats: Mapping[str, SeatId], tracks: Mapping[str, Track], citizen_endpoints: Iterable[str]
    ) -> None:
        self.seats = seats
        self.tracks = tracks
        self.citizen_endpoints = frozenset(citizen_endpoints)
        self.live: dict[CallId, LiveCall] = {}
        self.wrapping: dict[SeatId, tuple[CallRecord, Stretch]] = {}
        self.legs: dict[LegId, CallId] = {}
        self.rooms = rooms.Rooms()
        self.closed: OrderedDict[CallId, None] = OrderedDict()
        self.agent_at: Callable[[SeatId], AgentId] = lambda _: AgentId("")
        """Who sits at a seat, for calls that an agent dials by hand."""
        self._by_type: dict[type[Any], Callable[[Any], list[CallChange]]] = {
            LegCreated: self._leg_created,
            LegAnswered: self._leg_answered,
            OutboundBegun: self._out_begun,
            OutboundEnded: self._out_ended,
            LegEnded: self._leg_ended,
            LegHeld: self._leg_held,
            LegResumed: self._leg_resumed,
            LegJoinedRoom: self._joined_room,
            LegLeftRoom: self._left_room,
            CallEntered: self._entered,
            FlowEnded: self._flow_ended,
            CallQueued: self._queued,
            CallLeftQueue: self._left_queue,
            CallAbandoned: self._abandoned,
            QueueLeft: self._queue_left,
            SeatCalled: self._seat_called,
            SeatDidNotAnswer: self._seat_did_not_answer,
            SeatAnswered: self._seat_answered,
            SeatCompleted: self._seat_completed,
            RecordingStarted: self._recording,
            Snapshot: self._snapshot,
        }

    def apply(self, fact: Fact) -> list[CallChange]:
        """Fold one fact in; returns the changes it made, oldest first (often none)."""
        handle = self._by_type.get(type(fact))
        return handle(fact) if handle is not None else []

    def _is_over(self, call: CallId) -> bool:
        """True for a call that was closed a moment ago: a late fact must not open it a second time."""
        return call in self.closed

    def restore(self, records: Iterable[CallRecord]) -> None:
        """Take up calls that a ledger knows to be open, before the first snapshot settles them."""
        for record in records:
            live = LiveCall(record, LegId(record.call_id), any_rang=any(s.kind == "ringing" for s in record.stretches))
            self.live[record.call_id] = live
            self.legs[live.leg] = record.call_id

    def record(self, call: CallId) -> CallRecord | None:
        """The live record of a call, or None when it is not alive."""
        live = self.live.get(call)
        return live.record if live else None

    # -- arrival and end -------------------------------------------------------------------------------------------

    def _leg_created(self, f: LegCreated) -> list[CallChange]:
        live, endpoint = self.live.get(f.call), endpoint_of(f.channel)
        if f.inbound and _first(f.leg, f.call) and endpoint in self.seats and live is None:
            seat = self.seats[endpoint]
            agent = self.agent_at(seat) or None
            record = CallRecord(f.call, f.at, direction="out", caller_number=f.exten, seat=seat, agent=agent)
            self._open(record, f.leg)
            return [CallChange("arrived", f.at, record)]
        if live is not None and live.record.direction == "out" and f.leg != live.leg and live.far is None:
            live.far, live.far_at = f.leg, f.at
        return []

    def _out_begun(self, f: OutboundBegun) -> list[CallChange]:
        endpoint = endpoint_of(f.channel)
        if f.call in self.live or self._is_over(f.call) or endpoint not in self.seats:
            return []
        record = self._new(f.call, f.at, f.entry_number, f.number, "")
        record.direction, record.seat, record.agent = "out", self.seats[endpoint], AgentId(f.agent) or None
        record.ticket_no = TicketNo(f.ticket_no) if f.ticket_no else ""
        self._open(record, f.leg)
        return [CallChange("arrived", f.at, record)]

    def _leg_answered(self, f: LegAnswered) -> list[CallChange]:
        live = self.live.get(f.call)
        return [] if live is None or f.leg != live.far else self._far_answered(live, f.at)

    def _far_answered(self, live: LiveCall, at: float) -> list[CallChange]:
        answered = outbound.answered(live.record, at, live.far_at, live.leg)
        return [CallChange("answered", at, live.record)] if answered else []

    def _out_ended(self, f: OutboundEnded) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is not None and live.record.direction == "out":
            live.dial_status = f.status
            source = endpoint_of(f.source) if f.source else ""
            live.record.ended_by = outbound.ended_by(source, self.seats.get(source), live.record)
        return []

    def _entered(self, f: CallEntered) -> list[CallChange]:
        if f.call in self.live or self._is_over(f.call):
            return []
        record = self._new(f.call, f.at, f.entry_number, f.caller_number, f.caller_name)
        record.account, record.flow = f.account, f.flow
        live = self._open(record, f.leg)
        live.begin("flow", f.at)
        return [CallChange("arrived", f.at, record)]

    def _new(self, call: CallId, at: float, entry: str, caller_number: str, caller_name: str) -> CallRecord:
        return CallRecord(
            call,
            at,
            entry_number=entry,
            track=self.tracks.get(entry, "own"),
            caller_number=caller_number,
            caller_name=caller_name,
        )

    def _open(self, record: CallRecord, leg: LegId) -> LiveCall:
        live = LiveCall(record, leg)
        self.live[record.call_id] = live
        self.legs[leg] = record.call_id
        return live

    def _joined_late(self, f: CallQueued | SeatAnswered, started_at: float) -> tuple[LiveCall | None, list[CallChange]]:
        """The live call of a queue fact, opened from what the fact itself says when we did not see it arrive."""
        live = self.live.get(f.call)
        if live is not None or self._is_over(f.call):
            return live, []
        record = self._new(f.call, started_at, f.entry_number, f.caller_number, f.caller_name)
        return self._open(record, f.leg), [CallChange("arrived", f.at, record)]

    def _leg_ended(self, f: LegEnded) -> list[CallChange]:
        self.rooms.drop(f.leg)
        call = self.legs.pop(f.leg, None)
        live = self.live.get(call or f.call)
        if live is None:
            return []
        if f.leg != live.leg:
            if f.leg == live.far:
                live.far_cause = f.cause
            live.resume(f.leg, f.at)
            return []
        return self._close(live, f.at, f.cause in _CONGESTED)

    def _close(self, live: LiveCall, at: float, failed: bool = False, unseen: bool = False) -> list[CallChange]:
        record = live.close(at, failed=failed, unseen=unseen)
        del self.live[record.call_id]
        self.legs.pop(live.leg, None)
        if live.seat_leg is not None:
            self.legs.pop(live.seat_leg, None)
        self.closed[record.call_id] = None
        if len(self.closed) > _REMEMBER_CLOSED:
            self.closed.popitem(last=False)
        return [CallChange("ended", at, record)]

    # -- flow and queue --------------------------------------------------------------------------------------------

    def _flow_ended(self, f: FlowEnded) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is None:
            return []
        live.record.flow, live.record.language = f.flow, f.language
        live.flow_done = f.result == "done"
        live.end("flow", f.at)
        return []

    def _queued(self, f: CallQueued) -> list[CallChange]:
        live, changes = self._joined_late(f, f.at)
        if live is None or (live.record.answered_at or 0.0) > f.at:
            return changes
        if live.record.queue == f.queue and live.record.open_stretch("waiting"):
            return changes
        live.end_all(f.at)
        live.record.queue, live.record.language = f.queue, f.language or live.record.language
        # The clock of the 15 s rule starts at the first queue and never starts again (GB/T 33358).
        live.record.queued_at = live.record.queued_at or f.at
        live.record.outcome, live.record.ended_by = None, ""
        live.begin("waiting", f.at, queue=f.queue)
        return [*changes, CallChange("queued", f.at, live.record)]

    def _left_queue(self, f: CallLeftQueue) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is not None:
            live.end("waiting", f.at)
        return []

    def _abandoned(self, f: CallAbandoned) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is None:
            return []
        if live.record.answered_at is None:  # who came back to the queue had been answered, and is not lost
            live.record.outcome = "abandoned_ringing" if live.rings(f.at) else "abandoned_queue"
        live.record.ended_by = "caller"
        return []

    def _queue_left(self, f: QueueLeft) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is None or live.record.answered_at is not None:
            return []
        live.leave_unserved(f)
        return []

    # -- seats -----------------------------------------------------------------------------------------------------

    def _seat_called(self, f: SeatCalled) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is None:
            return []
        live.any_rang = True
        if live.record.answered_at is None and not live.record.open_stretch("waiting"):
            # Taken out of the queue for one who picks up by hand, which app_queue tells as an abandoned caller (seen).
            live.record.outcome, live.record.ended_by = None, ""
        seat = self.seats.get(f.interface)
        if live.stretch_of("ringing", f.seat_leg) is None:
            live.begin("ringing", f.at, queue=f.queue, seat=seat, agent=AgentId(f.member), leg=f.seat_leg)
        return []

    def _seat_did_not_answer(self, f: SeatDidNotAnswer) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is not None:
            seat = self.seats.get(f.interface)
            for stretch in live.record.stretches:
                if stretch.kind == "ringing" and stretch.end is None and stretch.seat == seat:
                    stretch.end = f.at
        return []

    def _seat_answered(self, f: SeatAnswered) -> list[CallChange]:
        live, changes = self._joined_late(f, f.at - f.hold_s)
        if live is None:
            return changes
        if live.stretch_of("talking", f.seat_leg) is not None:
            return changes
        live.take_up(f, self.seats.get(f.interface))
        self.legs[f.seat_leg] = live.record.call_id
        return [*changes, CallChange("answered", f.at, live.record)]

    def _seat_completed(self, f: SeatCompleted) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is None:
            return []
        seat = self.seats.get(f.interface)
        for stretch in live.record.stretches:
            if stretch.end is None and stretch.kind != "wrap_up" and stretch.seat == seat:
                stretch.end = max(f.at, stretch.start)
        if live.record.seat == seat and not self._is_elsewhere(live) and f.reason in ("caller", "agent", "transfer"):
            live.record.ended_by = f.reason  # type: ignore[assignment]
        return []

    def _is_elsewhere(self, live: LiveCall) -> bool:
        """The citizen goes on without that agent: in a conference room, or waiting again."""
        return bool(self.rooms.of(live.leg)) or live.record.open_stretch("waiting") is not None

    def _joined_room(self, f: LegJoinedRoom) -> list[CallChange]:
        self.rooms.join(f.room, f.leg, f.call)
        return self._in_rooms(f)

    def _left_room(self, f: LegLeftRoom) -> list[CallChange]:
        self.rooms.leave(f.room, f.leg)
        return self._in_rooms(f)

    def _in_rooms(self, f: LegJoinedRoom | LegLeftRoom) -> list[CallChange]:
        """Citizen and agent are in one room, or the agent is in one without the citizen."""
        live = self.live.get(self.legs.get(f.leg, f.call))
        if live is None:
            return []
        if f.leg == live.leg:
            live.record.ended_by = ""
            live.room_at = f.at
        where = self.rooms.of(live.seat_leg) if live.seat_leg is not None else ""
        if where and where == self.rooms.of(live.leg):
            rooms.together(live.record, f.at)
        elif where:
            rooms.parted(live.record, f.at)
        return []

    def _leg_held(self, f: LegHeld) -> list[CallChange]:
        live = self.live.get(self.legs.get(f.leg, f.call))
        if live is not None:
            live.hold(f.leg, f.at)
        return []

    def _leg_resumed(self, f: LegResumed) -> list[CallChange]:
        live = self.live.get(self.legs.get(f.leg, f.call))
        if live is not None:
            live.resume(f.leg, f.at)
        return []

    def _recording(self, f: RecordingStarted) -> list[CallChange]:
        live = self.live.get(f.call)
        if live is not None:
            live.record.recording_id = f.recording
        return []

    # -- wrap-up, told by the seat map -------------------------------------------------------------------------------

    def wrap_up_began(self, seat: SeatId, record: CallRecord, at: float) -> None:
        """The seat's agent is finishing this call's paperwork from ``at`` on."""
        # A call that was taken over is another's by now: the wrap-up is of who spoke at this seat.
        agent = next((s.agent for s in reversed(record.stretches) if s.seat == seat and s.agent), record.agent)
        stretch = Stretch("wrap_up", at, queue=record.queue, seat=seat, agent=agent)
        record.stretches.append(stretch)
        self.wrapping[seat] = (record, stretch)

    def wrap_up_ended(self, seat: SeatId, at: float) -> list[CallChange]:
        """The wrap-up is over: the ended call gets its ``wrap_s``."""
        record, stretch = self.wrapping.pop(seat, (None, None))
        if record is None or stretch is None:
            return []
        stretch.end = max(at, stretch.start)
        record.wrap_s = round((record.wrap_s or 0.0) + stretch.end - stretch.start, 3)
        return [CallChange("updated", at, record)]

    # -- snapshot --------------------------------------------------------------------------------------------------

    def _snapshot(self, f: Snapshot) -> list[CallChange]:
        present = {image.leg: image for image in f.legs}
        self.rooms = rooms.Rooms()
        for image in f.legs:
            if image.room:
                self.rooms.join(image.room, image.leg, image.call)
        changes: list[CallChange] = []
        for live in list(self.live.values()):
            if live.leg not in present and live.record.started_at <= f.at:
                changes += self._close(live, f.at, unseen=True)
        for image in f.legs:
            if _first(image.leg, image.call) and endpoint_of(image.channel) in self.citizen_endpoints:
                changes += self._seen_citizen(image, f.at)
        for waiting in f.waiting:
            call = self.legs.get(waiting.leg)
            if call is not None:
                seen = present.get(waiting.leg)
                changes += self._queued(
                    CallQueued(
                        f.at - waiting.wait_s, waiting.leg, call, seen.channel if seen else "", waiting.queue,
                        waiting.position, "", "", "",
                    )
                )  # fmt: skip
        for image in f.legs:
            changes += self._seen_seat(image, f)
            changes += self._seen_far(image, f.at)
        return changes

    def _seen_far(self, image: LegImage, at: float) -> list[CallChange]:
        """The citizen's leg of a call out: dialled or answered while we were away."""
        live = self.live.get(image.call)
        if live is None or live.record.direction != "out" or image.leg == live.leg:
            return []
        if live.far is None:
            live.far, live.far_at = image.leg, at - image.age_s
        return self._far_answered(live, at) if image.state == "Up" and image.leg == live.far else []

    def _seen_citizen(self, image: LegImage, at: float) -> list[CallChange]:
        if image.call in self.live or self._is_over(image.call) or not image.entry_number:
            return []
        started = at - image.age_s
        record = self._new(image.call, started, image.entry_number, image.caller_number, image.caller_name)
        self._open(record, image.leg)
        return [CallChange("arrived", started, record)]

    def _seen_seat(self, image: LegImage, f: Snapshot) -> list[CallChange]:
        """A seat's leg that is up and bridged: somebody answered while we were away (or we knew it already)."""
        interface = endpoint_of(image.channel)
        live = self.live.get(image.call)
        if interface not in self.seats or live is None or _first(image.leg, image.call):
            return []
        if image.state != "Up" or not image.bridge or live.record.open_stretch("talking"):
            return []
        if live.record.open_stretch("held"):
            return []
        member = next((m for m in f.members if m.interface == interface), None)
        queue = live.record.queue or (member.queue if member else QueueId(""))
        answered_at = max(f.at - image.age_s, live.record.queued_at or live.record.started_at)
        queued_at = live.record.queued_at or live.record.started_at
        return self._seat_answered(
            SeatAnswered(
                answered_at, live.leg, image.call, "", queue, interface, member.member if member else "", image.leg,
                answered_at - queued_at, 0.0, live.record.caller_number, live.record.caller_name,
                live.record.entry_number,
            )
        )  # fmt: skip


def _first(leg: LegId, call: CallId) -> bool:
    """True for the leg that began the call: its Uniqueid is the call's Linkedid."""
    return str(leg) == str(call)
