"""What tickets read from the configuration: categories and limits (config/categories.toml), the intake's rules
(config/intake.toml), the words to citizens and when they leave (config/replies.toml).

A taxonomy is data that each province writes for itself, so it carries a scheme and a version that every ticket keeps.
Limits are in working days of the hall's calendar; the example's are those that Baoji's hotline publishes. The rules of
the intake are data too, so that everybody can read why a ticket was proposed as what it is.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from gateway.schema import Dialable, Key, Label, Strict
from gateway.tickets.wording import template_errors

Kind = Literal["咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"]
Code = Annotated[
    str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.-]{0,19}$", description="letters, digits, . and -, 1 to 20")
]
Keyword = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")]


class LimitConfig(Strict):
    """How long a kind of request may take. ``extension_days`` is the one extension that may be granted, 0 for none."""

    kind: Kind
    complex: bool = False
    days: int = Field(ge=1, le=60)
    extension_days: int = Field(default=0, ge=0, le=60)


class CategoryConfig(Strict):
    """One node of the taxonomy. ``parent`` is the code above it; ``keywords`` suggest it from a request's text."""

    code: Code
    name: Label
    name_en: str = ""
    parent: Code | None = None
    keywords: tuple[Keyword, ...] = ()
    days: int | None = Field(default=None, ge=1, le=60)
    urgent: bool = False


class CategoriesConfig(Strict):
    """config/categories.toml. ``urgent_minutes`` is the response to urgent cases, ``send_minutes`` the sending on."""

    scheme: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = "default"
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,20}$")] = "1"
    urgent_minutes: int = Field(default=30, ge=1, le=1440)
    send_minutes: int = Field(default=10, ge=1, le=1440)
    limit: tuple[LimitConfig, ...] = ()
    category: tuple[CategoryConfig, ...] = ()

    def parents(self, code: str) -> tuple[str, ...]:
        """The codes above ``code``, nearest first; stops at an unknown code or a circle."""
        above = {item.code: item.parent for item in self.category}
        found: list[str] = []
        parent = above.get(code)
        while parent is not None and parent in above and parent not in found:
            found.append(parent)
            parent = above[parent]
        return tuple(found)

    def limit_for(self, kind: str, *, is_complex: bool = False) -> LimitConfig | None:
        """The limit of a kind; the plain one when no complex one is given; None when the kind has none."""
        of_kind = {limit.complex: limit for limit in self.limit if limit.kind == kind}
        return of_kind.get(is_complex) or of_kind.get(False)


Urgency = Literal["一般", "紧急", "特急"]
Word = Annotated[
    str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x20\x7f]+$", description="1 to 20 characters, no spaces")
]
AreaCode = Annotated[str, Field(pattern=r"^[0-9]{6}$", description="six digits (GB/T 2260)")]
Dialling = Annotated[str, Field(pattern=r"^0[1-9][0-9]{1,2}$", description="an area code of fixed lines, as 0898")]
ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,19}$", description="a channel's name, as wechat")]
WRITTEN_CHANNELS = ("wechat", "weibo", "sms", "email", "web", "app", "open311", "partner")
"""What tickets are written over; WeCom's are tickets of ``wechat``."""


class ApplyConfig(Strict):
    """Which proposals are also set on the ticket; the others wait for an agent, with their reason beside."""

    kind: bool = False
    category: bool = False
    urgency: bool = True
    area: bool = False


class JoinConfig(Strict):
    """When a message joins its conversation's open ticket. ``minutes`` count from the person's last message.

    A text of at least ``opener_chars`` after one of ``openers`` is a new topic, unless one of ``supplements`` stands
    first; so is one of at least ``topic_chars`` whose category differs and that is no more alike than
    ``topic_likeness``.
    """

    minutes: int = Field(default=30, ge=1, le=10_080)
    content_chars: int = Field(default=4000, ge=200, le=20_000)
    openers: tuple[Word, ...] = ()
    supplements: tuple[Word, ...] = ()
    opener_chars: int = Field(default=6, ge=1, le=200)
    topic_chars: int = Field(default=40, ge=10, le=2000)
    topic_likeness: float = Field(default=0.08, ge=0.0, le=1.0)


class LikenessConfig(Strict):
    """Repeats of one matter by one person within ``days``. ``alike`` is the same matter, ``same`` the same text.

    Both are shares of common pairs of characters, 0 to 1. ``urges`` are the words of 催办. At most ``compare`` of the
    person's latest tickets are looked at.
    """

    days: int = Field(default=15, ge=1, le=365)
    alike: float = Field(default=0.45, gt=0.0, le=1.0)
    same: float = Field(default=0.85, gt=0.0, le=1.0)
    same_hours: int = Field(default=24, ge=1, le=720)
    compare: int = Field(default=20, ge=1, le=20)
    urges: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _order(self) -> LikenessConfig:
        if self.same < self.alike:
            raise ValueError(f"same {self.same} must not be below alike {self.alike}")
        return self


class WindowConfig(Strict):
    """At most ``messages`` of one sender within any ``seconds``."""

    messages: int = Field(ge=1, le=1000)
    seconds: int = Field(ge=1, le=604_800)


class AbuseConfig(Strict):
    """Limits of one sender, beyond which they are not heard for ``deny_minutes``; ``exempt`` channels have none."""

    window: tuple[WindowConfig, ...] = (
        WindowConfig(messages=30, seconds=300),
        WindowConfig(messages=300, seconds=86_400),
    )
    deny_minutes: int = Field(default=60, ge=1, le=43_200)
    exempt: tuple[ChannelName, ...] = ("partner",)


class KindRule(Strict):
    """Words that speak for a kind, each with the ``weight``; not when one of ``unless`` is in the text."""

    value: Kind
    words: tuple[Word, ...] = Field(min_length=1)
    weight: int = Field(default=1, ge=1, le=10)
    unless: tuple[Word, ...] = ()


class UrgencyRule(Strict):
    """Words that speak for an urgency; ``dial`` are the emergency numbers that the receipt names."""

    value: Literal["紧急", "特急"]
    words: tuple[Word, ...] = Field(min_length=1)
    unless: tuple[Word, ...] = ()
    dial: tuple[Dialable, ...] = ()


class AreaConfig(Strict):
    """An area by its GB/T 2260 code and the place names that mean it (the name itself is one). ``dialling`` are the
    area codes of its fixed telephones (0898), from which a caller's place is known."""

    code: AreaCode
    name: Label
    words: tuple[Word, ...] = ()
    dialling: tuple[Dialling, ...] = ()


class PhraseConfig(Strict):
    """A text that agents put into a ticket with a key (常用语); ``{`` and ``}`` have no meaning in it."""

    id: Key
    name: Label
    text: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]


class WithinConfig(Strict):
    """How soon a person must answer in a channel, in seconds (SMS and media 3 minutes, a mailbox 24 hours)."""

    channel: ChannelName
    seconds: int = Field(ge=10, le=604_800)


class WrittenConfig(Strict):
    """How written tickets are shared among the agents at the desk.

    ``channels`` are shared, the others are nobody's at the desk; ``queues`` are those whose seats do written work
    (empty: all), ``reasons`` the reasons of rest in which an agent does it. At most ``limit`` tickets are open with one
    agent; an offer stands for ``offer_s``; who is gone for ``gone_s`` gives back what they held. ``within_s`` is the
    time to answer where ``within`` names no other.
    """

    channels: tuple[ChannelName, ...] = ("wechat", "weibo", "sms", "email", "web", "app", "open311")
    queues: tuple[Key, ...] = ()
    reasons: tuple[Key, ...] = ("paperwork",)
    limit: int = Field(default=5, ge=1, le=50)
    offer_s: int = Field(default=60, ge=5, le=3600)
    gone_s: int = Field(default=30, ge=0, le=3600)
    while_talking: bool = False
    within_s: int = Field(default=180, ge=10, le=604_800)
    within: tuple[WithinConfig, ...] = (
        WithinConfig(channel="email", seconds=86_400),
        WithinConfig(channel="web", seconds=86_400),
    )

    @field_validator("within")
    @classmethod
    def _within_once(cls, within: tuple[WithinConfig, ...]) -> tuple[WithinConfig, ...]:
        channels = [one.channel for one in within]
        if twice := sorted({name for name in channels if channels.count(name) > 1}):
            raise ValueError(f"channel {twice[0]} is given twice")
        return within

    def answer_s(self, channel: str) -> int:
        """Seconds within which a person must answer in a channel."""
        return next((one.seconds for one in self.within if one.channel == channel), self.within_s)


class IntakeConfig(Strict):
    """config/intake.toml: how messages become tickets, and the words from which the rules propose.

    ``courtesies`` are whole texts (你好, 谢谢) that open no ticket; ``negations`` the words before a keyword that take
    it back (不是 投诉).
    """

    title_chars: int = Field(default=40, ge=10, le=100)
    courtesies: tuple[Word, ...] = ()
    negations: tuple[Word, ...] = ()
    apply: ApplyConfig = ApplyConfig()
    join: JoinConfig = JoinConfig()
    likeness: LikenessConfig = LikenessConfig()
    abuse: AbuseConfig = AbuseConfig()
    written: WrittenConfig = WrittenConfig()
    kind: tuple[KindRule, ...] = ()
    urgency: tuple[UrgencyRule, ...] = ()
    area: tuple[AreaConfig, ...] = ()
    phrase: tuple[PhraseConfig, ...] = ()

    @field_validator("phrase")
    @classmethod
    def _phrases_once(cls, phrases: tuple[PhraseConfig, ...]) -> tuple[PhraseConfig, ...]:
        ids = [phrase.id for phrase in phrases]
        if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"{twice[0]} is given twice")
        return phrases

    @field_validator("area")
    @classmethod
    def _areas_once(cls, areas: tuple[AreaConfig, ...]) -> tuple[AreaConfig, ...]:
        codes = [area.code for area in areas]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"area: {twice[0]} is given twice")
        return areas


_HOURS = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


class QuietConfig(Strict):
    """Hours in which a channel does not disturb people, in the hall's zone; they may pass midnight."""

    channel: ChannelName
    hours: Annotated[str, Field(description="HH:MM-HH:MM, as 22:00-07:30")]

    @field_validator("hours")
    @classmethod
    def _two_times(cls, hours: str) -> str:
        found = _HOURS.match(hours)
        if found is None or found.group(1, 2) == found.group(3, 4):
            raise ValueError(f"{hours!r} is not HH:MM-HH:MM with two different times, as 22:00-07:30")
        return hours

    @property
    def minutes(self) -> tuple[int, int]:
        """First and last minute of the day; the first is above the last when the hours pass midnight."""
        start, end = (time.fromisoformat(part) for part in self.hours.split("-"))
        return start.hour * 60 + start.minute, end.hour * 60 + end.minute


class NoticesConfig(Strict):
    """What citizens are told without anybody writing: sent on to a department, closed, and the question how it was."""

    sent_on: bool = True
    closed: bool = True
    satisfaction: bool = True


class ReopenConfig(Strict):
    """A closed ticket is opened again within ``days`` by a rating of at most ``score`` (0: never by a rating)."""

    days: int = Field(default=15, ge=0, le=365)
    score: int = Field(default=2, ge=0, le=5)


class RepliesConfig(Strict):
    """config/replies.toml: the words to citizens, and when and how they leave.

    ``quiet_exempt`` urgencies leave at any hour, as does an answer to someone who wrote within ``awake_minutes``.
    ``longest`` is the longest text of a channel in characters. ``fallback_sms`` is the SMS account that answers tickets
    whose own channel has no way back (phone, web) when a number is known; "" for none.
    """

    quiet: tuple[QuietConfig, ...] = ()
    quiet_exempt: tuple[Urgency, ...] = ("紧急", "特急")
    awake_minutes: int = Field(default=15, ge=0, le=1440)
    longest: dict[ChannelName, Annotated[int, Field(ge=20, le=20_000)]] = Field(default_factory=dict)
    fallback_sms: Key | Literal[""] = ""
    notices: NoticesConfig = NoticesConfig()
    reopen: ReopenConfig = ReopenConfig()
    templates: dict[str, str] = Field(default_factory=dict)

    @field_validator("quiet")
    @classmethod
    def _channels_once(cls, quiet: tuple[QuietConfig, ...]) -> tuple[QuietConfig, ...]:
        channels = [item.channel for item in quiet]
        if twice := sorted({name for name in channels if channels.count(name) > 1}):
            raise ValueError(f"quiet: channel {twice[0]} is given twice")
        return quiet

    @field_validator("templates")
    @classmethod
    def _fit(cls, templates: dict[str, str]) -> dict[str, str]:
        if wrong := [error for name, text in templates.items() for error in template_errors(name, text)]:
            raise ValueError("; ".join(wrong))
        return templates
