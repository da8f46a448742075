"""Definitions: complete, in both languages, and the same in docs/figures.md."""

from __future__ import annotations

from pathlib import Path

from gateway.kpi.definitions import (
    ALL,
    DEFINITIONS,
    OF_CHANNELS,
    OF_MATTERS,
    OF_PARTNERS,
    OF_QUEUES,
    values,
)
from gateway.kpi.sums import AT

DOCS = Path(__file__).resolve().parents[2] / "docs" / "figures.md"


def test_each_figure_is_named_and_explained_in_both_languages() -> None:
    assert len({one.id for one in DEFINITIONS}) == len(DEFINITIONS)
    for one in DEFINITIONS:
        assert all((one.name, one.name_en, one.formula, one.formula_en, one.source, one.group)), one.id
        assert any("一" <= letter <= "鿿" for letter in one.name) and one.name_en.isascii()


def test_the_docs_have_every_figure_with_its_formula() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for one in DEFINITIONS:
        words = (one.id, one.name, one.name_en, one.unit, one.formula, one.formula_en, one.source)
        row = "| `{}` | {} | {} | {} | {} | {} | {} |".format(*words)
        assert row in text, row


def test_what_has_no_meaning_in_a_view_is_none() -> None:
    sums = {AT["requests"]: 2, AT["tickets"]: 3, AT["transfers"]: 1, AT["time_signed"]: 9_000}
    assert [values(sums, OF_MATTERS)[name] for name in ("requests", "tickets", "transfers")] == [None, 3, None]
    assert [values(sums, OF_PARTNERS)[name] for name in ("requests", "tickets", "transfers")] == [None, None, 1]
    assert [values(sums, OF_CHANNELS)[name] for name in ("requests", "tickets", "transfers")] == [2, 3, None]
    assert values(sums, OF_QUEUES)["signed_in_s"] is None and values(sums, ALL)["signed_in_s"] == 9.0


def test_the_handling_of_a_matter_is_that_of_its_tickets_calls() -> None:
    sums = {AT["handled"]: 9, AT["talk_ms"]: 9_000_000, AT["ticket_handled"]: 2, AT["ticket_talk_ms"]: 100_000}
    assert values(sums, OF_MATTERS)["talk_mean"] == 50.0
    assert values(sums)["talk_mean"] == 1000.0
