"""A hold is in force from its making to its end or its lifting."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.archive import LegalHold

HOLD = LegalHold("h", "call", "7.1", "诉讼", "lead", 100.0)


def test_a_hold_lasts_until_its_end_or_its_lifting() -> None:
    assert HOLD.in_force(1e12)
    until = replace(HOLD, until=200.0)
    assert until.in_force(199.9) and not until.in_force(200.0)
    assert not replace(HOLD, lifted_at=150.0, lifted_by="lead").in_force(120.0)
