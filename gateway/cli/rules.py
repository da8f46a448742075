"""The intake's rules for commands that read messages without a server: from a configuration, or the gateway's own."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.ivr.calendar import add_working_days
from gateway.ivr.config import CalendarConfig
from gateway.settings import Settings
from gateway.tickets.config import CategoriesConfig, IntakeConfig
from gateway.tickets.deadlines import AddWorkingDays
from gateway.tickets.policy import HALL_ZONE, NO_AREAS, IntakePolicy

NO_AREA = "000000"
"""Stands for the hall's area where no configuration names one."""


def rules_of(settings: Settings | None) -> IntakePolicy:
    """The policy of a configuration; without one the empty rules, by which nothing is proposed."""
    if settings is None:
        zone = ZoneInfo(HALL_ZONE)
        days = working_days(CalendarConfig(), zone)
        return IntakePolicy.of(IntakeConfig(), CategoriesConfig(), NO_AREAS, days, NO_AREA, zone)
    zone = ZoneInfo(settings.zone)
    days = working_days(settings.calendar, zone)
    return IntakePolicy.of(settings.intake, settings.categories, NO_AREAS, days, settings.area_code, zone)


def working_days(calendar: CalendarConfig, zone: ZoneInfo) -> AddWorkingDays:
    """Adds working days to an epoch time, at the same time of day in ``zone``."""

    def add(at: float, days: int) -> float:
        local = datetime.fromtimestamp(at, zone)
        return datetime.combine(add_working_days(calendar, local.date(), days), local.time(), zone).timestamp()

    return add
