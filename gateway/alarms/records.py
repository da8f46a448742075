"""What ledger, disks and clocks show of alarms, looked at every half a minute: rates, tickets that wait, topics,
callers.

Each rule has its own question. One that cannot be answered now gives no look, so that nothing is raised or cleared by
it; that the ledger is away is an alarm of its own. What takes a processor's time (words of texts) or may hang (a
disk) is done in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from gateway.alarms import machine, topics
from gateway.alarms.config import RuleConfig
from gateway.alarms.kinds import Watch
from gateway.alarms.ports import AlarmsLedger, Budget, Oldest
from gateway.alarms.readings import Look, Reading
from gateway.alarms.words import duration
from gateway.model.alarms import HotTopic
from gateway.model.ids import CallId
from gateway.model.masking import mask_number

_DAY_S = 86_400.0
_LEAST_DAYS = 3
"""Days of history without which nothing is called usual."""
_AT_ONCE = 60
_MOST_PLACES = 12
_PARTNERS = "transfers.partners"
"""The state in which the partners' watch keeps whose line fails (gateway.transfer.watch)."""

_log = structlog.get_logger(__name__)

Looked = Sequence[Reading] | None
"""None: it cannot be told now."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the slow looks work with. ``names`` names a category, an area, a partner or a queue (kind, code) in
    Chinese and English; ``recordings`` is what was measured last of the recordings' disk, None before the first
    time."""

    ledger: AlarmsLedger
    disks: Callable[[], Iterable[Path]]
    ahead: Callable[[], float | None]
    clock: Callable[[], float]
    names: Callable[[str, str], tuple[str, str]]
    urgent_s: Callable[[], float] = lambda: 1800.0
    synchronised: Callable[[], bool | None] = machine.is_synchronised
    recordings: Callable[[], Budget | None] = lambda: None


class RecordLooks:
    """Makes the looks of the slow kinds. ``troubles`` counts those that failed."""

    def __init__(self, means: Means) -> None:
        self._means, self._ledger = means, means.ledger
        self.troubles = 0
        self._why = ""
        self._by_kind: dict[Watch, Callable[[RuleConfig, float], Awaitable[Looked]]] = {
            "lost": self._lost,
            "connection_rate": self._rate,
            "answer_rate": self._rate,
            "first_response": self._first_response,
            "urgent": self._urgent,
            "not_sent": self._not_sent,
            "hot_topic": self._hot_topic,
            "repeat_caller": self._repeat_caller,
            "partner": self._partner,
            "disk": self._disk,
            "recordings": self._recordings,
            "clock": self._clocks,
            "clock_sync": self._sync,
            "followers": self._followers,
        }

    async def looks(self, rules: Iterable[RuleConfig]) -> list[Look]:
        """All that can be told now."""
        rules, found, self._why = tuple(rules), [], ""
        for rule in rules:
            ask = self._by_kind.get(rule.watch)
            if ask is None:
                continue
            at = self._means.clock()
            readings = await self._asked(rule, ask, at)
            if readings is not None:
                found.append(Look(rule, at, tuple(readings)))
        why = self._why
        down = (Reading("ledger:ledger", 1.0, None, {"why": why}),) if why else ()
        found += [Look(rule, self._means.clock(), down) for rule in rules if rule.watch == "ledger"]
        return found

    async def _asked(
        self, rule: RuleConfig, ask: Callable[[RuleConfig, float], Awaitable[Looked]], at: float
    ) -> Looked:
        try:
            return await ask(rule, at)
        except OSError as error:
            self.troubles += 1
            if rule.watch != "disk":
                self._why = type(error).__name__
            _log.warning("alarms.no_look", rule=rule.id, error=str(error))
        except Exception:
            self.troubles += 1
            _log.exception("alarms.look_failed", rule=rule.id)
        return None

    # -- calls ---------------------------------------------------------------------------------------------------------

    async def _lost(self, rule: RuleConfig, at: float) -> Looked:
        found = []
        for queue, (requests, answered, _) in (await self._ledger.served(at - rule.window_s, 0.0)).items():
            if requests > answered and (not rule.queues or queue in rule.queues):
                zh, en = self._means.names("queue", queue)
                words = {"name": zh, "name_en": en, **_window(rule)}
                found.append(Reading(f"queue:{queue or '-'}", float(requests - answered), None, words))
        return found

    async def _rate(self, rule: RuleConfig, at: float) -> Looked:
        served = await self._ledger.served(at - rule.window_s, rule.within_s)
        counted = [numbers for queue, numbers in served.items() if not rule.queues or queue in rule.queues]
        requests, answered, in_time = (sum(one[n] for one in counted) for n in range(3))
        if requests < rule.least:
            return ()
        good = in_time if rule.watch == "answer_rate" else answered
        words = {"answered": good, "requests": requests, "within": rule.within_s, **_window(rule)}
        return (Reading("hotline:" + ("+".join(rule.queues) or "all"), good / requests, None, words),)

    async def _repeat_caller(self, rule: RuleConfig, at: float) -> Looked:
        least = int(rule.thresholds()[0])
        found = await self._ledger.repeat_callers(at - rule.window_s, max(2, least))
        return [await self._caller(rule, *one) for one in found]

    async def _caller(self, rule: RuleConfig, hashed: str, n: int, call_id: str) -> Reading:
        call = await self._ledger.call(CallId(call_id))
        masked = mask_number(call.caller_number) if call is not None else "-"
        return Reading(f"caller:{masked}/{hashed[:6]}", float(n), None, {"caller": masked, **_window(rule)})

    # -- tickets -------------------------------------------------------------------------------------------------------

    async def _first_response(self, rule: RuleConfig, at: float) -> Looked:
        return await self._waits(rule, at, self._ledger.unanswered_tickets, written=True)

    async def _urgent(self, rule: RuleConfig, at: float) -> Looked:
        return await self._waits(rule, at, self._ledger.urgent_tickets)

    async def _not_sent(self, rule: RuleConfig, at: float) -> Looked:
        return await self._waits(rule, at, self._ledger.unsent_tickets)

    async def _waits(
        self,
        rule: RuleConfig,
        at: float,
        ask: Callable[[float, float], Awaitable[Mapping[str, Oldest]]],
        *,
        written: bool = False,
    ) -> Looked:
        """One reading: the age of the oldest. All of a rule are one alarm, for each is the same thing to do."""
        found = await ask(at - rule.days * _DAY_S, at - rule.thresholds()[0])
        wanted = set(rule.channels) or (found.keys() - {"phone"} if written else found.keys())
        counted = [numbers for channel, numbers in found.items() if channel in wanted]
        if not counted:
            return ()
        _, since, number = min(counted, key=lambda one: one[1])
        within = self._means.urgent_s()
        words = {"n": sum(one[0] for one in counted), "first": number, "within_s": within}
        return (Reading("tickets:" + ("+".join(rule.channels) or "all"), at - since, None, words),)

    # -- topics --------------------------------------------------------------------------------------------------------

    async def _hot_topic(self, rule: RuleConfig, at: float) -> Looked:
        first = await self._ledger.first_ticket_at()
        days = 0 if first is None else min(rule.days, int((at - rule.window_s - first) // _DAY_S))
        if days < _LEAST_DAYS:
            return ()
        windows = [(at - n * _DAY_S - rule.window_s, at - n * _DAY_S) for n in range(days + 1)]
        counted = await (self._by_place(rule, windows) if rule.of == "place" else self._by_field(rule, windows))
        return [self._topic(rule, name, numbers) for name, numbers in counted.items()]

    async def _by_field(self, rule: RuleConfig, windows: Sequence[tuple[float, float]]) -> dict[str, list[int]]:
        at = 0 if rule.of == "category" else 1
        days: list[dict[str, int]] = []
        for since, until in windows:
            day: dict[str, int] = {}
            for key, n in (await self._ledger.topics(since, until)).items():
                if key[at]:
                    day[key[at]] = day.get(key[at], 0) + n
            days.append(day)
        return {name: [day.get(name, 0) for day in days] for name, n in days[0].items() if n >= rule.least}

    async def _by_place(self, rule: RuleConfig, windows: Sequence[tuple[float, float]]) -> dict[str, list[int]]:
        """Words of this window's texts; of those that are many, how often each was said on the days before."""
        texts = await self._ledger.ticket_words(*windows[0])
        places = await asyncio.to_thread(_busiest, texts, rule.least)
        return {
            place: [n, *[await self._ledger.mentions(place, since, until) for since, until in windows[1:]]]
            for place, n in places[:_MOST_PLACES]
        }

    def _topic(self, rule: RuleConfig, name: str, counted: Sequence[int]) -> Reading:
        topic = topics.judge(counted[0], counted[1:])
        zh, en = (name, name) if rule.of == "place" else self._means.names(rule.of, name)
        words = {
            "name": zh, "name_en": en, "n": topic.n, "days": topic.days, "mean": f"{topic.mean:.1f}",
            "most": topic.most, "chance": topics.chance(topic.surprise), **_window(rule),
        }  # fmt: skip
        hot = HotTopic(rule.of, zh, en, topic.n, float(rule.window_s), tuple(counted[1:]))
        return Reading(f"{rule.of}:{name}", topic.surprise, None, words, hot)

    # -- partners and followers ----------------------------------------------------------------------------------------

    async def _partner(self, _rule: RuleConfig, _at: float) -> Looked:
        kept = await self._ledger.state(_PARTNERS) or {}
        return [self._failing(number, kept.get("known", {})) for number in sorted(kept.get("told", {}))]

    def _failing(self, number: str, known: Mapping[str, Any]) -> Reading:
        zh, en = self._means.names("partner", number)
        words = {"partner": zh, "partner_en": en, "failures": known.get(number, {}).get("failures", "-")}
        return Reading(f"partner:{number}", 1.0, None, words)

    async def _followers(self, _rule: RuleConfig, _at: float) -> Looked:
        last, found = await self._ledger.last_sequence(), []
        for one in await self._ledger.followers():
            if one.state == "paused":
                continue
            failing = one.state == "failing"
            words = {"follower": one.name, "failing": "，接收失败" if failing else ""}
            words["failing_en"] = ", it does not take them" if failing else ""
            found.append(Reading(f"follower:{one.name}", float(max(0, last - one.cursor)), None, words))
        return found

    # -- the machine ---------------------------------------------------------------------------------------------------

    async def _disk(self, rule: RuleConfig, _at: float) -> Looked:
        paths = [Path(one) for one in rule.paths] or list(self._means.disks())
        found = []
        for path in paths:
            async with asyncio.timeout(_AT_ONCE):
                share, free = await asyncio.to_thread(machine.left_of, path)
            words = {"path": path.name or str(path), "free": machine.bytes_text(free)}
            found.append(Reading(f"disk:{path.name or path}", share, None, words))
        return found

    async def _recordings(self, _rule: RuleConfig, _at: float) -> Looked:
        """The share of their budget that recordings use, 1 at least when there is no room for more; its own limit is
        the share from which the recordings' keeper warns, or where it is now when too few days are left."""
        found = self._means.recordings()
        if found is None:
            return None
        used = found.used / found.budget if found.budget else 1.0
        share = max(used, 1.0) if found.full else used
        few = found.days_left is not None and found.days_left < found.warn_days
        days = ("10 年以上", "more than 10 years") if found.days_left is None else duration(found.days_left * _DAY_S)
        words = {
            "used": _gb(found.used), "budget": _gb(found.budget), "free": _gb(found.free),
            "percent": f"{used * 100:.0f}", "days": days[0], "days_en": days[1],
        }  # fmt: skip
        limit = min(found.warn_share, share) if few else found.warn_share
        return (Reading("recordings:budget", share, limit, words),)

    async def _clocks(self, _rule: RuleConfig, _at: float) -> Looked:
        found = []
        if (ahead := self._means.ahead()) is not None:
            found.append(Reading("clock:asterisk", abs(ahead), None, {"whose": " Asterisk ", "whose_en": "Asterisk"}))
        before = self._means.clock()
        theirs = await self._ledger.their_clock()
        if theirs is not None:
            differs = abs((before + self._means.clock()) / 2 - theirs)
            found.append(Reading("clock:ledger", differs, None, {"whose": "数据库", "whose_en": "the database"}))
        return found

    async def _sync(self, _rule: RuleConfig, _at: float) -> Looked:
        return (Reading("clock:ntp", 1.0),) if self._means.synchronised() is False else ()


def _gb(size: int) -> str:
    """In 10^9 bytes, as the budget is configured."""
    return f"{size / 1e9:.1f} GB" if size < 1e12 else f"{size / 1e12:.1f} TB"


def _window(rule: RuleConfig) -> dict[str, object]:
    zh, en = duration(rule.window_s)
    return {"window": zh, "window_en": en}


def _busiest(texts: Sequence[str], least: int) -> list[tuple[str, int]]:
    import rjieba  # reads its dictionary: only where places are watched

    def cut(text: str) -> Sequence[str]:
        try:
            words: Sequence[str] = rjieba.cut(text, True)
        except UnicodeEncodeError:  # half a surrogate pair, as JSON may carry it
            return ()
        return words

    return topics.busiest(texts, cut, least)
