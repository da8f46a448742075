"""A deliver_sm or data_sm to what the SMS channel takes: a message, a part of one, or a status report. Never raises.

SMPP gives a message no id. The key made here is a digest of the body, so that a repeat has the same one; ``repeats``
adds when it first came. data_coding is handed on as it is but for the two groups of the air interface's scheme (3GPP TS
23.038, 4) that mean the default alphabet: 0x10 to 0x13 and 0xF0 to 0xF3, which telephones use for messages of a class.
"""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

from gateway.channels.sms import udh
from gateway.channels.sms.coding import Alphabet
from gateway.channels.sms.frames import Frame, WireError
from gateway.channels.sms.port import Arrived, PartOf, Told
from gateway.channels.sms.smpp.receipts import is_receipt, read_receipt
from gateway.channels.sms.smpp.wire import (
    DATA_SM,
    DELIVER_SM,
    DESTINATION_PORT,
    HEAD,
    MESSAGE_PAYLOAD,
    SAR_N,
    SAR_REFERENCE,
    SAR_TOTAL,
    Handed,
    read_handed,
    reader,
)

CONTENT_TYPE = "application/x-smpp34"
CUT, BESIDE = "parameters_cut", "payload_beside"
_UDHI = 0x40
_DEFAULT_ALPHABET = frozenset({*range(0x10, 0x14), *range(0xF0, 0xF4)})


def handed(frame: Frame, at: float, zone: ZoneInfo, alphabet: Alphabet = "gsm7") -> Arrived | Told:
    """``at`` is when it came, epoch seconds; ``zone`` the centre's. What cannot be read arrives as ``unreadable``."""
    try:
        given = read_handed(frame)
        user = udh.read(given.data) if given.esm_class & _UDHI else udh.UserData(given.data)
        if is_receipt(given):
            return read_receipt(given, user.data, zone)
        return _arrived(given, user, frame, at, alphabet)
    except WireError as error:
        return unreadable(frame, at, str(error))


def read_raw(raw: bytes, at: float, zone: ZoneInfo, alphabet: Alphabet = "gsm7") -> Arrived | Told:
    """The same of a kept original (one PDU with its header). Never raises."""
    try:
        frames = reader().feed(raw)
    except WireError as error:
        frames = list(error.frames)
    whole = frames[0] if frames and len(frames[0].raw) == len(raw) else None
    if whole is not None and whole.command in (DELIVER_SM, DATA_SM):
        return handed(whole, at, zone, alphabet)
    return unreadable(whole or Frame(0, 0, raw), at, "this is not one whole deliver_sm or data_sm")


def key_of(frame: Frame) -> str:
    """The same for the same body; status and sequence change from one repeat to the next."""
    return hashlib.sha256(frame.raw[HEAD:]).hexdigest()[:40]


def unreadable(frame: Frame, at: float, why: str) -> Arrived:
    """What is kept without being understood."""
    return Arrived(
        key=f"unreadable-{key_of(frame)}", raw=frame.raw, content_type=CONTENT_TYPE, sender="", receiver="",
        received_at=at, flags=("unreadable",), meta={"why": why},
    )  # fmt: skip


def _arrived(given: Handed, user: udh.UserData, frame: Frame, at: float, alphabet: Alphabet) -> Arrived:
    flags = [*user.flags]
    if given.cut:
        flags.append(CUT)
    if given.short and given.more.get(MESSAGE_PAYLOAD, given.short) != given.short:
        flags.append(BESIDE)
    return Arrived(
        key=key_of(frame),
        raw=frame.raw,
        content_type=CONTENT_TYPE,
        sender=given.source,
        receiver=given.target,
        received_at=at,
        data=user.data,
        coding=0 if given.coding in _DEFAULT_ALPHABET else given.coding,
        part=user.part or _by_parameters(given),
        port=user.port or given.number(DESTINATION_PORT) or None,
        flags=tuple(flags),
        meta={"alphabet": alphabet} | ({"service_type": given.service_type} if given.service_type else {}),
    )


def _by_parameters(given: Handed) -> PartOf | None:
    """Where it stands in a long message by sar_msg_ref_num and its two companions; all three or none (5.3.2.22)."""
    reference, total, n = (given.number(tag) for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_N))
    if reference is None or total is None or n is None:
        return None
    return PartOf(reference & 0xFFFF, 16, total & 0xFF, n & 0xFF)
