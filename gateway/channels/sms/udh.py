"""The user data header of a short message (3GPP TS 23.040, 9.2.3.24): which part of a long message, which port.

For carriers' binary protocols (CMPP, SMGP, SGIP, SMPP), whose flag (TP_udhi, esm_class bit 6) says that there is one.
A header that cannot be right is none: the octets are then data, flagged, so that nothing of a citizen's words is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.channels.sms.port import PartOf

BROKEN = "udh_broken"

_PART_8, _PART_16, _PORT_8, _PORT_16 = 0x00, 0x08, 0x04, 0x05
_LENGTHS = {_PART_8: 3, _PART_16: 4, _PORT_8: 2, _PORT_16: 4}


@dataclass(frozen=True, slots=True)
class UserData:
    """User data taken apart. ``port`` is the destination's; ``part`` may be impossible (n > total): whoever joins
    judges that. ``flags`` holds ``udh_broken`` when the header was none."""

    data: bytes
    part: PartOf | None = None
    port: int | None = None
    flags: tuple[str, ...] = ()


def read(user_data: bytes) -> UserData:
    """Take apart user data that is said to begin with a header. Never raises.

    Unknown elements are skipped (9.2.3.24: "shall be ignored"); of an element that comes twice the last counts.
    """
    if not user_data or 1 + user_data[0] > len(user_data):
        return UserData(user_data, flags=(BROKEN,))
    end = 1 + user_data[0]
    part, port, at = None, None, 1
    while at < end:
        if at + 2 > end or at + 2 + user_data[at + 1] > end:
            return UserData(user_data, flags=(BROKEN,))
        element, length = user_data[at], user_data[at + 1]
        value = user_data[at + 2 : at + 2 + length]
        at += 2 + length
        if _LENGTHS.get(element, length) != length:
            return UserData(user_data, flags=(BROKEN,))
        if element in (_PART_8, _PART_16):
            part = _part(value)
        elif element in (_PORT_8, _PORT_16):
            port = int.from_bytes(value[: length // 2])
    return UserData(user_data[end:], part, port)


def _part(value: bytes) -> PartOf:
    """Reference of one octet or two, how many there are, which this is."""
    bits = 8 if len(value) == 3 else 16
    return PartOf(int.from_bytes(value[:-2]), 8 if bits == 8 else 16, value[-2], value[-1])


def header(part: PartOf) -> bytes:
    """The header of a part of ours. Raises OverflowError for a reference, total or number that does not fit."""
    width = part.bits // 8
    element = _PART_8 if part.bits == 8 else _PART_16
    value = part.reference.to_bytes(width) + part.total.to_bytes(1) + part.n.to_bytes(1)
    return bytes((2 + len(value), element, len(value))) + value
