"""The channels' own figures in /metrics: what the accounts count, summed by name over all that are on.

A channel that has something to tell has ``figures()``, a mapping of names to values; the names are explained beside
the channel (``MEANINGS``). What no table explains is not shown, and a test sees to it that all is explained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from gateway.channels.email import figures as email
from gateway.channels.port import Channel
from gateway.channels.sms import figures as sms
from gateway.figures import Figure

MEANINGS: Mapping[str, str] = {**sms.MEANINGS, **email.MEANINGS}
"""Every figure that a channel may tell, by its name."""

_GAUGES = sms.GAUGES


@runtime_checkable
class Counts(Protocol):
    """A channel that counts. The names are always the same; sums over accounts make sense."""

    def figures(self) -> Mapping[str, float]: ...


def channel_figures(channels: Iterable[Channel]) -> list[Figure]:
    """The figures that any of ``channels`` tells; none when none does."""
    ours = [one for one in channels if isinstance(one, Counts)]
    told = {name for one in ours for name in one.figures()}
    return [
        Figure(name, meaning, partial(_sum, ours, name), rises=name not in _GAUGES)
        for name, meaning in MEANINGS.items()
        if name in told
    ]


def _sum(channels: Sequence[Counts], name: str) -> float:
    return sum(one.figures().get(name, 0.0) for one in channels)
