"""Alarms, composed: the hall, the ledger, the disks and the roster as ``gateway.alarms`` wants to see them.

A part of the shift lead's side (``gateway.lead``). What the configuration says is asked each time, so that a reload
needs nothing but ``adopt``.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.alarms.config import LEAD, STANDBY
from gateway.alarms.hall import HallEyes, HallLooks, QueueState, Reason, SeatState, Trunks
from gateway.alarms.machine import ClockSamples
from gateway.alarms.ports import Budget, Contact
from gateway.alarms.records import Means, RecordLooks
from gateway.alarms.service import AlarmService, Surroundings
from gateway.bus.lease import Lease, node_name
from gateway.figures import Figure
from gateway.ledger.config import sqlite_path
from gateway.ledger.store import SqlLedger
from gateway.model.alarms import Alarm
from gateway.model.hearers import Hearers
from gateway.model.people import DutyRole
from gateway.people.service import RosterBook
from gateway.seats.hall import Hall
from gateway.settings import Settings
from gateway.web.alarm_views import alarm_view

_DUTIES: Mapping[str, DutyRole] = {LEAD: "lead", STANDBY: "standby", "leader": "leader"}
"""Roles of config/alarms.toml that the roster fills, as it calls them."""


class Alarming:
    """``show`` hands what the hall was told to the live stream; ``settings`` is the configuration in force;
    ``wake`` tells the dispatcher that a message is due; ``budget`` is what was measured last of the recordings."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        ledger: SqlLedger,
        hall: Hall,
        show: Callable[[], None],
        roster: RosterBook | None = None,
        clock: Callable[[], float] = time.time,
        wake: Callable[[], None] = lambda: None,
        budget: Callable[[], Budget | None] = lambda: None,
    ) -> None:
        self._settings, self._hall, self._show = settings, hall, show
        self._trunks, self._samples = Trunks(), ClockSamples(clock)
        means = Means(
            ledger, self._disks, self._samples.offset, clock, self._names,
            urgent_s=lambda: settings().categories.urgent_minutes * 60.0, recordings=budget,
        )  # fmt: skip
        self.service = AlarmService(
            Surroundings(
                ledger,
                HallLooks(self._eyes(), self._trunks),
                RecordLooks(means),
                lambda: settings().alarms,
                self._tell,
                clock,
                lambda: ZoneInfo(settings().zone),
                self._lost,
                wake,
                _lease(settings(), ledger, clock),
            )
        )
        if roster is not None:
            self.service.people = _People(roster).contacts
        hall.beside["alarms"] = lambda: [_view(one) for one in self.service.open]

    def hear(self, hearers: Hearers) -> None:
        """Ask for the facts that are wanted here, once the hall has them."""
        hearers.add(self._trunks.on_fact, *Trunks.HEARS)
        hearers.add(self._samples.on_fact, *ClockSamples.HEARS)

    def adopt(self) -> None:
        """The configuration has changed."""
        self.service.adopt()

    def _eyes(self) -> HallEyes:
        hall = self._hall
        seats: Callable[[], Iterable[SeatState]] = lambda: hall.seats.by_id.values()  # noqa: E731
        queues: Callable[[], Iterable[QueueState]] = lambda: hall.queues.queues.values()  # noqa: E731
        return HallEyes(seats, queues, lambda: hall.link, lambda: hall.names, self._reasons)

    def _reasons(self) -> Mapping[tuple[str, str], Reason]:
        return {
            (hall.id, one.id): Reason(one.name, one.name_en, one.max_minutes * 60.0)
            for hall in self._settings().halls for one in hall.rest_reasons
        }  # fmt: skip

    def _lost(self) -> int:
        return sum(queue.lost_today for queue in self._hall.queues.queues.values())

    def _disks(self) -> list[Path]:
        """Where the gateway writes: its state, and the ledger's file when it is elsewhere."""
        settings = self._settings()
        state = settings.state_dir.resolve()
        ledger = sqlite_path(settings.ledger.url_in(settings.state_dir))
        folders = [state, *([Path(ledger).resolve().parent] if ledger else [])]
        return list(dict.fromkeys(folders))

    def _names(self, kind: str, code: str) -> tuple[str, str]:
        """What a queue, category, area or partner is called, in Chinese and English; its code where nobody knows it."""
        settings = self._settings()
        if kind == "queue":
            found = next(((one.name, one.name_en) for one in settings.queues if one.id == code), None)
        elif kind == "category":
            found = next(((one.name, one.name_en) for one in settings.categories.category if one.code == code), None)
        elif kind == "area":
            found = next(((one.name, "") for one in settings.intake.area if one.code == code), None)
        else:
            found = next(((one.name, one.number) for one in settings.partners if one.number == code), None)
        zh, en = found or (code, code)
        return zh or code, en or zh or code

    def _tell(self, alarms: Sequence[Alarm]) -> None:
        self._hall.tell("alarms", *(_view(one) for one in alarms))
        self._show()

    def figures(self) -> list[Figure]:
        service = self.service
        return [
            Figure("alarms_open", "Alarms that are not cleared", lambda: len(service.open)),
            Figure("alarms_act_now", "Of them, level 1 that nobody has acknowledged",
                   lambda: sum(one.level == 1 and one.state == "open" for one in service.open)),
            Figure("alarms_raised", "Alarms raised", lambda: service.raised, rises=True),
            Figure("alarms_told", "Messages to people about alarms", lambda: service.told, rises=True),
            Figure("alarms_troubles", "Looks and notices that failed", lambda: service.troubles, rises=True),
            Figure("alarms_waiting", "Changes of alarms not yet durable", lambda: service.keeper.waiting),
        ]  # fmt: skip


def _lease(settings: Settings, ledger: SqlLedger, clock: Callable[[], float]) -> Callable[[], Awaitable[bool]] | None:
    """Of several gateways one looks after what they share; a ledger of SQLite is one gateway's."""
    node = node_name(alone=bool(sqlite_path(settings.ledger.url_in(settings.state_dir))))
    return Lease(ledger, "alarms", node, clock).hold if node else None


class _People:
    """The roster as those who can be told."""

    def __init__(self, roster: RosterBook) -> None:
        self._roster = roster

    async def contacts(self, role: str, _at: float) -> Sequence[Contact]:
        if role not in _DUTIES:
            return ()
        found = []
        for person in self._roster.contacts(_DUTIES[role]):
            ways = (("wechat", person.wechat), ("sms", person.phone), ("email", person.email))
            found.append(Contact(person.name, tuple(way for way in ways if way[1])))
        return found


def _view(alarm: Alarm) -> dict[str, object]:
    return alarm_view(alarm).model_dump(mode="json")
