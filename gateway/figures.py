"""The node's figures for Prometheus: read from plain counters at the moment they are asked for, so that counting costs
the hot paths nothing.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: name without prefix, what it means, how to read it now; ``rises`` for counters."""

    name: str
    meaning: str
    read: Callable[[], float]
    rises: bool = False


class Figures(Collector):
    """Collects figures when scraped. Registered once with ``add_to``; nothing is global."""

    def __init__(self, figures: list[Figure]) -> None:
        self._figures = figures

    def add_to(self, registry: CollectorRegistry) -> None:
        """Register in the registry that /metrics shows."""
        registry.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        """One family a figure."""
        for figure in self._figures:
            kind = CounterMetricFamily if figure.rises else GaugeMetricFamily
            yield kind(f"gateway_{figure.name}", figure.meaning, value=figure.read())


def process_figures() -> list[Figure]:
    """What the process itself costs."""
    usage = resource.getrusage
    return [
        Figure(
            "cpu_seconds",
            "Processor time of this process, in seconds",
            lambda: usage(resource.RUSAGE_SELF).ru_utime + usage(resource.RUSAGE_SELF).ru_stime,
            rises=True,
        ),
        Figure("resident_bytes", "Resident memory, in bytes", _resident),
    ]


def _resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - read at every scrape
        return float(file.read().split()[1]) * resource.getpagesize()
