"""An SMGP Deliver to what the SMS channel takes: a message, a part of one, or a status report. Never raises.

The key of a message is its MsgID and a digest of what was said (some gateways give all parts of a long message one
id). Where the MsgID is zero the digest also covers RecvTime and the frame's sequence number.
"""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

from gateway.channels.sms import stat, udh
from gateway.channels.sms.frames import Frame, FrameReader, WireError
from gateway.channels.sms.port import Arrived, Told
from gateway.channels.sms.smgp.units import LINK_ID, SRC_TERM_PSEUDO, TP_UDHI, Deliver
from gateway.channels.sms.smgp.wire import DELIVER, read, read_report

CONTENT_TYPE = "application/x-smgp30"


def handed(frame: Frame, at: float, zone: ZoneInfo) -> Arrived | Told:
    """``at`` is when it came, epoch seconds; ``zone`` the carrier's. What cannot be read arrives as ``unreadable``."""
    try:
        deliver = read(frame)
        if isinstance(deliver, Deliver):
            return _told(deliver, zone) if deliver.is_report == 1 else _arrived(deliver, frame, at, zone)
    except WireError as error:
        return unreadable(frame, at, str(error))
    return unreadable(frame, at, f"command 0x{frame.command:08x} is no Deliver")


def read_raw(raw: bytes, at: float, zone: ZoneInfo) -> Arrived | Told:
    """The same of a kept original (one frame with its header). Never raises."""
    try:
        frames = FrameReader().feed(raw)
    except WireError as error:
        frames = list(error.frames)
    whole = frames[0] if frames and len(frames[0].raw) == len(raw) else Frame(DELIVER, 0, raw)
    return handed(whole, at, zone)


def external_id(msg_id: bytes) -> str:
    """A MsgID (ten octets, binary-coded decimals) as the delivery keeps it: 20 digits; "" for none."""
    return msg_id.hex() if any(msg_id) else ""


def unreadable(frame: Frame, at: float, why: str) -> Arrived:
    """A delivery that is kept without being understood."""
    return Arrived(
        key=f"unreadable-{_digest(frame.raw[8:])}", raw=frame.raw, content_type=CONTENT_TYPE, sender="", receiver="",
        received_at=at, flags=("unreadable",), meta={"why": why},
    )  # fmt: skip


def _told(deliver: Deliver, zone: ZoneInfo) -> Told:
    report = read_report(deliver.content)
    code = f"{report.stat}:{report.err}" if report.err.strip("0") else report.stat
    done = stat.time_of(report.done_date, zone)
    return Told(external_id(report.msg_id), stat.state_of(report.stat), code, done, deliver.src_term_id)


def _arrived(deliver: Deliver, frame: Frame, at: float, zone: ZoneInfo) -> Arrived:
    headed = any(deliver.options.get(TP_UDHI, b""))
    user = udh.read(deliver.content) if headed else udh.UserData(deliver.content)
    return Arrived(
        key=_key(deliver, frame, headed),
        raw=frame.raw,
        content_type=CONTENT_TYPE,
        sender=deliver.src_term_id,
        receiver=deliver.dest_term_id,
        received_at=at,
        data=user.data,
        coding=deliver.msg_format,
        part=user.part,
        port=user.port,
        sent_at=_sent_at(deliver, at, zone),
        flags=user.flags,
        meta=_meta(deliver),
    )


def _sent_at(deliver: Deliver, at: float, zone: ZoneInfo) -> float | None:
    """RecvTime, unless it is absurd: from the future, or older than a carrier keeps messages."""
    when = stat.time_of(deliver.recv_time, zone)
    return when if when is not None and at - 7 * 86_400 <= when <= at + 86_400 else None


def _meta(deliver: Deliver) -> dict[str, str]:
    told = {
        "msg_id": external_id(deliver.msg_id),
        "link_id": deliver.options.get(LINK_ID, b"").rstrip(b"\0").decode("ascii", "backslashreplace"),
        "pseudonym": deliver.options.get(SRC_TERM_PSEUDO, b"").rstrip(b"\0").decode("ascii", "backslashreplace"),
    }
    return {name: value for name, value in told.items() if value}


def _key(deliver: Deliver, frame: Frame, headed: bool) -> str:
    said = b"\0".join((
        deliver.src_term_id.encode(), deliver.dest_term_id.encode(), bytes((headed, deliver.msg_format)),
        deliver.content,
    ))  # fmt: skip
    if any(deliver.msg_id):
        return f"{external_id(deliver.msg_id)}-{_digest(said)}"
    return f"{_digest(deliver.recv_time.encode())[:8]}-{frame.sequence:08x}-{_digest(said)}"


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()[:24]
