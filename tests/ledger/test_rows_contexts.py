"""Rows of partner contexts: what names a person or a case is sealed or hashed, and comes back as it was."""

from __future__ import annotations

from gateway.ledger import LedgerKeys, tables
from gateway.ledger.personal import Seal
from gateway.ledger.rows_contexts import context_of, context_row, reference_hash
from gateway.model.contexts import PartnerContext
from gateway.model.ids import CallId, TicketNo

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
FULL = PartnerContext(
    "push-1", "110", "push", 1.0, 2.0, ref="REF-9", external_no="J-1", ticket_no=TicketNo("460000-20261121-0000001"),
    call_id=CallId("1.1"), number="13812345678", title="打架", text="邻居打架", fields={"name": "王小明"},
)  # fmt: skip


def test_a_context_comes_back_as_it_was() -> None:
    row = context_row(FULL, SEAL)
    columns = tables.partner_contexts.columns.keys()
    assert set(row) == set(columns)
    assert context_of([row[name] for name in columns], SEAL) == FULL


def test_no_column_says_who_calls_or_under_which_number_of_theirs() -> None:
    row = {name: value for name, value in context_row(FULL, SEAL).items() if name != "data"}
    text = str(row)
    assert not any(secret in text for secret in ("13812345678", "REF-9", "J-1", "王小明", "邻居打架"))


def test_a_reference_is_one_partners_and_none_is_no_ones() -> None:
    assert reference_hash("110", "J-1", SEAL) != reference_hash("119", "J-1", SEAL)
    assert reference_hash("110", "", SEAL) is None
    bare = context_row(PartnerContext("sip-1", "110", "sip", 1.0, 2.0), SEAL)
    assert (bare["number_hash"], bare["ref_hash"], bare["case_hash"]) == (None, None, None)
