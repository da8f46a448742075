"""What ties a mail to a ticket and cannot be made up: signed reply addresses and signed Message-IDs.

A citizen's answer comes to ``12345+<tag>@...`` and names our mail in In-Reply-To. Both carry the ticket's number (the
Message-ID the delivery's id as well) and an HMAC-SHA256 cut to 80 bits: who has not had a mail of ours cannot write
into a ticket by guessing, and a tag says nothing to who reads it without the key. Letters and digits are base32
(RFC 4648) in lower case and are read in any case, because mail servers fold addresses; a name beside the address,
brackets, wrapping and the prefixes of forwarders (SRS, BATV) do no harm.

    tag         = ticket (60 bits, 12 characters) mac (80 bits, 16 characters)
    Message-ID  = gw.<ticket, 12>.<delivery>.<mac, 16>@domain
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from gateway.model.ids import TicketNo, ticket_no

_NUMBER = re.compile(r"([0-9]{6})-([0-9]{8})-([0-9]{7})")
_TAG = re.compile(r"\+([a-z2-7]{12})([a-z2-7]{16})@")
_ID = re.compile(r"gw\.([a-z2-7]{12})\.([ux][a-z2-7]{1,160})\.([a-z2-7]{16})@")
_BLANK = re.compile(r"\s+")

_FIRST_DAY = date(2000, 1, 1)
_N_BITS, _DAY_BITS = 24, 16
_LOCAL_PART = 64
"""Octets of what stands before the @ (RFC 5321 section 4.5.3.1.1)."""
_MAC_BYTES = 10
_LONGEST = 2000
"""Characters looked at: no address or Message-ID is longer (RFC 5322 section 2.1.1 allows a line of 998)."""


class ReplyTags:
    """Makes and checks the tags of one account. ``key`` is its ``reply_key``: at least 16 characters.

    Raises ValueError for a shorter key: with it a tag could be worked out from a mail.
    """

    def __init__(self, key: str) -> None:
        if len(key) < 16:
            raise ValueError("reply_key has fewer than 16 characters")
        self._key = key.encode()

    def address(self, base: str, ticket_no: str) -> str:
        """``base`` with the ticket's tag: where answers about this ticket come to.

        ``base`` itself when the number is none of ours, or the result would be longer than an address may be.
        """
        local, _, domain = base.rpartition("@")
        ticket = _packed(ticket_no)
        if not ticket or len(local) + 1 + 28 > _LOCAL_PART:
            return base
        return f"{local}+{ticket}{self._mac('address', ticket)}@{domain}"

    def ticket_of(self, address: str) -> TicketNo | Literal[""]:
        """The ticket that a reply address names; "" when it names none or was not made with this key."""
        for found in _TAG.finditer(_folded(address)):
            if self._is_mac(found[2], "address", found[1]):
                return _unpacked(found[1])
        return ""

    def message_id(self, ticket_no: str, delivery_id: str, domain: str) -> str:
        """The Message-ID, without brackets, of the mail by which a delivery of a ticket goes out.

        Raises ValueError when the number is none of ours or the delivery's id is longer than 100 octets.
        """
        ticket, delivery = _packed(ticket_no), _delivery(delivery_id)
        if not ticket or not 1 < len(delivery) <= 161:
            raise ValueError("a Message-ID is made of a ticket's number and a delivery's id")
        return f"gw.{ticket}.{delivery}.{self._mac('message-id', ticket, delivery)}@{domain}"

    def ours(self, message_id: str) -> tuple[TicketNo, str] | None:
        """(ticket, delivery id) of a Message-ID of ours; None for all others."""
        for found in _ID.finditer(_folded(message_id)):
            if not self._is_mac(found[3], "message-id", found[1], found[2]):
                continue
            ticket, delivery = _unpacked(found[1]), _delivery_of(found[2])
            if ticket and delivery:
                return ticket, delivery
        return None

    def _mac(self, *parts: str) -> str:
        return _base32(
            hmac.digest(self._key, "\0".join(("gateway-12345 mail", *parts)).encode(), "sha256")[:_MAC_BYTES]
        )

    def _is_mac(self, given: str, *parts: str) -> bool:
        return hmac.compare_digest(given.encode(), self._mac(*parts).encode())


def ticket_in(text: str) -> TicketNo | Literal[""]:
    """The first ticket number written in a text (a subject): a hint, nothing is proved by it."""
    for found in _NUMBER.finditer(text[:_LONGEST]):
        if _day(found[2]) is not None and int(found[3]):
            return TicketNo(found[0])
    return ""


def _folded(text: str) -> str:
    return _BLANK.sub("", text[:_LONGEST]).lower()


def _packed(number: str) -> str:
    """A ticket number in 12 characters, "" for what is none."""
    found = _NUMBER.fullmatch(number)
    day = _day(found[2]) if found else None
    if found is None or day is None or not 0 <= (days := (day - _FIRST_DAY).days) < 1 << _DAY_BITS:
        return ""
    value = (int(found[1]) << _DAY_BITS | days) << _N_BITS | int(found[3])
    return _base32((value << 4).to_bytes(8, "big"))[:12]


def _unpacked(text: str) -> TicketNo | Literal[""]:
    value = int.from_bytes(_bytes(text + "a") or b"", "big") >> 4
    area, days, n = value >> _N_BITS + _DAY_BITS, value >> _N_BITS & (1 << _DAY_BITS) - 1, value & (1 << _N_BITS) - 1
    try:
        return ticket_no(f"{area:06d}", _FIRST_DAY + timedelta(days=days), n)
    except ValueError:
        return ""


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _delivery(id: str) -> str:
    """Our ids are UUIDs, of which 16 bytes need 26 characters; any other is carried as it is."""
    try:
        value = UUID(id)
    except ValueError:
        value = None
    if value is not None and str(value) == id:
        return "u" + _base32(value.bytes)
    return "x" + _base32(id.encode("utf-8", "replace"))


def _delivery_of(text: str) -> str:
    body = _bytes(text[1:])
    if body is None or (text[0] == "u" and len(body) != 16):
        return ""
    return str(UUID(bytes=body)) if text[0] == "u" else body.decode("utf-8", "replace")


def _base32(body: bytes) -> str:
    return base64.b32encode(body).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes | None:
    """What base32 in lower case stands for, None for what is none."""
    try:
        return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
