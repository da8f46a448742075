"""What an SMS link and the SMS channel give each other. A link knows a carrier's protocol and nothing of tickets; the
channel (``gateway.channels.sms.channel``) knows messages, parts and tickets and nothing of protocols.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.model.http import Door


@dataclass(frozen=True, slots=True)
class PartOf:
    """Where a part stands in its long message (3GPP TS 23.040, 9.2.3.24.1 and .8). ``n`` counts from 1."""

    reference: int
    bits: Literal[8, 16]
    total: int
    n: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """One SMS, or one part of one, as the carrier handed it over; its acknowledgement waits for our commit.

    ``key`` names this very piece: the same for each of the carrier's repeats (its message id, or a digest of all that
    came). ``raw`` is the untouched PDU or body. Either ``text`` is given (a vendor that has decoded it) or ``data``:
    the user data without its header, to be decoded by ``coding`` (the format field: 0, 3, 4, 8, 9, 15) only when all
    parts are there. ``port`` is the application port of port-addressed data (WAP push, vCard): kept aside, no
    citizen wrote it. ``sender`` and ``receiver`` are as given; ``sent_at`` is epoch seconds. ``flags`` tell what was
    odd.
    """

    key: str
    raw: bytes
    content_type: str
    sender: str
    receiver: str
    received_at: float
    text: str | None = None
    data: bytes = b""
    coding: int = 0
    part: PartOf | None = None
    port: int | None = None
    sent_at: float | None = None
    flags: tuple[str, ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A status report: what became of a message of ours. ``external_id`` is the carrier's id from ``Link.submit``,
    ``code`` the carrier's own word (``DELIVRD``, ``UNDELIV``, ``MK:0013``), ``at`` when it says it happened.

    state ``waiting``: the carrier still tries (ACCEPTD, ENROUTE); it changes nothing.
    """

    external_id: str
    state: Literal["delivered", "failed", "waiting"]
    code: str = ""
    at: float | None = None
    target: str = ""


class Inbox(Protocol):
    """Where a link puts what it was handed. Both return after the commit, and only then may the carrier be answered;
    OSError (TimeoutError is one) when it could not be kept: then the carrier must be made to send it again.
    """

    async def arrived(self, message: Arrived) -> None: ...

    async def told(self, report: Told) -> None: ...


class Link(Protocol):
    """One account's connection to a carrier. Constructor: ``(config, means, inbox, <secrets by keyword>)``."""

    def doors(self) -> Sequence[Door]:
        """Its ways in over HTTP; empty for a protocol of its own."""

    async def submit(self, target: str, text: str, key: str) -> Sequence[str]:
        """Send a text to a number (digits, with country code only when it is not 86) and return the carrier's id of
        each part, in order. ``key`` is the delivery's id, for carriers that take an idempotency key. Raises Retryable
        or Permanent; ends within 30 s.
        """

    def figures(self) -> Mapping[str, float]:
        """For /metrics, summed over accounts: names that ``gateway.channels.sms.figures`` explains."""

    async def run(self) -> None:
        """Keep the connection; returns at once when there is none to keep. Cancelled at the end."""
