"""Virtual numbers, the working part: binds and ends, tells the dialplan where a call goes, and keeps the calls.

Every act is one transaction with its audit entry. A call is kept when it is dialled on and again when it is over, from
what the dialplan tells; when that is lost with a link, the next snapshot closes the call as seen no more. The queue
of facts is bounded: calls over virtual numbers are few, and one that cannot be written is tried again by ``run``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from gateway.model.dialled import national
from gateway.model.facts import Fact, Snapshot, VirtualBegun, VirtualEnded
from gateway.model.ids import CallId, TicketNo, new_id
from gateway.model.masking import mask_number
from gateway.model.records import AuditEntry, Ticket
from gateway.model.virtual import Binding, Side, VirtualCall
from gateway.transfer.ports import Refusal
from gateway.transfer.virtual import Route, choose, outcome, route, same_again
from gateway.transfer.virtual_config import VirtualConfig
from gateway.transfer.virtual_ports import VirtualLedger, VirtualTx

_log = structlog.get_logger(__name__)

_HOUR_S = 3600.0
_QUEUE = 1000
_PAUSE_S, _LONGEST_PAUSE_S, _TRIES = 0.2, 5.0, 20
_CLAIMS = 5
EVENT = "hotline.virtual.call.v1"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a number for which ticket. ``callers`` are the department's telephones, ``hours`` None the default."""

    ticket_no: TicketNo
    partner: str
    callers: tuple[str, ...]
    hours: int | None = None
    login: str = ""
    address: str = ""


class VirtualNumbers:
    """``config`` is asked anew each time, so that a reload counts at once; ``now`` is epoch seconds."""

    HEARS = (VirtualBegun, VirtualEnded, Snapshot)

    def __init__(self, ledger: VirtualLedger, config: Callable[[], VirtualConfig], now: Callable[[], float]) -> None:
        self._ledger, self._config, self._now = ledger, config, now
        self._facts: asyncio.Queue[VirtualBegun | VirtualEnded | Snapshot] = asyncio.Queue(_QUEUE)
        self.dropped = 0
        self.routed: dict[str, int] = {"dial": 0, "queue": 0, "refused": 0}

    # -- binding -----------------------------------------------------------------------------------------------------

    async def bind(self, wish: Wish) -> Binding:
        """A number for the ticket; the same one when the same is asked for again. Raises Refusal."""
        config, at = self._config(), self._now()
        ticket = await self._ledger.ticket(wish.ticket_no)
        callers = self._callers(wish, config)
        citizen = self._citizen(ticket, callers)
        hours = config.hours if wish.hours is None else wish.hours

        async def work(tx: VirtualTx) -> Binding:
            known = await tx.virtual_bindings(wish.ticket_no)
            if (again := same_again(known, wish.partner, callers, at)) is not None:
                return again
            if sum(one.holds(at) for one in known) >= config.per_ticket:
                most = config.per_ticket
                raise Refusal("not_now", f"每个工单最多 {most} 个虚拟号码", f"at most {most} virtual numbers a ticket")
            made = Binding(
                new_id(), "", wish.ticket_no, wish.partner, callers, citizen, at, at + hours * _HOUR_S, wish.login
            )
            bound = await _claim(tx, made, config)
            masked = [mask_number(one) for one in callers]
            detail = {"number": bound.number, "partner": wish.partner, "callers": masked, "until": bound.until}
            await tx.audit(AuditEntry(at, wish.login, "virtual.bound", wish.ticket_no, wish.address, detail))
            return bound

        return await self._ledger.write(work)

    def _callers(self, wish: Wish, config: VirtualConfig) -> tuple[str, ...]:
        if not config.numbers:
            raise Refusal("unknown", "没有配置虚拟号码", "no virtual numbers are configured")
        if wish.hours is not None and wish.hours > config.most_hours:
            most = config.most_hours
            raise Refusal("not_allowed", f"最长 {most} 小时", f"at most {most} hours", "hours")
        callers = tuple(dict.fromkeys(national(one) for one in wish.callers))
        if not callers or "" in callers:
            raise Refusal("not_allowed", "主叫号码不是有效号码", "a caller is no number", "callers")
        if any(config.has(one) for one in callers):
            raise Refusal("not_allowed", "主叫号码不能是虚拟号码", "a caller is a virtual number itself", "callers")
        return callers

    def _citizen(self, ticket: Ticket | None, callers: tuple[str, ...]) -> str:
        if ticket is None:
            raise Refusal("unknown", "没有这个工单", "there is no such ticket", "")
        citizen = national(ticket.contact_number) or national(ticket.calling_number)
        if not citizen:
            raise Refusal("not_allowed", "工单没有可回拨的号码", "the ticket has no number to call", "ticket_no")
        if citizen in callers:
            raise Refusal("not_allowed", "主叫号码与市民号码相同", "a caller is the citizen's own number", "callers")
        return citizen

    async def end(self, ticket_no: TicketNo, number: str | None, login: str, address: str) -> int:
        """End the ticket's binding of ``number``, or all of them (None). Returns how many; a call that is up goes on.

        Raises Refusal when the ticket has no such number.
        """
        config, at = self._config(), self._now()

        async def work(tx: VirtualTx) -> int:
            ending = [
                one for one in await tx.virtual_bindings(ticket_no) if one.holds(at) and number in (None, one.number)
            ]
            if not ending and number is not None:
                raise Refusal("unknown", "该工单没有这个虚拟号码", "the ticket has no such virtual number")
            for one in ending:
                await tx.end_virtual(replace(one, ended_at=at), at + config.quarantine_hours * _HOUR_S)
                await tx.audit(AuditEntry(at, login, "virtual.ended", ticket_no, address, {"number": one.number}))
            return len(ending)

        return await self._ledger.write(work)

    async def of_ticket(self, ticket_no: TicketNo) -> tuple[Sequence[Binding], Sequence[VirtualCall]]:
        """The ticket's bindings and calls, newest first, those that are over among them."""
        return await self._ledger.virtual_bindings(ticket_no), await self._ledger.virtual_calls(ticket_no)

    # -- the call ----------------------------------------------------------------------------------------------------

    async def route(self, number: str, caller: str) -> Route:
        """Where a call to ``number`` from ``caller`` goes."""
        binding = await self._ledger.virtual_binding(number) if self._config().has(number) else None
        found = route(binding, caller, self._now())
        self.routed[found.kind] += 1
        ticket_no = binding.ticket_no if binding else ""
        _log.info("virtual.routed", ticket_no=ticket_no, kind=found.kind, why=found.why, caller=mask_number(caller))
        return found

    def shown(self, number: str) -> str:
        """The number of ours that the other side sees."""
        config = self._config()
        return number if config.shown == "virtual" or not config.hotline else config.hotline

    # -- its record --------------------------------------------------------------------------------------------------

    def apply(self, fact: Fact) -> None:
        """Take a fact of the line, after the hall has; never waits."""
        if not isinstance(fact, VirtualBegun | VirtualEnded | Snapshot):
            return
        if self._facts.full():
            self.dropped += 1
            _log.error("virtual.dropped", fact=type(fact).__name__)
            return
        self._facts.put_nowait(fact)

    async def run(self) -> None:
        """Keep calls until cancelled."""
        while True:
            fact = await self._facts.get()
            await self._stubbornly(lambda fact=fact: self._keep(fact))  # type: ignore[misc]
            self._facts.task_done()

    async def drain(self, limit_s: float) -> bool:
        """Wait until all taken facts are kept; False when that took longer than ``limit_s`` seconds."""
        try:
            async with asyncio.timeout(limit_s):
                await self._facts.join()
        except TimeoutError:
            return False
        return True

    async def _stubbornly(self, act: Callable[[], Awaitable[None]]) -> None:
        pause = _PAUSE_S
        for tries in range(1, _TRIES + 1):
            try:
                await act()
            except Exception as error:
                _log.error("virtual.write_failed", error=str(error), tries=tries)
                if tries == _TRIES:
                    self.dropped += 1
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                return

    async def _keep(self, fact: VirtualBegun | VirtualEnded | Snapshot) -> None:
        match fact:
            case VirtualBegun():
                await self._ledger.write(lambda tx: _begun(tx, fact))
            case VirtualEnded():
                await self._ledger.write(lambda tx: _ended(tx, fact))
            case Snapshot():
                await self._settle(fact)

    async def _settle(self, snapshot: Snapshot) -> None:
        """Close the calls that are not there any more: their end was not told."""
        present = {image.call for image in snapshot.legs}
        open_calls = await self._ledger.open_virtual_calls()
        gone = [one for one in open_calls if one.call_id not in present and one.began_at <= snapshot.at]

        async def work(tx: VirtualTx) -> None:
            for one in gone:
                await _told(tx, replace(one, ended_at=snapshot.at, outcome="ended_unseen"))

        if gone:
            await self._ledger.write(work)


async def _claim(tx: VirtualTx, binding: Binding, config: VirtualConfig) -> Binding:
    """Bind a number of the pool. Another node may take it first: then the next. Raises Refusal."""
    free_at = dict(await tx.virtual_free_at())
    rests_until = binding.until + config.quarantine_hours * _HOUR_S
    for _ in range(_CLAIMS):
        number = choose(config.pool(), free_at, binding.bound_at)
        if number is None:
            break
        bound = replace(binding, number=number)
        if await tx.bind_virtual(bound, rests_until):
            return bound
        free_at[number] = rests_until
    raise Refusal("not_now", "虚拟号码已用完，请稍后再试", "no virtual number is free now")


async def _begun(tx: VirtualTx, fact: VirtualBegun) -> None:
    binding = await tx.binding(fact.binding)
    if binding is None or await tx.virtual_call(fact.call) is not None:
        return
    await tx.save_virtual_call(_call(fact.call, binding, _side(fact.side), fact.at))


async def _ended(tx: VirtualTx, fact: VirtualEnded) -> None:
    binding, known = await tx.binding(fact.binding), await tx.virtual_call(fact.call)
    if binding is None or (known is not None and known.ended_at is not None):
        return
    call = known or _call(fact.call, binding, _side(fact.side), fact.at - fact.talk_s)
    how = outcome(fact.talk_s, fact.status, fact.cause)
    spoken = how == "answered"
    ended = replace(
        call,
        ended_at=fact.at,
        answered_at=fact.at - fact.talk_s if spoken else None,
        talk_s=round(fact.talk_s, 3) if spoken else None,
        outcome=how,
        recording_id=str(fact.leg) if spoken else "",
    )
    await _told(tx, ended)


async def _told(tx: VirtualTx, call: VirtualCall) -> None:
    await tx.save_virtual_call(call)
    await tx.emit(EVENT, call.ticket_no, virtual_call_data(call), call.ended_at or call.began_at)


def virtual_call_data(call: VirtualCall) -> dict[str, object]:
    """A call as the feed shows it. It holds no number but ours."""
    names = ("call_id", "binding_id", "ticket_no", "side", "began_at", "answered_at", "ended_at", "outcome", "talk_s",
             "recording_id")  # fmt: skip
    return {name: getattr(call, name) for name in names} | {"virtual_number": call.number}


def _call(call: CallId, binding: Binding, side: Side, at: float) -> VirtualCall:
    return VirtualCall(call, binding.id, binding.ticket_no, binding.number, side, at)


def _side(word: str) -> Side:
    return "citizen" if word == "citizen" else "department"
