"""The shapes of the live stream, for OpenAPI and for tests. ``gateway.seats`` makes them; here they are only described,
because the server passes them on as they are.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from gateway.model.orders import MonitorMode
from gateway.web.alarm_views import AlarmView
from gateway.web.api_transfers import PartnerView, TransferView
from gateway.web.stream_views import StreamMessage


class MonitorView(BaseModel):
    """A shift lead in a seat's conversation: ``agent`` is their number, ``seat`` where their telephone is."""

    agent: str
    name: str
    mode: MonitorMode
    seat: str


class MonitoringView(BaseModel):
    """Whose conversation a shift lead's seat is in."""

    seat: str
    mode: MonitorMode


class SeatView(BaseModel):
    """One seat in the three fields of its state; times are epoch seconds."""

    id: str
    extension: str
    hall: str
    room: str
    x: int
    y: int
    presence: Literal["signed_out", "ready", "not_ready", "wrap_up"]
    activity: Literal[
        "idle", "reserved", "ringing", "talking", "held", "consulting", "three_way", "outbound", "monitored"
    ]
    reason: str | None = None
    agent: str | None = None
    agent_name: str | None = None
    since: float | None = Field(default=None, description="when the activity began")
    presence_since: float | None = None
    call_id: str | None = None
    queue: str | None = None
    entry_number: str | None = None
    caller: str | None = Field(default=None, description="masked")
    reachable: bool = Field(description="of the telephone in use")
    device: Literal["phone", "softphone"] = "phone"
    calls_today: int = 0
    wrap_up_until: float | None = None
    monitored_by: list[MonitorView] = []
    monitoring: MonitoringView | None = None


class WaitingView(BaseModel):
    """Who waits, by place. ``since`` is when the wait began: in the first queue, however often the caller is moved.
    ``expected_s`` is how much longer it will last, seconds; null when nobody can say."""

    call_id: str
    position: int
    since: float
    caller: str
    entry_number: str
    language: str = ""
    expected_s: float | None = None


class HeardView(BaseModel):
    """A broadcast that callers hear before they wait: spoken ``text``, or the recording ``sound``."""

    id: str
    text: str
    sound: str
    until: float


class QueueView(BaseModel):
    """One queue and who waits in it. ``answer_within_s`` is the promise (GB/T 33358: 15 s)."""

    id: str
    name: str
    name_en: str
    answer_within_s: int
    waiting: list[WaitingView]
    ready: int
    talking: int
    signed_in: int
    answered_today: int
    lost_today: int
    longest_since: float | None = None
    expected_s: float | None = Field(default=None, description="how long a new caller would wait")
    open: bool = True
    closed_why: str = ""
    closed_to: str = Field(default="", description="the queue that callers are sent on to")
    closed_until: float | None = None
    broadcast: HeardView | None = None
    planned: int | None = Field(default=None, description="lines to be manned in this hour; null without a rule")
    short: int | None = Field(default=None, description="of those, how many nobody is signed in for")


class SeatList(BaseModel):
    seats: list[SeatView]


class QueueList(BaseModel):
    queues: list[QueueView]


class PlanView(BaseModel):
    """Halls with rooms on the grid of seat-sized cells and reasons of rest; names of entry numbers."""

    halls: list[dict[str, Any]]
    entries: dict[str, dict[str, str]]


class DeskHint(BaseModel):
    """Something of an agent's desk has moved; the desk asks for it again. ``n`` is how many there are now."""

    agent: str
    kind: Literal["inbox", "message", "notice"]
    n: int


class LiveMessage(StreamMessage):
    """What /api/v1/live sends: a snapshot, then diffs whose ``n`` rises by one; a gap means: ask for a snapshot.

    A snapshot has all transfers that are open; a diff those that moved (``ended`` among them), all ``partners`` when
    the line of one has changed, and hints for desks. Of ``alarms`` a snapshot has those that are open, a diff those
    that moved; one that is ``cleared`` leaves the page.
    """

    drift: int = Field(default=0, description="differences from Asterisk that had to be healed since the start")
    seats: list[SeatView]
    queues: list[QueueView]
    transfers: list[TransferView] = []
    partners: list[PartnerView] = []
    desk: list[DeskHint] = []
    alarms: list[AlarmView] = []
