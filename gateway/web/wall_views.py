"""What a wall is told: counts, states and words of the service. No name, number or text of a person is in any of it, so
what reaches a screen that everybody sees, and the browser behind it, can show none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, Field

from gateway.web.stream_views import StreamMessage
from gateway.web.wall_config import WallKind

_SUBJECTS = frozenset({
    "place", "category", "area",
    "queue", "hotline", "tickets", "partner", "follower", "trunk", "link", "disk", "recordings", "clock", "ledger",
})  # fmt: skip
"""Subjects of alarms that name no person: of these a wall shows the text too. A subject that is not known does not."""


class WallQueue(BaseModel):
    """``since``: when each wait began, in the order of service; ``expected_s``: what a new caller would wait."""

    id: str
    name: str
    name_en: str
    answer_within_s: int
    since: list[float]
    ready: int
    talking: int
    signed_in: int
    expected_s: float | None = None
    open: bool = True


class WallSeat(BaseModel):
    id: str
    hall: str
    state: Literal["ready", "ringing", "talking", "wrap_up", "not_ready", "offline", "signed_out"]


class WallPartner(BaseModel):
    number: str
    name: str
    name_en: str
    state: str


class WallTopic(BaseModel):
    """What rises: ``n`` requests in the last ``window_s`` seconds; the same hours of ``days`` days before had ``mean``
    on average."""

    name: str
    name_en: str
    n: int
    window_s: float
    mean: float
    days: int


class WallAlarm(BaseModel):
    """``text`` is there only where the subject is no person's; ``topic`` only for a hot topic."""

    id: str
    level: int
    title: str
    title_en: str
    text: str
    text_en: str
    since: float
    count: int
    state: str
    topic: WallTopic | None = None


class WallMessage(StreamMessage):
    """What /api/v1/wall/live sends: as /api/v1/live, less all that is of persons."""

    queues: list[WallQueue]
    seats: list[WallSeat]
    partners: list[WallPartner] = []
    alarms: list[WallAlarm] = []


class WallPageView(BaseModel):
    kind: WallKind
    seconds: int


class WallHour(BaseModel):
    name: str
    requests: int
    connection_rate: float | None
    rate_15s: float | None


class WallCount(BaseModel):
    """How many requests today came by a channel, of an area or of a category; ``share`` of the first responses in time
    (channels that are written)."""

    id: str
    name: str
    count: int
    share: float | None = None


class WallView(BaseModel):
    """What the wall shows and the figures on it. ``version`` is that of the page's files: another than the page's own
    means that the page is to be loaded anew. Shares are 0 to 1; None: nothing to compute it from."""

    version: str
    at: float
    zone: str
    title: str
    title_en: str
    pages: list[WallPageView]
    halls: list[str]
    shift_px: int
    figures: dict[str, int | float | None]
    rate_24h: float | None
    rate_15s_24h: float | None
    by_hour: list[WallHour]
    channels: list[WallCount]
    areas: list[WallCount]
    categories: list[WallCount]
    figures_at: float | None = Field(description="null: this gateway keeps no figures")


def wall_message(live: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the live stream with what a wall may show of it, and nothing else."""
    head = {name: live[name] for name in ("type", "epoch", "n", "at", "link")}
    head["queues"] = [_queue(one) for one in live["queues"]]
    head["seats"] = [{"id": one["id"], "hall": one["hall"], "state": seat_state(one)} for one in live["seats"]]
    if "partners" in live:
        head["partners"] = [{name: one[name] for name in WallPartner.model_fields} for one in live["partners"]]
    if "alarms" in live:
        head["alarms"] = [_alarm(one) for one in live["alarms"]]
    return head


def _queue(view: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("id", "name", "name_en", "answer_within_s", "ready", "talking", "signed_in")
    found = {name: view[name] for name in shown}
    found["since"] = [one["since"] for one in view["waiting"]]
    found["expected_s"], found["open"] = view.get("expected_s"), view.get("open", True)
    return found


def seat_state(view: Mapping[str, Any]) -> str:
    """One word for what a seat does: what happens on its line comes before what its agent has chosen."""
    activity, presence = view["activity"], view["presence"]
    if activity in ("ringing", "reserved"):
        return "ringing"
    if activity != "idle":
        return "talking"
    if presence == "signed_out":
        return "signed_out"
    return str(presence) if view["reachable"] else "offline"


def _alarm(view: Mapping[str, Any]) -> dict[str, Any]:
    shown = ("id", "level", "title", "title_en", "text", "text_en", "since", "count", "state")
    found = {name: view[name] for name in shown}
    if view["subject"].partition(":")[0] not in _SUBJECTS:
        found["text"] = found["text_en"] = ""
    elif (topic := view.get("topic")) is not None:
        shown_of_topic = ("name", "name_en", "n", "window_s", "mean")
        found["topic"] = {name: topic[name] for name in shown_of_topic} | {"days": len(topic["before"])}
    return found
