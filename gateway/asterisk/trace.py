"""Traces: an AMI stream kept as Asterisk sent it, and read again without a server.

A trace is plain AMI text, so a hall's bug report can be looked at with any editor and a stream captured by other means
replays as well. What recording adds is a ``Timestamp`` header where Asterisk sent none, and, on request, masks over
personal numbers and names. Replay needs no configuration: the seats and queues are those that the stream names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.asterisk.ami.wire import Frame, FrameReader
from gateway.asterisk.translate import EVENT_NAMES, LIST_EVENT_NAMES, leg_image, member_image, translate, waiting_image
from gateway.model.facts import (
    Fact,
    LegAnswered,
    LegCreated,
    LegEnded,
    LegImage,
    LegTransferred,
    MemberSeen,
    Snapshot,
    WaitingImage,
)
from gateway.model.ids import QueueId
from gateway.model.masking import mask_number, mask_text
from gateway.model.records import CallRecord
from gateway.seats.config import HallConfig, QueueConfig, RoomConfig, SeatConfig
from gateway.seats.hall import Hall

_CHUNK = 1 << 16
_END = b"\r\n\r\n"
_PERSONAL = re.compile(
    rb"^((?:Dest|Transferer|OrigTransferer|Transferee)?(?:CallerIDNum|CallerIDName|ConnectedLineNum|ConnectedLineName|"
    rb"CallerID|Callerid)|Value|AppData|ApplicationData|DialString|Number|Queue-?CallerID): ([^\r\n]*)",
    re.MULTILINE,
)


class Recorder:
    """Turns raw bytes of an AMI session into trace text. ``masked`` hides numbers and names."""

    def __init__(self, *, masked: bool = False) -> None:
        self._masked = masked
        self._held = b""
        self.frames = 0

    def feed(self, data: bytes, at: float) -> bytes:
        """Take raw bytes received at ``at`` (epoch seconds); returns the whole frames ready to be written."""
        data = self._held + data
        if data.startswith(b"Asterisk Call Manager/"):
            _, end, rest = data.partition(b"\r\n")
            data = rest if end else data
            if not end:
                self._held = data
                return b""
        *frames, self._held = data.split(_END)
        self.frames += len(frames)
        return b"".join(self._frame(frame, at) for frame in frames if frame)

    def _frame(self, frame: bytes, at: float) -> bytes:
        if frame.startswith(b"Event: ") and b"\r\nTimestamp: " not in frame:
            name, end, rest = frame.partition(b"\r\n")
            frame = name + b"\r\nTimestamp: %.6f" % at + end + rest
        if self._masked:
            frame = _PERSONAL.sub(_mask, frame)
        return frame + _END


def _mask(found: re.Match[bytes]) -> bytes:
    name, value = found.group(1), found.group(2).decode("utf-8", "replace")
    if name.endswith(b"Name"):
        hidden = value if value.startswith("<") or (value.isdigit() and len(value) <= 6) else value[:1] + "**"
        hidden = mask_text(hidden) if value else ""
    elif name.endswith((b"Num", b"CallerID", b"Callerid")):
        # Short numbers are services and extensions, not people.
        hidden = mask_number(value) if len(value) > 6 and not value.startswith("<") else value
    else:
        hidden = mask_text(value)
    return name + b": " + hidden.encode()


def frames_of(paths: Iterable[Path]) -> Iterator[Frame]:
    """The frames of trace files, one file after another. Raises WireError when a file is not AMI text."""
    wanted = EVENT_NAMES | LIST_EVENT_NAMES | {"QueueStatusComplete", "FullyBooted"}
    for path in paths:
        reader = FrameReader(wanted, joined=True)
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                # Traces that went through an editor or a mail have lost their CR.
                yield from reader.feed(data if b"\r\n" in data else data.replace(b"\n", b"\r\n"))


@dataclass(slots=True)
class _Images:
    """List items of a snapshot that was recorded within the stream."""

    legs: list[LegImage] = field(default_factory=list)
    members: list[MemberSeen] = field(default_factory=list)
    waiting: list[WaitingImage] = field(default_factory=list)


class Replay:
    """Folds a trace into calls and seats. ``calls`` holds each call once, in the order in which they ended."""

    def __init__(self, seats: Iterable[str], queues: Iterable[str], citizen_endpoints: Iterable[str]) -> None:
        room = RoomConfig(id="trace", name="trace", width=200, height=200)
        placed = [
            # Unchecked: other halls have extensions that ours would refuse.
            SeatConfig.model_construct(
                id=extension[-12:], extension=extension, room="trace", x=i % 200, y=i // 200, queues=["trace"]
            )
            for i, extension in enumerate(sorted(seats))
        ]
        hall = HallConfig(id="trace", name="trace", area_code="000000", rooms=[room], seats=placed)
        configs = [QueueConfig.model_construct(id=queue, name=queue, wrap_up_s=1) for queue in sorted(queues)]
        self.hall = Hall([hall], configs, {}, citizen_endpoints)
        self.calls: dict[str, CallRecord] = {}
        self.legs: dict[str, dict[str, dict[str, Any]]] = {}
        self.transfers: dict[str, list[dict[str, Any]]] = {}
        self.at = 0.0
        self._images = _Images()
        self._epoch = 0

    def feed(self, frame: Frame) -> None:
        """Take the next frame of the trace."""
        name = frame.get("Event", "")
        if name in LIST_EVENT_NAMES or name == "QueueStatusComplete":
            self._list_item(name, frame)
            return
        fact = translate(frame, self.at)
        if fact is not None:
            self._apply(fact)

    def _apply(self, fact: Fact) -> None:
        self.at = max(self.at, fact.at)
        self._note_legs(fact)
        for change in self.hall.apply(fact):
            if change.kind == "ended":
                self.calls[change.call.call_id] = change.call
        self.hall.wrap_up_over(self.at)

    def _note_legs(self, fact: Fact) -> None:
        """Each call's legs with their times, and who was handed where: more than the live side keeps."""
        match fact:
            case LegCreated():
                leg = {"leg": fact.leg, "channel": fact.channel, "began": fact.at, "answered": None, "ended": None}
                self.legs.setdefault(fact.call, {})[fact.leg] = leg
            case LegAnswered() | LegEnded():
                known = self.legs.setdefault(fact.call, {}).setdefault(
                    fact.leg, {"leg": fact.leg, "channel": fact.channel, "began": None, "answered": None, "ended": None}
                )
                known["answered" if isinstance(fact, LegAnswered) else "ended"] = fact.at
            case LegTransferred():
                edge = {"at": fact.at, "leg": fact.leg, "mode": fact.mode, "target": fact.target, "result": fact.result}
                self.transfers.setdefault(fact.call, []).append(edge)

    def _list_item(self, name: str, frame: Frame) -> None:
        if name == "CoreShowChannel":
            self._images.legs.append(leg_image(frame))
        elif name == "QueueMember":
            self._images.members.append(member_image(frame, self.at))
        elif name == "QueueEntry":
            self._images.waiting.append(waiting_image(frame))
        elif name == "QueueStatusComplete" and self._images.legs:
            images, self._images, self._epoch = self._images, _Images(), self._epoch + 1
            queues = tuple({QueueId(m.queue) for m in images.members})
            at = float(frame.get("Timestamp", self.at))
            self._apply(
                Snapshot(at, self._epoch, tuple(images.legs), tuple(images.members), tuple(images.waiting), queues)
            )

    def open_calls(self) -> list[CallRecord]:
        """Calls that had not ended when the trace did."""
        return [live.record for live in self.hall.calls.live.values()]


def survey(paths: Iterable[Path]) -> tuple[set[str], set[str], set[str]]:
    """The extensions of seats, the queues and the endpoints of citizens that a trace names."""
    seats: set[str] = set()
    queues: set[str] = set()
    citizens: set[str] = set()
    for frame in frames_of(paths):
        if queue := frame.get("Queue"):
            queues.add(queue)
        technology, _, extension = (frame.get("Interface") or frame.get("Location") or "").partition("/")
        if technology == "PJSIP" and extension.isdigit():
            seats.add(extension)
        if frame.get("Event") in ("QueueCallerJoin", "UserEvent") and "Channel" in frame:
            citizens.add(frame["Channel"].rpartition("-")[0])
    return seats, queues, citizens


def replay(paths: Iterable[Path]) -> Replay:
    """Replay trace files from the first frame to the last."""
    paths = list(paths)
    result = Replay(*survey(paths))
    for frame in frames_of(paths):
        result.feed(frame)
    return result
