"""AMI frames to facts: the only place that knows Asterisk's event names and headers.

Pure and without state, so that a recorded stream gives the same facts on any machine. ``EVENT_NAMES`` is what we ask
Asterisk to send (manager.conf eventfilter) and what the wire keeps; everything else is dropped before it is parsed.
Our dialplan speaks through ``UserEvent`` (GWEntered, GWFlowEnded, GWQueueLeft, GWBack, GWBackEnded, GWTaken) and
puts the entry number into the channel's account code, because that header rides on every later event and on
CoreShowChannels: a gateway that joins in the middle still knows which number the citizen dialled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.asterisk.supervision import CONTEXT, watching_of
from gateway.asterisk.transfers import transfer_of
from gateway.model.facts import (
    CallAbandoned,
    CallEntered,
    CallLeftQueue,
    CallQueued,
    EndpointChanged,
    Fact,
    FlowEnded,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegHeld,
    LegImage,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    LegResumed,
    LegTransferred,
    MemberRemoved,
    MemberSeen,
    MonitorBegan,
    MonitorEnded,
    NoticeHeard,
    OutboundBegun,
    OutboundEnded,
    QueueLeft,
    QueueWasClosed,
    RecordingStarted,
    SeatAnswered,
    SeatCalled,
    SeatCompleted,
    SeatDidNotAnswer,
    TargetFailed,
    VirtualBegun,
    VirtualEnded,
    WaitingImage,
)
from gateway.model.ids import CallId, LegId, QueueId

Frame = Mapping[str, str]

_ABSENT = ("<unknown>", "unknown", "<null>")

_CONFERENCE, _SPY = "ConfBridge", "ChanSpy"

_HEADER_MOST = 120

_RINGING = "3"
"""Reason of OriginateResponse when the ring limit was over: the one that it tells from all others (seen on 22.10)."""


def translate(frame: Frame, now: float) -> Fact | None:
    """The fact that one event frame tells, or None when it tells nothing we keep.

    ``now`` (epoch seconds) stands in when the frame has no ``Timestamp`` (timestampevents=no). Never raises: a frame
    whose numbers do not parse gives zeros, a frame without the headers that name its call gives None.
    """
    make = _BY_NAME.get(frame.get("Event", ""))
    if make is None:
        return None
    try:
        at = float(frame["Timestamp"])
    except (KeyError, ValueError):
        at = now
    try:
        return make(frame, at)
    except KeyError:
        return None


def clean(value: str | None) -> str:
    """A header's value with Asterisk's words for "nothing" taken out."""
    return "" if value is None or value in _ABSENT else value


def number(value: str | None) -> float:
    """A header that should be a number, as float; 0.0 when it is missing or is not one."""
    try:
        return float(value or 0)
    except ValueError:
        return 0.0


def seconds(clock: str) -> float:
    """``Duration: 01:02:03`` of CoreShowChannel as seconds; 0.0 when it has another shape."""
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return 0.0
    hours, minutes, secs = (int(part) for part in parts)
    return float(hours * 3600 + minutes * 60 + secs)


def _leg(f: Frame) -> LegId:
    return LegId(f["Uniqueid"])


def _call(f: Frame) -> CallId:
    return CallId(f.get("Linkedid") or f["Uniqueid"])


def _queue(f: Frame) -> QueueId:
    return QueueId(f["Queue"])


def _created(f: Frame, at: float) -> Fact:
    return LegCreated(
        at,
        _leg(f),
        _call(f),
        f["Channel"],
        f.get("ChannelStateDesc") == "Ring",
        clean(f.get("CallerIDNum")),
        clean(f.get("CallerIDName")),
        clean(f.get("Exten")),
        clean(f.get("Context")),
    )


def _state(f: Frame, at: float) -> Fact | None:
    state = f.get("ChannelStateDesc")
    if state == "Up":
        return LegAnswered(at, _leg(f), _call(f), f["Channel"])
    if state == "Ringing":
        return LegRang(at, _leg(f), _call(f), f["Channel"])
    return None


def _ended(f: Frame, at: float) -> Fact:
    return LegEnded(at, _leg(f), _call(f), f["Channel"], int(number(f.get("Cause"))), f.get("Cause-txt", ""))


def _held(f: Frame, at: float) -> Fact:
    return LegHeld(at, _leg(f), _call(f), f["Channel"])


def _resumed(f: Frame, at: float) -> Fact:
    return LegResumed(at, _leg(f), _call(f), f["Channel"])


def _user(f: Frame, at: float) -> Fact | None:
    match f.get("UserEvent"):
        case "GWEntered":
            return CallEntered(
                at,
                _leg(f),
                _call(f),
                f["Channel"],
                clean(f.get("CallerIDNum")),
                clean(f.get("CallerIDName")),
                f.get("Entry", ""),
                f.get("Account", ""),
                f.get("Flow", ""),
                *_partner_words(f),
            )
        case "GWFlowEnded":
            return FlowEnded(at, _leg(f), _call(f), f.get("Flow", ""), f.get("Result", ""), f.get("Language", ""))
        case "GWQueueLeft":
            return QueueLeft(at, _leg(f), _call(f), _queue(f), f.get("Status", ""), f.get("Language", ""))
        case "GWBack" | "GWTaken":
            return _taken_over(f, at) if "SeatLeg" in f else _back_with_agent(f, at)
        case "GWBackEnded":
            return _completed(f, at)
    return _out_of(f, at)


def _out_of(f: Frame, at: float) -> Fact | None:
    """What the dialplan says of calls out and of virtual numbers (templates.outbound, templates.virtual)."""
    binding, side = f.get("Binding", ""), f.get("Side", "")
    match f.get("UserEvent"):
        case "GWOut":
            to, entry, agent = f["Number"], f.get("Entry", ""), f.get("Agent", "")
            return OutboundBegun(at, _leg(f), _call(f), f["Channel"], to, entry, agent, f.get("Ticket", ""))
        case "GWOutEnded":
            return OutboundEnded(at, _leg(f), _call(f), f.get("Status", ""), f.get("Source", ""))
        case "GWVirtual":
            return VirtualBegun(at, _leg(f), _call(f), binding, side)
        case "GWVirtualEnded":
            talk_s, cause = number(f.get("Talked")) / 1000, int(number(f.get("Cause")))
            return VirtualEnded(at, _leg(f), _call(f), binding, side, f.get("Status", ""), talk_s, cause)
    return _before_a_queue(f, at)


def _before_a_queue(f: Frame, at: float) -> Fact | None:
    """What the dialplan says of broadcasts, closed queues and callers picked up by hand (templates.queueing)."""
    match f.get("UserEvent"):
        case "GWPicking":  # said by the telephone that is to ring, about the citizen's leg (header Leg)
            leg, member = LegId(f["Leg"]), f.get("Member", "")
            return SeatCalled(at, leg, _call(f), _queue(f), f["Interface"], member, _leg(f))
        case "GWNotice":
            return NoticeHeard(at, _leg(f), _call(f), _queue(f), f.get("Notice", ""))
        case "GWClosed":
            return QueueWasClosed(at, _leg(f), _call(f), _queue(f), f.get("To", ""))
    return None


def _partner_words(f: Frame) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Remote, and the headers of the INVITE (H-<name>): see ``gateway.asterisk.templates.partners``."""
    if "Remote" not in f:
        return "", ()
    headers = tuple((name[2:], value[:_HEADER_MOST]) for name, value in f.items() if name.startswith("H-") and value)
    return f["Remote"], headers


def _back_with_agent(f: Frame, at: float) -> Fact:
    """The agent's leg answered for a citizen who came back: said by that leg, about the citizen's (header Leg)."""
    nobody = ("", "", clean(f.get("AccountCode")))
    leg, member = LegId(f["Leg"]), f.get("Member", "")
    return SeatAnswered(at, leg, _call(f), "", _queue(f), f["Interface"], member, _leg(f), 0.0, 0.0, *nobody)


def _taken_over(f: Frame, at: float) -> Fact:
    """A shift lead has the citizen now: said by the citizen's leg, about the lead's (header SeatLeg)."""
    who = (clean(f.get("CallerIDNum")), clean(f.get("CallerIDName")), f.get("AccountCode", ""))
    seat = (f["Interface"], f.get("Member", ""), LegId(f["SeatLeg"]))
    return SeatAnswered(at, _leg(f), _call(f), f["Channel"], _queue(f), *seat, 0.0, 0.0, *who)


def _monitor_began(f: Frame, at: float) -> Fact | None:
    watching = watching_of(f.get("SpyerExten", ""))
    if watching is None or f.get("SpyerContext") != CONTEXT:
        return None
    return MonitorBegan(at, LegId(f["SpyerUniqueid"]), f["SpyerChannel"], f["SpyeeChannel"], watching)


def _monitor_ended(f: Frame, at: float) -> Fact:
    return MonitorEnded(at, LegId(f["SpyerUniqueid"]))


def _queued(f: Frame, at: float) -> Fact:
    return CallQueued(
        at,
        _leg(f),
        _call(f),
        f["Channel"],
        _queue(f),
        int(number(f.get("Position"))),
        clean(f.get("CallerIDNum")),
        clean(f.get("CallerIDName")),
        f.get("AccountCode", ""),
        f.get("Language", ""),
    )


def _left_queue(f: Frame, at: float) -> Fact:
    return CallLeftQueue(at, _leg(f), _call(f), _queue(f))


def _abandoned(f: Frame, at: float) -> Fact:
    return CallAbandoned(at, _leg(f), _call(f), _queue(f), number(f.get("HoldTime")))


def _seat_called(f: Frame, at: float) -> Fact:
    return SeatCalled(
        at,
        _leg(f),
        _call(f),
        _queue(f),
        f["Interface"],
        f.get("MemberName", ""),
        LegId(f.get("DestUniqueid", "")),
    )


def _no_answer(f: Frame, at: float) -> Fact:
    ring_s = number(f.get("RingTime"))
    return SeatDidNotAnswer(at, _leg(f), _call(f), _queue(f), f["Interface"], f.get("MemberName", ""), ring_s)


def _seat_answered(f: Frame, at: float) -> Fact:
    return SeatAnswered(
        at,
        _leg(f),
        _call(f),
        f["Channel"],
        _queue(f),
        f["Interface"],
        f.get("MemberName", ""),
        LegId(f.get("DestUniqueid", "")),
        number(f.get("HoldTime")),
        number(f.get("RingTime")),
        clean(f.get("CallerIDNum")),
        clean(f.get("CallerIDName")),
        f.get("AccountCode", ""),
    )


def _completed(f: Frame, at: float) -> Fact:
    return SeatCompleted(
        at,
        _leg(f),
        _call(f),
        _queue(f),
        f["Interface"],
        f.get("MemberName", ""),
        number(f.get("HoldTime")),
        number(f.get("TalkTime")),
        f.get("Reason", ""),
    )


def member_image(f: Frame, at: float) -> MemberSeen:
    """A QueueMember* event or a QueueMember list entry (which names the same things Location and Name)."""
    return MemberSeen(
        at,
        _queue(f),
        f.get("Interface") or f["Location"],
        f.get("MemberName") or f.get("Name", ""),
        f.get("Paused") == "1",
        f.get("PausedReason", ""),
        int(number(f.get("Status"))),
        int(number(f.get("CallsTaken"))),
        number(f.get("LastCall")),
        number(f.get("LastPause")),
    )


def _member_removed(f: Frame, at: float) -> Fact:
    return MemberRemoved(at, _queue(f), f["Interface"], f.get("MemberName", ""))


def _blind_transfer(f: Frame, at: float) -> Fact:
    leg = f.get("TransfereeUniqueid") or f["TransfererUniqueid"]
    call = f.get("TransfereeLinkedid") or f.get("TransfererLinkedid") or leg
    return LegTransferred(at, LegId(leg), CallId(call), "blind", clean(f.get("Extension")), f.get("Result", ""))


def _attended_transfer(f: Frame, at: float) -> Fact:
    leg = f.get("TransfereeUniqueid") or f["OrigTransfererUniqueid"]
    call = f.get("TransfereeLinkedid") or f.get("OrigTransfererLinkedid") or leg
    target = f.get("TransferTargetUniqueid") or f.get("SecondTransfererUniqueid", "")
    return LegTransferred(at, LegId(leg), CallId(call), "attended", target, f.get("Result", ""))


def _joined_room(f: Frame, at: float) -> Fact:
    return LegJoinedRoom(at, _leg(f), _call(f), f["Channel"], f["Conference"])


def _left_room(f: Frame, at: float) -> Fact:
    return LegLeftRoom(at, _leg(f), _call(f), f["Channel"], f["Conference"])


def _originated(f: Frame, at: float) -> Fact | None:
    """A target that did not answer. Its extension names the transfer; see ``gateway.asterisk.transfers.Targets``."""
    transfer = transfer_of(f["Exten"])
    if f.get("Response") != "Failure" or not transfer:
        return None
    status = "no_answer" if f.get("Reason") == _RINGING else "failed"
    return TargetFailed(at, _leg(f), transfer, status)


def _recording(f: Frame, at: float) -> Fact:
    return RecordingStarted(at, _leg(f), _call(f), f["Uniqueid"])


def _contact(f: Frame, at: float) -> Fact | None:
    endpoint = f.get("EndpointName") or f["AOR"]
    status = f.get("ContactStatus", "")
    if status in ("Removed", "Unreachable"):
        return EndpointChanged(at, endpoint, False, f.get("URI", ""))
    if status in ("Created", "Reachable", "NonQualified", "Updated"):
        return EndpointChanged(at, endpoint, True, f.get("URI", ""))
    return None


def leg_image(f: Frame) -> LegImage:
    """A CoreShowChannel list entry."""
    return LegImage(
        _leg(f),
        _call(f),
        f["Channel"],
        f.get("ChannelStateDesc", ""),
        clean(f.get("CallerIDNum")),
        clean(f.get("CallerIDName")),
        f.get("AccountCode", ""),
        seconds(f.get("Duration", "")),
        f.get("BridgeId", ""),
        f.get("ApplicationData", "").partition(",")[0] if f.get("Application") == _CONFERENCE else "",
        watching_of(f.get("Exten", "")) if f.get("Application") == _SPY else None,
    )


def waiting_image(f: Frame) -> WaitingImage:
    """A QueueEntry list entry."""
    return WaitingImage(_leg(f), _queue(f), int(number(f.get("Position"))), number(f.get("Wait")))


_BY_NAME: dict[str, Callable[[Frame, float], Fact | None]] = {
    "Newchannel": _created,
    "Newstate": _state,
    "Hangup": _ended,
    "Hold": _held,
    "Unhold": _resumed,
    "UserEvent": _user,
    "QueueCallerJoin": _queued,
    "QueueCallerLeave": _left_queue,
    "QueueCallerAbandon": _abandoned,
    "AgentCalled": _seat_called,
    "AgentRingNoAnswer": _no_answer,
    "AgentConnect": _seat_answered,
    "AgentComplete": _completed,
    "QueueMemberAdded": member_image,
    "QueueMemberStatus": member_image,
    "QueueMemberPause": member_image,
    "QueueMemberPenalty": member_image,
    "QueueMemberRinginuse": member_image,
    "QueueMemberRemoved": _member_removed,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "ConfbridgeJoin": _joined_room,
    "ConfbridgeLeave": _left_room,
    "OriginateResponse": _originated,
    "MixMonitorStart": _recording,
    "ChanSpyStart": _monitor_began,
    "ChanSpyStop": _monitor_ended,
    "ContactStatus": _contact,
}

EVENT_NAMES: frozenset[str] = frozenset(_BY_NAME)
"""The AMI events that facts are made of: what the wire keeps."""

ASKED_FOR: frozenset[str] = EVENT_NAMES - {"QueueMemberStatus"} | {"FullyBooted"}
"""The events that Asterisk is asked to send: FullyBooted tells a link that logged in during its start to go on.
QueueMemberStatus comes once a queue of the seat whenever its telephone rings, is taken up and is free again, and tells
nothing that ContactStatus, the seat's own legs and QueueMemberPause do not; older recordings have it.
"""

_LEG = frozenset({"Timestamp", "Uniqueid", "Linkedid"})
_AT_SEAT = _LEG | {"Queue", "Interface", "MemberName"}
_CALLER = frozenset({"CallerIDNum", "CallerIDName"})

HEADERS: Mapping[str, frozenset[str]] = {
    "Newchannel": _LEG | _CALLER | {"Channel", "ChannelStateDesc", "Exten", "Context"},
    "Newstate": _LEG | {"Channel", "ChannelStateDesc"},
    "Hangup": _LEG | {"Channel", "Cause", "Cause-txt"},
    "QueueCallerJoin": _LEG | _CALLER | {"Channel", "Queue", "Position", "AccountCode", "Language"},
    "QueueCallerLeave": _LEG | {"Queue"},
    "QueueCallerAbandon": _LEG | {"Queue", "HoldTime"},
    "AgentCalled": _AT_SEAT | {"DestUniqueid"},
    "AgentRingNoAnswer": _AT_SEAT | {"RingTime"},
    "AgentConnect": _AT_SEAT | _CALLER | {"Channel", "DestUniqueid", "HoldTime", "RingTime", "AccountCode"},
    "AgentComplete": _AT_SEAT | {"HoldTime", "TalkTime", "Reason"},
    "MixMonitorStart": _LEG,
}
"""What is read of the events that every call has; they carry two to five times as much."""

LIST_EVENT_NAMES: frozenset[str] = frozenset(
    {"CoreShowChannel", "QueueMember", "QueueParams", "QueueEntry", "ContactList", "EndpointList"}
)
"""Entries of the lists that a snapshot asks for."""
