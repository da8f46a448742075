"""The composition root: the only module that knows all others. Builds a node from its settings, runs it, ends it.

Order matters at both ends. At the start the ledger comes first, then what is open in it, then the doors; at the end
the doors close first, what was taken is written, and the ledger goes last. Tasks live in one TaskGroup: if one dies,
the node dies loudly and its supervisor starts it again, and callers are in the static queue meanwhile.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import CollectorRegistry

from gateway.asterisk.ami.link import Link, LinkConfig
from gateway.asterisk.fastagi.line import AgiLine
from gateway.asterisk.fastagi.server import FastAgiServer
from gateway.asterisk.fastagi.session import AgiSession
from gateway.asterisk.listener import Listener
from gateway.asterisk.prompts import durations_in
from gateway.asterisk.switch import AmiSwitch
from gateway.asterisk.translate import ASKED_FOR, EVENT_NAMES, HEADERS
from gateway.asterisk.unseen import Unseen
from gateway.asterisk.virtual import PATH as VIRTUAL
from gateway.asterisk.virtual import serve_virtual
from gateway.bus.bus import open_bus
from gateway.bus.relay import Relay
from gateway.desk import DeskSide
from gateway.figures import Figures, process_figures
from gateway.ivr.config import Flow
from gateway.ivr.runner import FlowEnvironment, run_flow
from gateway.lead import LeadSide
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import SqlLedger, open_ledger
from gateway.reload import Reloaded, apply_to_asterisk, with_fixed
from gateway.seats.hall import Hall
from gateway.seats.map import WRAP_UP
from gateway.seats.rules import SYSTEM, Rules
from gateway.seats.service import SIGNED_IN, SeatService
from gateway.settings import Secrets, Settings, load, load_secrets
from gateway.settings.planning import HallFiles
from gateway.tickets.calls import CallBook
from gateway.tickets.ports import Tx
from gateway.tickets.recorder import Recorder
from gateway.transferring import Transferring
from gateway.vitals import Vitals
from gateway.watch import ProbeWatch
from gateway.web.envelope import encoder
from gateway.web.live import LiveHub
from gateway.web.plan import floor_plan
from gateway.web.server import WebServer
from gateway.web.services import WebServices
from gateway.web.staff import FirstLogin, make_first_logins
from gateway.writing import Writing

_log = structlog.get_logger(__name__)

_DRAIN_S = 8.0
_NAMES_EVERY_S = 5.0
_PAGE = 1000


class Node:
    """One running gateway: ``async with`` opens and closes everything, in it ``run`` lives until ``stop``."""

    def __init__(self, settings: Settings, secrets: Secrets, environ: dict[str, str]) -> None:
        self.settings = settings
        self.secrets = secrets
        self._environ = environ
        self._stopping = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._stack = AsyncExitStack()
        self.first_logins: list[FirstLogin] = []
        self.started = False
        self._owed: set[str] = set()
        self._began = time.monotonic()

    # -- building ----------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Node:
        """Open the ledger, settle what is open in it, and bind the doors. Raises what cannot be opened."""
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        settings, secrets = self.settings, self.secrets
        keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
        opened = open_ledger(settings.ledger, settings.state_dir, keys, settings.zone)
        self.ledger: SqlLedger = await self._stack.enter_async_context(opened)
        self.bus = await self._stack.enter_async_context(open_bus(settings.bus))
        seats = sum(len(hall.all_seats()) for hall in settings.halls)
        self.first_logins = await make_first_logins(self.ledger, seats)
        self.writing = Writing(settings, secrets, self.ledger, encoder(settings.web.source))
        await self.writing.open(self._stack)
        self._compose()
        await self._resume()
        self._stack.push_async_callback(self.agi.close)
        self._stack.push_async_callback(self.web.close)
        asterisk, web = settings.asterisk, settings.web
        if asterisk.open_socket:
            why = "softphone_url is set and trunk_match has this machine: through the proxy anybody is the carrier"
            _log.warning("asterisk.open_socket", why=why, see="docs/desk.md")
        await _open_door(self.agi.start, f"FastAGI on {asterisk.agi_bind}:{asterisk.agi_port}", "[asterisk] agi_port")
        await _open_door(self.web.start, f"pages on {web.host}:{web.port}", "[web] port")

    def _compose(self) -> None:
        settings = self.settings
        tracks = {entry.number: entry.track for entry in settings.entries}
        self.hall = Hall(settings.halls, settings.queues, tracks)
        rules = Rules(self.hall)
        switch = AmiSwitch(lambda: self.orders)
        self.book = CallBook(self._area_of)
        self.recorder = Recorder(self.ledger, self.book)
        self.hub = LiveHub(lambda: self.hall.live(time.time()), queue_size=settings.web.socket_queue)
        self.listener = Listener(self.hall, rules, switch, self.recorder.put, self.hub.publish, time.time)
        self.listener.followed = lambda: self.hub.followed
        self.listener.on_link = self._link_moved
        queue_log = settings.state_dir / "asterisk" / "log" / "queue_log"
        self.unseen = Unseen(queue_log, self.hall, self.ledger, self.recorder.drain)
        self.listener.catch_up = self.unseen.catch_up
        self._line_events: asyncio.Queue[tuple[str, str, float]] = asyncio.Queue(1000)
        self.events = Link(
            self._link_config("gw-events", self.secrets.ami_events, "events"),
            frames=self.listener.frames.put,
            on_up=self.listener.link_up,
            on_down=self.listener.link_down,
        )
        self.listener.frames.flow = self.events
        self.orders = Link(self._link_config("gw-orders", self.secrets.ami_orders, "orders"))
        self.agi = FastAgiServer(settings.asterisk.agi_bind, settings.asterisk.agi_port, self._serve_call)
        self.seats = SeatService(self.hall, switch, self._reasons, time.time)
        self.transferring = Transferring(
            settings, self.ledger, self.hall, switch, lambda: self.orders, self.listener.show, self.writing.tickets,
            self.book, self.writing.tail,
        )  # fmt: skip
        self.transferring.hear(self.listener.also)
        self.desk = DeskSide(
            settings, self.ledger, self.hall, switch, lambda: self.orders, self.transferring.talks, self.writing.tail,
            self.listener.show,
        )  # fmt: skip
        self.desk.hear(self.listener.also)
        self.lead = LeadSide(
            settings, self.ledger, self.hall, switch, self.writing.tail, self.listener.show, orders=lambda: self.orders,
            files=self.writing.files, wake=self.writing.wake,
        )  # fmt: skip
        self.lead.hear(self.listener.also)
        self.listener.changed.append(self.lead.figuring.on_changes)
        self.probe = ProbeWatch(settings, self.secrets)
        self.flow_results: dict[str, int] = {"done": 0, "hung_up": 0, "failed": 0}
        self._take_flows(settings)
        self.vitals = Vitals(
            self.events, self.orders, self.listener, self.unseen, switch, rules, self.agi, self.flow_results,
            self.ledger, self.recorder, self.probe, self.writing.mailroom,
        )  # fmt: skip
        self.web = WebServer(settings.web, self._services())
        self.relay = Relay(self.ledger, self.bus, "feed", encoder(settings.web.source))

    def _services(self) -> WebServices:
        """What the pages are given."""
        settings, writing = self.settings, self.writing
        registry = CollectorRegistry()
        parts = [
            self.vitals.figures(),
            self.transferring.figures(),
            self.desk.figures(),
            self.lead.figures(),
            writing.figures(),
        ]
        Figures([*chain(*parts), *process_figures()]).add_to(registry)
        return WebServices(
            self.ledger,
            self.seats,
            self.hub,
            lambda: floor_plan(self.settings.halls, self.settings.entries),
            self.vitals.parts(),
            registry,
            self.secrets.session_key,
            tail=writing.tail,
            followers=writing.webhooks.acts,
            intake=writing.intake,
            tickets=writing.tickets,
            files=writing.files,
            words=writing.words,
            mail_html=writing.mail_html.of,
            transfers=self.transferring.service,
            inbox=self.desk.inbox,
            replies=lambda: self.settings.replies,
            desk=lambda: self.desk.means,
            contexts=self.transferring.calls.contexts_for,
            phones=self.desk.phone_set,
            dialler=self.desk.dialler,
            virtual=self.desk.numbers,
            recordings=self.desk.recordings,
            reports=self.lead.reporting.reports,
            figures=self.lead.figuring,
            retention=self.lead.retention,
            alarms=self.lead.alarming.service,
            roster=self.lead.roster,
            loads=self.lead.expecting.load,
            wall=lambda: self.settings.wall,
            queues=self.lead.queues,
            supervision=self.lead.supervision,
            notices=self.lead.notices,
            plan_files=HallFiles(lambda: self.settings.config_dir, self._environ, self.reload),
            categories=lambda: self.settings.categories,
            doors=writing.opened.doors,
            wake=writing.wake,
            zone=ZoneInfo(settings.zone),
            title=(settings.gateway.name, settings.gateway.name_en),
        )

    def _link_config(self, user: str, secret: str, role: str) -> LinkConfig:
        asterisk = self.settings.asterisk
        wanted = EVENT_NAMES if role == "events" else frozenset[str]()
        return LinkConfig(
            asterisk.host, asterisk.ami_port, user, secret, role=role, wanted=wanted, headers=HEADERS,  # type: ignore[arg-type]
        )  # fmt: skip

    def _take_flows(self, settings: Settings) -> None:
        self._flows: dict[str, Flow] = {flow.id: flow for flow in settings.flows}
        # With the true length of each sound the dialplan's guard is as short as it can be.
        lengths = durations_in(settings.state_dir / "asterisk" / "data" / "sounds")
        self._flow_env = FlowEnvironment(settings.calendar, ZoneInfo(settings.zone), durations=lengths)

    async def _resume(self) -> None:
        """Take up what the ledger says is open and count today's calls; the snapshot settles the rest."""
        now = time.time()
        zone = ZoneInfo(self.settings.zone)
        midnight = midnight_before(now, zone)
        page = await self.ledger.calls(since=midnight, limit=_PAGE)
        while page:
            self.hall.resume_day(page)
            page = await self.ledger.calls(since=midnight, after=page[-1].call_id, limit=_PAGE)
        self.hall.calls.restore(await self.ledger.open_calls())
        await self.transferring.resume()
        await self.lead.resume()
        await self._learn_names()

    async def _learn_names(self) -> None:
        accounts = await self.ledger.accounts()
        self.hall.names = {account.agent_id: account.name for account in accounts if account.agent_id}

    def _area_of(self, number: str) -> str:
        entry = next((e for e in self.settings.entries if e.number == number), None)
        return (entry.area_code if entry else None) or self.settings.area_code

    def _reasons(self) -> set[str]:
        return {reason.id for hall in self.settings.halls for reason in hall.rest_reasons} - {
            WRAP_UP,
            SYSTEM,
            SIGNED_IN,
        }

    # -- running -----------------------------------------------------------------------------------------------------

    async def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Live until ``stop``; then close the doors, write what was taken, and return."""
        async with asyncio.TaskGroup() as group:
            recording = group.create_task(self.recorder.run(), name="recorder")
            tasks = [
                group.create_task(work, name=name)
                for name, work in (
                    ("listener", self.listener.run()),
                    ("clock", self.listener.tick()),
                    ("orders", self.listener.obey()),
                    ("drift", self.listener.check_drift(self.orders)),
                    ("queue-log", self.unseen.keep_place()),
                    ("web", self.web.run()),
                    ("names", self._keep_names()),
                    ("line-events", self._tell_line_events()),
                    *([("relay", self.relay.run())] if self.settings.bus.kind != "local" else []),
                    ("probe", self.probe.run()),
                    *self.writing.works(),
                    *self.transferring.works(),
                    *self.desk.works(),
                    *self.lead.works(),
                )
            ]
            links = [group.create_task(link.run(), name=link.settings.username) for link in (self.events, self.orders)]
            agi = group.create_task(self.agi.run(), name="agi")
            _log.info("gateway.started", seconds=round(time.monotonic() - self._began, 3), web=self.web.port)
            self.started = True
            ready()
            await self._stopping.wait()
            _log.info("gateway.stopping")
            await self.web.close()
            self.events.close()
            self.orders.close()
            await self.agi.close()
            await self.writing.drain()
            await asyncio.wait([*links, agi], timeout=_DRAIN_S)
            if not await self.desk.numbers.drain(_DRAIN_S):  # while the task that writes them lives
                _log.error("gateway.not_all_written", what="calls over virtual numbers")
            for task in (*tasks, *links, agi):
                task.cancel()
            await asyncio.wait(tasks, timeout=_DRAIN_S)
            if not await self.recorder.drain(_DRAIN_S):
                _log.error("gateway.not_all_written", changes=self.recorder.pending)
            recording.cancel()
        _log.info("gateway.stopped")

    def stop(self) -> None:
        """Ask ``run`` to end. Safe from a signal handler; again does no harm."""
        self._stopping.set()

    async def _serve_call(self, session: AgiSession) -> None:
        if session.path.startswith(VIRTUAL):
            await serve_virtual(session, self.desk.numbers.route, self.desk.numbers.shown)
            return
        line = AgiLine(session)
        flow = session.path.removeprefix("flow/")
        result = await run_flow(line, self._flows, flow, self._flow_env)
        self.flow_results[result.result] += 1

    def _link_moved(self, up: bool, why: str) -> None:
        kind = "restored" if up else "lost"
        if not self._line_events.full():
            self._line_events.put_nowait((kind, why, time.time()))

    async def _tell_line_events(self) -> None:
        """The link to Asterisk lost and restored are events of the feed: followers must know what they cannot see."""
        while True:
            kind, why, at = await self._line_events.get()

            async def tell(tx: Tx, kind: str = kind, why: str = why, at: float = at) -> None:
                await tx.emit(f"hotline.line.{kind}.v1", "line", {"epoch": self.hall.epoch, "why": why}, at)

            try:
                await self.ledger.write(tell)
            except LedgerError as error:
                _log.error("line.not_told", kind=kind, error=str(error))

    async def _keep_names(self) -> None:
        while True:
            await asyncio.sleep(_NAMES_EVERY_S)
            try:
                await self._learn_names()
            except LedgerError as error:
                _log.warning("names.not_read", error=str(error))

    # -- reload ------------------------------------------------------------------------------------------------------

    async def reload(self) -> Reloaded:
        """Apply a changed configuration without dropping a call, or keep the old one and say why.

        Raises ConfigErrors when the new configuration has any error, ReloadRefused when Asterisk could not use it,
        SecretsRefused and OSError.
        """
        # A signal and the page with the plan may ask at once: what was read first must not come into force last.
        async with self._reloading:
            return await self._reload()

    async def _reload(self) -> Reloaded:
        # Reading takes a tenth of a second and may wait for a lock: not in the loop, where calls are served.
        read = await asyncio.to_thread(load, self.settings.config_dir, self._environ)
        fresh, waiting = with_fixed(self.settings, read)
        secrets = await asyncio.to_thread(load_secrets, self.settings.state_dir, fresh, self._environ)
        result = await apply_to_asterisk(fresh, secrets, self.orders, ASKED_FOR, waiting, self._owed)
        tracks = {entry.number: entry.track for entry in fresh.entries}
        self.hall.adopt(fresh.halls, fresh.queues, tracks)
        self._take_flows(fresh)
        self.transferring.adopt(fresh)
        self.desk.adopt(fresh)
        self.lead.adopt(fresh)
        late = await self.writing.adopt(fresh)
        result = replace(result, needs_restart=(*result.needs_restart, *late))
        self.settings, self.secrets = fresh, secrets
        self.listener.show()
        _log.info("gateway.reloaded", changed=result.changed, needs_restart=result.needs_restart, owed=result.owed)
        return result


async def _open_door(start: Callable[[], Awaitable[None]], what: str, key: str) -> None:
    """Start listening; a system's "no" gets the words for what could not be opened and which key names another."""
    try:
        await start()
    except OSError as error:
        if error.errno is None:  # not the system's: the ledger is away
            raise
        why = os.strerror(error.errno) if error.errno > 0 else error.strerror
        raise OSError(error.errno, f"{what}: {why} (configured in {key})") from error


def midnight_before(now: float, zone: ZoneInfo) -> float:
    """The beginning of the present day in a hall's zone, epoch seconds.

    Where the clock is set at midnight the hour may come twice (the day begins with the first) or not at all.
    """
    local = datetime.fromtimestamp(now, zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
