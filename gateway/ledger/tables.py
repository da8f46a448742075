"""The schema, once, for both databases (SQLAlchemy Core). ``migrations`` must lead to exactly this; a test compares.

Only types that both drivers carry without conversion are used: text, double precision, 64-bit integers, booleans
and bytes. JSON is text that we encode ourselves. ``personal`` holds a row's personal fields sealed as one blob
(personal.py), ``*_hash`` the keyed hash of a telephone number, NULL when there is none.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(column_0_label)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _maybe_text(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def _time(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def _maybe_time(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _hash(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=True)


calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    _time("started_at"),
    _text("entry_number"),
    _text("account"),
    _text("track"),
    _text("direction"),
    _text("flow"),
    _text("language"),
    _maybe_text("queue"),
    _maybe_text("seat"),
    _maybe_text("agent"),
    _maybe_time("queued_at"),
    _maybe_time("answered_at"),
    _maybe_time("ended_at"),
    _maybe_time("wait_s"),
    _maybe_time("ring_s"),
    _maybe_time("talk_s"),
    _maybe_time("hold_s"),
    _maybe_time("wrap_s"),
    _maybe_text("outcome"),
    _text("ended_by"),
    _text("recording_id"),
    _text("stretches"),
    Column("personal", LargeBinary, nullable=False),
    _hash("caller_hash"),
)
Index("ix_calls_newest", calls.c.started_at, calls.c.call_id)
Index("ix_calls_caller", calls.c.caller_hash, calls.c.started_at)
Index("ix_calls_outcome", calls.c.outcome, calls.c.started_at)
Index("ix_calls_queue", calls.c.queue, calls.c.started_at)
Index(
    "ix_calls_open",
    calls.c.started_at,
    sqlite_where=calls.c.ended_at.is_(None),
    postgresql_where=calls.c.ended_at.is_(None),
)

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_no", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _number("revision"),
    _text("state"),
    _text("channel"),
    _text("account"),
    _text("entry_number"),
    _text("track"),
    _text("area_code"),
    _text("day"),
    _number("running"),
    _time("received_at"),
    _time("occurred_at"),
    _text("channel_msg_id"),
    _text("queue"),
    _text("call_id"),
    _text("agent_id"),
    _text("language"),
    _maybe_time("wait_s"),
    _maybe_time("ring_s"),
    _maybe_time("talk_s"),
    _maybe_time("hold_s"),
    _maybe_time("wrap_s"),
    _maybe_time("first_response_at"),
    _maybe_time("deadline_at"),
    _maybe_time("closed_at"),
    _text("kind"),
    _text("category"),
    _text("title"),
    _text("content"),
    _text("urgency"),
    Column("is_secret", Boolean, nullable=False),
    _text("recording_id"),
    _text("raw_id"),
    _text("query_code"),
    Column("personal", LargeBinary, nullable=False),
    _hash("calling_hash"),
    _hash("contact_hash"),
)
Index("ix_tickets_newest", tickets.c.day, tickets.c.running, tickets.c.area_code)
Index("ix_tickets_received", tickets.c.received_at)
Index("ix_tickets_channel", tickets.c.channel, tickets.c.day, tickets.c.running)
Index("ix_tickets_state", tickets.c.state, tickets.c.day, tickets.c.running)
Index("ix_tickets_call", tickets.c.call_id)
Index("ix_tickets_calling", tickets.c.calling_hash)
Index("ix_tickets_contact", tickets.c.contact_hash)

ticket_counters = Table(
    "ticket_counters",
    metadata,
    Column("area_code", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    _number("running"),
)

ticket_keys = Table(
    "ticket_keys",
    metadata,
    Column("key", Text, primary_key=True),
    _text("ticket_id"),
)

events = Table(
    "events",
    metadata,
    # INTEGER makes it SQLite's own row id: one tree to write instead of two.
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _text("id"),
    _text("type"),
    _text("subject"),
    _time("time"),
    Column("data", LargeBinary, nullable=False),
)

feed_head = Table(
    "feed_head",
    metadata,
    Column("name", Text, primary_key=True),
    _number("sequence"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("login", Text, primary_key=True),
    _text("name"),
    _text("role"),
    _text("agent_id"),
    Column("disabled", Boolean, nullable=False),
    _text("password_hash"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("login", Text, ForeignKey("accounts.login"), nullable=False),
    _text("note"),
    _time("at"),
)
Index("ix_tokens_login", tokens.c.login)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    _time("at"),
    _text("login"),
    _text("act"),
    _text("subject"),
    _text("address"),
    _text("detail"),
)
Index("ix_audit_newest", audit.c.at, audit.c.id)
Index("ix_audit_login", audit.c.login, audit.c.at)
Index("ix_audit_subject", audit.c.subject, audit.c.at)

states = Table(
    "states",
    metadata,
    Column("name", Text, primary_key=True),
    _text("value"),
)
