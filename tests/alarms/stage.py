"""Rules, readings and a ledger in memory for the tests of alarms; time is a number that a test moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from gateway.alarms.config import AlarmsConfig, RuleConfig
from gateway.alarms.engine import Change, Engine
from gateway.alarms.hall import HallEyes, HallLooks, Trunks
from gateway.alarms.ports import Contact
from gateway.alarms.readings import Look, Reading
from gateway.alarms.records import Means, RecordLooks
from gateway.alarms.service import AlarmService, Surroundings
from gateway.model.alarms import Alarm
from gateway.model.facts import EndpointChanged
from gateway.model.messages import Delivery, Follower
from gateway.model.records import AuditEntry, CallRecord

NOON = 1_795_233_600.0


def rule(watch: str = "waited", **fields: Any) -> RuleConfig:
    return RuleConfig.model_validate({"id": watch.replace("_", "-"), "watch": watch, **fields})


def read(value: float, subject: str = "queue:hotline", **fields: Any) -> Reading:
    return Reading(subject, value, **fields)


def engine(*rules: RuleConfig) -> Engine:
    names = count(1)
    return Engine(rules, lambda: f"a{next(names)}")


def look(at: float, of: RuleConfig, *readings: Reading) -> Look:
    return Look(of, NOON + at, readings)


def whats(changes: Iterable[Change]) -> list[str]:
    return [f"{one.what} {one.alarm.subject}" for one in changes]


@dataclass
class Rows:
    alarms: dict[str, Alarm] = field(default_factory=dict)
    events: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    audits: list[AuditEntry] = field(default_factory=list)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)


class Tx:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    async def save_alarm(self, alarm: Alarm) -> bool:
        known = self.rows.alarms.get(alarm.id)
        newer = known is None or alarm.version > known.version
        if newer:
            self.rows.alarms[alarm.id] = alarm
        return newer

    async def alarm(self, id: str) -> Alarm | None:
        return self.rows.alarms.get(id)

    async def drop_alarms(self, before: float) -> int:
        old = [one.id for one in self.rows.alarms.values() if one.cleared_at is not None and one.cleared_at < before]
        for id_ in old:
            del self.rows.alarms[id_]
        return len(old)

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None:
        self.rows.events.append((type, subject, dict(data)))

    async def audit(self, entry: AuditEntry) -> None:
        self.rows.audits.append(entry)

    async def save_delivery(self, delivery: Delivery) -> None:
        self.rows.deliveries[delivery.id] = delivery

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None:
        self.rows.states[name] = dict(value)


class FakeLedger:
    """``away`` makes every question and write fail as a ledger does that is not there. ``answers`` by method name."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.away = False
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[Any, ...]] = []

    def _check(self) -> None:
        if self.away:
            raise OSError("the ledger is away")

    async def write(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        self._check()
        return await work(Tx(self.rows))

    async def alarm(self, id: str) -> Alarm | None:
        self._check()
        return self.rows.alarms.get(id)

    async def open_alarms(self) -> Sequence[Alarm]:
        self._check()
        return [one for one in self.rows.alarms.values() if one.cleared_at is None]

    async def recent_alarms(self, since: float, limit: int = 500) -> Sequence[Alarm]:
        return [one for one in self.rows.alarms.values() if one.cleared_at is not None and one.seen_at >= since]

    async def alarms(self, **filters: Any) -> Sequence[Alarm]:
        return list(self.rows.alarms.values())

    async def state(self, name: str) -> Mapping[str, Any] | None:
        self._check()
        return self.rows.states.get(name)

    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        return {id_: self.rows.deliveries[id_] for id_ in ids if id_ in self.rows.deliveries}

    async def call(self, call_id: str) -> CallRecord | None:
        return self._answer("call", None, call_id)  # type: ignore[no-any-return]

    async def followers(self) -> Sequence[Follower]:
        return self._answer("followers", [])  # type: ignore[no-any-return]

    async def last_sequence(self) -> int:
        return self._answer("last_sequence", 0)  # type: ignore[no-any-return]

    async def served(self, since: float, within_s: float) -> Any:
        return self._answer("served", {}, since, within_s)

    async def repeat_callers(self, since: float, least: int, limit: int = 50) -> Any:
        return self._answer("repeat_callers", [], since, least)

    async def unanswered_tickets(self, since: float, until: float) -> Any:
        return self._answer("unanswered_tickets", {}, since, until)

    async def urgent_tickets(self, since: float, until: float) -> Any:
        return self._answer("urgent_tickets", {}, since, until)

    async def unsent_tickets(self, since: float, until: float) -> Any:
        return self._answer("unsent_tickets", {}, since, until)

    async def topics(self, since: float, until: float) -> Any:
        return self._answer("topics", {}, since, until)

    async def first_ticket_at(self) -> float | None:
        return self._answer("first_ticket_at", None)  # type: ignore[no-any-return]

    async def ticket_words(self, since: float, until: float, limit: int = 3000) -> Any:
        return self._answer("ticket_words", [], since, until)

    async def mentions(self, word: str, since: float, until: float) -> int:
        return self._answer("mentions", 0, word, since, until)  # type: ignore[no-any-return]

    async def their_clock(self) -> float | None:
        return self._answer("their_clock", None)  # type: ignore[no-any-return]

    def _answer(self, name: str, default: Any, *given: Any) -> Any:
        self._check()
        self.asked.append((name, *given))
        found = self.answers.get(name, default)
        return found(*given) if callable(found) else found


RULES: list[dict[str, Any]] = [
    {"id": "trunk", "watch": "trunk", "level": 1, "for_s": 0, "clear_s": 0, "tell": ["shift_lead"]},
    {"id": "lost", "watch": "lost", "window_s": 600, "level": 2},
    {"id": "notice", "watch": "notice", "level": 2},
]


class Hall:
    """A service over a hall whose trunk a test takes down; ``at`` is the time. ``ours``: it is one of several."""

    def __init__(
        self,
        ledger: FakeLedger | None = None,
        *,
        rules: Sequence[Mapping[str, Any]] = RULES,
        ours: Callable[[], Awaitable[bool]] | None = None,
        **notify: Any,
    ) -> None:
        self.ledger, self.at, self.lost, self.woken = ledger or FakeLedger(), NOON, 0, 0
        self.trunks, self.shown = Trunks(), list[Alarm]()
        given = {"rule": rules, "notify": {"accounts": {"sms": "hainan"}} | notify}
        self.config = AlarmsConfig.model_validate(given)
        eyes = HallEyes(lambda: (), lambda: (), lambda: "up", dict, dict)
        means = Means(self.ledger, list, lambda: None, lambda: self.at, lambda _, code: (code, code))
        around = Surroundings(
            self.ledger, HallLooks(eyes, self.trunks), RecordLooks(means), lambda: self.config, self.shown.extend,
            lambda: self.at, lambda: ZoneInfo("Asia/Shanghai"), lambda: self.lost, self._wake,
            ours,
        )  # fmt: skip
        self.service = AlarmService(around)
        self.service.people = self._people

    def _wake(self) -> None:
        self.woken += 1

    async def _people(self, role: str, _at: float) -> Sequence[Contact]:
        if role == "standby":
            raise OSError("the roster cannot be read")
        return [Contact("张三", (("sms", "13812345678"),))] if role == "shift_lead" else []

    def trunk(self, *, up: bool) -> None:
        self.trunks.on_fact(EndpointChanged(self.at, "trunk", up, ""))
        self.service.look()

    async def down(self) -> Alarm:
        self.trunk(up=False)
        await self.service.keeper.flush()
        return self.service.open[0]
