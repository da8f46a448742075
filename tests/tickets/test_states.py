from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gateway.tickets.states import MOVES, NAMES, SAME, STATES, Role, may_reopen, reachable, step

ROLES = get_args(Role)


class Life(RuleBasedStateMachine):
    """Any reports by anybody: a ticket never leaves its states, and nobody moves it without a right to."""

    def __init__(self) -> None:
        super().__init__()
        self.state = "received"
        self.moved = 0

    @rule(to=st.sampled_from([*STATES, "done", ""]), role=st.sampled_from(ROLES))
    def report(self, to: str, role: Role) -> None:
        verdict = step(self.state, to, role)
        assert (verdict == "unknown") == (to not in STATES)
        if verdict == "moves":
            assert self.state != to
            assert role in MOVES[self.state, to]
            self.state, self.moved = to, self.moved + 1
        elif verdict == "same":
            assert self.state == to

    @invariant()
    def never_received_again(self) -> None:
        assert self.state in STATES
        assert (self.state == "received") == (self.moved == 0)

    @invariant()
    def can_always_be_closed_or_opened_again_by_staff(self) -> None:
        assert step(self.state, "accepted" if self.state == "closed" else "closed", "staff") == "moves"


TestLife = Life.TestCase


@pytest.mark.parametrize(
    ("state", "to", "role", "verdict"),
    [
        ("received", "accepted", "staff", "moves"),
        ("sent", "acknowledged", "partner", "moves"),
        ("sent", "sent", "staff", "same"),
        ("sent", "sent", "partner", "not_allowed"),
        ("returned", "accepted", "staff", "moves"),
        ("returned", "accepted", "partner", "not_allowed"),
        ("closed", "accepted", "citizen", "moves"),
        ("closed", "accepted", "partner", "not_allowed"),
        ("closed", "sent", "staff", "impossible"),
        ("accepted", "received", "staff", "impossible"),
        ("received", "closed", "citizen", "not_allowed"),
        ("received", "lost", "staff", "unknown"),
    ],
)
def test_who_may_do_what(state, to, role, verdict):
    assert step(state, to, role) == verdict


def test_a_citizen_only_opens_again():
    assert {state: reachable(state, "citizen") for state in STATES if reachable(state, "citizen")} == {
        "closed": ("accepted",)
    }


def test_every_state_has_names_and_an_entry():
    assert set(NAMES) == set(STATES) == set(SAME)
    assert {state for move in MOVES for state in move} == set(STATES)


@given(st.floats(0, 1e9), st.integers(0, 365))
def test_opening_again_has_its_days(after, days):
    assert may_reopen(1e9, 1e9 + after, days) is (1e9 + after - 1e9 <= days * 86_400)
    assert not may_reopen(None, 1e9, days)
