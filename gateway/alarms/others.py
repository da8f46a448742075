"""Several gateways on one ledger: one of them looks after what they share, the others show its alarms and act on them.

Which one is said by a lease (``Surroundings.ours``). Alarms of tickets, calls, topics and followers are the same
wherever one looks, so two that looked would raise them twice and tell people twice. Who does not hold the lease reads
the alarms from the ledger; what people do there goes through the ledger too, and the holder takes it from there. A
holder that dies leaves its alarms to the next, which goes on with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gateway.alarms.config import RuleConfig
from gateway.alarms.engine import Change, Engine
from gateway.alarms.ports import AlarmsLedger
from gateway.model.alarms import Alarm

KEEP_RECENT_S = 86_400.0
"""Alarms that were over so lately may come again as the same."""


class Others:
    """``engine`` has what is ours, this the rest. ``ours``: what all share is ours to look after."""

    def __init__(self, ledger: AlarmsLedger, engine: Engine) -> None:
        self._ledger, self._engine = ledger, engine
        self.ours = True
        self._alarms: dict[str, Alarm] = {}
        self._rules: tuple[RuleConfig, ...] = ()

    @property
    def alarms(self) -> Sequence[Alarm]:
        """Those that another gateway looks after; none of them is cleared."""
        return list(self._alarms.values())

    def find(self, alarm_id: str) -> Alarm | None:
        return self._alarms.get(alarm_id)

    def take_up(self, alarms: Iterable[Alarm], rules: Sequence[RuleConfig]) -> None:
        """Begin with what the ledger has: as ours what is, and the rest to show."""
        self._rules = tuple(rules)
        known = list(alarms)
        mine = [one for one in known if self.ours or not self._is_shared(one)]
        self._engine.restore(mine)
        taken = {one.id for one in mine}
        self._alarms = {one.id: one for one in known if one.id not in taken and one.state != "cleared"}

    async def share(
        self, ours: bool, rules: Sequence[RuleConfig], at: float, waits: Callable[[str], bool]
    ) -> list[Change]:
        """Look after what is shared from now on, or no more, or as before. Returns what a page is to be told ("seen")
        and what is to be kept. ``waits`` says whether an alarm has changes here that the ledger lacks. Raises OSError
        with nothing changed."""
        self._rules = tuple(rules)
        present = [one for one in await self._ledger.open_alarms() if self._is_shared(one)]
        if not ours:
            over = await self._over(present)
            self.ours = False
            return self._show(present, over)
        if not self.ours:
            recent = await self._ledger.recent_alarms(at - KEEP_RECENT_S)
            self.ours, self._alarms = True, {}
            self._engine.restore([*(one for one in recent if self._is_shared(one)), *present])
        return [*self._acted(present, waits), *self._strays(present, at, waits)]

    def _acted(self, present: Sequence[Alarm], waits: Callable[[str], bool]) -> list[Change]:
        """What people did at other gateways about ours."""
        seen = [self._engine.acted(one) for one in present if not waits(one.id)]
        return [Change("seen", one) for one in seen if one is not None]

    def _strays(self, present: Sequence[Alarm], at: float, waits: Callable[[str], bool]) -> list[Change]:
        """What another raised of the same in the seconds in which both held the lease: that is over."""
        strays = [one for one in present if self._engine.find(one.id) is None and not waits(one.id)]
        ended = [replace(one, state="cleared", cleared_at=at, owed=(), version=one.version + 1) for one in strays]
        return [Change("cleared", one) for one in ended]

    async def act(self, alarm_id: str, act: Callable[[Engine], Change | None]) -> Change | None:
        """What a person does about one that is not ours, on the newest that the ledger has of it. Raises OSError."""
        newest = await self._ledger.alarm(alarm_id)
        if newest is None or newest.state == "cleared":
            self._alarms.pop(alarm_id, None)
            return None
        alone = Engine(self._rules, lambda: newest.id)
        alone.restore([newest])
        change = act(alone)
        if change is not None:
            self._alarms[alarm_id] = change.alarm
        return change

    def _show(self, present: Sequence[Alarm], over: Sequence[Alarm]) -> list[Change]:
        self._engine.let_go({one.rule for one in self._engine.known if self._is_shared(one)})
        before, self._alarms = self._alarms, {one.id: one for one in present}
        return [Change("seen", one) for one in (*(one for one in present if before.get(one.id) != one), *over)]

    async def _over(self, present: Sequence[Alarm]) -> list[Alarm]:
        """Those that stood a moment ago, as they ended; one that the ledger never got is over all the same."""
        still = {one.id for one in present}
        gone = [one for one in self._alarms.values() if one.id not in still]
        gone += [one for one in self._engine.alarms if self._is_shared(one) and one.id not in still]
        kept = [(one, await self._ledger.alarm(one.id)) for one in gone]
        return [replace(one, state="cleared") if last is None else last for one, last in kept]

    def _is_shared(self, alarm: Alarm) -> bool:
        """Also of a rule that is gone: one gateway is enough to clear it."""
        rule = next((one for one in self._rules if one.id == alarm.rule), None)
        return rule is None or rule.kind.shared
