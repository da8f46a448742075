"""How alarms look outside: on the live stream, in the API, and their rules."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from gateway.model.alarms import Alarm, HotTopic, Notice


class TopicView(BaseModel):
    """What rises, by its own history: ``n`` requests of it in the last ``window_s`` seconds; in the same hours of the
    days before ``before`` (the day before first), ``mean`` of them on average and ``most`` at most."""

    of: Literal["category", "place", "area"]
    name: str
    name_en: str
    n: int
    window_s: float
    before: list[int]
    mean: float
    most: int


class AlarmView(BaseModel):
    """One alarm, as the live stream shows it. Times are epoch seconds; numbers in its texts are masked."""

    id: str
    rule: str
    level: Literal[1, 2, 3] = Field(description="1: act now, 2: within minutes, 3: know about it")
    title: str
    title_en: str
    text: str
    text_en: str
    subject: str = Field(description="queue:hotline, seat:A001, partner:110, trunk:trunk, disk:var ...")
    since: float
    seen_at: float = Field(description="when it was last found so")
    count: int = Field(description="how often it has happened; of a storm, in how many places")
    state: Literal["open", "acknowledged", "snoozed", "cleared"]
    by: str = Field(default="", description="who acknowledged or snoozed it")
    until: float | None = Field(default=None, description="end of the snoozing")
    topic: TopicView | None = Field(default=None, description="of a hot topic: what its text says, as data")


class NoticeView(BaseModel):
    """A message about an alarm. ``to`` is a role or a name, never a number."""

    to: str
    channel: str
    at: float
    state: str = Field(description="as of the delivery: waiting, sent, delivered, failed, impossible; none: no way")
    error: str


class AlarmDetail(AlarmView):
    """An alarm with what became of it."""

    first_at: float
    cleared_at: float | None
    value: float | None = Field(description="the last reading, in the rule's unit")
    worst: float | None
    members: list[str] = Field(description="the places of a storm")
    notices: list[NoticeView]


class AlarmPage(BaseModel):
    """Newest first."""

    items: list[AlarmDetail]


class RuleView(BaseModel):
    """One rule of config/alarms.toml as it is in force."""

    id: str
    watch: str
    enabled: bool
    level: int
    title: str
    title_en: str
    explained: str = Field(description="what is watched, in words")
    explained_en: str
    unit: str = Field(description="s, share, count, log10 or yes")
    worse: Literal["above", "below"]
    raise_at: float | None = Field(description="null: each subject's own limit")
    clear_at: float | None
    for_s: float
    clear_s: float
    tell: list[str]
    escalate: list[dict[str, object]]


class RuleList(BaseModel):
    rules: list[RuleView]
    roles: list[str] = Field(description="who can be told: ``to`` of an escalation")


def alarm_view(alarm: Alarm) -> AlarmView:
    given = {name: getattr(alarm, name) for name in AlarmView.model_fields if name != "topic"}
    return AlarmView(**given, topic=_topic(alarm.topic))


def alarm_detail(alarm: Alarm) -> AlarmDetail:
    own = ("notices", "members", "topic")
    given = {name: getattr(alarm, name) for name in AlarmDetail.model_fields if name not in own}
    notices = [_notice(one) for one in alarm.notices]
    return AlarmDetail(**given, topic=_topic(alarm.topic), members=list(alarm.members), notices=notices)


def _topic(topic: HotTopic | None) -> TopicView | None:
    if topic is None:
        return None
    mean = sum(topic.before) / max(1, len(topic.before))
    return TopicView(
        of=topic.of, name=topic.name, name_en=topic.name_en, n=topic.n, window_s=topic.window_s,
        before=list(topic.before), mean=round(mean, 1), most=max(topic.before, default=0),
    )  # fmt: skip


def _notice(one: Notice) -> NoticeView:
    return NoticeView(to=one.to, channel=one.channel, at=one.at, state=one.state, error=one.error)
