"""Alarms at work: looks at the hall each second and at the rest each half a minute, shows what moved, keeps and tells
it.

Three tasks: the fast look, the slow look, and notices. None waits for another; a look that fails is made again. The
engine (``gateway.alarms.engine``) decides, the keeper makes it durable, the live stream gets it at once. Of several
gateways on one ledger one looks after what they share (tickets, calls, topics, followers); the others show its alarms.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

import structlog

from gateway.alarms.config import ROSTER_ROLES, AlarmsConfig
from gateway.alarms.engine import KEPT, Change, Engine
from gateway.alarms.hall import HallLooks
from gateway.alarms.keeping import Keeper
from gateway.alarms.notices import NO_WAY, plan
from gateway.alarms.others import KEEP_RECENT_S, Others
from gateway.alarms.ports import AlarmsLedger, Contact, People
from gateway.alarms.readings import Look, Reading
from gateway.alarms.records import RecordLooks
from gateway.model.alarms import Alarm, Notice
from gateway.model.ids import new_id
from gateway.model.masking import mask_personal
from gateway.model.records import AuditEntry

_FAST_S = 1.0
_SHOWN_EVERY_S = 5.0
"""A text that moves each second (someone waits on) is shown so often."""

_FIRST_S = 10.0
"""So long after the start ledger, disks and clocks are first looked at: the start has enough to do."""

_COMMIT_S = 1.5
"""After so long a call that was lost is in the ledger."""

_SHARE_S = 5.0
"""Of several gateways: so often the lease is renewed and what the others do is read."""

_SWEEP_S = 86_400.0
_DAY_S = 86_400.0
_ASK_S = 10.0
_ENDED = frozenset({"failed", "impossible", NO_WAY})
_DONE = _ENDED | {"delivered", "cancelled"}

_log = structlog.get_logger(__name__)


class NoAlarm(LookupError):
    """There is no such alarm, or it is over."""


class NoRole(ValueError):
    """Nobody can be told by that name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the service works with. ``config`` is the configuration in force; ``show`` puts alarms on the live stream;
    ``lost`` counts lost calls as the hall does, so that one is looked for at once; ``wake`` tells the dispatcher,
    after a commit. ``ours`` says whether this one of several gateways looks after what they share (a lease; raises
    OSError); None for a gateway that is alone.
    """

    ledger: AlarmsLedger
    hall: HallLooks
    records: RecordLooks
    config: Callable[[], AlarmsConfig]
    show: Callable[[Sequence[Alarm]], None]
    clock: Callable[[], float]
    zone: Callable[[], tzinfo]
    lost: Callable[[], int] = lambda: 0
    wake: Callable[[], None] = lambda: None
    ours: Callable[[], Awaitable[bool]] | None = None


class AlarmService:
    """``people`` is the duty roster, once there is one. Counters only rise: ``raised``, ``told``, ``troubles``."""

    def __init__(self, around: Surroundings) -> None:
        self._around, self._ledger = around, around.ledger
        self._engine = Engine(around.config().rules, new_id)
        self._others = Others(around.ledger, self._engine)
        self.keeper = Keeper(around.ledger)
        self.people: People | None = None
        self._shown: dict[str, float] = {}
        self._poked = asyncio.Event()
        self._lost = 0
        self._swept = 0.0
        self.raised = self.told = self.troubles = 0

    # -- what there is -------------------------------------------------------------------------------------------------

    @property
    def open(self) -> list[Alarm]:
        """Those that are not cleared: the worst level first, then the oldest."""
        return sorted([*self._engine.alarms, *self._others.alarms], key=lambda it: (it.level, it.since, it.id))

    @property
    def config(self) -> AlarmsConfig:
        return self._around.config()

    @property
    def roles(self) -> list[str]:
        """Who can be told now: fixed recipients, and the roster's roles when there is one."""
        fixed = {one.role for one in self.config.recipient}
        return sorted(fixed | (ROSTER_ROLES if self.people is not None else frozenset()))

    def adopt(self) -> None:
        """The configuration has changed."""
        self._engine.use(self.config.rules)
        self._poked.set()

    async def resume(self) -> None:
        """Take up what the ledger has. Raises OSError."""
        self._others.ours = self._around.ours is None or await self._around.ours()
        recent = await self._ledger.recent_alarms(self._around.clock() - KEEP_RECENT_S)
        self._others.take_up([*recent, *await self._ledger.open_alarms()], self.config.rules)
        self._lost = self._around.lost()

    async def kept(self, alarm_id: str) -> Alarm | None:
        """One alarm, also when it is over."""
        return self._engine.find(alarm_id) or self._others.find(alarm_id) or await self._ledger.alarm(alarm_id)

    async def history(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        rule: str | None = None,
        only_open: bool = False,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Alarm]:
        """As ``AlarmsLedger.alarms``; those that stand are as they are now, not as they were kept last."""
        found = await self._ledger.alarms(
            since=since, until=until, rule=rule, only_open=only_open, after=after, limit=limit
        )
        return [self._engine.find(one.id) or one for one in found]

    # -- acts ----------------------------------------------------------------------------------------------------------

    async def acknowledge(self, alarm_id: str, login: str, address: str) -> Alarm:
        """Raises NoAlarm; OSError when it could not be kept (it is, as soon as the ledger is back)."""
        change = await self._change(alarm_id, lambda engine: engine.acknowledge(alarm_id, login))
        return await self._act(change, "alarm.acknowledged", login, address)

    async def snooze(self, alarm_id: str, minutes: float, login: str, address: str) -> Alarm:
        """Not shown as new for so long. Raises as ``acknowledge``."""
        until = self._around.clock() + minutes * 60
        change = await self._change(alarm_id, lambda engine: engine.snooze(alarm_id, login, until))
        return await self._act(change, "alarm.snoozed", login, address)

    async def escalate(self, alarm_id: str, role: str, login: str, address: str) -> Alarm:
        """Have a role told now. Raises NoRole, and as ``acknowledge``."""
        if role not in self.roles:
            raise NoRole(role)
        change = await self._change(alarm_id, lambda engine: engine.escalate(alarm_id, role))
        return await self._act(change, "alarm.escalated", login, address, to=role)

    async def _change(self, alarm_id: str, act: Callable[[Engine], Change | None]) -> Change | None:
        """An act on one of ours, or on one that another gateway looks after: that one reads it in the ledger."""
        return act(self._engine) if self._others.find(alarm_id) is None else await self._others.act(alarm_id, act)

    async def _act(self, change: Change | None, act: str, login: str, address: str, **detail: str) -> Alarm:
        if change is None:
            raise NoAlarm
        at, alarm = self._around.clock(), change.alarm
        said: dict[str, object] = {"rule": alarm.rule, "subject": alarm.subject, "until": alarm.until, **detail}
        self.keeper.put_audit(AuditEntry(at, login, act, alarm.id, address, said))
        self._took([change], at)
        await self.keeper.flush()
        return alarm

    # -- at work -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            if self._around.ours is not None:
                group.create_task(self._share(), name="alarms-lease")
            group.create_task(self._fast(), name="alarms-hall")
            group.create_task(self._slow(), name="alarms-records")
            group.create_task(self._notify(), name="alarms-notices")

    async def _fast(self) -> None:
        while True:
            try:
                self.look()
                await self.keeper.flush()
            except OSError as error:
                self._trouble("alarms.not_kept", error)
            except Exception as error:
                self._trouble("alarms.look_failed", error)
            await asyncio.sleep(_FAST_S)

    def look(self) -> None:
        """One look at the hall and the clock. Does not wait."""
        at, rules = self._around.clock(), self.config.rules
        self._took([*self._engine.take(self._around.hall.looks(rules, at)), *self._engine.pass_time(at)], at)
        lost = self._around.lost()
        if lost != self._lost:
            self._lost = lost
            self._poked.set()

    async def _share(self) -> None:
        while True:
            await asyncio.sleep(_SHARE_S)
            try:
                await self.share()
            except OSError as error:
                self._trouble("alarms.not_shared", error)
            except Exception as error:
                self._trouble("alarms.look_failed", error)

    async def share(self) -> None:
        """Of several gateways: whether what they share is ours to look after now, and what the ledger has of it. What
        moved is shown. Raises OSError."""
        if self._around.ours is None:
            return
        ours, at = await self._around.ours(), self._around.clock()
        changes = await self._others.share(ours, self.config.rules, at, self.keeper.waits)
        self._took([one for one in changes if one.what in KEPT], at)
        if seen := [one.alarm for one in changes if one.what not in KEPT]:
            self._around.show(seen)

    async def _slow(self) -> None:
        now = asyncio.get_running_loop().time
        whole_at = now() + min(_FIRST_S, self.config.look_s)
        while True:
            try:
                async with asyncio.timeout_at(whole_at):
                    await self._poked.wait()
                    self._poked.clear()  # before the pause: what happens in it is looked for again
                    await asyncio.sleep(_COMMIT_S)
            except TimeoutError:
                whole_at = now() + self.config.look_s
                whole = True
            else:
                whole = False
            try:
                await self.look_at_records(only_lost=not whole)
            except Exception as error:
                self._trouble("alarms.look_failed", error)

    async def look_at_records(self, *, only_lost: bool = False) -> None:
        """One look at ledger, disks and clocks. ``only_lost``: at lost calls alone, because one was."""
        rules = self.config.rules
        asked = [one for one in rules if not only_lost or one.watch == "lost"]
        asked = [one for one in asked if self._others.ours or not one.kind.shared]
        looks = await self._around.records.looks(asked)
        if not only_lost:
            looks += await self._notice_looks()
            await self._sweep()
        self._took(self._engine.take(looks), self._around.clock())

    def _took(self, changes: Iterable[Change], at: float) -> None:
        kept, shown = [], []
        for change in changes:
            alarm = change.alarm
            self.raised += change.what == "raised"
            if change.what in KEPT:
                kept.append(change)
                _log.info("alarm", what=change.what, rule=alarm.rule, subject=alarm.subject, level=alarm.level)
            elif at - self._shown.get(alarm.id, 0.0) < _SHOWN_EVERY_S:
                continue
            self._shown[alarm.id] = at
            if alarm.state == "cleared":
                del self._shown[alarm.id]
            shown.append(alarm)
        self.keeper.put(kept, at)
        if shown:
            self._around.show(shown)

    async def _sweep(self) -> None:
        at = self._around.clock()
        if at - self._swept < _SWEEP_S:
            return
        before = at - self.config.keep_days * _DAY_S
        await self._ledger.write(lambda tx: tx.drop_alarms(before))
        self._swept = at

    # -- notices -------------------------------------------------------------------------------------------------------

    async def _notify(self) -> None:
        while True:
            await asyncio.sleep(max(1.0, float(self.config.notify.gather_s)))
            try:
                await self.notify()
            except Exception as error:
                self._trouble("alarms.not_told", error)

    async def notify(self) -> int:
        """Tell whom is owed a notice; how many messages that makes. Returns when they are committed as deliveries."""
        owing, config = [one for one in self._engine.known if one.owed], self.config
        if not owing or not config.notify.enabled or not config.notify.accounts:
            return 0  # without an account that sends, alarms are for the page alone
        at = self._around.clock()
        contacts = await self._contacts({role for one in owing for role in one.owed}, at)
        owing = [one for one in self._engine.known if one.owed]  # somebody may have acknowledged one meanwhile
        planned = plan(owing, contacts, config.notify, at, self._around.zone())
        changes = [change for one in planned.alarms if (change := self._engine.noted(one)) is not None]
        self.keeper.put_deliveries(planned.deliveries)
        self._took(changes, at)
        await self.keeper.flush()
        if planned.deliveries:
            self.told += len(planned.deliveries)
            self._around.wake()
        return len(planned.deliveries)

    async def _contacts(self, roles: Iterable[str], at: float) -> dict[str, Sequence[Contact]]:
        """By role: fixed recipients, else the roster. A roster that cannot be asked leaves its roles out."""
        found: dict[str, Sequence[Contact]] = {}
        for role in roles:
            fixed = [
                Contact(one.name, tuple(one.ways()), one.levels) for one in self.config.recipient if one.role == role
            ]
            try:
                async with asyncio.timeout(_ASK_S):
                    listed = await self.people(role, at) if self.people is not None else ()
            except OSError as error:
                self._trouble("alarms.no_roster", error)
                if not fixed:
                    continue
                listed = ()
            found[role] = [*fixed, *listed]
        return found

    async def _notice_looks(self) -> list[Look]:
        """What became of notices; those that did not arrive are readings of the rules that watch them."""
        at = self._around.clock()
        known_alarms = self._engine.known
        ids = {one.delivery_id: None for alarm in known_alarms for one in alarm.notices if one.state not in _DONE}
        ids.pop("", None)
        known = await self._ledger.pushes(ids) if ids else {}
        said = {id_: (str(one.state), one.error) for id_, one in known.items()}
        changes = [change for alarm in known_alarms if (change := self._updated(alarm, said)) is not None]
        self._took(changes, at)
        rules = [one for one in self.config.rules if one.watch == "notice"]
        return [Look(rule, at, tuple(_failed(self._engine.alarms, rule.id))) for rule in rules]

    def _updated(self, alarm: Alarm, said: Mapping[str, tuple[str, str]]) -> Change | None:
        notices = tuple(_as_said(one, said) for one in alarm.notices)
        return None if notices == alarm.notices else self._engine.noted(replace(alarm, notices=notices))

    def _trouble(self, what: str, error: BaseException) -> None:
        self.troubles += 1
        if isinstance(error, OSError):
            _log.warning(what, error=str(error))
        else:
            _log.exception(what)


def _as_said(notice: Notice, said: Mapping[str, tuple[str, str]]) -> Notice:
    """A server's answer may name the receiver: it is shown and told masked."""
    state, error = said.get(notice.delivery_id, (notice.state, notice.error))
    return replace(notice, state=state, error=mask_personal(error))


def _failed(alarms: Iterable[Alarm], own_rule: str) -> Iterable[Reading]:
    """The last notice to each person and way, where it did not arrive."""
    last: dict[tuple[str, str], Notice] = {}
    for alarm in alarms:
        if alarm.rule == own_rule:
            continue
        for one in alarm.notices:
            key = (one.to, one.channel)
            if key not in last or one.at >= last[key].at:
                last[key] = one
    for (to, channel), one in sorted(last.items()):
        if one.state in _ENDED:
            words = {"to": to, "channel": channel or "-", "why": one.error}
            yield Reading(f"notice:{to}{'/' + channel if channel else ''}", 1.0, None, words)
