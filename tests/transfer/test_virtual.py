"""A call to a virtual number reaches only whom it stands for, and no number changes its meaning too soon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import TicketNo
from gateway.model.virtual import Binding
from gateway.transfer.virtual import choose, outcome, route, same_again

HOUR = 3600.0
TICKET = TicketNo("460000-20261121-0000001")
CITIZEN, OFFICE, CHIEF = "13812345678", "089865321234", "13900001111"


def binding(**fields: Any) -> Binding:
    made = Binding("b1", "66001", TICKET, "12328", (OFFICE, CHIEF), CITIZEN, 1000.0, 1000.0 + 72 * HOUR)
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("caller", "at", "expected"),
    [
        (OFFICE, 2000.0, ("dial", CITIZEN, "department", "")),
        (CHIEF, 2000.0, ("dial", CITIZEN, "department", "")),
        ("+86" + CITIZEN, 2000.0, ("dial", OFFICE, "citizen", "")),
        ("13700000000", 2000.0, ("refused", "", "", "wrong_caller")),
        ("", 2000.0, ("refused", "", "", "wrong_caller")),
        (OFFICE, 1e9, ("refused", "", "department", "expired")),
        (CITIZEN, 1e9, ("queue", "", "citizen", "expired")),
    ],
)
def test_who_calls_and_when_says_where_it_goes(caller: str, at: float, expected: tuple[str, ...]) -> None:
    found = route(binding(), caller, at)
    assert (found.kind, found.number, found.side, found.why) == expected


def test_a_number_that_was_never_bound_leads_nowhere() -> None:
    assert route(None, OFFICE, 1.0).kind == "refused"


def test_one_that_was_ended_is_over_at_once() -> None:
    ended = binding(ended_at=1500.0)
    assert route(ended, OFFICE, 1500.0).why == "expired"
    assert route(ended, CITIZEN, 1500.0).kind == "queue"
    assert route(ended, OFFICE, 1499.0).kind == "dial"


def test_asking_twice_for_the_same_takes_no_second_number() -> None:
    one = binding()
    assert same_again([one], "12328", (OFFICE, CHIEF), 2000.0) is one
    assert same_again([one], "12328", (OFFICE,), 2000.0) is None
    assert same_again([one], "12328", (OFFICE, CHIEF), 1e9) is None


def test_the_number_unused_for_the_longest_is_taken_and_a_fresh_one_before_it() -> None:
    assert choose(["1", "2", "3"], {"1": 5.0, "2": 1.0}, 10.0) == "3"
    assert choose(["1", "2", "3"], {"1": 5.0, "2": 1.0, "3": 9.0}, 10.0) == "2"
    assert choose(["1", "2"], {"1": 15.0, "2": 11.0}, 10.0) is None
    assert choose([], {}, 10.0) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60), st.booleans()), max_size=40), st.integers(1, 50))
def test_a_number_is_never_bound_again_within_its_quarantine(
    wishes: list[tuple[int, int, bool]], quarantine: int
) -> None:
    """Each wish: so much later, for so long, ended half-way or not."""
    pool, free_at, history, at = ["1", "2", "3"], dict[str, float](), list[tuple[str, float, float]](), 0.0
    for later, lasts, early in wishes:
        at += later
        number = choose(pool, free_at, at)
        if number is None:
            assert all(free_at[one] > at for one in pool)
            continue
        over = at + (lasts / 2 if early else lasts)
        assert all(at >= before + quarantine for other, _, before in history if other == number)
        unused = {one: free_at.get(one, -1.0) for one in pool if free_at.get(one, -1.0) <= at}
        assert unused[number] == min(unused.values())
        history.append((number, at, over))
        free_at[number] = over + quarantine


@pytest.mark.parametrize(
    ("talk_s", "status", "cause", "expected"),
    [
        (3.2, "ANSWER", 16, "answered"), (0.0, "BUSY", 17, "busy"), (0.0, "NOANSWER", 0, "no_answer"),
        (0.0, "CANCEL", 0, "no_answer"), (0.0, "CHANUNAVAIL", 21, "refused"), (0.0, "CONGESTION", 34, "unreachable"),
        (0.0, "", 0, "unreachable"),
    ],
)  # fmt: skip
def test_the_dialplans_last_word_is_an_outcome(talk_s: float, status: str, cause: int, expected: str) -> None:
    assert outcome(talk_s, status, cause) == expected
