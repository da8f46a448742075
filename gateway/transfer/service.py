"""The one-key transfer as a service: presses, acts, facts, answers of the switch and the time, each made one step.

One task owns all running transfers (``run``); everything reaches it by one bounded queue, so there are no locks. Each
step is written to the ledger with its events before its orders go out. A ledger that is away does not keep a citizen
waiting: the orders go out, and what could not be written is written with the next step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import structlog

from gateway.model.facts import EndpointChanged, Fact, LegJoinedRoom, LegLeftRoom, LinkLost, Snapshot
from gateway.model.ids import CallId
from gateway.model.records import AuditEntry
from gateway.model.transfers import Talk, Transfer, TransferAct
from gateway.transfer.inputs import OF_LEGS, Act, Carried, Due, Elsewhere, Media, NotCarried
from gateway.transfer.lanes import Lanes
from gateway.transfer.limits import Limits
from gateway.transfer.ports import Look, Press, Pushes, Refusal, Switch, Talks, TransferLedger, TransferTx
from gateway.transfer.pressing import Desk, House
from gateway.transfer.pushing import Pushing
from gateway.transfer.registry import PartnerLine, Registry
from gateway.transfer.step import Step, begin, reconcile, step
from gateway.transfer.table import acts
from gateway.transfer.telling import events_between, subject_of
from gateway.transfer.waiting import Do, Late, Owed, Seen, Start, Told
from gateway.transfer.watch import OnLines, PartnerWatch

_log = structlog.get_logger(__name__)

_QUEUE = 10_000
_MOST = 500
"""Transfers at once; beyond it something is wrong, and a press is refused."""

_ANSWER_S = 8.0
_WRITE_AGAIN_S = 1.0
_LOOK_EVERY_S = 30.0
_REMEMBERED_S = 3600.0

_FACTS = frozenset(OF_LEGS)
_ROOM_FACTS = (LegJoinedRoom, LegLeftRoom)


class TransferService:
    """See the module. ``on_change`` is called with each new version and ``on_lines`` with partner lines that have
    moved, for the live stream; they must not wait. ``pushes`` None: tickets are not sent to partners."""

    HEARS = (*OF_LEGS, Snapshot, LinkLost, EndpointChanged)

    def __init__(
        self,
        ledger: TransferLedger,
        switch: Switch,
        talks: Talks,
        registry: Registry,
        house: House,
        clock: Callable[[], float],
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        look: Look | None = None,
        on_change: Callable[[Transfer], None] = lambda _: None,
        pushes: Pushes | None = None,
        on_lines: OnLines = lambda _: None,
    ) -> None:
        self._ledger, self._clock, self._limits = ledger, clock, limits
        self.registry, self.desk, self.talks = registry, Desk(talks, registry, house), talks
        self._look, self._on_change = look, on_change
        self._pushing = Pushing(pushes)
        self.watch = PartnerWatch(ledger, registry, self.lines, clock, on_lines)
        self._lanes = Lanes(switch, self._answered, clock, limits.order_s)
        self._queue: asyncio.Queue[Start | Do | Told | Seen | Late] = asyncio.Queue(_QUEUE)
        self._open: dict[str, Transfer] = {}
        self._by_leg: dict[str, set[str]] = {}
        self._owed: dict[str, Owed] = {}
        self._linked = False
        self._seen_at = 0.0
        self.started = self.ended = self.unknown = self.dropped = self.unwritten = 0

    # -- from outside --------------------------------------------------------------------------------------------------

    async def start(self, press: Press) -> Transfer:
        """Begin a transfer; returns when it is written and its orders are on their way. The same key is the same
        transfer. Raises Refusal, TimeoutError when the service is not running, what the ledger raises."""
        done: asyncio.Future[Transfer] = asyncio.get_running_loop().create_future()
        return await self._ask(Start(press, done), done)

    async def act(self, id: str, act: TransferAct, login: str = "", address: str = "") -> Transfer:
        """Press something of a running transfer. Raises as ``start``."""
        done: asyncio.Future[Transfer] = asyncio.get_running_loop().create_future()
        return await self._ask(Do(id, act, login, address, done), done)

    async def _ask(self, item: Start | Do, done: asyncio.Future[Transfer]) -> Transfer:
        async with asyncio.timeout(_ANSWER_S):
            await self._queue.put(item)
            return await done

    def on_fact(self, fact: Fact) -> None:
        """Take a fact, after the hall has applied it. Costs a look-up for a leg that is in no transfer."""
        kind = type(fact)
        if kind in _FACTS:
            if self._by_leg:
                self._leg_fact(fact)
        elif kind is Snapshot:
            assert isinstance(fact, Snapshot)
            self._linked, self._seen_at = True, fact.at
            self._put(Seen(fact))
            self.registry.trunks_down(fact.unreachable)
            self.watch.poke()
        elif kind is LinkLost:
            self._linked = False
        elif kind is EndpointChanged:
            assert isinstance(fact, EndpointChanged)
            if self.registry.trunk(fact.endpoint, fact.reachable):
                self.watch.poke()

    def _leg_fact(self, fact: Any) -> None:
        ids = self._by_leg.get(fact.leg) or self._by_leg.get(getattr(fact, "channel", ""))
        if not ids or (isinstance(fact, _ROOM_FACTS) and fact.at < self._seen_at):
            return
        for id_ in tuple(ids):
            self._put(Told(id_, fact))

    def _put(self, item: Told | Seen | Late) -> None:
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            self.dropped += 1
            _log.error("transfer.fact_dropped", dropped=self.dropped)

    def on_media(self, id: str, media: Media) -> None:
        """Take what ``gateway.transfer.ears`` has found of a running transfer."""
        self._put(Told(id, media))

    def look_for_ticket(self, transfer: Transfer) -> None:
        """A transfer went without a ticket; there may be one by now."""
        self._put(Late(transfer))

    def running(self) -> list[Transfer]:
        """All that have not ended."""
        return list(self._open.values())

    def seat_of_call(self, call: str) -> str | None:
        """The seat whose agent speaks on a call."""
        return self.talks.seat_of_call(CallId(call))

    def lines(self) -> list[PartnerLine]:
        """The partners for the panel, with the state of their lines."""
        return self.registry.lines(self._clock(), self._open.values())

    def at_seat(self, seat: str) -> Transfer | None:
        """The transfer that a seat has under way."""
        return next((one for one in self._open.values() if one.seat == seat and one.runs), None)

    async def resume(self) -> None:
        """Take up what the ledger says is running, before facts come; the first snapshot settles it."""
        now = self._clock()
        for one in reversed(await self._ledger.transfers(since=now - _REMEMBERED_S, limit=1000)):
            if one.phase == "ended":
                self.registry.ended(one)
        for one in await self._ledger.open_transfers():
            self._keep(one)

    # -- the task ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Own the transfers until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._lanes.use(tasks)
            tasks.create_task(self.watch.run(), name="partner-lines")
            if self._look is not None:
                tasks.create_task(self._look_again(self._look), name="transfers-look")
            while True:
                item = await self._next()
                if item is not None:
                    await self._take(item)
                await self._due()
                await self._write_owed()

    async def _next(self) -> Start | Do | Told | Seen | Late | None:
        """The next that comes, or None when the time of a transfer has come."""
        dues = [one.due_at for one in self._open.values() if one.due_at is not None] if self._linked else []
        limit = max(0.0, min(dues) - self._clock()) if dues else None
        if self._owed:
            limit = min(_WRITE_AGAIN_S, limit if limit is not None else _WRITE_AGAIN_S)
        try:
            async with asyncio.timeout(limit):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _take(self, item: Start | Do | Told | Seen | Late) -> None:
        match item:
            case Start() | Do() if item.done.done():
                # Whoever asked has been told that it did not work, and may have done otherwise meanwhile.
                _log.warning("transfer.press_too_late", what=type(item).__name__)
            case Start():
                await self._answer(item.done, self._start(item.press))
            case Do():
                await self._answer(item.done, self._do(item))
            case Told():
                one = self._open.get(item.id)
                if one is not None:
                    await self._go_on(one, step(one, item.given, self._limits))
            case Seen():
                await self._settle(item)
            case Late():
                await self._push_late(self._open.get(item.transfer.id, item.transfer))

    async def _answer(self, done: asyncio.Future[Transfer], work: Any) -> None:
        """Run what somebody waits for; its failure is theirs, and no other transfer's."""
        try:
            result = await work
        except Exception as error:
            if not isinstance(error, Refusal | OSError):
                _log.exception("transfer.press_failed")
            if not done.done():
                done.set_exception(error)
            return
        if not done.done():
            done.set_result(result)

    async def _start(self, press: Press) -> Transfer:
        known = next((one for one in self._open.values() if one.key == press.key), None)
        known = known or await self._ledger.transfer_by_key(press.key)
        if known is not None:
            return known
        talk = self.desk.talk_of(press.seat, self._open.values())
        self._check_free(talk.call_id)
        ref = await self._pushing.ticket(press, talk)
        talk = self._still(press, talk)
        at = self._clock()
        first = begin(self.desk.transfer(press, talk, at, ref, self._open.values()), self._limits)
        before = [one for one in self._open.values() if one.call_id == talk.call_id]
        # Known by its legs before it is written: what happens meanwhile waits in the queue behind us.
        self._keep(first.transfer)
        detail = {"mode": first.transfer.mode, "to": press.target.value, "call_id": talk.call_id, "seat": press.seat}
        entry = AuditEntry(at, press.login, "transfer.started", first.transfer.id, press.address, detail)
        try:
            written = await self._write_press(first.transfer, entry)
        except BaseException:
            self._forget(first.transfer)  # nothing was ordered: it never was
            raise
        self.started += 1
        self._keep(written)
        self._hand_on(replace(first, transfer=written))
        for one in before:
            await self._go_on(one, step(one, Elsewhere(at), self._limits))
        return written

    async def _write_press(self, begun: Transfer, entry: AuditEntry) -> Transfer:
        """The press, its event and audit, and the push of the ticket: one transaction. As it was written."""
        partner = self.desk.partner_of(begun)

        async def work(tx: TransferTx) -> Transfer:
            tied = await self._pushing.push(tx, begun, partner, entry.login)
            await tx.save_transfer(tied)
            for type_, data in events_between(None, tied):
                await tx.emit(type_, subject_of(tied), data, entry.at)
            await tx.audit(entry)
            return tied

        written = await self._ledger.write(work)
        self._pushing.written(written)
        return written

    async def _push_late(self, one: Transfer) -> None:
        """Push the ticket that has come since the press. A ledger that is away: the next event tries again. A partner
        that a reload has taken out of the registry meanwhile gets nothing more."""
        try:
            tied = await self._pushing.push_late(self._ledger, one, self.desk.partner_of(one))
        except Exception as error:  # nobody waits for it: it must end no other transfer
            why = f"{type(error).__name__}: {error}"
            _log.warning("transfer.not_pushed", transfer=one.id, call_id=one.call_id, error=why)
            return
        if tied is not None:
            if one.id in self._open:
                self._keep(tied)
            self._pushing.written(tied)
            self._on_change(tied)

    def _still(self, press: Press, before: Talk) -> Talk:
        """The talk of a press after its ticket was looked for, which may take a while: facts of its legs reach no
        transfer yet, so a citizen who hung up meanwhile would have a partner called for nobody. Raises Refusal."""
        talk = self.desk.talk_of(press.seat, self._open.values())
        if talk.call_id != before.call_id:
            raise Refusal("not_now", "该通话已结束", "this call is over", "seat")
        self._check_free(talk.call_id)
        return talk

    def _check_free(self, call: str) -> None:
        if not self._linked:
            raise Refusal("not_now", "与电话系统的连接中断", "the link to the telephone system is down")
        if any(one.call_id == call and one.runs for one in self._open.values()):
            raise Refusal("not_now", "该通话已有转接正在进行", "a transfer of this call is already running")
        if len(self._open) >= _MOST:
            raise Refusal("not_now", "转接过多，请稍候", "too many transfers at once")

    async def _do(self, asked: Do) -> Transfer:
        one = self._open.get(asked.id)
        if one is None:
            raise Refusal("unknown", "没有正在进行的这个转接", "there is no such transfer under way")
        if asked.act not in acts(one):
            raise Refusal(
                "not_now", f"现在不能进行该操作（{one.why.partition(' / ')[0]}）", f"not while {one.phase}", "act"
            )
        at = self._clock()
        done = step(one, Act(at, asked.act), self._limits)
        entry = AuditEntry(at, asked.login, f"transfer.{asked.act}", one.id, asked.address, {"phase": one.phase})
        await self._go_on(one, done, [entry])
        return done.transfer

    async def _settle(self, seen: Seen) -> None:
        for one in list(self._open.values()):
            moved = seen.versions is not None and seen.versions.get(one.id) != one.version
            if self._lanes.idle(one.id) and not moved:
                await self._go_on(one, reconcile(one, seen.snapshot, self._limits))

    async def _due(self) -> None:
        if not self._linked:
            return
        now = self._clock()
        for one in list(self._open.values()):
            if one.due_at is not None and one.due_at <= now:
                await self._go_on(one, step(one, Due(now), self._limits))

    # -- a step --------------------------------------------------------------------------------------------------------

    async def _go_on(self, before: Transfer, done: Step, audits: Iterable[AuditEntry] = ()) -> None:
        if not done.known:
            self.unknown += 1
            _log.info("transfer.unknown", transfer=before.id, phase=before.phase, fact=done.event)
        audits = list(audits)
        if done.transfer == before and not done.orders and not audits:
            return
        self._keep(done.transfer)
        try:
            await self._write(before, done.transfer, audits)
        except Exception as error:
            # The citizen before the record, whatever the ledger has: it is written with the next step, or a second on.
            self.unwritten += 1
            why = f"{type(error).__name__}: {error}"
            _log.error("transfer.not_written", transfer=before.id, call_id=before.call_id, error=why)
        self._hand_on(done)

    async def _write(self, before: Transfer, after: Transfer, audits: list[AuditEntry]) -> None:
        owed = self._owed.setdefault(after.id, Owed())
        at = owed.tried_at = self._clock()
        owed.events += [(type_, subject_of(after), data, at) for type_, data in events_between(before, after)]
        owed.audits += audits

        async def work(tx: TransferTx) -> None:
            await tx.save_transfer(after)
            for type_, subject, data, when in owed.events:
                await tx.emit(type_, subject, data, when)
            for entry in owed.audits:
                await tx.audit(entry)

        await self._ledger.write(work)
        del self._owed[after.id]

    async def _write_owed(self) -> None:
        """Try again what a ledger that was away did not take."""
        for id_, owed in list(self._owed.items()):
            one = self._open.get(id_)
            if one is None or self._clock() - owed.tried_at < _WRITE_AGAIN_S:
                continue
            try:
                await self._write(one, one, [])
            except Exception as error:  # told when it was first tried (``unwritten``)
                _log.debug("transfer.still_not_written", transfer=id_, error=type(error).__name__)
                continue
            if one.phase == "ended":
                self._forget(one)

    def _hand_on(self, done: Step) -> None:
        after = done.transfer
        self._lanes.give(after.id, after.version, done.orders)
        if after.phase == "ended":
            self.ended += 1
            self.registry.ended(after)
            self.watch.poke()
            _log.info("transfer.ended", transfer=after.id, call_id=after.call_id, outcome=after.outcome)
            if after.id not in self._owed:
                self._forget(after)
        self._on_change(after)

    async def _answered(self, id: str, given: Carried | NotCarried) -> None:
        await self._queue.put(Told(id, given))

    # -- who is in which -----------------------------------------------------------------------------------------------

    def _keep(self, transfer: Transfer) -> None:
        self._open[transfer.id] = transfer
        for name in _names(transfer):
            self._by_leg.setdefault(name, set()).add(transfer.id)

    def _forget(self, transfer: Transfer) -> None:
        self._open.pop(transfer.id, None)
        self._owed.pop(transfer.id, None)
        for name, ids in list(self._by_leg.items()):
            ids.discard(transfer.id)
            if not ids:
                del self._by_leg[name]

    async def _look_again(self, look: Look) -> None:
        """Ask Asterisk now and then while transfers run: a fact that was lost would leave one open for ever."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not (self._open and self._linked):
                continue
            versions = {one.id: one.version for one in self._open.values()}
            snapshot = await look()
            if snapshot is not None:
                await self._queue.put(Seen(snapshot, versions))


def _names(transfer: Transfer) -> Iterable[str]:
    """By what its facts are known: legs, and the agent's channel, whose leg may change."""
    every = (transfer.caller_leg, transfer.agent_leg, transfer.target_leg, transfer.agent_channel)
    return (name for name in every if name)
