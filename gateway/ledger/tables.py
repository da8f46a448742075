"""The schema, once, for both databases (SQLAlchemy Core). ``migrations`` must lead to exactly this; a test compares.

Only types that both drivers carry without conversion are used: text, double precision, 64-bit integers, booleans
and bytes. JSON is text that we encode ourselves. ``personal`` holds a row's personal fields sealed as one blob
(personal.py), ``data`` all that is said in a message or an answer, sealed too; ``*_hash`` is the keyed hash of a
telephone number or of a channel's own id of a person, NULL when there is none.

Every index is paid for with each row, most of all one whose keys arrive in no order: those are the hashes, so they
leave out the rows that have none.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    and_,
    literal_column,
)

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
    sealed,
    words,
)

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

# What comes in -------------------------------------------------------------------------------------------------------

raws = Table(
    "raws",
    metadata,
    Column("id", Text, primary_key=True),
    words("channel"),
    words("account"),
    moment("received_at"),
    words("content_type"),
    sealed("data"),
    words("file"),
)

message_keys = Table(
    "message_keys",
    metadata,
    # The keyed hash of the idempotency key, which itself names the person (an openid is part of it).
    Column("key", LargeBinary, primary_key=True),
    words("message_id"),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    words("raw_id"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    words("kind"),
    moment("occurred_at"),
    moment("received_at"),
    sealed("data"),
)
Index("ix_messages_ticket", messages.c.ticket_no)
Index("ix_messages_raw", messages.c.raw_id)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    words("message_id"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    words("state"),
    words("mime"),
    number("size"),
    words("sha256"),
    words("original"),
    number("attempts"),
    maybe_moment("due_at"),
    sealed("data"),
)
Index("ix_attachments_ticket", attachments.c.ticket_no)
Index("ix_attachments_message", attachments.c.message_id)
partial("ix_attachments_due", attachments.c.due_at, where=attachments.c.due_at.is_not(None))

conversations = Table(
    "conversations",
    metadata,
    Column("id", LargeBinary, primary_key=True),  # keyed hash
    sealed("data"),
    sqlite_with_rowid=False,
)

gatherings = Table(
    "gatherings",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # keyed hash
    words("channel"),
    words("account"),
    moment("due_at"),
    sealed("data"),
)
Index("ix_gatherings_due", gatherings.c.channel, gatherings.c.account, gatherings.c.due_at)

denials = Table(
    "denials",
    metadata,
    Column("id", Text, primary_key=True),
    words("channel"),
    hashed("sender_hash"),
    words("author"),
    moment("at"),
    maybe_moment("until"),
    Column("lifted", Boolean, nullable=False),
    sealed("data"),
)
Index("ix_denials_sender", denials.c.sender_hash)
Index("ix_denials_newest", denials.c.at, denials.c.id)

# What goes out -------------------------------------------------------------------------------------------------------

replies = Table(
    "replies",
    metadata,
    Column("id", Text, primary_key=True),
    words("ticket_no"),
    moment("at"),
    words("author"),
    words("template"),
    sealed("data"),
)
Index("ix_replies_ticket", replies.c.ticket_no)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    words("kind"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    moment("created_at"),
    words("state"),
    words("reply_id"),
    number("attempts"),
    maybe_moment("due_at"),
    maybe_moment("done_at"),
    words("external_id"),
    maybe_moment("answer_by"),
    sealed("data"),
)
Index("ix_deliveries_newest", deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_kind", deliveries.c.kind, deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_state", deliveries.c.state, deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_ticket", deliveries.c.ticket_no)
partial(
    "ix_deliveries_external",
    deliveries.c.external_id,
    deliveries.c.channel,
    deliveries.c.account,
    where=deliveries.c.external_id != literal_column("''"),
)
partial("ix_deliveries_due", deliveries.c.due_at, where=deliveries.c.due_at.is_not(None))
partial(
    "ix_deliveries_account",
    deliveries.c.channel,
    deliveries.c.account,
    deliveries.c.due_at,
    deliveries.c.created_at,
    deliveries.c.id,
    where=deliveries.c.due_at.is_not(None),
)
partial(
    "ix_deliveries_tried",
    deliveries.c.channel,
    deliveries.c.account,
    deliveries.c.ticket_no,
    deliveries.c.created_at,
    where=and_(deliveries.c.due_at.is_not(None), deliveries.c.attempts > literal_column("0")),
)
partial("ix_deliveries_answer", deliveries.c.answer_by, where=deliveries.c.answer_by.is_not(None))

followers = Table(
    "followers",
    metadata,
    Column("id", Text, primary_key=True),
    words("name"),
    words("state"),
    number("cursor"),
    number("failures"),
    maybe_moment("failing_since"),
    maybe_moment("due_at"),
    moment("created_at"),
    sealed("data"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("follower_id", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    sealed("data"),
)

# Calls handed over ---------------------------------------------------------------------------------------------------

transfers = Table(
    "transfers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    words("call_id"),
    words("ticket_no"),
    words("partner"),
    words("mode"),
    words("seat"),
    words("agent"),
    words("phase"),
    maybe_words("outcome"),
    moment("started_at"),
    maybe_moment("ended_at"),
    number("version"),
    # The rest: its legs, and the target, which may be a citizen's number.
    sealed("data"),
)
Index("ix_transfers_newest", transfers.c.started_at, transfers.c.id)
Index("ix_transfers_call", transfers.c.call_id)
Index("ix_transfers_partner", transfers.c.partner, transfers.c.started_at)
partial("ix_transfers_ticket", transfers.c.ticket_no, where=transfers.c.ticket_no != literal_column("''"))
partial("ix_transfers_open", transfers.c.started_at, where=transfers.c.ended_at.is_(None))

# What partner hotlines tell of calls that they hand to us: found by the call, the citizen's number, the reference that
# the call carries (ref) or the partner's own number of the case.
partner_contexts = Table(
    "partner_contexts",
    metadata,
    Column("id", Text, primary_key=True),
    words("partner"),
    words("source"),
    moment("at"),
    moment("until"),
    words("call_id"),
    words("ticket_no"),
    hashed("number_hash"),
    hashed("ref_hash"),
    hashed("case_hash"),
    sealed("data"),
)
Index("ix_partner_contexts_until", partner_contexts.c.until)
partial(
    "ix_partner_contexts_call",
    partner_contexts.c.call_id,
    where=partner_contexts.c.call_id != literal_column("''"),
)
partial(
    "ix_partner_contexts_number",
    partner_contexts.c.number_hash,
    partner_contexts.c.at,
    where=partner_contexts.c.number_hash.is_not(None),
)
partial("ix_partner_contexts_ref", partner_contexts.c.ref_hash, where=partner_contexts.c.ref_hash.is_not(None))
partial("ix_partner_contexts_case", partner_contexts.c.case_hash, where=partner_contexts.c.case_hash.is_not(None))

# Virtual numbers: what each stands for now (one row a number, so that two can never claim it), every binding that ever
# was, and every call.
virtual_numbers = Table(
    "virtual_numbers",
    metadata,
    Column("number", Text, primary_key=True),
    words("binding_id"),
    moment("free_at"),
)

virtual_bindings = Table(
    "virtual_bindings",
    metadata,
    Column("id", Text, primary_key=True),
    words("number"),
    words("ticket_no"),
    words("partner"),
    moment("bound_at"),
    moment("until"),
    maybe_moment("ended_at"),
    words("login"),
    # The citizen's number and those that the department calls from.
    sealed("data"),
)
Index("ix_virtual_bindings_ticket", virtual_bindings.c.ticket_no, virtual_bindings.c.bound_at)

virtual_calls = Table(
    "virtual_calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    words("binding_id"),
    words("ticket_no"),
    words("number"),
    words("side"),
    moment("began_at"),
    maybe_moment("answered_at"),
    maybe_moment("ended_at"),
    maybe_words("outcome"),
    maybe_moment("talk_s"),
    words("recording_id"),
)
Index("ix_virtual_calls_ticket", virtual_calls.c.ticket_no, virtual_calls.c.began_at)
partial("ix_virtual_calls_open", virtual_calls.c.began_at, where=virtual_calls.c.ended_at.is_(None))

# Written tickets at the desk -----------------------------------------------------------------------------------------

assignments = Table(
    "assignments",
    metadata,
    Column("ticket_no", Text, primary_key=True),
    words("state"),
    words("agent"),
    moment("place"),
    number("version"),
    sealed("data"),
)
partial(
    "ix_assignments_pool",
    assignments.c.place,
    assignments.c.ticket_no,
    where=assignments.c.state == literal_column("'waiting'"),
)
partial(
    "ix_assignments_held",
    assignments.c.agent,
    assignments.c.place,
    where=assignments.c.state.in_([literal_column("'offered'"), literal_column("'taken'")]),
)

# The desk ------------------------------------------------------------------------------------------------------------

drafts = Table(
    "drafts",
    metadata,
    Column("key", Text, primary_key=True),
    words("author"),
    number("revision"),
    moment("at"),
    sealed("data"),
)
Index("ix_drafts_author", drafts.c.author, drafts.c.at)
Index("ix_drafts_oldest", drafts.c.at)

watches = Table(
    "watches",
    metadata,
    Column("number", LargeBinary, primary_key=True),  # keyed hash
    Column("id", Text, nullable=False, unique=True),
    words("level"),
    words("author"),
    moment("at"),
    maybe_moment("until"),
    # The number itself and the note.
    sealed("data"),
)
Index("ix_watches_newest", watches.c.at, watches.c.id)
