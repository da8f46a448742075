"""The written side of a node: all by which citizens, partners and followers write and are written to, composed.

Part of the composition root (gateway.app), apart because it is a whole of its own: channels, intake, replies, files,
the workers that send and fetch, and the feed's webhooks. It is made after the ledger is open and before the doors are;
its workers end before the ledger does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import aiohttp
import structlog

from gateway.bus.lease import node_name
from gateway.bus.webhooks import Webhooks
from gateway.channels.email.showing import MailHtml
from gateway.channels.enclosures import Enclosures
from gateway.channels.fetcher import Fetcher
from gateway.channels.figures import channel_figures
from gateway.channels.files import FileStore
from gateway.channels.outgoing import Dispatcher
from gateway.channels.port import Arrival, ChannelMeans
from gateway.channels.registry import Opened, Opener, exchanges
from gateway.figures import Figure
from gateway.guard import guarded_session
from gateway.ivr.calendar import add_working_days
from gateway.ledger.config import sqlite_path
from gateway.ledger.store import SqlLedger
from gateway.model.records import Event
from gateway.settings import Secrets, Settings
from gateway.tail import FeedTail
from gateway.tickets.intake import Intake
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.service import TicketService, ticket_policy
from gateway.tickets.templates import Templates
from gateway.transfer.config import PartnerConfig

if TYPE_CHECKING:
    from gateway.channels.email.channel import EmailChannel
    from gateway.channels.email.mailroom.room import Mailroom

_CALL_LIMIT_S = 30.0
_DRAIN_S = 5.0

_log = structlog.get_logger(__name__)


class Writing:
    """``open`` makes everything; ``works`` are its background tasks; ``adopt`` takes a changed configuration."""

    def __init__(
        self, settings: Settings, secrets: Secrets, ledger: SqlLedger, encode: Callable[[Event], bytes]
    ) -> None:
        self._settings, self._secrets, self._ledger = settings, secrets, ledger
        self.words = Templates(settings.replies)
        self.intake = Intake(ledger, _intake_policy(settings))
        self.tickets = TicketService(
            ledger, _ticket_policy(settings), self.words, self.wake, self._partner_name, self._push_limit
        )
        self.files = Enclosures(FileStore(settings.state_dir / "files", secrets.files_key), settings.files)
        self.tail = FeedTail(ledger, encode)
        self.mail_html = MailHtml()
        self._encode = encode
        self.opened = Opened((), ())

    async def open(self, stack: AsyncExitStack) -> None:
        """Make sessions, channels and workers, inside the event loop. Raises OSError with what cannot be."""
        settings, zone = self._settings, ZoneInfo(self._settings.zone)
        limit = aiohttp.ClientTimeout(total=_CALL_LIMIT_S)
        session = aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar())
        http = await stack.enter_async_context(session)
        guarded = await stack.enter_async_context(guarded_session(settings.guard))
        means = ChannelMeans(
            self._ledger, self.intake, self.tickets, self.files, self.words, http, zone, wake=self.wake
        )
        opener = Opener(means, guarded, self._secrets.of, settings.categories, settings.files.max_bytes, self._reported)
        try:
            self.opened = opener.open(settings.channels, settings.partners)
        except ValueError as error:
            raise OSError(str(error)) from error
        channels = self.opened.by_account()
        self.dispatcher = Dispatcher(self._ledger, channels, settings.delivery)
        self.fetcher = Fetcher(self._ledger, channels, self.files, settings.files)
        node = node_name(alone=bool(sqlite_path(settings.ledger.url_in(settings.state_dir))))
        self.webhooks = Webhooks(self._ledger, self.tail, guarded, settings.followers, self._encode, node=node)
        self.mailroom = self._mailroom()
        self.intake.warm()

    def _mailroom(self) -> Mailroom | None:
        """The process that receives and reads mail, when an account is switched on."""
        desks = {one.account: cast("EmailChannel", one) for one in self.opened.channels if one.name == "email"}
        if not desks:
            return None
        from gateway.channels.email.mailroom.room import Mailroom  # only where there is mail

        return Mailroom(desks, self._settings.config_dir, commit_s=self._settings.channels.mailroom.commit_s)

    async def _reported(self, channel: str, account: str, external_id: str, arrival: Arrival, error: str) -> bool:
        """What a carrier or a mail server says of a delivery."""
        return await self.dispatcher.report(channel, account, external_id, arrival, error)

    def wake(self) -> None:
        """A delivery or a wanted attachment has been written."""
        self.dispatcher.wake()
        self.fetcher.wake()

    def works(self) -> Sequence[tuple[str, Coroutine[Any, Any, None]]]:
        """What runs in the background, by name."""
        return (
            ("dispatcher", self.dispatcher.run()),
            ("fetcher", self.fetcher.run()),
            ("webhooks", self.webhooks.run()),
            ("feed-tail", self.tail.run()),
            *((f"{one.name}-{one.account}", one.run()) for one in self.opened.channels),
            *((("mailroom", self.mailroom.run()),) if self.mailroom is not None else ()),
        )

    async def drain(self) -> None:
        """Let what is under way end: called when the doors are closed and before the workers are cancelled."""
        done = await asyncio.gather(self.dispatcher.drain(_DRAIN_S), self.fetcher.drain(_DRAIN_S))
        if not all(done):
            _log.warning("writing.cut_off", why="still under way: taken up again after their lease")

    async def adopt(self, settings: Settings) -> list[str]:
        """Use a newly loaded configuration; the names of files whose change waits for a restart."""
        intake, tickets = await asyncio.to_thread(lambda: (_intake_policy(settings), _ticket_policy(settings)))
        self.intake.use(intake)
        self.tickets.use(tickets)
        self.words.use(settings.replies)
        waiting = []
        if settings.channels != self._settings.channels:
            waiting.append("channels.toml")
        if _exchanged(settings.partners) != _exchanged(self._settings.partners):
            waiting.append("partners.toml (push)")
        self._settings = settings
        return waiting

    def _partner(self, number: str) -> PartnerConfig | None:
        return next((one for one in self._settings.partners if one.number == number), None)

    def _partner_name(self, number: str) -> str | None:
        partner = self._partner(number)
        return partner.name if partner is not None and exchanges(partner) else None

    def _push_limit(self, number: str) -> float | None:
        partner = self._partner(number)
        # Who sends us nothing cannot acknowledge (one_way, copy): that is not overdue.
        waits = partner is not None and partner.push.url and partner.takes
        return float(partner.push.acknowledge_s) if partner is not None and waits else None

    def figures(self) -> list[Figure]:
        """For /metrics."""
        out, got, hooks, files = self.dispatcher, self.fetcher, self.webhooks, self.files
        return [
            Figure("deliveries_sent", "Replies and pushes that a platform took", lambda: out.sent, rises=True),
            Figure("deliveries_delivered", "Deliveries reported as arrived", lambda: out.delivered, rises=True),
            Figure("deliveries_failed", "Deliveries given up", lambda: out.failed, rises=True),
            Figure("deliveries_impossible", "Deliveries for which no way exists", lambda: out.impossible, rises=True),
            Figure("deliveries_retried", "Tries that failed and come again", lambda: out.retried, rises=True),
            Figure("deliveries_waiting", "Deliveries due and not yet sent", lambda: out.waiting),
            Figure("pushes_overdue", "Pushes that nobody acknowledged in time", lambda: out.overdue.told, rises=True),
            Figure("files_fetched", "Attachments fetched from platforms", lambda: got.kept, rises=True),
            Figure("files_lost", "Attachments that could not be had", lambda: got.gone, rises=True),
            Figure("files_waiting", "Attachments due to be fetched", lambda: got.waiting),
            Figure("files_taken", "Files taken in", lambda: files.taken, rises=True),
            Figure("files_refused", "Files refused by type, size or scanner", lambda: files.refused, rises=True),
            Figure("followers_posted", "Events that followers have taken", lambda: hooks.posted, rises=True),
            Figure("followers_failing", "Followers whose last post was not taken", lambda: hooks.failing),
            Figure("followers_behind", "Events that the furthest follower lacks", lambda: hooks.behind),
            *channel_figures(self.opened.channels),
            *(self.mailroom.figures() if self.mailroom is not None else ()),
        ]


def _exchanged(partners: Sequence[PartnerConfig]) -> list[PartnerConfig]:
    return [one for one in partners if exchanges(one)]


def _working_days(settings: Settings) -> Callable[[float, int], float]:
    """The same time of day so many working days on, in the hall's zone."""
    zone, calendar = ZoneInfo(settings.zone), settings.calendar

    def add(start: float, days: int) -> float:
        local = datetime.fromtimestamp(start, zone)
        day = add_working_days(calendar, local.date(), days)
        return local.replace(year=day.year, month=day.month, day=day.day).timestamp()

    return add


def _intake_policy(settings: Settings) -> IntakePolicy:
    zone = ZoneInfo(settings.zone)
    days = _working_days(settings)
    return IntakePolicy.of(settings.intake, settings.categories, {}, days, settings.area_code, zone)


def _ticket_policy(settings: Settings) -> Any:
    return ticket_policy(settings.replies, settings.categories, _working_days(settings), ZoneInfo(settings.zone))
