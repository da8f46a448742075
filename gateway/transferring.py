"""The spoken side's composition: the one-key transfer with all that it needs of the node.

Facts reach it after the hall has them; what it decides goes out by the node's switch; what has moved goes to the live
stream at once, because an agent looks at it. ``app`` starts what is made here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.snapshot import take_snapshot
from gateway.asterisk.transfers import RECEIVED
from gateway.bell import FeedBell
from gateway.figures import Figure
from gateway.ledger.store import SqlLedger
from gateway.model.facts import Snapshot
from gateway.model.hearers import Hearers
from gateway.model.transfers import Transfer
from gateway.seats.hall import Hall
from gateway.seats.ports import Switch
from gateway.seats.talks import Talks
from gateway.settings import Settings
from gateway.tail import FeedTail
from gateway.tickets.calls import CallBook
from gateway.tickets.pushing import TransferPushes
from gateway.tickets.service import TicketService
from gateway.transfer.contexts import PartnerCalls
from gateway.transfer.ears import Ears
from gateway.transfer.news import PushNews
from gateway.transfer.pressing import House
from gateway.transfer.registry import PartnerLine, Registry
from gateway.transfer.service import TransferService
from gateway.web.api_transfers import partner_view, transfer_view

_log = structlog.get_logger(__name__)

_GATHER_S = 0.05
"""The feed's events that come together are looked at together, for the desk."""

_COUNT_S = 2.0
"""So long an answer about one leg's audio is waited for."""


class Transferring:
    """Transfers of one node. ``show`` hands what the hall was told to the live stream."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        hall: Hall,
        switch: Switch,
        orders: Callable[[], Link],
        show: Callable[[], None],
        tickets: TicketService,
        book: CallBook,
        tail: FeedTail,
    ) -> None:
        self._settings, self._hall, self._orders, self._show = settings, hall, orders, show
        self._lines: list[dict[str, Any]] = []
        self.registry = Registry(settings.partners, self._is_open)
        self.talks = Talks(hall)
        house = House(
            queues=lambda: {queue.id for queue in self._settings.queues},
            flows=lambda: {flow.id for flow in self._settings.flows},
            caller_id=lambda: self._settings.asterisk.caller_id,
        )
        self.calls = PartnerCalls(ledger, lambda: self._settings.partners, time.time)
        pushes = TransferPushes(ledger, tickets, book, hall.calls.record)
        self.service = TransferService(
            ledger, switch, self.talks, self.registry, house, time.time,
            look=self._look, pushes=pushes, on_change=self._changed, on_lines=self._moved,
        )  # fmt: skip
        self.ears = Ears(self._packets, self.service.running, self.service.on_media, time.time)
        bell = FeedBell(_GATHER_S)
        tail.tell(bell)
        self.news = PushNews(tail, bell, ledger, time.time, self._told, self.service.look_for_ticket)
        hall.beside["transfers"] = lambda: [self._view(one) for one in self.service.running()]

    def hear(self, hearers: Hearers) -> None:
        """Ask for the facts that are wanted here, once the hall has them."""
        hearers.add(self.talks.apply, *Talks.HEARS)
        hearers.add(self.service.on_fact, *TransferService.HEARS)
        hearers.add(self.calls.on_fact, *PartnerCalls.HEARS)

    def adopt(self, settings: Settings) -> None:
        """Take a changed configuration; what runs goes on as it began."""
        self._settings = settings
        self.registry.use(settings.partners)
        self.service.watch.poke()
        self._tell_lines()

    def _is_open(self, name: str, at: float) -> bool:
        return self._settings.is_open(name, at)

    async def _look(self) -> Snapshot | None:
        try:
            return await take_snapshot(self._orders(), self._hall.epoch, time.time)
        except AmiError as error:
            _log.warning("transfers.no_look", why=str(error))
            return None

    async def _packets(self, channel: str) -> int | None:
        """How many packets of audio have come from a leg; None when Asterisk cannot say (it is gone, it has none)."""
        try:
            frame = await self._orders().send(actions.get_variable(RECEIVED, channel), _COUNT_S)
        except (AmiError, ValueError) as error:
            _log.debug("transfers.no_count", why=str(error))
            return None
        value = frame.get("Value", "")
        return int(value) if value.isascii() and value.isdigit() else None

    async def resume(self) -> None:
        """Take up what the ledger says is running."""
        await self.service.resume()
        for one in self.service.running():
            self.news.follow(one)

    def _changed(self, transfer: Transfer) -> None:
        self.news.follow(transfer)
        self._tell_lines()
        self._told(transfer)

    def _told(self, transfer: Transfer) -> None:
        """To the desk, with how the push stands."""
        self._hall.tell("transfers", self._view(transfer))
        self._show()

    def _view(self, transfer: Transfer) -> dict[str, Any]:
        return transfer_view(transfer, self.news.push_of(transfer)).model_dump(mode="json")

    def _moved(self, _lines: Sequence[PartnerLine]) -> None:
        """A line opened, closed, began to fail or recovered without a transfer's doing."""
        self._tell_lines()
        self._show()

    def _tell_lines(self) -> None:
        lines = [partner_view(line).model_dump(mode="json") for line in self.service.lines()]
        if lines != self._lines:
            self._lines = lines
            self._hall.tell("partners", *lines)

    def works(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What runs for as long as the node does, by name."""
        return [
            ("transfers", self.service.run()), ("partner-calls", self.calls.run()), ("push-news", self.news.run()),
            ("transfer-ears", self.ears.run()),
        ]  # fmt: skip

    def figures(self) -> list[Figure]:
        service = self.service
        return [
            Figure("transfers_started", "Transfers begun", lambda: service.started, rises=True),
            Figure("transfers_ended", "Transfers ended", lambda: service.ended, rises=True),
            Figure("transfers_open", "Transfers that have not ended", lambda: len(service.running())),
            Figure("transfers_unknown", "Facts that a transfer did not expect", lambda: service.unknown, rises=True),
            Figure("transfers_dropped", "Facts that found no room", lambda: service.dropped, rises=True),
            Figure("transfers_unwritten", "Steps the ledger took late", lambda: service.unwritten, rises=True),
            Figure("transfers_silent", "Targets found to send no audio", lambda: self.ears.found_silent, rises=True),
            Figure("partner_calls_heard", "Calls of partners heard of", lambda: self.calls.heard, rises=True),
            Figure("partner_calls_dropped", "Such calls that found no room", lambda: self.calls.dropped, rises=True),
            Figure("partners_failing", "Partner lines that fail now",
                   lambda: sum(line.state == "failing" for line in service.lines())),
        ]  # fmt: skip
