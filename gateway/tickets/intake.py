"""The intake: one message becomes durable in one transaction, with its original, its key, its ticket and its events.

    claim the key ── known ──> the first's ticket, nothing written
         │
      keep the original ── sender denied, or over a limit ──> kept and flagged, no ticket
         │
      join the conversation's open ticket, or open one linked to what it repeats ──> message, attachments, events

What costs time (reading the text by rules) is done before the transaction. A piece of work may be run twice by the
ledger, so everything in it follows from the message and from what it reads there; ids are made before it begins.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from gateway.model.entropy import random_bytes
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Conversation, Denial, KeptAttachment, KeptMessage, Message, Raw
from gateway.model.records import Ticket
from gateway.model.value import value
from gateway.tickets import telling
from gateway.tickets.config import WindowConfig
from gateway.tickets.joining import fits, heard
from gateway.tickets.likeness import Link
from gateway.tickets.limits import SenderLimits
from gateway.tickets.opening import Reading, draft, mended, read, supplement
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.ports import Foreseen, Ledger, Looks, Taken, Tx

Also = Callable[[Tx, Taken], Awaitable[None]]

_EASY = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without I, L, O, 0 and 1: read out over the telephone, it is written down as it was meant."""

FOUND_BY_KEY = frozenset({"partner", "open311"})
"""Channels whose tickets are looked for by their message's key: others number them, or file again."""

QUERY_CODE_LENGTH = 6
_CODES = len(_EASY) ** QUERY_CODE_LENGTH
_DAY_S = 86_400


def new_query_code() -> str:
    """A fresh query code: 6 of 31 characters, 30 bits; the ticket's number is needed beside it."""
    value = _CODES
    while value >= _CODES:  # the sixth that is too large is drawn again, so that all codes are equally likely
        value = int.from_bytes(random_bytes(4)) >> 2
    code = ""
    for _ in range(QUERY_CODE_LENGTH):
        value, place = divmod(value, len(_EASY))
        code += _EASY[place]
    return code


class Intake:
    """Implements ``gateway.tickets.ports.Takes``."""

    def __init__(
        self,
        ledger: Ledger,
        policy: IntakePolicy,
        clock: Callable[[], float] = time.time,
        new_code: Callable[[], str] = new_query_code,
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._clock = clock
        self._new_code = new_code
        self._limits = SenderLimits(policy.config.abuse.window)

    def use(self, policy: IntakePolicy) -> None:
        """Decide by a newly loaded policy from now on."""
        self._policy = policy
        self._limits.use(policy.config.abuse.window)

    def warm(self) -> None:
        """Do once what the first message would wait for. Call it before the doors open."""
        self._policy.proposer.propose("您好，小区施工噪音扰民。")

    async def take(self, raw: Raw, message: Message, also: Also | None = None) -> Taken:
        """See ``Takes.take``."""
        # Messages that came together have all been parsed before the first is read: a processor that does one thing
        # many times over does it quicker, which is 20 to 30 us of some 370 a message (bench/intake.py).
        await asyncio.sleep(0)
        now = self._clock()
        sender = (message.channel, message.person.user_id)
        counted = message.person.user_id and message.channel not in self._policy.config.abuse.exempt
        over = self._limits.enter(sender, now) if counted else None
        work = _Work(self._policy, raw, message, read(message, self._policy), now, over, new_id(), self._new_code())
        taken: Taken | None = None
        try:
            taken = await self._ledger.write(Foreseen(lambda tx: work.run(tx, also), work.looks()))
        finally:
            if counted:
                self._settle(sender, now, taken, over)
        return taken

    async def again(self, raw: Raw, message: Message, ticket_no: TicketNo | Literal[""]) -> Taken:
        """Take a kept original once more, after what read it was mended (``gateway replay``).

        The message needs a key of its own. It belongs to ``ticket_no``, the ticket of the original, whose gaps it
        fills; with "" (an original that was denied or noted) it opens one. Limits, denials and conversations are left
        alone: nobody has written just now.
        """
        policy, now = self._policy, self._clock()
        reading = read(message, policy)
        work = _Work(policy, raw, message, reading, now, None, new_id(), self._new_code(), replayed=True)
        return await self._ledger.write(lambda tx: work.again(tx, ticket_no))

    def _settle(self, sender: tuple[str, str], at: float, taken: Taken | None, over: WindowConfig | None) -> None:
        """After a denial the sender is counted anew, so that one that is lifted is not denied at the next word."""
        if taken is not None and taken.outcome == "denied" and over is not None:
            self._limits.forget(sender)
        elif taken is None or taken.outcome in ("known", "denied"):
            self._limits.leave(sender, at)


@value
class _Work:
    """One message's work inside the transaction. Everything it needs from outside is made before."""

    policy: IntakePolicy
    raw: Raw
    message: Message
    reading: Reading
    now: float
    over: WindowConfig | None
    message_id: str
    query_code: str
    replayed: bool = False

    def looks(self) -> Looks:
        """What ``run`` will look for, as far as it is known before."""
        message, likeness = self.message, self.policy.likeness
        return Looks(
            message.channel, message.person.user_id, self._number(), self._since(), likeness.compare,
            message.conversation,
        )  # fmt: skip

    def _number(self) -> str:
        return self.message.person.number or self.reading.contact

    def _since(self) -> float:
        """From when on a person's tickets are compared."""
        return self.message.received_at - self.policy.likeness.days * _DAY_S

    async def again(self, tx: Tx, ticket_no: TicketNo | Literal[""]) -> Taken:
        first = await tx.claim_message(self.message.key, self.message_id)
        if first is not None:
            return await self._known(tx, first)
        await tx.keep_raw(self.raw)
        ticket = await tx.ticket(TicketNo(ticket_no)) if ticket_no else None
        if ticket is not None:
            return await self._join(tx, ticket, None, mended(self.reading, ticket, self.policy))
        if self.message.kind == "event":
            await self._keep(tx, "")
            return await self._without_ticket(tx, "noted", "event")
        return await self._open(tx, None, None)

    async def run(self, tx: Tx, also: Also | None) -> Taken:
        first = await tx.claim_message(self.message.key, self.message_id)
        if first is not None:
            taken = await self._known(tx, first)
        else:
            await tx.keep_raw(self.raw)
            taken = await self._new(tx)
        if also is not None:
            await also(tx, taken)
        return taken

    async def _known(self, tx: Tx, first: str) -> Taken:
        kept = await tx.message(first)
        ticket = await tx.ticket(TicketNo(kept.ticket_no)) if kept is not None and kept.ticket_no else None
        return Taken("known", first, ticket)

    async def _new(self, tx: Tx) -> Taken:
        if reason := await self._denied(tx):
            await self._keep(tx, "", ("denied",))
            return await self._without_ticket(tx, "denied", reason)
        if self.message.kind == "event":
            await self._keep(tx, "")
            return await self._without_ticket(tx, "noted", "event")
        before = await tx.conversation(self.message.conversation) if self.message.conversation else None
        home = await self._home(tx, before)
        if home is not None and home.state != "closed":
            return await self._join(tx, home, before, supplement(self.reading, home, self.policy))
        if self.policy.joining.is_courtesy(self.message):
            await self._keep(tx, "")
            await self._remember(tx, before, None)
            return await self._without_ticket(tx, "noted", "courtesy")
        return await self._open(tx, before, home)

    async def _denied(self, tx: Tx) -> str:
        """Why the sender is not heard, "" when they are. An excess is denied from here on."""
        message = self.message
        if not message.person.user_id:
            return ""
        denial = await tx.denied(message.channel, message.person.user_id, self.now)
        if denial is None and self.over is not None:
            denial = self._excess(self.over)
            await tx.save_denial(denial)
            data = {
                "denial_id": denial.id, "channel": message.channel, "account": message.account,
                "reason": denial.reason, "by": denial.by, "until": denial.until,
            }  # fmt: skip
            await tx.emit("hotline.sender.denied.v1", denial.id, data, self.now)
        return denial.reason if denial is not None else ""

    def _excess(self, over: WindowConfig) -> Denial:
        return Denial(
            id=self.message_id,  # made before the transaction; one message causes one denial
            channel=self.message.channel,
            user_id=self.message.person.user_id,
            reason=f"{over.seconds} 秒内超过 {over.messages} 条",
            by="system",
            at=self.now,
            until=self.now + self.policy.config.abuse.deny_minutes * 60,
        )

    async def _home(self, tx: Tx, before: Conversation | None) -> Ticket | None:
        """The ticket that the message belongs to; a closed one when it answers it by number."""
        message = self.message
        if message.reply_to:
            ticket = await tx.ticket(TicketNo(message.reply_to))
            if ticket is not None and fits(message, ticket):
                return ticket
        if before is None or not before.ticket_no:
            return None
        ticket = await tx.ticket(TicketNo(before.ticket_no))
        if ticket is None:
            return None
        proposals = self.reading.proposals
        return ticket if self.policy.joining.continues(message, ticket, before, proposals) else None

    async def _join(self, tx: Tx, ticket: Ticket, before: Conversation | None, changes: Mapping[str, Any]) -> Taken:
        if changes:
            ticket = await tx.update_ticket(ticket.ticket_no, changes)
        await self._keep(tx, ticket.ticket_no)
        await self._remember(tx, before, ticket)
        data = telling.joined_data(ticket, self.message_id, self.message)
        await tx.emit("hotline.ticket.joined.v1", ticket.ticket_no, data, self.now)
        if changes.keys() - {"content"}:
            data = telling.changed_data(ticket, changes)
            await tx.emit("hotline.ticket.updated.v1", ticket.ticket_no, data, self.now)
        return Taken("joined", self.message_id, ticket)

    async def _open(self, tx: Tx, before: Conversation | None, answered: Ticket | None) -> Taken:
        link = await self._link(tx, answered)
        made = draft(self.reading, self.raw.id, self.query_code, self.policy)
        if link is not None:
            made = replace(made, fields={**made.fields, **link.fields()})
        # The message's key was claimed above: another for its ticket would be one more page written a message.
        key = self.message.key if self.message.channel in FOUND_BY_KEY else None
        ticket, created = await tx.open_ticket(made, key)
        await self._keep(tx, ticket.ticket_no)
        await self._remember(tx, before, ticket)
        if not created:  # the key opened a ticket by another way: the message belongs to it
            data = telling.joined_data(ticket, self.message_id, self.message)
            await tx.emit("hotline.ticket.joined.v1", ticket.ticket_no, data, self.now)
            return Taken("joined", self.message_id, ticket)
        data = telling.ticket_data(ticket) | telling.message_data(self.message_id, self.message)
        await tx.emit("hotline.ticket.opened.v1", ticket.ticket_no, data, self.now)
        if link is not None:
            data = {"ticket_no": ticket.ticket_no, "relation": link.relation, "why": link.why} | link.fields()
            await tx.emit("hotline.ticket.linked.v1", ticket.ticket_no, data, self.now)
        return Taken("opened", self.message_id, ticket)

    async def _link(self, tx: Tx, answered: Ticket | None) -> Link | None:
        """What the message repeats among its person's recent tickets; else the closed ticket that it answers."""
        person, number = self.message.person, self._number()
        link = None
        if (person.user_id or number) and self.message.kind != "unreadable":
            likeness = self.policy.likeness
            recent = await tx.tickets_of(
                user_id=person.user_id,
                number=number,
                since=self._since(),
                limit=likeness.compare,
            )
            if theirs := [ticket for ticket in recent if self._is_theirs(ticket)]:
                link = likeness.first_of(self.reading.matter, self.message.received_at, theirs)
        if link is None and answered is not None:
            return Link("related_nos", answered.ticket_no, "回复已办结的工单")
        return link

    def _is_theirs(self, ticket: Ticket) -> bool:
        contact = self.reading.contact
        return fits(self.message, ticket) or (
            contact != "" and contact in (ticket.contact_number, ticket.calling_number)
        )

    async def _keep(self, tx: Tx, number: str, flags: tuple[str, ...] = ()) -> None:
        """The message and its attachments, tied to the ticket."""
        message = replace(self.message, flags=self.message.flags + flags) if flags else self.message
        ticket_no: TicketNo | Literal[""] = TicketNo(number) if number else ""
        await tx.add_message(KeptMessage(self.message_id, self.raw.id, ticket_no, message))
        for one in message.attachments:
            due_at = self.now if one.state == "wanted" else None
            await tx.save_attachment(
                KeptAttachment(one, self.message_id, ticket_no, message.channel, message.account, due_at=due_at)
            )

    async def _remember(self, tx: Tx, before: Conversation | None, ticket: Ticket | None) -> None:
        if not self.message.conversation or self.replayed:
            return
        conversation = heard(before, self.message)
        if ticket is not None:
            conversation = replace(conversation, ticket_no=ticket.ticket_no)
        await tx.save_conversation(conversation)

    async def _without_ticket(self, tx: Tx, outcome: str, reason: str) -> Taken:
        data = telling.noted_data(self.message_id, self.message, outcome, reason)
        await tx.emit("hotline.message.noted.v1", self.message_id, data, self.now)
        return Taken("denied" if outcome == "denied" else "noted", self.message_id, None, reason)
