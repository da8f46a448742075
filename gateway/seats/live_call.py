"""One call while it lasts: its record, what is known beside it, its stretches, and how it went when it is over.

The call table (``gateway.seats.calls``) decides which fact is about which call; here is what that does to the one call.
Seconds of a call are counted in one place, ``close``, from its stretches, so that no figure can disagree with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.model.facts import QueueLeft, SeatAnswered
from gateway.model.ids import AgentId, LegId, QueueId, SeatId
from gateway.model.records import CallOutcome, CallRecord, Stretch, StretchKind
from gateway.seats import outbound, rooms

_QUEUE_STATUS: Mapping[str, CallOutcome] = {
    "TIMEOUT": "timed_out",
    "FULL": "queue_full",
    "JOINEMPTY": "no_seat",
    "LEAVEEMPTY": "no_seat",
    "JOINUNAVAIL": "no_seat",
    "LEAVEUNAVAIL": "no_seat",
    "CLOSED": "no_seat",
}

_LEFT_JUST_NOW = 0.5
"""Seconds: whose leg ends so soon after it left a room has hung up; who is sent away hears a word of farewell first."""

_RANG_JUST_NOW = 0.5
"""Seconds: a seat's leg and its caller end in either order; within this the caller still "abandoned while ringing"."""


@dataclass(slots=True)
class LiveCall:
    """What we track beside the record while the call lasts. ``leg`` is the citizen's, of a call out the seat's."""

    record: CallRecord
    leg: LegId
    ring_ended_at: float = 0.0
    any_rang: bool = False
    flow_done: bool = False
    held_by: set[LegId] = field(default_factory=set)
    seat_leg: LegId | None = None
    room_at: float | None = None
    """When the citizen's leg last came into a conference room or left one."""
    far: LegId | None = None
    """Of a call out: the citizen's leg, since when, its Q.850 cause when it has ended, and the dialplan's last word."""
    far_at: float = 0.0
    far_cause: int | None = None
    dial_status: str = ""

    # -- stretches ---------------------------------------------------------------------------------------------------

    def begin(
        self, kind: StretchKind, at: float, queue: QueueId | None = None, seat: SeatId | None = None,
        agent: AgentId | None = None, leg: LegId | None = None,
    ) -> None:  # fmt: skip
        self.record.stretches.append(Stretch(kind, at, None, queue, seat, agent, leg))

    def end(self, kind: StretchKind, at: float) -> None:
        for stretch in self.record.stretches:
            if stretch.kind == kind and stretch.end is None:
                stretch.end = max(at, stretch.start)

    def end_all(self, at: float) -> None:
        """End whatever goes on but a wrap-up, which outlives the call."""
        for stretch in self.record.stretches:
            if stretch.end is None and stretch.kind != "wrap_up":
                stretch.end = max(at, stretch.start)
                if stretch.kind == "ringing":
                    self.ring_ended_at = at

    def stretch_of(self, kind: StretchKind, leg: LegId) -> Stretch | None:
        """The first stretch of a kind that a seat's leg has had."""
        for stretch in self.record.stretches:
            if stretch.kind == kind and stretch.leg == leg:
                return stretch
        return None

    def rings(self, at: float) -> bool:
        """A seat rings for the citizen, or did so a moment ago."""
        return self.record.open_stretch("ringing") is not None or at - self.ring_ended_at < _RANG_JUST_NOW

    # -- on hold -----------------------------------------------------------------------------------------------------

    def hold(self, leg: LegId, at: float) -> None:
        """``leg`` has put the other on hold; again does nothing."""
        if leg in self.held_by:
            return
        self.held_by.add(leg)
        talking = self.record.open_stretch("talking")
        if talking:
            talking.end = at
            self.begin("held", at, talking.queue, talking.seat, talking.agent, talking.leg)

    def resume(self, leg: LegId, at: float) -> None:
        """``leg`` holds nobody any more; the conversation goes on when nobody else does."""
        self.held_by.discard(leg)
        held = self.record.open_stretch("held") if not self.held_by else None
        if held:
            held.end = at
            self.begin("talking", at, held.queue, held.seat, held.agent, held.leg)

    # -- with an agent, or without one -------------------------------------------------------------------------------

    def take_up(self, f: SeatAnswered, seat: SeatId | None) -> None:
        """The agent at ``seat`` (None: a member that is no seat of ours) has the citizen now."""
        record = self.record
        rang = self.stretch_of("ringing", f.seat_leg)
        self.end_all(f.at)
        record.queue, record.seat, record.agent = f.queue, seat, AgentId(f.member)
        record.queued_at = record.queued_at or f.at - f.hold_s
        record.ring_s = round(f.at - rang.start, 3) if rang else f.ring_s
        record.outcome, record.ended_by, record.answered_at = None, "", record.answered_at or f.at
        record.wait_s = round(record.answered_at - record.queued_at, 3)
        self.seat_leg = f.seat_leg
        self.begin("talking", f.at, queue=f.queue, seat=record.seat, agent=record.agent, leg=f.seat_leg)

    def leave_unserved(self, f: QueueLeft) -> None:
        """The citizen's wait has ended without an agent."""
        record, outcome = self.record, _QUEUE_STATUS.get(f.status, "system")
        record.outcome = "no_answer" if outcome == "timed_out" and self.any_rang else outcome
        record.language = f.language or record.language
        record.ended_by = ""  # app_queue reports its own time-out as an abandoned caller as well (seen)
        record.queue = record.queue or f.queue
        # A queue that was full or closed never let the caller in: he asked for a person all the same.
        record.queued_at = record.queued_at or f.at
        self.end_all(f.at)

    # -- how it went -------------------------------------------------------------------------------------------------

    def close(self, at: float, *, failed: bool, unseen: bool) -> CallRecord:
        """The call is over: its record gets outcome, who ended it, and its seconds. ``failed``: we or the network did;
        ``unseen``: it ended while nobody watched."""
        record = self.record
        rooms.forget_parting(record, at)
        self.end_all(at)
        record.ended_at = at
        if record.answered_at is None:
            record.recording_id = ""  # MixMonitor began, but there was never a conversation
        if record.outcome is None:
            record.outcome = self._outcome(failed, unseen)
        if unseen:
            record.ended_by = "unseen"
        elif self.room_at is not None and not record.ended_by:
            record.ended_by = "caller" if at - self.room_at < _LEFT_JUST_NOW else "transfer"
        elif not record.ended_by:
            # app_queue said nothing of who left: only a caller can leave a flow, a wait or a ring by himself.
            record.ended_by = "caller" if record.outcome.startswith("abandoned") else "system"
        _count_seconds(record)
        return record

    def _outcome(self, failed: bool, unseen: bool) -> CallOutcome:
        record = self.record
        if record.answered_at is not None:
            return "answered"
        if unseen:
            return "ended_unseen"
        if record.direction == "out":
            return outbound.outcome(record, self.far_cause, self.dial_status)
        if failed:
            return "system"
        if record.queued_at is not None:
            rang = (record.ended_at or 0.0) - self.ring_ended_at < _RANG_JUST_NOW
            return "abandoned_ringing" if rang else "abandoned_queue"
        return "self_service" if self.flow_done else "abandoned_flow"


def _count_seconds(record: CallRecord) -> None:
    """Durations from the stretches: the one place where seconds of a call are counted."""
    total = {"talking": 0.0, "held": 0.0}
    for stretch in record.stretches:
        if stretch.kind in total and stretch.end is not None:
            total[stretch.kind] += stretch.end - stretch.start
    if record.queued_at is not None:
        record.wait_s = round((record.answered_at or record.ended_at or record.queued_at) - record.queued_at, 3)
    if record.answered_at is not None:
        record.talk_s, record.hold_s = round(total["talking"], 3), round(total["held"], 3)
