"""Asterisk's queue_log: lines to facts, for calls that ended while nobody watched. Pure: no file, no clock.

A line is ``time|uniqueid|queue|agent|event|data...`` (seen on Asterisk 22.10; the time is ``%ld`` of time(NULL), whole
seconds, and no option makes it finer: what is learnt here is right to one second). app_queue writes ENTERQUEUE,
CONNECT, COMPLETE*, ABANDON, RINGNOANSWER, RINGCANCELED, EXIT*; our dialplan adds INFO lines: GWARRIVED with the entry
number (an older dialplan also GWENTRY, on the way into a queue), GWLEFT with QUEUESTATUS, GWGONE when the citizen's own
leg ends, so that callers who hang up in the greeting are known too. The agent column holds the agent's number
(log_membername_as_agent).

The facts are those that the same call would have made over AMI, so ``gateway.seats.calls`` gives the same outcomes in
the same words. COMPLETE* is written by another thread than GWGONE and may come after it: a call's lines are gathered
before they are told. Not in the log, so not known afterwards: hold, the flow's name, the language, the caller's name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model.facts import (
    CallAbandoned,
    CallEntered,
    CallQueued,
    Fact,
    FlowEnded,
    LegEnded,
    QueueLeft,
    RecordingStarted,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.records import CallRecord
from gateway.model.value import value

PRECISION_S = 1.0
"""A line's time T means that it was written in [T, T + 1)."""

_COMPLETED = {"COMPLETEAGENT": "agent", "COMPLETECALLER": "caller"}
_TRANSFERRED = ("BLINDTRANSFER", "ATTENDEDTRANSFER", "TRANSFER")
_EXITS = {"EXITWITHTIMEOUT": "TIMEOUT", "EXITEMPTY": "LEAVEEMPTY"}
_OURS = ("GWARRIVED", "GWENTRY", "GWLEFT", "GWGONE")
_KEPT = frozenset(
    {"ENTERQUEUE", "CONNECT", "ABANDON", "RINGNOANSWER", "RINGCANCELED", "QUEUESTART"}
    | {*_COMPLETED, *_TRANSFERRED, *_EXITS, *_OURS}
)
_LAST = frozenset({"GWGONE", "GWLEFT", "ABANDON", *_COMPLETED, *_EXITS})
_SAME_S = 1.5
"""Seconds between a line's time and AMI's for what is one and the same joining of a queue."""


@value
class Line:
    """One line that tells of a call, or of Asterisk's start (QUEUESTART). For INFO ``event`` is our own word."""

    at: float
    leg: LegId
    queue: QueueId
    agent: str
    event: str
    data: tuple[str, ...]

    def number(self, place: int) -> float:
        """A whole number among the data, 0.0 when it is missing or none."""
        text = self.text(place)
        return float(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0.0

    def text(self, place: int) -> str:
        return self.data[place] if 0 <= place < len(self.data) else ""


def read_line(text: str) -> Line | None:
    """The line, or None for what tells of no call: members, pauses, garbage, half a line. Never raises."""
    head, *rest = text.rstrip("\r\n").split("|")
    if len(rest) < 4 or not (head.isascii() and head.isdigit() and len(head) < 16):
        return None
    leg, queue, agent, event, *data = rest
    if event == "INFO" and data:
        event, *data = data
        if event not in _OURS:
            return None
    if event not in _KEPT or not leg or (leg == "NONE" and event != "QUEUESTART"):
        return None
    return Line(float(head), LegId(leg), QueueId(queue), agent, event, tuple(data))


def read_lines(data: bytes) -> list[Line]:
    """All that can be read in some bytes of the file; bytes that are no UTF-8 spoil only their own characters."""
    found = (read_line(text) for text in data.decode("utf-8", "replace").split("\n"))
    return [line for line in found if line is not None]


@dataclass(slots=True)
class Visit:
    """The lines of one caller's leg, as far as the log has been read."""

    leg: LegId
    lines: list[Line] = field(default_factory=list)

    @property
    def call(self) -> CallId:
        """The call's Linkedid as our lines give it; a leg that came in by the trunk is its own."""
        linked = (line.text(1) for line in self.lines if line.event in ("GWARRIVED", "GWENTRY"))
        return CallId(next((text for text in linked if text), str(self.leg)))

    @property
    def began(self) -> float:
        """When its first line was written."""
        return self.lines[0].at

    @property
    def gone(self) -> Line | None:
        """The line that says that the leg is gone."""
        return next((line for line in self.lines if line.event == "GWGONE"), None)

    @property
    def is_told_to_its_end(self) -> bool:
        """True when nothing more can come: gone, and the end of a conversation, if there was one, is written."""
        events = {line.event for line in self.lines}
        return "GWGONE" in events and ("CONNECT" not in events or bool(events & {*_COMPLETED, *_TRANSFERRED}))

    @property
    def looks_over(self) -> bool:
        """True when its last line is one that ends a visit (also without our GWGONE, as an older dialplan has it)."""
        return self.gone is not None or self.lines[-1].event in _LAST


class Visits:
    """Sorts lines by caller's leg and hands out each visit when its last line has been read."""

    def __init__(self) -> None:
        self.open: dict[LegId, Visit] = {}

    def take(self, line: Line) -> list[Visit]:
        """One line in; the visits that it ends, oldest first. All of them when Asterisk began anew (QUEUESTART)."""
        if line.event == "QUEUESTART":
            return self.rest()
        visit = self.open.setdefault(line.leg, Visit(line.leg))
        visit.lines.append(line)
        if visit.is_told_to_its_end:
            return [self.open.pop(line.leg)]
        return []

    def gone_before(self, at: float) -> list[Visit]:
        """Take out the visits that were gone before ``at``: what is missing of them will not come."""
        over = [visit for visit in self.open.values() if visit.gone is not None and visit.gone.at < at]
        for visit in over:
            del self.open[visit.leg]
        return over

    def rest(self) -> list[Visit]:
        """Take out all that is left."""
        left, self.open = list(self.open.values()), {}
        return left


@dataclass(frozen=True, slots=True)
class House:
    """What the log does not say: where an agent sits (agent's number -> interface) and which queues record."""

    interfaces: Mapping[str, str] = field(default_factory=dict)
    recorded: Collection[str] = ()


def facts_of(visit: Visit, known: CallRecord | None, house: House, *, over: bool) -> list[Fact]:
    """The facts of one visit, in order, without those that a record of the same call has already.

    ``over``: the leg is known to be gone, so that a visit whose last line ends it is closed also without GWGONE.
    """
    return _Telling(visit, known, house).all(over)


class _Telling:
    """The telling of one visit. Times never run backwards behind what AMI, which is finer, has already said."""

    def __init__(self, visit: Visit, known: CallRecord | None, house: House) -> None:
        self._visit, self._known, self._house = visit, known, house
        self._leg, self._call = visit.leg, visit.call
        self._floor = _last_moment(known)
        self._talking = bool(known and any(s.kind == "talking" and s.end is None for s in known.stretches))
        self._ringing = bool(known and any(s.kind == "ringing" and s.end is None for s in known.stretches))
        self._queued = known is not None and known.queued_at is not None
        self._entry = next((x.text(0) for x in visit.lines if x.event in ("GWARRIVED", "GWENTRY") and x.text(0)), "")
        self._caller = self._caller_number()
        self._by_event: dict[str, Callable[[Line, float], list[Fact]]] = {
            "GWARRIVED": self._arrived,
            "GWENTRY": self._arrived,
            "ENTERQUEUE": self._entered_queue,
            "RINGNOANSWER": self._rang,
            "RINGCANCELED": self._rang,
            "CONNECT": self._connected,
            "ABANDON": self._abandoned,
            "GWLEFT": lambda line, at: self._left(line, at, line.text(0)),
            **dict.fromkeys((*_COMPLETED, *_TRANSFERRED), self._completed),
            **dict.fromkeys(_EXITS, self._exited),
        }

    def all(self, over: bool) -> list[Fact]:
        # sorted is stable: within one second only RINGCANCELED moves, before the ABANDON that it explains
        lines = sorted(self._visit.lines, key=lambda line: (line.at, line.event != "RINGCANCELED"))
        facts: list[Fact] = []
        for line in lines:
            tell = self._by_event.get(line.event)
            if tell is not None and line.at + PRECISION_S > self._floor:
                facts += tell(line, max(line.at, self._floor))
        gone = self._visit.gone
        if gone is not None:
            facts += self._gone(gone, max(gone.at, self._floor))
        elif over and self._visit.looks_over:
            facts.append(self._ended(max(lines[-1].at, self._floor)))
        return facts

    def _caller_number(self) -> str:
        for line in self._visit.lines:
            if line.event == "GWARRIVED" and line.text(3):
                return line.text(3)
            if line.event == "ENTERQUEUE":  # url, number, position; a number may hold anything that SIP lets through
                return "|".join(line.data[1:-1])
        return ""

    def _arrived(self, line: Line, at: float) -> list[Fact]:
        if self._known is not None or (line.event == "GWENTRY" and line.at > self._visit.began):
            return []
        account = line.text(2) if line.event == "GWARRIVED" else ""
        return [CallEntered(at, self._leg, self._call, "", self._caller, "", self._entry, account)]

    def _entered_queue(self, line: Line, at: float) -> list[Fact]:
        joined = self._known.stretches if self._known else ()
        if any(s.kind == "waiting" and s.queue == line.queue and abs(s.start - line.at) < _SAME_S for s in joined):
            return []
        self._queued = True
        position = int(line.number(len(line.data) - 1))
        facts: list[Fact] = [
            CallQueued(at, self._leg, self._call, "", line.queue, position, self._caller, "", self._entry)
        ]
        if line.queue in self._house.recorded:
            facts.append(RecordingStarted(at, self._leg, self._call, str(self._leg)))
        return facts

    def _rang(self, line: Line, at: float) -> list[Fact]:
        if self._talking:  # another telephone of the same ring, called off by the answer
            return []
        interface, rang_s = self._interface(line), line.number(0) / 1000
        facts: list[Fact] = []
        if not self._ringing:
            # The log does not name the leg that rang: a name of its own tells this ring from the others.
            leg = LegId(f"{self._leg}/{line.agent}/{int(line.at)}")
            began = max(at - rang_s, self._floor)
            facts.append(SeatCalled(began, self._leg, self._call, line.queue, interface, line.agent, leg))
        self._ringing = line.event == "RINGCANCELED"
        if line.event == "RINGNOANSWER":
            facts.append(SeatDidNotAnswer(at, self._leg, self._call, line.queue, interface, line.agent, rang_s))
        return facts

    def _connected(self, line: Line, at: float) -> list[Fact]:
        self._talking = True
        hold_s, seat_leg, ring_s = line.number(0), LegId(line.text(1)), line.number(2)
        interface = self._interface(line)
        rang = max(at - ring_s, self._floor)
        return [
            SeatCalled(rang, self._leg, self._call, line.queue, interface, line.agent, seat_leg),
            SeatAnswered(
                at, self._leg, self._call, "", line.queue, interface, line.agent, seat_leg, hold_s, ring_s,
                self._caller, "", self._entry,
            ),
        ]  # fmt: skip

    def _completed(self, line: Line, at: float) -> list[Fact]:
        self._talking = False
        reason = _COMPLETED.get(line.event, "transfer")
        interface = self._interface(line)
        return [
            SeatCompleted(
                at, self._leg, self._call, line.queue, interface, line.agent, line.number(0), line.number(1), reason
            )
        ]

    def _abandoned(self, line: Line, at: float) -> list[Fact]:
        return [CallAbandoned(at, self._leg, self._call, line.queue, line.number(2))]

    def _exited(self, line: Line, at: float) -> list[Fact]:
        return self._left(line, at, _EXITS[line.event])

    def _left(self, line: Line, at: float, status: str) -> list[Fact]:
        self._queued = True
        return [QueueLeft(at, self._leg, self._call, line.queue, status)]

    def _gone(self, line: Line, at: float) -> list[Fact]:
        facts: list[Fact] = []
        if line.text(0) == "1" and not self._queued:  # the flow ended the call itself: self-service
            flow, language = (self._known.flow, self._known.language) if self._known else ("", "")
            facts.append(FlowEnded(at, self._leg, self._call, flow, "done", language))
        return [*facts, self._ended(at)]

    def _ended(self, at: float) -> LegEnded:
        return LegEnded(at, self._leg, self._call, "", 16, "")

    def _interface(self, line: Line) -> str:
        return self._house.interfaces.get(line.agent, "")


def _last_moment(known: CallRecord | None) -> float:
    """The latest time that a record of a call speaks of: older lines are in it already."""
    if known is None:
        return 0.0
    moments = [known.started_at, known.queued_at or 0.0, known.answered_at or 0.0]
    for stretch in known.stretches:
        moments += [stretch.start, stretch.end or 0.0]
    return max(moments)


def visits_of(lines: Iterable[Line]) -> Sequence[Visit]:
    """All visits of some lines, those that are told to their end first."""
    visits = Visits()
    told = [visit for line in lines for visit in visits.take(line)]
    return [*told, *visits.rest()]
