"""What the pages are given by the composition root, in one bundle, and the key under which handlers find it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web
from prometheus_client import CollectorRegistry

from gateway.alarms.service import AlarmService
from gateway.bell import FeedBell
from gateway.kpi.erlang import LoadNow
from gateway.model.contexts import PartnerContext
from gateway.model.http import Door
from gateway.model.ids import CallId
from gateway.people.service import RosterBook
from gateway.seats.notices import Notices
from gateway.seats.supervision import Supervision
from gateway.tail import FeedTail
from gateway.tickets.config import CategoriesConfig, RepliesConfig
from gateway.tickets.ports import Ledger, Takes, TicketActs, Words
from gateway.web.auth import Gate
from gateway.web.config import WebConfig
from gateway.web.desk_means import DeskMeans
from gateway.web.figure_views import FigureBook
from gateway.web.figures import WebFigures
from gateway.web.limits import Allowance
from gateway.web.live import LiveHub
from gateway.web.plan_edit import PlanFiles
from gateway.web.ports import (
    ContextsFor,
    Dials,
    Files,
    FollowerActs,
    Hall,
    Inbox,
    MailHtml,
    Parts,
    PhoneSet,
    Plan,
    QueueDesk,
    Transfers,
    Virtual,
)
from gateway.web.problem import Problem
from gateway.web.recordings import Recordings
from gateway.web.reports.maker import Reports
from gateway.web.retention import Retention
from gateway.web.robots import Forms
from gateway.web.seals import Seal
from gateway.web.spelling import Speller
from gateway.web.throttle import LoginThrottle
from gateway.web.uploads import Uploads
from gateway.web.wall import WallCounts, WallStream
from gateway.web.wall_config import WallConfig

T = TypeVar("T")


async def _no_mail_html(_original: bytes) -> str:
    """For a gateway that shows no mail."""
    return ""


async def _no_contexts(_call: CallId, _number: str) -> Sequence[PartnerContext]:
    """For a gateway that no partner sends calls to."""
    return ()


@dataclass(frozen=True, slots=True)
class WebServices:
    """``session_key`` is at least 32 bytes; ``clock`` is seconds since the epoch, ``monotonic`` never jumps.

    ``title`` is the hotline's name in Chinese and English; ``wake`` tells the workers that a delivery is due.
    """

    ledger: Ledger
    hall: Hall
    live: LiveHub
    plan: Plan
    parts: Parts
    registry: CollectorRegistry
    session_key: bytes = field(repr=False)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    tail: FeedTail | None = None
    """The one reading of the feed, shared with the webhooks; None makes one for the streams alone."""
    followers: FollowerActs | None = None
    intake: Takes = field(kw_only=True)
    tickets: TicketActs = field(kw_only=True)
    files: Files = field(kw_only=True)
    words: Words = field(kw_only=True)
    mail_html: MailHtml = field(default=_no_mail_html, kw_only=True)
    transfers: Transfers | None = field(default=None, kw_only=True)
    inbox: Inbox | None = field(default=None, kw_only=True)
    replies: Callable[[], RepliesConfig] = field(default=RepliesConfig, kw_only=True)
    phones: PhoneSet | None = field(default=None, kw_only=True)
    dialler: Dials | None = field(default=None, kw_only=True)
    virtual: Virtual | None = field(default=None, kw_only=True)
    queues: QueueDesk | None = field(default=None, kw_only=True)
    recordings: Recordings | None = field(default=None, kw_only=True)
    figures: FigureBook | None = field(default=None, kw_only=True)
    reports: Reports | None = field(default=None, kw_only=True)
    retention: Retention | None = field(default=None, kw_only=True)
    alarms: AlarmService | None = field(default=None, kw_only=True)
    roster: RosterBook | None = field(default=None, kw_only=True)
    wall: Callable[[], WallConfig] = field(default=WallConfig, kw_only=True)
    loads: Callable[[str], LoadNow | None] = field(default=lambda queue: None, kw_only=True)
    """What comes to a queue now, for what-if questions; None for one that is not ours."""
    supervision: Supervision | None = field(default=None, kw_only=True)
    notices: Notices | None = field(default=None, kw_only=True)
    plan_files: PlanFiles | None = field(default=None, kw_only=True)
    categories: Callable[[], CategoriesConfig] = field(default=CategoriesConfig, kw_only=True)
    desk: Callable[[], DeskMeans] = field(default=DeskMeans, kw_only=True)
    """The configuration of the desk that is now in force."""
    contexts: ContextsFor = field(default=_no_contexts, kw_only=True)
    doors: Sequence[Door] = field(default=(), kw_only=True)
    wake: Callable[[], None] = field(default=lambda: None, kw_only=True)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"), kw_only=True)
    title: tuple[str, str] = field(default=("12345政务服务便民热线", "12345 government hotline"), kw_only=True)


@dataclass(frozen=True, slots=True)
class Counter:
    """What the server has made for the citizens' side: forms and photos, receipts, and how much one may ask."""

    forms: Forms
    uploads: Uploads
    receipts: Seal
    submits: Allowance
    photos: Allowance
    lookups: LoginThrottle


@dataclass(frozen=True, slots=True)
class Desk:
    """What a handler works with: the services, and what the server has made of them for its own lifetime."""

    config: WebConfig
    services: WebServices
    gate: Gate
    bell: FeedBell
    tail: FeedTail
    figures: WebFigures
    counter: Counter
    speller: Speller
    walls: WallStream
    counts: WallCounts
    version: str
    """Of the pages' files: a page of another one loads itself anew."""


DESK = web.AppKey("desk", Desk)


def desk_of(request: web.Request) -> Desk:
    return request.app[DESK]


def in_use(part: T | None, zh: str, en: str) -> T:
    """A part that a gateway may do without. Raises Problem 404, in these words, on one that does."""
    if part is None:
        raise Problem(404, zh, en)
    return part
