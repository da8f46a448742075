"""The shift lead's side: what supervisors have besides seats and queues, composed for ``app`` to start.

Alarms watch the hall, the feed and the machine; figures are kept by the hour; the roster says who is on duty;
recordings are kept for as long as the rules ask and no longer; reports are made on schedule.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gateway.alarming import Alarming
from gateway.alarms.ports import Budget
from gateway.asterisk.ami.link import Link
from gateway.asterisk.queueing import QueueMemory
from gateway.asterisk.voice import Announcer
from gateway.expecting import Expecting, oldest_first
from gateway.figures import Figure
from gateway.figuring import Figuring
from gateway.ledger.store import SqlLedger
from gateway.model.hearers import Hearers
from gateway.model.ids import AgentId
from gateway.model.records import Account
from gateway.people.service import RosterBook
from gateway.seats.hall import Hall
from gateway.seats.notices import Notices, Words
from gateway.seats.opening import Openings
from gateway.seats.ports import Switch
from gateway.seats.queueing import QueueActs
from gateway.seats.standby import Standby
from gateway.seats.supervision import Supervision
from gateway.settings import Settings
from gateway.tail import FeedTail
from gateway.web.ports import Files, QueueDesk
from gateway.web.recordings import Recordings
from gateway.web.reports.maker import Reports
from gateway.web.reports.printer import Printer
from gateway.web.reports.schedule import Schedule
from gateway.web.reports.shelf import Shelf
from gateway.web.retention import Retention

_LEARNT_FROM_S, _LEARNT = 86_400.0, 1_000
"""Calls of the last day, at most so many, tell at the start how long calls last and callers hold."""


class LeadSide:
    """Made by ``app``; ``show`` hands what the hall was told to the live stream."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        hall: Hall,
        switch: Switch,
        tail: FeedTail,
        show: Callable[[], None],
        *,
        orders: Callable[[], Link],
        files: Files,
        wake: Callable[[], None],
    ) -> None:
        self._ledger, self._hall, self._switch, self._tail, self._show = ledger, hall, switch, tail, show
        self.supervision = Supervision(hall, switch)
        self.notices = Notices(ledger, hall, self._hint, time.time)
        self._settings = settings
        self.figuring = Figuring(lambda: self._settings, ledger, hall)
        self.queues = self._queue_desk(orders)
        self.retention, self.roster = self._archive(), self._roster()
        self.expecting = Expecting(hall, show, time.time)
        self.alarming = Alarming(
            lambda: self._settings, ledger, hall, show, self.roster, wake=wake, budget=self._budget
        )  # fmt: skip
        self.reporting = self._reporting(files, wake)
        self.adopt(settings)

    def _queue_desk(self, orders: Callable[[], Link]) -> QueueDesk:
        """Queues opened and closed, broadcasts, who waits moved, the standby called in."""
        hall, switch, state_dir = self._hall, self._switch, self._settings.state_dir
        sounds, cache = state_dir / "asterisk" / "data" / "sounds", state_dir / "prompt-cache"
        voice = Announcer(sounds, cache, lambda: self._settings.config_dir / "prompts")
        openings = Openings(hall, switch, QueueMemory(orders), voice, self._is_open, time.time, self._show)
        standby = Standby(hall, self._is_open, time.time, lambda: self.roster.standby_now())
        return QueueDesk(QueueActs(hall, switch), openings, standby, self._tell_agents)

    def _archive(self) -> Retention:
        spool, zone = self._settings.state_dir / "asterisk" / "spool" / "monitor", ZoneInfo(self._settings.zone)
        kept = Recordings(spool, zone)
        return Retention(self._ledger, kept, lambda: self._settings.recordings, zone, time.time)

    def _budget(self) -> Budget | None:
        """What recordings take of the disk, as their alarm wants it."""
        found, config = self.retention.reading(), self._settings.recordings
        if found is None:
            return None
        full = found.level == "over"
        return Budget(
            found.used, found.budget, found.free, found.days_left, full, config.warn_share, config.warn_days
        )  # fmt: skip

    def _reporting(self, files: Files, wake: Callable[[], None]) -> Schedule:
        """Reports on demand and on schedule, kept and mailed."""
        settings, zone = self._settings, ZoneInfo(self._settings.zone)
        shelf, printer = Shelf(settings.state_dir / "reports"), Printer(settings.reports.pdf_limit_s)
        reports = Reports(
            self.figuring,
            shelf,
            printer,
            zone,
            lambda: self._settings.gateway.name,
            hotline_en=lambda: self._settings.gateway.name_en,
        )
        return Schedule(
            reports, self._ledger, files, lambda: self._settings.reports, self._mail_account,
            url=lambda: self._settings.web.url, wake=wake,
        )  # fmt: skip

    def _mail_account(self) -> str:
        return mail_account(self._settings)

    def _roster(self) -> RosterBook:
        zone = ZoneInfo(self._settings.zone)
        return RosterBook(self._ledger, lambda: self._settings.roster, zone, time.time)

    def _is_open(self, calendar: str, at: float) -> bool:
        return self._settings.is_open(calendar, at)

    async def _tell_agents(self, agents: Sequence[AgentId], text: str, by: Account) -> None:
        await self.notices.send(agents, Words(text, by.login, by.name))

    def _hint(self, agent: AgentId, kind: str, n: int) -> None:
        """Tell an agent's desk that it has something to ask for."""
        self._hall.tell("desk", {"agent": agent, "kind": kind, "n": n})
        self._show()

    def adopt(self, settings: Settings) -> None:
        """Take a changed configuration."""
        self._settings = settings
        self.queues.openings.poke()
        self.alarming.adopt()
        self.reporting.reports.printer.limit_s = settings.reports.pdf_limit_s

    def hear(self, hearers: Hearers) -> None:
        """Ask for the facts that are wanted here, once the hall has them."""
        hearers.add(self.queues.openings.on_fact, *Openings.HEARS)
        hearers.add(self.figuring.on_fact, *Figuring.HEARS)
        self.alarming.hear(hearers)
        hearers.add(self.expecting.on_fact, *Expecting.HEARS)

    async def resume(self) -> None:
        """Take up what the ledger says is open."""
        await self.alarming.service.resume()
        await self.figuring.resume()
        day = await self._ledger.calls(since=time.time() - _LEARNT_FROM_S, limit=_LEARNT)
        self.expecting.take_up(oldest_first(day))

    def works(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What runs for as long as the node does, by name."""
        return [
            ("queue-openings", self.queues.openings.run()), ("roster", self.roster.run()),
            ("recordings", self.retention.run()), ("alarms", self.alarming.service.run()),
            *self.figuring.works(),
            ("expected-waits", self.expecting.run()),
            ("reports", self.reporting.run()),
        ]  # fmt: skip

    def figures(self) -> list[Figure]:
        openings = self.queues.openings
        return [
            Figure("callers_sent_on", "Callers who met a closed queue", lambda: openings.sent_on, rises=True),
            Figure("queues_closed", "Queues that are closed now",
                   lambda: sum(queue.closed is not None for queue in self._hall.queues.queues.values())),
            Figure("broadcasts", "Broadcasts that are heard now", lambda: len(openings.broadcasts())),
            *archive_figures(self.retention),
            *self.alarming.figures(),
            *self.figuring.figures(),
            *report_figures(self.reporting),
        ]  # fmt: skip


def mail_account(settings: Settings) -> str:
    """Who sends the reports: the account that [reports] names, else the first that can; "" for none."""
    able = [one.account for one in settings.channels.email if one.enabled and one.smtp is not None]
    named = settings.reports.account
    return named if named in able else "" if named else next(iter(able), "")


def report_figures(schedule: Schedule) -> list[Figure]:
    """Reports made and mailed, and what did not work."""
    reports, printer = schedule.reports, schedule.reports.printer
    return [
        Figure("reports_made", "Reports made or made again", lambda: reports.made, rises=True),
        Figure("reports_mailed", "Mails with a report written", lambda: schedule.mailed, rises=True),
        Figure("reports_troubles", "Times a report on schedule had to wait", lambda: schedule.troubles, rises=True),
        Figure("reports_pdf_failed", "PDF files that could not be made", lambda: printer.failed, rises=True),
    ]


def archive_figures(kept: Retention) -> list[Figure]:
    """What recordings take, may take, and how many went when their time was over."""
    counters, reading = kept.counters, kept.reading
    return [
        Figure("recordings_bytes", "Bytes of recordings kept", lambda: r.used if (r := reading()) else 0),
        Figure("recordings_budget_bytes", "Bytes that they may take", lambda: r.budget if (r := reading()) else 0),
        Figure("recordings_deleted", "Recordings deleted, their time over", lambda: counters.deleted, rises=True),
        Figure("recordings_held", "Recordings over their time that a hold keeps", lambda: counters.held),
        Figure("recordings_failures", "Sweeps or deletions that failed", lambda: counters.failed, rises=True),
    ]
