"""PDUs of a short message centre, put together by hand: what ``wire`` reads, built without it."""

from __future__ import annotations

CITIZEN, HOTLINE = "13800000000", "1065812345"


def pdu(command: int, body: bytes = b"", sequence: int = 1, status: int = 0) -> bytes:
    head = (16 + len(body), command, status, sequence)
    return b"".join(number.to_bytes(4) for number in head) + body


def tlv(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2) + len(value).to_bytes(2) + value


def body_of(
    data: bytes, coding: int = 8, esm_class: int = 0, more: bytes = b"", source: str = CITIZEN, target: str = HOTLINE
) -> bytes:
    numbers = b"\0\1\1" + source.encode() + b"\0\1\1" + target.encode() + b"\0"
    return numbers + bytes((esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(data))) + data + more


def deliver(
    text: str | bytes, coding: int = 8, esm_class: int = 0, more: bytes = b"", source: str = CITIZEN, sequence: int = 1
) -> bytes:
    """A deliver_sm; a str is UCS-2."""
    data = text if isinstance(text, bytes) else text.encode("utf-16-be")
    return pdu(5, body_of(data, coding, esm_class, more, source), sequence)


def data_sm(text: str, esm_class: int = 0, more: bytes = b"") -> bytes:
    numbers = b"\0\1\1" + CITIZEN.encode() + b"\0\1\1" + HOTLINE.encode() + b"\0"
    payload = tlv(0x0424, text.encode("utf-16-be"))
    return pdu(0x103, numbers + bytes((esm_class, 0, 8)) + payload + more)


def receipt(text: str, esm_class: int = 4, more: bytes = b"") -> bytes:
    return deliver(text.encode(), 0, esm_class, more)
