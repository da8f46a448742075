"""Rows of drafts and notes: sealed for their place, back as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ledger import LedgerError, LedgerKeys
from gateway.ledger.personal import Seal
from gateway.ledger.rows_desk import draft_of, draft_row, watch_of, watch_row
from gateway.ledger.tables import drafts, watches
from gateway.model.desk import WATCH_LEVELS, Draft, Watch

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)


@given(TEXT, TEXT, st.integers(1, 2**53), st.dictionaries(TEXT, TEXT | st.booleans() | st.none(), max_size=4))
def test_a_draft_comes_back_as_it_was(key: str, author: str, revision: int, fields: dict[str, object]) -> None:
    draft = Draft(key, author, revision, 1.5, fields)
    row = draft_row(draft, SEAL)
    assert draft_of([row[column.name] for column in drafts.columns], SEAL) == draft


@given(TEXT, st.sampled_from(WATCH_LEVELS), st.none() | st.floats(0, 4e9))
def test_a_note_comes_back_as_it_was(note: str, level: str, until: float | None) -> None:
    watch = Watch("w1", "+86 138-1234-5678", level, note, "lead", 1.5, until)  # type: ignore[arg-type]
    row = watch_row(watch, SEAL)
    assert row["number"] == SEAL.number_hash("13812345678")
    assert watch_of([row[column.name] for column in watches.columns], SEAL) == watch


def test_what_is_sealed_for_one_place_does_not_open_at_another() -> None:
    row = {**draft_row(Draft("a", "x", 1, 1.0), SEAL), "key": "b"}
    with pytest.raises(LedgerError, match="drafts/b"):
        draft_of([row[column.name] for column in drafts.columns], SEAL)
