"""What the sources give and the engine takes: a **look** of a rule, which is whole, with a **reading** a subject.

Level-triggered: a look says how things are, not what has happened, so one that is missed costs nothing, and a subject
that is not in it is well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.alarms.config import RuleConfig
from gateway.model.alarms import HotTopic


@dataclass(frozen=True, slots=True)
class Reading:
    """One subject's value, in the unit of what is watched. ``limit`` is its own threshold, if it has one; ``words``
    fill the text (``gateway.alarms.kinds``); ``topic`` says what they say of a hot topic as data."""

    subject: str
    value: float
    limit: float | None = None
    words: Mapping[str, object] = field(default_factory=dict)
    topic: HotTopic | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """All readings of a rule at a time, epoch seconds."""

    rule: RuleConfig
    at: float
    readings: tuple[Reading, ...] = ()
