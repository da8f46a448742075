"""What a short message centre says in SMPP 3.4, read from octets. Pure; field names are the standard's.

A PDU is length, command, status, sequence (four octets each) and a body of texts that end at a NUL, octets, and
optional parameters (TLV). Only what a centre sends us is read here; what we write is ``pdus``. The codec of aiosmpplib
is not used for reading: it decodes texts by its own guess and refuses what does not fit its enumerations (see the
package). Whatever cannot be read is a WireError that says where; no octets raise anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.sms.frames import ANSWER, Frame, FrameReader, WireError
from gateway.channels.sms.smpp.config import STATUS_OCTETS

HEAD = 16

BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 1, 2, 9
SUBMIT_SM, DELIVER_SM, UNBIND, OUTBIND, ENQUIRE_LINK = 4, 5, 6, 0x0B, 0x15
ALERT_NOTIFICATION, DATA_SM = 0x102, 0x103
GENERIC_NACK = ANSWER

MESSAGE_PAYLOAD, RECEIPTED_MESSAGE_ID, MESSAGE_STATE, NETWORK_ERROR_CODE = 0x0424, 0x001E, 0x0427, 0x0423
SAR_REFERENCE, SAR_TOTAL, SAR_N, DESTINATION_PORT = 0x020C, 0x020E, 0x020F, 0x020B
"""Tags of optional parameters (5.3.2)."""

NAMES = {
    BIND_RECEIVER: "bind_receiver", BIND_TRANSMITTER: "bind_transmitter", BIND_TRANSCEIVER: "bind_transceiver",
    3: "query_sm", SUBMIT_SM: "submit_sm", DELIVER_SM: "deliver_sm", UNBIND: "unbind", 7: "replace_sm", 8: "cancel_sm",
    OUTBIND: "outbind", ENQUIRE_LINK: "enquire_link", 0x21: "submit_multi", ALERT_NOTIFICATION: "alert_notification",
    DATA_SM: "data_sm",
}  # fmt: skip


def name_of(command: int) -> str:
    """What the standard calls a command."""
    if command == GENERIC_NACK:
        return "generic_nack"
    name = NAMES.get(command & ~ANSWER, f"command 0x{command:08x}")
    return f"{name}_resp" if command & ANSWER and command & ~ANSWER in NAMES else name


def reader(max_frame: int = 65_536) -> FrameReader:
    """Octets of SMPP to frames."""
    return FrameReader(max_frame, between=STATUS_OCTETS)


def status_of(frame: Frame) -> int:
    """command_status: 0 is well."""
    return int.from_bytes(frame.raw[8:12])


@dataclass(frozen=True, slots=True)
class Handed:
    """A deliver_sm or data_sm. ``short`` is short_message; optional parameters by tag, of a repeated one the last.

    ``cut``: the optional parameters ended in the middle of one; what stood before is there.
    """

    source: str
    source_ton: int
    target: str
    target_ton: int
    esm_class: int
    coding: int
    short: bytes = b""
    service_type: str = ""
    protocol_id: int = 0
    more: Mapping[int, bytes] = field(default_factory=dict)
    cut: bool = False

    @property
    def data(self) -> bytes:
        """The user data: short_message, or the parameter message_payload when that is empty (5.3.2.32)."""
        return self.short or self.more.get(MESSAGE_PAYLOAD, b"")

    def number(self, tag: int) -> int | None:
        """An optional parameter that is a number, None when it is absent or empty."""
        value = self.more.get(tag)
        return int.from_bytes(value) if value and len(value) <= 4 else None


class _Body:
    """A body read from front to back."""

    def __init__(self, frame: Frame) -> None:
        self._raw, self._at, self._name = frame.raw, HEAD, name_of(frame.command)

    @property
    def left(self) -> int:
        return len(self._raw) - self._at

    def text(self, field: str) -> str:
        end = self._raw.find(b"\0", self._at)
        if end < 0:
            raise WireError(f"{self._name}: {field} at octet {self._at} does not end")
        octets, self._at = self._raw[self._at : end], end + 1
        return octets.decode("ascii", "backslashreplace").strip()

    def octet(self, field: str) -> int:
        return self.octets(1, field)[0]

    def octets(self, count: int, field: str) -> bytes:
        if self.left < count:
            raise WireError(f"{self._name}: {field} at octet {self._at} has {count} octets, {self.left} are there")
        octets, self._at = self._raw[self._at : self._at + count], self._at + count
        return octets

    def parameters(self) -> tuple[dict[int, bytes], bool]:
        """The rest as optional parameters, and whether it is cut."""
        found: dict[int, bytes] = {}
        while self.left >= 4:
            tag, length = (int.from_bytes(self.octets(2, "tag")) for _ in range(2))
            if length > self.left:
                return found, True
            found[tag] = self.octets(length, f"parameter 0x{tag:04x}")
        return found, self.left > 0


def read_handed(frame: Frame) -> Handed:
    """A deliver_sm (4.6.1) or data_sm (4.7.1). Raises WireError."""
    if frame.command not in (DELIVER_SM, DATA_SM):
        raise WireError(f"{name_of(frame.command)} hands nothing over")
    body = _Body(frame)
    service = body.text("service_type")
    source_ton, _ = body.octet("source_addr_ton"), body.octet("source_addr_npi")
    source = body.text("source_addr")
    target_ton, _ = body.octet("dest_addr_ton"), body.octet("dest_addr_npi")
    target = body.text("destination_addr")
    esm_class = body.octet("esm_class")
    short, protocol_id = b"", 0
    if frame.command == DELIVER_SM:
        protocol_id = body.octet("protocol_id")
        body.octet("priority_flag")
        body.text("schedule_delivery_time")
        body.text("validity_period")
        body.octets(2, "registered_delivery")
        coding = body.octet("data_coding")
        body.octet("sm_default_msg_id")
        short = body.octets(body.octet("sm_length"), "short_message")
    else:
        body.octet("registered_delivery")
        coding = body.octet("data_coding")
    more, cut = body.parameters()
    return Handed(
        source, source_ton, target, target_ton, esm_class, coding, short, service, protocol_id, more, cut
    )  # fmt: skip


def read_id(frame: Frame) -> str:
    """message_id of a submit_sm_resp; "" where there is none (a refusal has no body, 4.4.2)."""
    return frame.raw[HEAD:].partition(b"\0")[0].decode("ascii", "backslashreplace").strip()
