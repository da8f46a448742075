"""The schema, once, for both databases (SQLAlchemy Core). ``migrations`` must lead to exactly this; a test compares.

Only types that both drivers carry without conversion are used: text, double precision, 64-bit integers, booleans
and bytes. JSON is text that we encode ourselves. ``personal`` holds a row's personal fields sealed as one blob
(personal.py), ``data`` all that is said in a message or an answer, sealed too; ``*_hash`` is the keyed hash of a
telephone number or of a channel's own id of a person, NULL when there is none.

Every index is paid for with each row, most of all one whose keys arrive in no order: those are the hashes, so they
leave out the rows that have none.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, literal_column

from gateway.ledger.columns import (
    added_mark,
    added_words,
    hashed,
    maybe_moment,
    maybe_number,
    maybe_words,
    metadata,
    moment,
    number,
    partial,
    words,
)
from gateway.ledger.tables_desk import assignments, drafts, watches
from gateway.ledger.tables_messages import (
    attachments,
    conversations,
    dead_letters,
    deliveries,
    denials,
    followers,
    gatherings,
    message_keys,
    messages,
    raws,
    replies,
)
from gateway.ledger.tables_transfers import (
    partner_contexts,
    transfers,
    virtual_bindings,
    virtual_calls,
    virtual_numbers,
)

__all__ = [
    "accounts",
    "assignments",
    "attachments",
    "audit",
    "calls",
    "conversations",
    "dead_letters",
    "deliveries",
    "denials",
    "drafts",
    "events",
    "feed_head",
    "followers",
    "gatherings",
    "message_keys",
    "messages",
    "metadata",
    "partner_contexts",
    "raws",
    "replies",
    "states",
    "ticket_counters",
    "ticket_keys",
    "tickets",
    "tokens",
    "transfers",
    "virtual_bindings",
    "virtual_calls",
    "virtual_numbers",
    "watches",
]

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    moment("started_at"),
    words("entry_number"),
    words("account"),
    words("track"),
    words("direction"),
    words("flow"),
    words("language"),
    maybe_words("queue"),
    maybe_words("seat"),
    maybe_words("agent"),
    maybe_moment("queued_at"),
    maybe_moment("answered_at"),
    maybe_moment("ended_at"),
    maybe_moment("wait_s"),
    maybe_moment("ring_s"),
    maybe_moment("talk_s"),
    maybe_moment("hold_s"),
    maybe_moment("wrap_s"),
    maybe_words("outcome"),
    words("ended_by"),
    words("recording_id"),
    words("stretches"),
    Column("personal", LargeBinary, nullable=False),
    hashed("caller_hash"),
    added_words("ticket_no"),
)
Index("ix_calls_newest", calls.c.started_at, calls.c.call_id)
Index("ix_calls_caller", calls.c.caller_hash, calls.c.started_at)
Index("ix_calls_outcome", calls.c.outcome, calls.c.started_at)
Index("ix_calls_queue", calls.c.queue, calls.c.started_at)
partial("ix_calls_open", calls.c.started_at, where=calls.c.ended_at.is_(None))
partial("ix_calls_ticket", calls.c.ticket_no, calls.c.started_at, where=calls.c.ticket_no != literal_column("''"))
partial("ix_calls_agent", calls.c.agent, calls.c.started_at, where=calls.c.agent.is_not(None))

tickets = Table(
    "tickets",
    metadata,
    Column("ticket_no", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    number("revision"),
    words("state"),
    words("channel"),
    words("account"),
    words("entry_number"),
    words("track"),
    words("area_code"),
    words("day"),
    number("running"),
    moment("received_at"),
    moment("occurred_at"),
    words("channel_msg_id"),
    words("queue"),
    words("call_id"),
    words("agent_id"),
    words("language"),
    maybe_moment("wait_s"),
    maybe_moment("ring_s"),
    maybe_moment("talk_s"),
    maybe_moment("hold_s"),
    maybe_moment("wrap_s"),
    maybe_moment("first_response_at"),
    maybe_moment("deadline_at"),
    maybe_moment("closed_at"),
    words("kind"),
    words("category"),
    words("title"),
    words("content"),
    words("urgency"),
    Column("is_secret", Boolean, nullable=False),
    words("recording_id"),
    words("raw_id"),
    words("query_code"),
    Column("personal", LargeBinary, nullable=False),
    hashed("calling_hash"),
    hashed("contact_hash"),
    maybe_moment("sent_at"),
    added_words("urge_of"),
    added_words("duplicate_of"),
    added_words("related_nos", "[]"),
    added_words("external_nos", "{}"),
    added_words("subject_type"),
    added_mark("is_anonymous"),
    added_mark("is_public"),
    added_mark("need_callback"),
    added_words("category_scheme"),
    added_words("category_version"),
    maybe_number("risk_level"),
    added_words("crs"),
    added_words("asset_id"),
    maybe_number("limit_days"),
    added_words("department"),
    added_words("result"),
    maybe_number("satisfaction"),
    added_words("proposed", "{}"),
    added_words("flags", "[]"),
    hashed("user_hash"),
)
Index("ix_tickets_newest", tickets.c.day, tickets.c.running, tickets.c.area_code)
Index("ix_tickets_received", tickets.c.received_at)
Index("ix_tickets_channel", tickets.c.channel, tickets.c.day, tickets.c.running)
Index("ix_tickets_state", tickets.c.state, tickets.c.day, tickets.c.running)
Index("ix_tickets_call", tickets.c.call_id)
Index("ix_tickets_category", tickets.c.category, tickets.c.day, tickets.c.running)
Index("ix_tickets_area", tickets.c.area_code, tickets.c.day, tickets.c.running)
partial("ix_tickets_agent", tickets.c.agent_id, tickets.c.received_at, where=tickets.c.agent_id != literal_column("''"))
for _name in ("calling", "contact", "user"):
    _of = tickets.c[f"{_name}_hash"]
    partial(f"ix_tickets_{_name}", _of, tickets.c.received_at, where=_of.is_not(None))

ticket_counters = Table(
    "ticket_counters",
    metadata,
    Column("area_code", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    number("running"),
)

ticket_keys = Table(
    "ticket_keys",
    metadata,
    Column("key", Text, primary_key=True),
    words("ticket_id"),
)

events = Table(
    "events",
    metadata,
    # INTEGER makes it SQLite's own row id: one tree to write instead of two.
    Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    words("id"),
    words("type"),
    words("subject"),
    moment("time"),
    Column("data", LargeBinary, nullable=False),
)

feed_head = Table(
    "feed_head",
    metadata,
    Column("name", Text, primary_key=True),
    number("sequence"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("login", Text, primary_key=True),
    words("name"),
    words("role"),
    words("agent_id"),
    Column("disabled", Boolean, nullable=False),
    words("password_hash"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("login", Text, ForeignKey("accounts.login"), nullable=False),
    words("note"),
    moment("at"),
)
Index("ix_tokens_login", tokens.c.login)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    moment("at"),
    words("login"),
    words("act"),
    words("subject"),
    words("address"),
    words("detail"),
)
Index("ix_audit_newest", audit.c.at, audit.c.id)
Index("ix_audit_login", audit.c.login, audit.c.at)
Index("ix_audit_subject", audit.c.subject, audit.c.at)

states = Table(
    "states",
    metadata,
    Column("name", Text, primary_key=True),
    words("value"),
)
