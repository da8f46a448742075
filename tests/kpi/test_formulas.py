"""Formulas: nothing to divide by is no number, and shares that must add up do."""

from __future__ import annotations

import inspect

from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi import formulas
from gateway.kpi.definitions import DEFINITIONS
from gateway.kpi.formulas import Tally
from gateway.kpi.sums import AT

RATES = [one for one in DEFINITIONS if one.unit == "share"]


def of(**fields: int) -> Tally:
    return Tally({AT[name]: value for name, value in fields.items()})


def test_nothing_is_no_rate_and_no_mean() -> None:
    for one in DEFINITIONS:
        expected = 0 if one.unit == "count" or one.id.endswith("_s") else None
        assert one.compute(of()) == expected, one.id


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_the_15_s_rates_are_of_one_count(within: int, later: int, lost: int) -> None:
    tally = of(within_15=within, answered=within + later, requests=within + later + lost)
    rate, by_answered = formulas.rate_15s(tally), formulas.rate_15s_answered(tally)
    if within + later:
        assert rate is not None and by_answered is not None and rate <= by_answered <= 1
    connected = formulas.connection_rate(tally)
    if connected is not None:
        assert abs(connected + (formulas.lost_rate(tally) or 0) - 1) < 0.0002
    assert formulas.lost(tally) == lost


def test_occupancy_leaves_rest_out_and_utilisation_does_not() -> None:
    tally = of(time_signed=1_000, time_resting=200, time_talking=300, time_held=50, time_wrap=50, time_outbound=0,
               time_ringing=100, time_idle=300)  # fmt: skip
    assert (formulas.occupancy(tally), formulas.utilisation(tally)) == (0.5, 0.8)


def test_each_formula_says_what_it_is_in_which_unit_and_whose() -> None:
    helpers = {"share", "mean_s", "percentile", "handling_ms", "busy_ms"}
    for name, function in inspect.getmembers(formulas, inspect.isfunction):
        if name not in helpers:
            assert function.__doc__ is not None
            words = " ".join(function.__doc__.split())
            assert "(" in words and any(unit in words for unit in ("(count;", "(share;", "(s;")), name
