"""config/alarms.toml: the rules of alarms and who is told of them, as data.

A rule names what it watches (``gateway.alarms.kinds``) and may say when it begins (``raise_at``, for ``for_s``
seconds) and when it is over (``clear_at``, for ``clear_s``); whatever it leaves out is the kind's own. Two thresholds
and two times are what keeps an alarm from flapping.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.alarms.kinds import KINDS, Kind, Watch
from gateway.schema import Key, Strict

Threshold = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Title = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
Account = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
Hours = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$")]
LevelNumber = Literal[1, 2, 3]

WAYS = ("wechat", "wecom", "sms", "email")
"""Channels by which people can be told."""

LEAD, STANDBY = "shift_lead", "standby"
ROSTER_ROLES = frozenset({LEAD, STANDBY, "leader"})
"""Roles that the duty roster fills; others are those of ``[[recipient]]``."""

_OF_KINDS = frozenset().union(*(kind.takes for kind in KINDS.values()))


class EscalationConfig(Strict):
    """Still open and not acknowledged ``after_s`` seconds after it was raised: others are told, the level may rise."""

    after_s: int = Field(ge=0, le=86_400)
    tell: tuple[Key, ...] = ()
    level: LevelNumber | None = None


class RuleConfig(Strict):
    """One rule. ``raise_at`` and ``clear_at`` are in the unit of what is watched; absent ones are the kind's own.

    ``again_s``: an alarm that comes again within so many seconds of its clearing is the same one, counted once more;
    ``storm``: so many at once in different places are shown one by one, all beyond them as one.
    """

    id: Key
    watch: Watch
    enabled: bool = True
    level: LevelNumber = 3
    title: Title = ""
    title_en: Title = ""
    raise_at: Threshold | None = None
    clear_at: Threshold | None = None
    for_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    clear_s: Annotated[float, Field(ge=0, le=86_400)] | None = None
    again_s: float = Field(default=900, ge=0, le=86_400)
    storm: int = Field(default=5, ge=1, le=100)
    tell: tuple[Key, ...] = ()
    escalate: tuple[EscalationConfig, ...] = ()
    queues: tuple[Key, ...] = ()
    channels: tuple[Key, ...] = ()
    reasons: tuple[Key, ...] = ()
    paths: tuple[Annotated[str, Field(min_length=1, max_length=200, pattern=r"^/[^\x00-\x1f\x7f]*$")], ...] = ()
    of: Literal["category", "place", "area"] = "category"
    window_s: int = Field(default=86_400, ge=60, le=604_800)
    within_s: int = Field(default=15, ge=1, le=300)
    least: int = Field(default=20, ge=1, le=100_000)
    days: int = Field(default=7, ge=1, le=31)

    @property
    def kind(self) -> Kind:
        return KINDS[self.watch]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> RuleConfig:
        kind = self.kind
        for key in sorted((self.model_fields_set & _OF_KINDS) - kind.takes):
            known = ", ".join(sorted(kind.takes)) or "none of these"
            raise ValueError(f'{key} means nothing to watch = "{self.watch}", which takes {known}')
        if self.watch == "notice" and (self.tell or any(one.tell for one in self.escalate)):
            raise ValueError("tell: nobody is told of a notice that did not arrive, or notices would follow notices")
        if kind.raise_at is None and self.clear_at is not None and self.raise_at is None:
            raise ValueError("clear_at needs raise_at: without it each subject has a limit of its own")
        start, end = self.raise_at if self.raise_at is not None else kind.raise_at, self.clear_at
        if start is not None and end is not None and (end > start if kind.worse == "above" else end < start):
            side = "at most" if kind.worse == "above" else "at least"
            raise ValueError(f"clear_at {end:g} must be {side} raise_at {start:g}: it is over where it is better")
        return self

    def thresholds(self, own: float | None = None) -> tuple[float, float]:
        """Where it begins and where it is over. ``own`` is a subject's own limit, for a rule that gives none."""
        kind = self.kind
        if self.raise_at is not None:
            start = self.raise_at
            end = self.clear_at if self.clear_at is not None else self._kept_apart(start)
        elif own is not None:
            start = end = own
        else:
            start = kind.raise_at if kind.raise_at is not None else 0.0
            given = self.clear_at if self.clear_at is not None else kind.clear_at
            end = start if given is None else given
        return start, end

    def _kept_apart(self, start: float) -> float:
        """The kind's own distance between its thresholds, about another beginning."""
        kind = self.kind
        if kind.raise_at is None or kind.clear_at is None:
            return start
        return max(0.0, start + kind.clear_at - kind.raise_at)

    @property
    def bad_for_s(self) -> float:
        return self.kind.for_s if self.for_s is None else self.for_s

    @property
    def good_for_s(self) -> float:
        return self.kind.clear_s if self.clear_s is None else self.clear_s


class RecipientConfig(Strict):
    """Somebody with a fixed address. ``role`` is what rules call them; several may have one role.

    Each way that is given is used; its account is that of ``[notify.accounts]``. ``levels``: which alarms they get.
    """

    name: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
    role: Key
    levels: tuple[LevelNumber, ...] = (1, 2, 3)
    sms: Annotated[str, Field(pattern=r"^(\+?[0-9]{5,20})?$")] = ""
    email: Annotated[str, Field(pattern=r"^([^@\s]{1,64}@[^@\s]{1,190})?$")] = ""
    wechat: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
    wecom: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""

    @model_validator(mode="after")
    def _can_be_told(self) -> RecipientConfig:
        if not any(self.ways()):
            raise ValueError(f"gives no way to tell them: one of {', '.join(WAYS)} is needed")
        return self

    def ways(self) -> list[tuple[str, str]]:
        """(channel, address) of each way."""
        return [(channel, address) for channel in WAYS if (address := getattr(self, channel))]


class NotifyConfig(Strict):
    """[notify]. One message a person, alarm and ``interval_s``; what comes within ``gather_s`` goes in one message,
    of at most ``lines`` alarms. In the hours ``quiet`` only the levels ``quiet_levels`` leave; the rest waits for
    their end. Whoever was told of one of ``recovered_levels`` is told that it is over, when it has been for
    ``recovered_after_s``.
    """

    enabled: bool = True
    gather_s: int = Field(default=5, ge=0, le=300)
    interval_s: int = Field(default=900, ge=60, le=86_400)
    lines: int = Field(default=5, ge=1, le=20)
    quiet: Hours | Literal[""] = ""
    quiet_levels: tuple[LevelNumber, ...] = (1,)
    recovered_levels: tuple[LevelNumber, ...] = (1,)
    recovered_after_s: int = Field(default=300, ge=0, le=86_400)
    accounts: dict[Literal["wechat", "wecom", "sms", "email"], Account] = {}


class AlarmsConfig(Strict):
    """config/alarms.toml. ``look_s``: how often (seconds) ledger, disks and clocks are looked at; the hall is each
    second."""

    look_s: int = Field(default=30, ge=5, le=600)
    keep_days: int = Field(default=400, ge=30, le=3650)
    rule: tuple[RuleConfig, ...] = ()
    recipient: tuple[RecipientConfig, ...] = ()
    notify: NotifyConfig = NotifyConfig()

    @property
    def rules(self) -> tuple[RuleConfig, ...]:
        """Those that are in force."""
        return tuple(one for one in self.rule if one.enabled)

    @property
    def roles(self) -> frozenset[str]:
        """Whom rules may name."""
        return ROSTER_ROLES | {one.role for one in self.recipient}
