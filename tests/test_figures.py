"""Figures are read when they are scraped, not when they are made."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.figures import Figure, Figures, process_figures


def test_a_figure_is_read_anew_at_every_scrape_with_its_meaning_and_kind() -> None:
    value = {"calls": 1.0}
    registry = CollectorRegistry()
    Figures(
        [
            Figure("calls_live", "Calls alive now", lambda: value["calls"]),
            Figure("facts", "Facts folded", lambda: value["calls"] * 10, rises=True),
        ]
    ).add_to(registry)
    value["calls"] = 7.0
    text = generate_latest(registry).decode()
    assert "gateway_calls_live 7.0" in text and "# TYPE gateway_calls_live gauge" in text
    assert "gateway_facts_total 70.0" in text and "# TYPE gateway_facts_total counter" in text
    assert "# HELP gateway_calls_live Calls alive now" in text
    value["calls"] = 8.0
    assert registry.get_sample_value("gateway_calls_live") == 8.0


def test_the_process_tells_its_own_cost() -> None:
    registry = CollectorRegistry()
    Figures(process_figures()).add_to(registry)
    resident = registry.get_sample_value("gateway_resident_bytes")
    assert resident is not None and 10e6 < resident < 10e9
    before = registry.get_sample_value("gateway_cpu_seconds_total")
    assert before is not None and before > 0
    sum(range(3_000_000))
    after = registry.get_sample_value("gateway_cpu_seconds_total")
    assert after is not None and after > before


def test_a_figure_that_cannot_be_read_fails_the_scrape_loudly() -> None:
    def broken() -> float:
        raise RuntimeError("no such counter")

    with pytest.raises(RuntimeError, match="no such counter"):
        Figures([Figure("x", "broken", broken)]).add_to(registry := CollectorRegistry())
        generate_latest(registry)
