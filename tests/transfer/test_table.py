"""The table: complete for what can happen, consistent with itself, and printed in the document."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from gateway.model.transfers import TransferPhase
from gateway.transfer.inputs import Event
from gateway.transfer.table import TABLE, acts, diagram, row_for
from tests.transfer.telephone import a_transfer

PHASES = get_args(TransferPhase)
FACTS = [event for event in get_args(Event) if " " in event and "refused" not in event and event != "target created"]
DOCUMENT = Path(__file__).parents[2] / "docs" / "transfers.md"


def test_the_document_holds_the_diagram() -> None:
    assert f"```mermaid\n{diagram()}```" in DOCUMENT.read_text(encoding="utf-8")


def test_every_phase_is_left_and_reached() -> None:
    assert {row.phase for row in TABLE} == set(PHASES) - {"ended"}
    assert {to for row in TABLE for to in row.to} == set(PHASES) - {"calling"} | {"calling"}


@pytest.mark.parametrize("phase", [phase for phase in PHASES if phase != "ended"])
@pytest.mark.parametrize("event", [*FACTS, "due"])
def test_every_fact_and_timer_has_a_row_in_every_phase(phase: str, event: str) -> None:
    for mode in ("blind", "attended", "consult", "three_way"):
        assert row_for(a_transfer(mode, phase=phase), event) is not None, (mode, phase, event)  # type: ignore[arg-type]


def test_a_row_without_a_condition_is_the_last_of_its_pair() -> None:
    seen: set[tuple[str, str]] = set()
    for row in TABLE:
        assert (row.phase, row.event) not in seen, row
        if row.when is None:
            seen.add((row.phase, row.event))


def test_what_may_be_pressed_follows_from_the_phase() -> None:
    at = {phase: acts(a_transfer("consult", phase=phase)) for phase in PHASES}
    assert at["calling"] == at["joining"] == ("cancel", "drop_partner")
    assert at["consulting"] == ("complete", "cancel", "toggle", "merge", "leave", "drop_partner")
    assert at["three_way"] == ("complete", "cancel", "leave", "drop_partner")
    assert at["released"] == at["returning"] == at["ended"] == ()
    alone = replace(a_transfer("consult", phase="consulting"), caller_at="gone")
    assert acts(alone) == ("complete", "cancel", "leave", "drop_partner")


def test_nothing_leads_back_from_the_end_and_released_never_to_consulting() -> None:
    arrows = {(row.phase, to) for row in TABLE for to in row.to}
    assert not any(one == "ended" for one, _ in arrows)
    assert {to for one, to in arrows if one == "released"} == {"released", "returning", "ended"}
