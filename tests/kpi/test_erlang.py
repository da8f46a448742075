"""Erlang's formulas against published tables, and against each other where they must meet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.kpi.erlang import (
    MOST_AGENTS,
    Offered,
    agents_for,
    erlang_b,
    erlang_c,
    with_endless_patience,
    with_patience,
)

GARNETT = Offered(calls_an_hour=2880.0, handling_s=60.0, patience_s=120.0)
"""Garnett, Mandelbaum and Reiman, Designing a Call Center with Impatient Customers (2002), table 1: 48 calls a minute
of one minute each, 50 agents, patience two minutes."""


@pytest.mark.parametrize(
    ("load", "lines", "blocked"),
    [(0.0101, 1, 0.01), (1.361, 5, 0.01), (4.461, 10, 0.01), (12.03, 20, 0.01), (84.06, 100, 0.01), (3.092, 10, 0.001)],
)
def test_blocking_is_that_of_the_published_erlang_b_table(load: float, lines: int, blocked: float) -> None:
    assert erlang_b(load, lines) == pytest.approx(blocked, rel=0.005)


@pytest.mark.parametrize(
    ("load", "agents", "waits"), [(1.0, 2, 1 / 3), (2.0, 3, 4 / 9), (5.0, 8, 0.1673), (5.0, 5, 1.0)]
)
def test_share_that_waits_is_that_of_the_published_erlang_c_table(load: float, agents: int, waits: float) -> None:
    assert erlang_c(load, agents) == pytest.approx(waits, rel=0.001)


def test_garnetts_published_comparison_of_endless_and_of_limited_patience_comes_out() -> None:
    endless, limited = with_endless_patience(GARNETT, 50), with_patience(GARNETT, 50)
    assert endless.mean_wait_s == pytest.approx(20.8, abs=0.05)
    assert endless.occupancy == pytest.approx(0.96)
    assert limited.lost == pytest.approx(0.031, abs=0.0005)
    assert limited.mean_wait_s == pytest.approx(3.7, abs=0.05)
    assert limited.occupancy == pytest.approx(0.93, abs=0.0005)


@pytest.mark.parametrize(("a_day", "seats"), [(4_300, 29), (10_400, 63), (22_300, 125)])
def test_halls_of_the_field_need_the_seats_that_its_sizing_names(a_day: int, seats: int) -> None:
    assert agents_for(Offered(a_day * 0.1, 180.0), 0.95) == seats


def test_very_long_patience_is_nearly_endless_patience() -> None:
    offered = Offered(400.0, 180.0, patience_s=1e7)
    endless, limited = with_endless_patience(offered, 24), with_patience(offered, 24)
    assert limited.service_level == pytest.approx(endless.service_level, abs=1e-3)
    assert limited.mean_wait_s == pytest.approx(endless.mean_wait_s, rel=0.01)


def test_no_load_no_agents_and_more_load_than_agents_have_answers() -> None:
    assert with_patience(Offered(0.0, 180.0), 3).service_level == 1.0
    assert with_patience(Offered(100.0, 180.0), 0).lost == 1.0
    assert with_endless_patience(Offered(100.0, 180.0), 5).mean_wait_s is None
    crowd = with_patience(Offered(20_000.0, 180.0, patience_s=3_000.0), 500)
    assert crowd.lost == pytest.approx(0.5, abs=0.01)
    assert crowd.service_level == pytest.approx(0.0, abs=1e-6)


def test_target_that_no_number_of_agents_reaches_is_refused() -> None:
    with pytest.raises(ValueError, match=str(MOST_AGENTS)):
        agents_for(Offered(200_000.0, 180.0), 0.95)
    with pytest.raises(ValueError, match="not negative"):
        erlang_b(-1.0, 2)


@settings(deadline=None)
@given(st.floats(1, 5_000), st.floats(10, 600), st.floats(5, 3_600), st.integers(1, 300))
def test_shares_stay_shares_and_one_agent_more_never_harms(
    calls: float, handling: float, patience: float, agents: int
) -> None:
    offered = Offered(calls, handling, patience)
    for service in (with_endless_patience, with_patience):
        fewer, more = service(offered, agents), service(offered, agents + 1)
        assert all(0.0 <= share <= 1.0 for share in (fewer.service_level, fewer.occupancy, fewer.lost, fewer.waits))
        assert more.service_level >= fewer.service_level - 1e-6
        assert more.lost <= fewer.lost + 1e-6
