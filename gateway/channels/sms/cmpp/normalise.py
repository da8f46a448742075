"""A CMPP DELIVER to what the SMS channel takes: a message, a part of one, or a status report. Never raises.

The key of a message is its Msg_Id and a digest of what was said: some gateways give all parts of a long message one
Msg_Id. Others give 0 always; then the digest also covers the day and the frame's sequence number, which a repeat
shares with the first, so that a citizen who writes 查询 twice is heard twice.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.channels.sms import stat, udh
from gateway.channels.sms.cmpp.units import Deliver, Version, read_msg_id
from gateway.channels.sms.cmpp.wire import DELIVER, read, read_report
from gateway.channels.sms.frames import Frame, FrameReader, WireError
from gateway.channels.sms.port import Arrived, Told

CONTENT_TYPES: dict[Version, str] = {"2.0": "application/x-cmpp20", "3.0": "application/x-cmpp30"}


def handed(frame: Frame, version: Version, at: float, zone: ZoneInfo) -> Arrived | Told:
    """``at`` is when it came, epoch seconds; ``zone`` the carrier's. What cannot be read arrives as ``unreadable``."""
    try:
        deliver = read(frame, version)
        if isinstance(deliver, Deliver):
            return _told(deliver, zone) if deliver.registered_delivery == 1 else _arrived(deliver, frame, at, zone)
    except WireError as error:
        return unreadable(frame, version, at, str(error))
    return unreadable(frame, version, at, f"command 0x{frame.command:08x} is no DELIVER")


def read_raw(raw: bytes, version: Version, at: float, zone: ZoneInfo) -> Arrived | Told:
    """The same of a kept original (one frame with its header). Never raises."""
    try:
        frames = FrameReader().feed(raw)
    except WireError as error:
        frames = list(error.frames)
    whole = frames[0] if frames and len(frames[0].raw) == len(raw) else Frame(DELIVER, 0, raw)
    return handed(whole, version, at, zone)


def external_id(msg_id: int) -> str:
    """A Msg_Id as the delivery keeps it: 16 hexadecimal digits; "" for none."""
    return f"{msg_id:016x}" if msg_id else ""


def unreadable(frame: Frame, version: Version, at: float, why: str) -> Arrived:
    """A delivery that is kept without being understood."""
    return Arrived(
        key=f"unreadable-{_digest(frame.raw[8:])}", raw=frame.raw, content_type=CONTENT_TYPES[version], sender="",
        receiver="", received_at=at, flags=("unreadable",), meta={"why": why},
    )  # fmt: skip


def _told(deliver: Deliver, zone: ZoneInfo) -> Told:
    report = read_report(deliver.content)
    done = stat.time_of(report.done_time, zone)
    target = report.dest_terminal_id or deliver.src_terminal_id
    return Told(external_id(report.msg_id), stat.state_of(report.stat), report.stat, done, target)


def _arrived(deliver: Deliver, frame: Frame, at: float, zone: ZoneInfo) -> Arrived:
    user = udh.read(deliver.content) if deliver.tp_udhi else udh.UserData(deliver.content)
    return Arrived(
        key=_key(deliver, frame, at, zone),
        raw=frame.raw,
        content_type=CONTENT_TYPES[deliver.version],
        sender=deliver.src_terminal_id,
        receiver=deliver.dest_id,
        received_at=at,
        data=user.data,
        coding=deliver.msg_fmt,
        part=user.part,
        port=user.port,
        sent_at=_made_at(deliver.msg_id, at, zone),
        flags=user.flags,
        meta=_meta(deliver),
    )


def _meta(deliver: Deliver) -> dict[str, str]:
    told = {"msg_id": external_id(deliver.msg_id), "service_id": deliver.service_id, "link_id": deliver.link_id}
    if deliver.src_terminal_type:
        told["pseudonym"] = "1"
    return {name: value for name, value in told.items() if value}


def _key(deliver: Deliver, frame: Frame, at: float, zone: ZoneInfo) -> str:
    said = b"\0".join((
        deliver.src_terminal_id.encode(), deliver.dest_id.encode(), bytes((deliver.tp_udhi, deliver.msg_fmt)),
        deliver.content,
    ))  # fmt: skip
    if deliver.msg_id:
        return f"{external_id(deliver.msg_id)}-{_digest(said)}"
    day = datetime.fromtimestamp(at, zone).strftime("%Y%m%d")
    return f"{day}-{frame.sequence:08x}-{_digest(said)}"


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:24]


def _made_at(msg_id: int, at: float, zone: ZoneInfo) -> float | None:
    """When the carrier's gateway made the message: its id says so, without the year."""
    when = read_msg_id(msg_id)
    return stat.near(when.month, when.day, when.hour, when.minute, when.second, at, zone)
