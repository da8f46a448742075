"""What the live hall shows of alarms, looked at each second: waiting callers, seats, telephones, trunk and link.

Structural types stand for the hall (``gateway.seats``): a look costs one pass over seats and queues, 0.1 ms with 200.
While the link to Asterisk is down the picture is stale, so nothing but the link itself is judged then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.alarms.config import RuleConfig
from gateway.alarms.kinds import Watch
from gateway.alarms.readings import Look, Reading
from gateway.model.facts import EndpointChanged, Fact, Snapshot

SYSTEM = "system"
"""The reason of a seat that was taken out for not answering (gateway.seats.rules)."""


class _Named(Protocol):
    @property
    def id(self) -> str: ...


class SeatState(Protocol):
    """A seat, as ``gateway.seats.map.Seat``."""

    @property
    def config(self) -> _Named: ...
    @property
    def hall(self) -> str: ...
    @property
    def presence(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def agent(self) -> str: ...
    @property
    def presence_since(self) -> float: ...
    @property
    def reachable(self) -> bool: ...
    @property
    def device(self) -> str: ...


class _Waits(Protocol):
    @property
    def since(self) -> float: ...


class _QueueConfig(_Named, Protocol):
    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def answer_within_s(self) -> int: ...


class QueueState(Protocol):
    """A queue, as ``gateway.seats.queues.Queue``."""

    @property
    def config(self) -> _QueueConfig: ...
    @property
    def waiting(self) -> Mapping[Any, _Waits]: ...
    @property
    def ready(self) -> int: ...
    @property
    def signed_in(self) -> int: ...
    @property
    def short(self) -> int | None:
        """Seats that it lacks of its plan; None without one."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of rest. ``most_s`` 0: as long as they like."""

    name: str
    name_en: str
    most_s: float


@dataclass(frozen=True, slots=True)
class HallEyes:
    """The hall as it is now. ``reasons`` by (hall, reason)."""

    seats: Callable[[], Iterable[SeatState]]
    queues: Callable[[], Iterable[QueueState]]
    link: Callable[[], str]
    names: Callable[[], Mapping[str, str]]
    reasons: Callable[[], Mapping[tuple[str, str], Reason]]


class Trunks:
    """Which of the carrier's trunks answer SIP OPTIONS, from facts."""

    HEARS = (Snapshot, EndpointChanged)

    def __init__(self, names: Iterable[str] = ("trunk",)) -> None:
        self._names = frozenset(names)
        self.down: set[str] = set()

    def on_fact(self, fact: Fact) -> None:
        if type(fact) is Snapshot:
            self.down = set(self._names & fact.unreachable)
        elif type(fact) is EndpointChanged and fact.endpoint in self._names:
            (self.down.discard if fact.reachable else self.down.add)(fact.endpoint)


class HallLooks:
    """Makes the looks of the fast kinds."""

    def __init__(self, eyes: HallEyes, trunks: Trunks) -> None:
        self._eyes, self._trunks = eyes, trunks
        self._by_kind: dict[Watch, Callable[[RuleConfig, float], Iterable[Reading]]] = {
            "waited": self._waited,
            "unstaffed": self._unstaffed,
            "short": self._short,
            "rest": self._rest,
            "no_answer": self._no_answer,
            "phone": self._phone,
            "trunk": self._trunk,
        }

    def looks(self, rules: Iterable[RuleConfig], at: float) -> list[Look]:
        """All that can be told at ``at``, epoch seconds by our clock."""
        up, found = self._eyes.link() == "up", []
        for rule in rules:
            if rule.watch == "link":
                down = () if up else (Reading("link:asterisk", 1.0),)
                found.append(Look(rule, at, down))
            elif up and (read := self._by_kind.get(rule.watch)) is not None:
                found.append(Look(rule, at, tuple(read(rule, at))))
        return found

    # -- queues --------------------------------------------------------------------------------------------------------

    def _queues(self, rule: RuleConfig) -> Iterable[QueueState]:
        return (one for one in self._eyes.queues() if not rule.queues or one.config.id in rule.queues)

    def _waited(self, rule: RuleConfig, at: float) -> Iterable[Reading]:
        for queue in self._queues(rule):
            if not queue.waiting:
                continue
            limit = float(queue.config.answer_within_s)
            start, _ = rule.thresholds(limit)
            since = [caller.since for caller in queue.waiting.values()]
            words = _queue_words(queue) | {"n": sum(at - one >= start for one in since), "ready": queue.ready}
            yield Reading(f"queue:{queue.config.id}", at - min(since), limit, words)

    def _unstaffed(self, rule: RuleConfig, _at: float) -> Iterable[Reading]:
        for queue in self._queues(rule):
            if queue.waiting and not queue.signed_in:
                words = _queue_words(queue) | {"waiting": len(queue.waiting)}
                yield Reading(f"queue:{queue.config.id}", float(len(queue.waiting)), None, words)

    def _short(self, rule: RuleConfig, _at: float) -> Iterable[Reading]:
        for queue in self._queues(rule):
            if missing := queue.short:
                words = _queue_words(queue) | {"signed_in": queue.signed_in}
                yield Reading(f"queue:{queue.config.id}", float(missing), None, words)

    # -- seats ---------------------------------------------------------------------------------------------------------

    def _rest(self, rule: RuleConfig, at: float) -> Iterable[Reading]:
        reasons = self._eyes.reasons()
        for seat in self._eyes.seats():
            if seat.presence != "not_ready" or (rule.reasons and seat.reason not in rule.reasons):
                continue
            reason = reasons.get((seat.hall, seat.reason))
            if reason is None or (not reason.most_s and rule.raise_at is None):
                continue
            words = self._seat_words(seat) | {"reason": reason.name, "reason_en": reason.name_en or reason.name}
            yield Reading(f"seat:{seat.config.id}", at - seat.presence_since, reason.most_s or None, words)

    def _no_answer(self, _rule: RuleConfig, _at: float) -> Iterable[Reading]:
        for seat in self._eyes.seats():
            if seat.presence == "not_ready" and seat.reason == SYSTEM:
                yield Reading(f"seat:{seat.config.id}", 1.0, None, self._seat_words(seat))

    def _phone(self, _rule: RuleConfig, _at: float) -> Iterable[Reading]:
        for seat in self._eyes.seats():
            if seat.presence != "signed_out" and not seat.reachable:
                soft = seat.device == "softphone"
                words = {"device": "软电话" if soft else "桌面话机", "device_en": "softphone" if soft else "desk phone"}
                yield Reading(f"seat:{seat.config.id}", 1.0, None, self._seat_words(seat) | words)

    def _seat_words(self, seat: SeatState) -> dict[str, object]:
        return {"seat": seat.config.id, "agent": self._eyes.names().get(seat.agent, "") or seat.agent}

    def _trunk(self, _rule: RuleConfig, _at: float) -> Iterable[Reading]:
        return (Reading(f"trunk:{name}", 1.0, None, {"trunk": name}) for name in sorted(self._trunks.down))


def _queue_words(queue: QueueState) -> dict[str, object]:
    return {"name": queue.config.name, "name_en": queue.config.name_en or queue.config.name}
