"""The voice flow and the calendar as configured: pydantic models of config/ivr/<id>.toml and config/calendar.toml.

A flow is a graph of nodes; a node names the node that follows it. Every table is strict, so a misspelt key is found at
start, and every word that a citizen hears stands here as text (Chinese obligatory), beside the node that says it. What
a single table cannot know (does the target exist, does nothing pressed lead to a person) is ``gateway.ivr.check``'s.

    id = "example"
    name = "示例"
    languages = ["zh", "en"]            # every text below must then have these
    start = "pick_up"

    [nodes.pick_up]
    kind = "answer"
    next = "ask"

    [nodes.ask]
    kind = "menu"
    text = { zh = "咨询请按1，直接按0或不按键转人工。", en = "For questions press 1, or wait for a person." }
    choices = [{ key = "1", next = "person", label = "咨询" }]
    person = "person"                   # where 0, and nothing pressed, lead: always to a person

    [nodes.person]
    kind = "queue"                      # without ``queue``: the queue of the number that was dialled
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$", description="lower-case letters, digits, _ and -")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="lower-case letters, digits and _")]
Target = Name
Language = Literal["zh", "yue", "hak", "en"]
Style = Literal["digits", "phone", "number", "time", "date"]
Label = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
Value = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[str, Field(max_length=2000)]
PhoneKey = Annotated[str, Field(pattern=r"^[0-9*#]$", description="one key of the telephone: 0-9, * or #")]
Seconds = Annotated[float, Field(ge=1, le=60)]

LANGUAGES: tuple[Language, ...] = ("zh", "yue", "hak", "en")
RETURN = "return"
"""The target that leaves a subflow; in a flow that nobody called it leads to the queue of the number dialled."""


class Strict(BaseModel):
    """A configuration table: unknown keys are errors, so that a misspelt key is found at start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """What is said, per language. Mandarin is obligatory and stands in for a language that has no text of its own.

    A part in another language is marked where it begins, and is spoken by that language's voice:
    ``"普通话请按1。[yue]粤语请按2。[en]For English, press 4."``
    """

    zh: Words
    yue: Words | None = None
    hak: Words | None = None
    en: Words | None = None

    def own(self, language: str) -> str | None:
        """The text written for ``language``, None when there is none."""
        return {"zh": self.zh, "yue": self.yue, "hak": self.hak, "en": self.en}.get(language)


class NodeConfig(Strict):
    """What every node may have: a note for those who edit the flow."""

    note: str = ""


class Answer(NodeConfig):
    """Take the call: from here on the citizen hears us (and pays, if the number is not free)."""

    kind: Literal["answer"]
    next: Target


class Play(NodeConfig):
    """Say a text. With ``barge_in`` a key stops it, and the next menu or collect takes that key as its own."""

    kind: Literal["play"]
    text: Text
    barge_in: bool = True
    next: Target


class Say(NodeConfig):
    """Say a value: ``{name}`` stands for a variable; ``now``, ``today``, ``entry_number``, ``caller`` are always there.

    Styles: digits and phone (0-9 * # +), number (up to twelve digits, with sign and decimals), time (HH:MM), date
    (YYYY-MM-DD).
    """

    kind: Literal["say"]
    style: Style
    value: Value
    barge_in: bool = True
    next: Target


class Choice(Strict):
    """One key of a menu and where it leads. 0 is not here: it is the menu's ``person``."""

    key: PhoneKey
    next: Target
    label: Label


class Menu(NodeConfig):
    """Ask for one key. ``person`` is where 0 leads, and where nothing pressed leads unless ``on_timeout`` says other.

    ``timeout_s`` seconds of silence after the text are nothing pressed; ``retries`` is how often it is asked again.
    """

    kind: Literal["menu"]
    text: Text
    retry_text: Text | None = None
    choices: list[Choice] = Field(min_length=1, max_length=11)
    person: Target
    on_timeout: Target | None = None
    on_invalid: Target | None = None
    timeout_s: Seconds = 5
    retries: int = Field(default=0, ge=0, le=5)
    barge_in: bool = True


class Collect(NodeConfig):
    """Ask for digits into a variable. ``end_key`` ends them, ``*`` clears them, 0 alone leads to ``person``.

    ``timeout_s`` is the wait for the first digit, ``digit_timeout_s`` for each that follows.
    """

    kind: Literal["collect"]
    text: Text
    retry_text: Text | None = None
    variable: Name
    min_digits: int = Field(default=1, ge=1, le=20)
    max_digits: int = Field(ge=1, le=20)
    end_key: Literal["#"] = "#"
    next: Target
    person: Target
    on_timeout: Target | None = None
    on_invalid: Target | None = None
    timeout_s: Seconds = 8
    digit_timeout_s: Seconds = 4
    retries: int = Field(default=1, ge=0, le=5)
    barge_in: bool = True
    export: bool = False

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.min_digits > self.max_digits:
            raise ValueError(f"min_digits {self.min_digits} is above max_digits {self.max_digits}")
        return self


class CalendarCase(Strict):
    """True while the named calendar of calendar.toml is open (or closed)."""

    when: Literal["calendar"]
    calendar: Key
    state: Literal["open", "closed"] = "open"
    next: Target


class TimeCase(Strict):
    """True from ``starts`` up to, not including, ``ends`` in the hall's zone; over midnight when ends is earlier."""

    when: Literal["time"]
    starts: time
    ends: time
    next: Target


class EntryCase(Strict):
    """True when the citizen dialled one of these numbers."""

    when: Literal["entry_number"]
    numbers: list[str] = Field(min_length=1)
    next: Target


class CallerCase(Strict):
    """True when the calling number is in the list or begins with one of the prefixes."""

    when: Literal["caller"]
    numbers: list[str] = []
    prefixes: list[Annotated[str, Field(min_length=1)]] = []
    next: Target

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.numbers and not self.prefixes:
            raise ValueError("give numbers or prefixes")
        return self


class VariableCase(Strict):
    """True when the variable has one of the values; an unset variable is ``""``. ``language`` is a variable too."""

    when: Literal["variable"]
    name: Name
    values: list[Value] = Field(min_length=1)
    next: Target


Case = Annotated[CalendarCase | TimeCase | EntryCase | CallerCase | VariableCase, Field(discriminator="when")]


class Branch(NodeConfig):
    """The first case that is true leads on; none does: ``otherwise``."""

    kind: Literal["branch"]
    cases: list[Case] = Field(min_length=1, max_length=50)
    otherwise: Target


class Set(NodeConfig):
    """Set variables and the language. ``export`` also writes them to the channel as ``GW_VAR_<name>``."""

    kind: Literal["set"]
    values: dict[Name, Value] = {}
    language: Language | None = None
    export: bool = False
    next: Target


class Queue(NodeConfig):
    """Hand the citizen to a queue, where a person answers. Without ``queue``: that of the number dialled."""

    kind: Literal["queue"]
    queue: Key | None = None


class Transfer(NodeConfig):
    """Hand the citizen to a partner of partners.toml. When that fails: to ``queue``, or the dialled number's own."""

    kind: Literal["transfer"]
    partner: Annotated[str, Field(pattern=r"^[0-9*#+]{2,20}$", description="the partner's number")]
    queue: Key | None = None


class Record(NodeConfig):
    """Record what the citizen says until ``#``, ``silence_s`` of silence or ``max_s``; its name goes to a variable."""

    kind: Literal["record"]
    text: Text | None = None
    variable: Name
    max_s: int = Field(default=60, ge=1, le=300)
    silence_s: int = Field(default=5, ge=1, le=30)
    beep: bool = True
    export: bool = True
    next: Target


class Subflow(NodeConfig):
    """Run another flow; when it comes to ``return``, go on at ``next``. Variables and language are shared."""

    kind: Literal["subflow"]
    flow: Key
    next: Target


class Hangup(NodeConfig):
    """End the call: only ever after a key that the citizen pressed."""

    kind: Literal["hangup"]


Node = Annotated[
    Answer | Play | Say | Menu | Collect | Branch | Set | Queue | Transfer | Record | Subflow | Hangup,
    Field(discriminator="kind"),
]


class Flow(Strict):
    """One voice flow, config/ivr/<id>.toml. ``languages`` are those that every text of it must have."""

    id: Key
    name: Label
    name_en: str = ""
    note: str = ""
    languages: list[Language] = ["zh"]
    start: Name
    nodes: dict[Name, Node] = Field(min_length=1, max_length=200)

    @field_validator("languages")
    @classmethod
    def _chinese_first(cls, languages: list[Language]) -> list[Language]:
        if "zh" not in languages or len(set(languages)) != len(languages):
            raise ValueError("languages must hold zh, and each language once")
        return languages


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_HOURS = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")


def minutes_of(hours: str) -> tuple[int, int]:
    """``08:30-12:00`` -> (510, 720), minutes of the day. The end is above 1440 when the hours pass midnight.

    Raises ValueError when the text is not HH:MM-HH:MM, ends when it starts, or names a time after 24:00.
    """
    found = _HOURS.match(hours)
    if not found:
        raise ValueError(f"{hours!r} is not HH:MM-HH:MM, as 08:30-12:00")
    start = int(found[1]) * 60 + int(found[2])
    end = int(found[3]) * 60 + int(found[4])
    if start >= 1440 or end > 1440 or start == end:
        raise ValueError(f"{hours!r}: hours begin before 24:00, end at 24:00 at the latest, and last a while")
    return start, end if end > start else end + 1440


def _hours(hours: str) -> str:
    minutes_of(hours)
    return hours


Hours = Annotated[str, AfterValidator(_hours)]


class HolidayConfig(Strict):
    """A public holiday from ``first`` to ``last``, both included, as the State Council publishes it."""

    name: Label
    name_en: str = ""
    first: date
    last: date

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last < self.first or (self.last - self.first).days > 30:
            raise ValueError(f"last {self.last} must be from 0 to 30 days after first {self.first}")
        return self


class WorkdayConfig(Strict):
    """A make-up working day (调休): a weekend day on which offices work."""

    name: Label
    name_en: str = ""
    day: date


class OpeningConfig(Strict):
    """A named calendar: open during ``hours`` on ``days``, or, with ``working_days``, on the working days of the state.

    ``hours`` are in the hall's zone; hours that pass midnight belong to the day they begin on.
    """

    name: Label
    name_en: str = ""
    working_days: bool = True
    days: list[Weekday] = []
    hours: list[Hours] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.working_days == bool(self.days):
            raise ValueError("give days together with working_days = false, or leave days out")
        return self


class CalendarConfig(Strict):
    """config/calendar.toml: holidays and make-up working days of each year, and the calendars that flows ask.

    [[holidays]]
    name = "春节"
    name_en = "Spring Festival"
    first = 2026-02-15
    last = 2026-02-23

    [[workdays]]                      # 调休
    name = "春节调休"
    day = 2026-02-14

    [calendars.office]                # flows name it: calendar = "office"
    name = "机关工作时间"
    hours = ["08:30-12:00", "14:30-17:30"]

    [calendars.day_shift]
    name = "日班"
    working_days = false
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    hours = ["08:00-20:00"]
    """

    holidays: list[HolidayConfig] = []
    workdays: list[WorkdayConfig] = []
    calendars: dict[Key, OpeningConfig] = {}

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for made_up in self.workdays:
            for holiday in self.holidays:
                if holiday.first <= made_up.day <= holiday.last:
                    raise ValueError(f"workdays: {made_up.day} lies in the holiday {holiday.name}")
        days = [made_up.day for made_up in self.workdays]
        if twice := sorted({day for day in days if days.count(day) > 1}):
            raise ValueError(f"workdays: {twice[0]} is given twice")
        return self
