"""What the intake decides by, compiled from the configuration once, at start and at each reload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from gateway.tickets.config import CategoriesConfig, IntakeConfig
from gateway.tickets.deadlines import AddWorkingDays, Deadlines
from gateway.tickets.joining import Joining
from gateway.tickets.likeness import Likeness
from gateway.tickets.proposals import Proposer
from gateway.tickets.stated import Stated

HALL_ZONE = "Asia/Shanghai"
NO_AREAS: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """``area_code`` is the hall's own: tickets are numbered under it. ``categories`` names scheme and version."""

    area_code: str
    zone: tzinfo
    config: IntakeConfig
    categories: CategoriesConfig
    proposer: Proposer
    likeness: Likeness
    joining: Joining
    stated: Stated
    deadlines: Deadlines

    @classmethod
    def of(
        cls,
        intake: IntakeConfig,
        categories: CategoriesConfig,
        areas: Mapping[str, Sequence[str]],
        add_working_days: AddWorkingDays,
        area_code: str,
        zone: tzinfo | None = None,
    ) -> IntakePolicy:
        """Compile; takes some 150 ms (the dictionary): not in a running event loop.

        ``areas`` are place names by area code beside those of intake.toml; ``zone`` is the hall's (Asia/Shanghai).
        """
        return cls(
            area_code=area_code,
            zone=zone or ZoneInfo(HALL_ZONE),
            config=intake,
            categories=categories,
            proposer=Proposer(intake, categories, areas),
            likeness=Likeness(intake.likeness),
            joining=Joining(intake),
            stated=Stated(categories),
            deadlines=Deadlines(categories, add_working_days),
        )
