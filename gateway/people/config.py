"""[roster] of gateway.toml: the shifts of the hall and whom each needs. Who serves them is data (docs/people.md)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, model_validator

from gateway.schema import Key, Label, Strict

CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
Clock = Annotated[str, Field(pattern=f"^{CLOCK.pattern}$", description="a time of day as 08:00")]


class ShiftConfig(Strict):
    """[[roster.shifts]]. ``start`` and ``end`` by the hall's clock; an ``end`` not after the start is the next morning.

    ``leads``, ``agents`` and ``standby`` are how many it needs at any moment; fewer is told as a gap. The example is
    Liaoyuan's practice: six lines by day, two by night, one standby.
    """

    id: Key
    name: Label
    name_en: Annotated[str, Field(max_length=40)] = ""
    start: Clock
    end: Clock
    leads: int = Field(default=1, ge=0, le=20)
    agents: int = Field(default=0, ge=0, le=2000)
    standby: int = Field(default=0, ge=0, le=200)

    @property
    def minutes(self) -> tuple[int, int]:
        """From the midnight of its day; over 1440 is the morning after."""
        start, end = clock_minutes(self.start), clock_minutes(self.end)
        return start, end if end > start else end + 1440


_DAY = ShiftConfig(id="day", name="白班", name_en="Day", start="08:00", end="20:00", agents=6, standby=1)
_NIGHT = ShiftConfig(id="night", name="夜班", name_en="Night", start="20:00", end="08:00", agents=2, standby=1)


class RosterConfig(Strict):
    """Ids and names of shifts differ: an imported file may name a shift by either."""

    shifts: tuple[ShiftConfig, ...] = Field(default=(_DAY, _NIGHT), max_length=12)

    @model_validator(mode="after")
    def _differ(self) -> RosterConfig:
        spelt = ({name.casefold() for name in (one.id, one.name, one.name_en) if name} for one in self.shifts)
        names = [name for some in spelt for name in some]
        double = next((name for name in names if names.count(name) > 1), "")
        if double:
            raise ValueError(f'shifts: "{double}" is the name of two')
        return self


def clock_minutes(text: str) -> int:
    """``08:30`` as minutes of the day. ValueError for what is no time of day."""
    found = CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time of day")
    return int(found[1]) * 60 + int(found[2])
