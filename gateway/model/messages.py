"""Messages: what a citizen or a partner sent over a channel after normalising, and what goes back to them.

``Raw`` is the untouched original; a ``Message`` is what a channel made of it; ``Attachment`` is a file that belongs to
it, perhaps still to be fetched. ``Reply`` is an answer on a ticket, ``Delivery`` the record of getting it (or a ticket
pushed to a partner) to where it belongs. ``Conversation`` is what is remembered of one person on one account. Times are
epoch seconds (UTC). Personal fields are plain here; the ledger seals them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.ids import TicketNo
from gateway.model.value import value

MessageKind = Literal["text", "image", "voice", "video", "location", "link", "file", "form", "event", "unreadable"]
"""form: a whole submission with stated fields (web, Open311, partner); unreadable: kept, but not understood."""

AttachmentState = Literal["kept", "wanted", "refused", "gone"]
"""wanted: must still be fetched from the platform; refused: by our limits (``note`` says why); gone: cannot be had."""

DeliveryState = Literal["waiting", "sent", "delivered", "failed", "impossible", "cancelled"]
"""sent: the platform took it; delivered: it reported arrival; failed: tries are used up; impossible: no way exists."""

Crs = Literal["", "WGS-84", "GCJ-02", "BD-09", "CGCS2000"]


@value
class Raw:
    """The original as it came over the wire, with what is needed to read it again. Never changed, never logged.

    ``meta`` holds small texts (query string, content type, path variables). ``file`` is the SHA-256 of a kept file when
    the body is too large for a row; then ``body`` is empty.
    """

    id: str
    channel: str
    account: str
    received_at: float
    content_type: str
    body: bytes
    meta: Mapping[str, str] = field(default_factory=dict)
    file: str = ""


@value
class Attachment:
    """A file of a message. ``sha256`` names the kept (cleaned) bytes, ``original`` those that came if they differ.

    ``source`` says how a wanted one is fetched (channel's own keys, e.g. media_id or url); ``note`` is for people.
    """

    id: str
    name: str
    mime: str = "application/octet-stream"
    size: int = 0
    sha256: str = ""
    state: AttachmentState = "kept"
    original: str = ""
    source: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@value
class Person:
    """Who sent a message, as far as it is known. ``user_id`` is the channel's own (openid, Weibo uid, address)."""

    user_id: str = ""
    name: str = ""
    number: str = ""
    """The number that the channel itself vouches for (SMS sender); ``contact_number`` is what they stated."""
    contact_number: str = ""
    email: str = ""
    sex: Literal["", "男", "女"] = ""


@value
class Place:
    """Where it is. Degrees; ``crs`` is the reference system of the coordinates (GCJ-02 from Chinese map services)."""

    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    crs: Crs = ""
    area_code: str = ""
    asset_id: str = ""


@value
class Message:
    """One message, normalised. ``key`` is its durable idempotency key: the same original always gives the same key.

    ``conversation`` names who speaks with which account (``wechat:hainan:oABC``), empty when each message stands alone.
    ``given`` are ticket fields that the sender stated (kind, category, is_secret ...); ``reply_to`` is the ticket that
    the message says it is about. ``flags`` are short marks such as ``unreadable`` or ``charset_guessed``.
    """

    key: str
    channel: str
    account: str
    kind: MessageKind
    occurred_at: float
    received_at: float
    external_id: str = ""
    conversation: str = ""
    person: Person = field(default_factory=Person)
    title: str = ""
    text: str = ""
    full_text: str = ""
    """With quotations and signatures, when ``text`` is only the shown part (mail); else empty."""
    place: Place | None = None
    attachments: tuple[Attachment, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    reply_to: TicketNo | Literal[""] = ""
    language: str = ""
    flags: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@value
class KeptMessage:
    """A message in the ledger, tied to its original and to its ticket (empty when it opened none)."""

    id: str
    raw_id: str
    ticket_no: TicketNo | Literal[""]
    message: Message


@dataclass(frozen=True, slots=True)
class KeptAttachment:
    """An attachment in the ledger. ``due_at`` is when a wanted one is tried (again), None when nothing is to do."""

    attachment: Attachment
    message_id: str
    ticket_no: TicketNo | Literal[""]
    channel: str
    account: str
    attempts: int = 0
    due_at: float | None = None


@value
class Conversation:
    """What is remembered of one person on one account. ``id`` is the message's ``conversation``.

    ``ticket_no`` is the open ticket that further messages join; ``step`` what the guided dialogue has asked for;
    ``out_since_in`` counts replies since the last message (WeChat allows five); ``stopped`` after opting out.
    """

    id: str
    channel: str
    account: str
    user_id: str
    ticket_no: TicketNo | Literal[""] = ""
    last_in_at: float | None = None
    last_out_at: float | None = None
    out_since_in: int = 0
    step: str = ""
    stopped: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on a ticket: written by ``author`` (a login, ``system`` or a partner's number)."""

    id: str
    ticket_no: TicketNo
    at: float
    author: str
    text: str
    template: str = ""


@value
class Delivery:
    """Something that must reach someone outside, with its record. ``kind`` reply goes to the citizen over the
    ticket's channel, push to a partner.

    ``target`` is whom (channel user id, number, address, partner number); ``due_at`` when it is tried next, None when
    done; ``external_id`` the receiver's id for it; ``answer_by`` when a push should have been acknowledged.
    """

    id: str
    kind: Literal["reply", "push"]
    ticket_no: TicketNo
    channel: str
    account: str
    target: str
    created_at: float
    state: DeliveryState = "waiting"
    reply_id: str = ""
    text: str = ""
    attempts: int = 0
    due_at: float | None = None
    done_at: float | None = None
    external_id: str = ""
    error: str = ""
    answer_by: float | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follower:
    """A system that the feed is posted to (Standard Webhooks). ``cursor`` is the last sequence it has taken.

    ``secrets`` are ``whsec_`` texts, newest first: each signs until it is taken out (rotation). ``types`` are patterns
    such as ``hotline.ticket.*``, empty for all. ``batch`` 1 posts one event at a time; more, a CloudEvents batch of at
    most so many.
    """

    id: str
    name: str
    url: str
    secrets: tuple[str, ...]
    types: tuple[str, ...] = ()
    state: Literal["active", "paused", "failing"] = "active"
    cursor: int = 0
    failures: int = 0
    failing_since: float | None = None
    due_at: float | None = None
    error: str = ""
    created_at: float = 0.0
    batch: int = 1


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a follower did not take after all tries; kept until it is replayed or dropped."""

    follower_id: str
    sequence: int
    at: float
    error: str


@dataclass(frozen=True, slots=True)
class Denial:
    """A sender who is not heard for a time, with the reason: visible, reversible. ``until`` None is for good."""

    id: str
    channel: str
    user_id: str
    reason: str
    by: str
    at: float
    until: float | None = None
