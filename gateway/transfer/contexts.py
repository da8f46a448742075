"""Calls that partner hotlines hand to us (来话联动), and what they told of them: joined for the agent's screen.

A partner tells by a header of the SIP call, by a push over HTTP, or by both, in either sequence. So each is kept by
itself, sealed and only for a time, and they are joined when the screen asks: by the reference that both name, by the
partner's own number of the case, else by the citizen's number. A header counts only on a call from the partner's own
addresses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Protocol

import structlog

from gateway.model.contexts import PartnerContext
from gateway.model.facts import CallEntered, Fact
from gateway.model.ids import CallId, TicketNo
from gateway.transfer.config import CallsInConfig, PartnerConfig

_log = structlog.get_logger(__name__)

_WAITING = 1000
_TIDY_EVERY_S = 600.0
_TRY_AGAIN_S = 1.0
_LONGEST_WINDOW_S = 3600.0
"""The most that ``CallsInConfig.window_s`` may be."""

_UUI = "user-to-user"


class ContextTx(Protocol):
    async def save_context(self, context: PartnerContext) -> None: ...

    async def drop_contexts(self, before: float) -> int: ...


class ContextLedger(Protocol):
    async def write(self, work: Callable[[Any], Any]) -> Any: ...

    async def contexts_of_call(self, call_id: CallId, at: float) -> Sequence[PartnerContext]: ...

    async def contexts_of_number(self, number: str, since: float, at: float) -> Sequence[PartnerContext]: ...

    async def contexts_by_reference(self, partner: str, text: str, at: float) -> Sequence[PartnerContext]: ...

    async def ticket(self, number: TicketNo) -> Any: ...

    async def ticket_by_key(self, key: str) -> Any: ...


def address_of(remote: str) -> str:
    """The address in ``10.1.2.3:5060`` or ``[2001:db8::1]:5060``."""
    if remote.startswith("["):
        return remote[1:].partition("]")[0]
    return remote.rpartition(":")[0] if remote.count(":") == 1 else remote


def comes_from(calls_in: CallsInConfig, remote: str) -> bool:
    """True for an INVITE from one of the partner's own addresses."""
    try:
        address = ip_address(address_of(remote))
    except ValueError:
        return False
    return any(address in network for network in calls_in.addresses)


def reference_in(calls_in: CallsInConfig, headers: Iterable[tuple[str, str]]) -> str:
    """The first reference that the headers hold, "" for none. Names of headers are compared without case."""
    held = {name.casefold(): value for name, value in headers}
    for name in calls_in.headers:
        value = held.get(name.casefold(), "")
        said = decoded_uui(value) if name.casefold() == _UUI else value
        if said:
            return said
    return ""


def decoded_uui(value: str) -> str:
    """The text of a User-to-User header (RFC 7433): hexadecimal unless it says otherwise; as it is when it is none.

    The dialplan has taken out the semicolons, so the parameters follow at once.
    """
    text = value
    for parameter in ("encoding=", "purpose=", "content="):
        text = text.partition(parameter)[0]
    try:
        plain = bytes.fromhex(text).decode("ascii")
    except ValueError:
        return text
    return plain if plain.isprintable() and plain else text


class PartnerCalls:
    """``partners`` are those of the configuration now. ``waiting`` bounds what the ledger has yet to take; ``dropped``
    counts what found no room, ``heard`` calls of partners."""

    HEARS = (CallEntered,)

    def __init__(
        self,
        ledger: ContextLedger,
        partners: Callable[[], Iterable[PartnerConfig]],
        clock: Callable[[], float],
        waiting: int = _WAITING,
    ) -> None:
        self._ledger, self._partners, self._clock = ledger, partners, clock
        self._queue: asyncio.Queue[PartnerContext] = asyncio.Queue(waiting)
        self._tidied_at = 0.0
        self.heard = self.dropped = self.late = 0

    def on_fact(self, fact: Fact) -> None:
        """Take a fact; only calls that enter are of interest. Costs a comparison for all others."""
        if type(fact) is not CallEntered:
            return
        context = self._context(fact)
        if context is None:
            return
        self.heard += 1
        try:
            self._queue.put_nowait(context)
        except asyncio.QueueFull:
            self.dropped += 1
            _log.error("partner_call.dropped", call_id=fact.call, partner=context.partner)

    def _context(self, fact: CallEntered) -> PartnerContext | None:
        for partner in self._partners():
            calls_in = partner.calls_in
            if calls_in is None:
                continue
            trusted = comes_from(calls_in, fact.remote)
            of_theirs = fact.caller_number in calls_in.numbers
            if trusted or of_theirs:
                return PartnerContext(
                    id=f"sip-{fact.call}", partner=partner.number, source="sip", at=fact.at,
                    until=fact.at + calls_in.window_s, call_id=fact.call,
                    ref=reference_in(calls_in, fact.headers) if trusted else "",
                    number="" if of_theirs else fact.caller_number,
                )  # fmt: skip
        return None

    async def run(self) -> None:
        """Write what was heard until cancelled, and forget what is out of date."""
        while True:
            context = await self._next()
            try:
                await self._write(context)
            except OSError as error:
                self.late += 1
                _log.warning("partner_call.not_written", error=str(error))
                if context is not None:
                    self._again(context)
                await asyncio.sleep(_TRY_AGAIN_S)  # the ledger is away
            except Exception as error:  # the ledger's no, which it would say again: this one is lost, not the node
                self.dropped += context is not None
                call = context.call_id if context is not None else ""
                _log.error("partner_call.dropped", call_id=call, error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(_TRY_AGAIN_S)

    def _again(self, context: PartnerContext) -> None:
        if context.until > self._clock() and not self._queue.full():
            self._queue.put_nowait(context)
        else:
            self.dropped += 1

    async def _next(self) -> PartnerContext | None:
        try:
            async with asyncio.timeout(_TIDY_EVERY_S):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def _write(self, context: PartnerContext | None) -> None:
        now = self._clock()
        tidy = now - self._tidied_at >= _TIDY_EVERY_S
        if context is None and not tidy:
            return

        async def work(tx: ContextTx) -> None:
            if context is not None:
                await tx.save_context(context)
            if tidy:
                await tx.drop_contexts(now)

        await self._ledger.write(work)
        self._tidied_at = now if tidy else self._tidied_at

    async def contexts_for(self, call_id: CallId, number: str) -> list[PartnerContext]:
        """What partners told of a call, the surest first: joined by a reference, then by the citizen's number, then
        what only the call itself said. Empty for most calls, which costs no look-up where no partner hands us any."""
        windows = {one.number: one.calls_in for one in self._partners() if one.calls_in is not None}
        if not windows:
            return []
        now = self._clock()
        said = [one for one in await self._ledger.contexts_of_call(call_id, now) if one.partner in windows]
        found = [push for call in said for push in await self._referred(call, now)]
        number = number or next((one.number for one in said if one.number), "")
        by_number = await self._ledger.contexts_of_number(number, now - _LONGEST_WINDOW_S, now) if number else ()
        found += [one for one in by_number if one.source == "push" and one.partner in windows]
        bare = [one for one in said if not any(push.partner == one.partner for push in found)]
        return _each_once([*found, *[await self._with_ticket(one) for one in bare]])

    async def _with_ticket(self, call: PartnerContext) -> PartnerContext:
        """A reference without a push may name a ticket that we have: by the partner's number of it, or by ours."""
        if not call.ref:
            return call
        ticket = await self._ledger.ticket_by_key(f"partner:{call.partner}:{call.ref}")
        ticket = ticket or await self._ledger.ticket(TicketNo(call.ref))
        return call if ticket is None else replace(call, ticket_no=ticket.ticket_no)

    async def _referred(self, call: PartnerContext, now: float) -> list[PartnerContext]:
        """The pushes that name the reference of a call, with the call's id."""
        if not call.ref:
            return []
        told = await self._ledger.contexts_by_reference(call.partner, call.ref, now)
        return [replace(one, call_id=call.call_id, ref=call.ref) for one in told if one.source == "push"]


def _each_once(contexts: Iterable[PartnerContext]) -> list[PartnerContext]:
    """The first of each: a push that is repeated is kept again, under the case's own number."""
    kept: dict[tuple[str, str], PartnerContext] = {}
    for one in contexts:
        kept.setdefault((one.partner, one.external_no or one.id), one)
    return list(kept.values())
