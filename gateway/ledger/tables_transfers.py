"""The tables of calls handed over to other hotlines: transfers, what partners tell of the calls that they hand to us,
and virtual numbers with what each stood for.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text, literal_column

from gateway.ledger.columns import hashed, maybe_moment, maybe_words, metadata, moment, number, partial, sealed, words

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
