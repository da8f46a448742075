"""Alarms: what a shift lead must know of now, from its raising to its clearing. Kept in the ledger, told in the feed.

A **rule** (config/alarms.toml) watches something; what it found wrong, and where (the **subject**), is one alarm with a
count, however often it happens. Times are epoch seconds (UTC).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AlarmState = Literal["open", "acknowledged", "snoozed", "cleared"]
"""open: nobody has taken it on; acknowledged: ``by`` sees to it; snoozed: not shown as new until ``until``."""

Level = Literal[1, 2, 3]
"""1: act now (main leaders), 2: within minutes (deputy), 3: know about it (the hotline itself); domain.md."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about an alarm to somebody. ``to`` is a role or a name, ``delivery_id`` its delivery ("" when there was
    no way), ``error`` why it did not arrive."""

    to: str
    channel: str
    at: float
    delivery_id: str = ""
    state: str = "waiting"
    error: str = ""


@dataclass(frozen=True, slots=True)
class HotTopic:
    """What a hot topic's alarm is about: ``n`` requests ``of`` a category, place or area within the last ``window_s``
    seconds, and its own history: so many in the same hours of each of the days before, the day before first."""

    of: Literal["category", "place", "area"]
    name: str
    name_en: str
    n: int
    window_s: float
    before: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. ``since`` is when it was raised (last), ``first_at`` when for the first time; ``count`` how often it
    has happened; ``value`` the last reading and ``worst`` the worst, in the rule's unit. ``topic`` is there where a
    topic rises.

    ``members`` are the subjects of a storm (many of one rule in one alarm). ``step`` counts the escalations that have
    been taken, ``owed`` are roles still to be told; ``told`` says when each was (``role``, and ``role/level``).
    ``version`` rises with each change that is kept.
    """

    id: str
    rule: str
    subject: str
    level: Level
    title: str
    title_en: str
    text: str
    text_en: str
    since: float
    seen_at: float
    first_at: float = 0.0
    count: int = 1
    state: AlarmState = "open"
    by: str = ""
    until: float | None = None
    cleared_at: float | None = None
    value: float | None = None
    worst: float | None = None
    members: tuple[str, ...] = ()
    step: int = 0
    owed: tuple[str, ...] = ()
    told: Mapping[str, float] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    version: int = 1
    topic: HotTopic | None = None
