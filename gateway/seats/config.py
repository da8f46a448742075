"""The hall as configured: rooms and seats on the floor plan, queues, entry numbers. Read from config/halls/*.toml,
config/queues.toml and config/entries.toml by ``gateway.settings``, which adds the checks across files.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.schema import Dialable, Key, Label, Strict

_LAST_CELL = 200
_LAST_EXTENSION = 99_999_999


class RoomConfig(Strict):
    """A room of the hall on a grid of seat-sized cells; ``x``, ``y`` is its corner; ``pillars`` are cells."""

    id: Key
    name: Label
    name_en: str = ""
    x: int = Field(default=0, ge=0, le=500)
    y: int = Field(default=0, ge=0, le=500)
    width: int = Field(ge=1, le=200)
    height: int = Field(ge=1, le=200)
    pillars: list[tuple[int, int]] = []


Device = Literal["phone", "softphone"]
"""What an agent speaks through: the telephone on the desk, or the one in the desk's page."""


class SeatConfig(Strict):
    """A place with a telephone. ``extension`` is its SIP user and number; ``x``, ``y`` its cell in the room."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,12}$")]
    extension: Annotated[str, Field(pattern=r"^[0-9]{3,8}$")]
    room: Key
    x: int = Field(ge=0, le=_LAST_CELL)
    y: int = Field(ge=0, le=_LAST_CELL)
    queues: list[Key] = Field(min_length=1)

    @property
    def softphone(self) -> str:
        """The SIP user of the telephone in the browser: a letter behind the number, which nobody can dial."""
        return f"{self.extension}w"


class SeatBlockConfig(Strict):
    """Several seats in one table: ``count`` from ``first_extension`` on, ``columns`` a row, ``gap`` rows apart."""

    prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")]
    first_extension: int = Field(ge=100, le=_LAST_EXTENSION)
    count: int = Field(ge=1, le=1000)
    room: Key
    x: int = Field(default=0, ge=0, le=_LAST_CELL)
    y: int = Field(default=0, ge=0, le=_LAST_CELL)
    columns: int = Field(default=10, ge=1, le=100)
    gap: int = Field(default=1, ge=1, le=5)
    queues: list[Key] = Field(min_length=1)

    @model_validator(mode="after")
    def _all_fit(self) -> SeatBlockConfig:
        """The last seat must still be a seat: ``seats`` is asked long after the errors have been listed."""
        last = self.first_extension + self.count - 1
        if last > _LAST_EXTENSION:
            raise ValueError(f"the last extension would be {last}, which has more than 8 digits")
        x = self.x + min(self.columns, self.count) - 1
        y = self.y + (self.count - 1) // self.columns * self.gap
        if max(x, y) > _LAST_CELL:
            raise ValueError(f"the block reaches to cell ({x}, {y}); no room goes beyond {_LAST_CELL}")
        return self

    def seats(self) -> list[SeatConfig]:
        """The seats one by one, numbered ``A001`` on, row by row."""
        return [
            SeatConfig(
                id=f"{self.prefix}{i + 1:03d}",
                extension=str(self.first_extension + i),
                room=self.room,
                x=self.x + i % self.columns,
                y=self.y + i // self.columns * self.gap,
                queues=self.queues,
            )
            for i in range(self.count)
        ]


class RestReasonConfig(Strict):
    """A reason of not_ready. ``max_minutes`` 0 means no limit."""

    id: Key
    name: Label
    name_en: str = ""
    max_minutes: int = Field(default=0, ge=0, le=1440)


class HallConfig(Strict):
    """config/halls/*.toml: one hall a file. ``area_code`` (GB/T 2260) begins its ticket numbers.

    ``zone`` is an IANA name.
    """

    id: Key
    name: Label
    name_en: str = ""
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    zone: str = "Asia/Shanghai"
    rooms: list[RoomConfig] = Field(min_length=1)
    seats: list[SeatConfig] = []
    seat_blocks: list[SeatBlockConfig] = []
    rest_reasons: list[RestReasonConfig] = []

    def all_seats(self) -> list[SeatConfig]:
        """Every seat, those of blocks included, in the order of the file."""
        return [*self.seats, *(s for block in self.seat_blocks for s in block.seats())]


class QueueConfig(Strict):
    """One app_queue. ``answer_within_s`` is the promise (GB/T 33358: 15 s); ``max_wait_s`` 0 means wait for ever.

    The capacity rule: ``day_lines`` are to be manned while the calendar ``day`` is open ("": always), ``night_lines``
    at other times, and ``standby`` more can be called in. No lines at all: there is no rule.
    """

    id: Key
    name: Label
    name_en: str = ""
    strategy: Literal["rrmemory", "leastrecent", "fewestcalls", "random", "ringall", "linear", "wrandom"] = (
        "leastrecent"
    )
    ring_s: int = Field(default=15, ge=5, le=120)
    wrap_up_s: int = Field(default=20, ge=0, le=600)
    max_wait_s: int = Field(default=0, ge=0, le=7200)
    max_length: int = Field(default=0, ge=0, le=10_000)
    weight: int = Field(default=0, ge=0, le=100)
    answer_within_s: int = Field(default=15, ge=1, le=300)
    no_answer_limit: int = Field(default=3, ge=0, le=20)
    join_empty: bool = True
    record: bool = True
    day: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,39})?$", description="a calendar, or nothing")] = ""
    day_lines: int = Field(default=0, ge=0, le=1000)
    night_lines: int = Field(default=0, ge=0, le=1000)
    standby: int = Field(default=0, ge=0, le=1000)

    @model_validator(mode="after")
    def _night_needs_day(self) -> QueueConfig:
        """Without a calendar it is always day, and lines of the night would never be asked for."""
        if self.night_lines and not self.day:
            raise ValueError("night_lines needs day, the calendar that says when it is day")
        if self.standby and not (self.day_lines or self.night_lines):
            raise ValueError("standby needs day_lines or night_lines")
        return self


class EntryNumberConfig(Strict):
    """A number that citizens dial. ``track`` says how its hotline was merged (2020 No. 53); kept on call and ticket."""

    number: Dialable
    name: Label
    name_en: str = ""
    track: Literal["own", "merged", "dual", "branch"] = "own"
    flow: Key = "greeting"
    queue: Key = "hotline"
    language: Literal["zh", "yue", "hak", "en"] = "zh"
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
