"""The desk's composition: what agents have at their page besides calls and transfers, for ``app`` to start.

Written tickets are shared out among agents, drafts are kept and swept, softphones get their passwords, calls out are
dialled, virtual numbers lead to whom they are bound to, and what the page takes from the configuration is made once a
load of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any
from zoneinfo import ZoneInfo

from gateway.asterisk.ami.link import Link
from gateway.asterisk.phones import PhoneSecrets
from gateway.figures import Figure
from gateway.ledger.store import SqlLedger
from gateway.model.hearers import Hearers
from gateway.model.ids import AgentId
from gateway.seats.dialling import Dialler, Ways
from gateway.seats.hall import Hall
from gateway.seats.phones import Phones
from gateway.seats.ports import Switch
from gateway.seats.talks import Talks
from gateway.seats.writers import Writers
from gateway.settings import Settings
from gateway.tail import FeedTail
from gateway.tickets.drafts import DraftKeeper
from gateway.tickets.inbox import Sharing
from gateway.transfer.virtual_service import VirtualNumbers
from gateway.web.desk_means import DeskMeans
from gateway.web.ports import PhoneSet
from gateway.web.recordings import Recordings


class DeskSide:
    """Made by ``app``; ``show`` hands what the hall was told to the live stream."""

    def __init__(
        self,
        settings: Settings,
        ledger: SqlLedger,
        hall: Hall,
        switch: Switch,
        orders: Callable[[], Link],
        talks: Talks,
        tail: FeedTail,
        show: Callable[[], None],
    ) -> None:
        self._hall, self._show = hall, show
        self.adopt(settings)
        self.inbox = Sharing(
            ledger, tail, Writers(hall), lambda: self._settings.intake.written, time.time, self._tell
        )  # fmt: skip
        self._drafts = DraftKeeper(ledger)
        self._phones = Phones(hall, talks, switch, PhoneSecrets(orders), time.time)
        ice = tuple(server.for_browser() for server in settings.asterisk.ice_servers)
        self.phone_set = PhoneSet(self._phones, settings.asterisk.websocket, ice)
        self.dialler = Dialler(hall, switch, self._ways, time.time)
        self.numbers = VirtualNumbers(ledger, lambda: self._settings.virtual, time.time)
        spool = settings.state_dir / "asterisk" / "spool" / "monitor"
        self.recordings = Recordings(spool, ZoneInfo(settings.zone))

    def adopt(self, settings: Settings) -> None:
        """Take a changed configuration."""
        self._settings = settings
        self.means = DeskMeans.of(
            settings.halls, settings.queues, settings.entries, settings.intake, settings.area_code, settings.flows
        )  # fmt: skip

    def hear(self, hearers: Hearers) -> None:
        """Ask for the facts that are wanted here, once the hall has them."""
        hearers.add(self.numbers.apply, *VirtualNumbers.HEARS)

    def _ways(self) -> Ways:
        settings = self._settings
        partners = [partner.number for partner in settings.partners if partner.is_dialled]
        entries = [entry.number for entry in settings.entries]
        return Ways(entries, settings.asterisk.caller_id, settings.asterisk.outside, partners)

    def _tell(self, agent: AgentId, kind: str, n: int) -> None:
        self._hall.tell("desk", {"agent": agent, "kind": kind, "n": n})
        self._show()

    def works(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What runs for as long as the node does, by name."""
        return [
            ("inbox", self.inbox.run()), ("drafts", self._drafts.run()), ("virtual", self.numbers.run()),
            ("phones", self._phones.run()),
        ]  # fmt: skip

    def figures(self) -> list[Figure]:
        numbers = self.numbers
        return [
            Figure("written_offered", "Offers of written tickets", lambda: self.inbox.offered, rises=True),
            Figure("virtual_dialled", "Calls over virtual numbers", lambda: numbers.routed["dial"], rises=True),
            Figure(
                "virtual_refused", "Calls to virtual numbers refused", lambda: numbers.routed["refused"], rises=True
            ),
            Figure("virtual_dropped", "Facts of such calls that found no room", lambda: numbers.dropped, rises=True),
        ]
