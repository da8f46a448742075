"""Moments of a roster: what the hall's clock says on a day, as epoch seconds.

Where clocks are changed, an hour of the night comes twice or not at all. A time that comes twice is its first coming; a
time that does not come is the moment at which the clock jumps over it. So moments never run backwards, and shifts that
follow each other on paper neither overlap nor leave a gap, whatever the zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.model.people import Duty

_SECOND = timedelta(seconds=1)


def moment(day: date, minutes: int, zone: ZoneInfo) -> float:
    """Epoch seconds at which the clock of ``zone`` has counted ``minutes`` from the midnight that begins ``day``."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(zone).replace(tzinfo=None) == local:
        return early.timestamp()
    return _jump(late, early, zone).timestamp()


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the zone's offset changes, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def span(duty: Duty, zone: ZoneInfo) -> tuple[float, float]:
    """From when to when a duty is, epoch seconds; of no length where the clock jumps over it."""
    return moment(duty.day, duty.start_min, zone), moment(duty.day, duty.end_min, zone)


def clock_text(minutes: int) -> str:
    """``1500`` -> ``01:00``: minutes as the clock shows them."""
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
