"""The port of a channel: what the gateway asks of WeChat, Weibo, SMS, mail, partners, and how they say no.

A channel folder has the same file names each: ``config`` (pydantic), ``wire`` (signature, decryption, framing: bytes
in, values out, no IO), ``normalise`` (values to ``Message``, never raises), ``channel`` (the object here). One object
serves one account.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

import aiohttp

from gateway.model.http import Door
from gateway.model.messages import Attachment, Conversation, Delivery, KeptAttachment
from gateway.tickets.ports import Ledger, Takes, TicketActs, Words


class Retryable(Exception):
    """It did not work now and may later. ``after_s``: not before so many seconds, when the platform said so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.why, self.after_s = why, after_s


class Permanent(Exception):
    """It will never work like this (refused content, unknown receiver, past its window). ``why`` is fit for agents."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it. ``external_id`` is its id for reports, ``note`` how it went out when that matters
    (``subscribe_message``); ``final`` False when a report of arrival will follow."""

    external_id: str = ""
    note: str = ""
    final: bool = True


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as the platform gave it. ``path`` on the bytes' way to the store is the store's affair."""

    body: bytes
    name: str = ""
    content_type: str = ""


Arrival = Literal["delivered", "failed"]
"""What a carrier or a mail server says in the end of a delivery that was sent but not ``final``."""

Report = Callable[[str, str, str, Arrival, str], Awaitable[bool]]
"""``report(channel, account, external_id, arrival, error)``: False when no delivery has the id (yet)."""


class Files(Protocol):
    """Where attachments' bytes are kept, by content."""

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        """Judge, clean and keep a file: type by content, limits, pictures re-encoded without EXIF, scanned where
        a scanner is configured. Never raises for what it was given: a refused one comes back as ``refused`` with why.
        """

    async def read(self, sha256: str) -> bytes:
        """Raises FileNotFoundError."""


@dataclass(frozen=True, slots=True)
class ChannelMeans:
    """What every channel works with. ``http`` is one shared client session; ``zone`` the hall's."""

    ledger: Ledger
    intake: Takes
    tickets: TicketActs
    files: Files
    words: Words
    http: aiohttp.ClientSession
    zone: ZoneInfo
    wake: Callable[[], None] = lambda: None
    """Tell the workers that something is due (a delivery or a wanted attachment was written)."""
    clock: Callable[[], float] = time.time


class Channel(Protocol):
    """One account of one channel. ``name`` is the channel of its tickets, ``account`` its name in the configuration."""

    name: str
    account: str

    def doors(self) -> Sequence[Door]:
        """Its ways in over HTTP; may be empty."""

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """Give a delivery to the platform. Raises Retryable or Permanent; ends within its own limit (30 s at most)."""

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """Fetch a wanted attachment. Raises Retryable or Permanent."""

    async def run(self) -> None:
        """Background work (polling); a channel without any returns at once. Cancelled at the end."""
