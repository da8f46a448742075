"""What ``gateway replay`` writes: a new reading of an original beside the old one, and the ticket mended by it.

Nothing is overwritten: the first reading stays among the ticket's messages, the new one joins it. A field of the ticket
changes only where it still holds what the old reading had put there, so what people have corrected since stays; what
was added to the content since stays behind it. Nothing is ever opened twice: an original that has a ticket keeps it,
and one whose repeat has been taken in the meantime is left alone. All of it, with its audit entry, is one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any, Literal, cast

import orjson

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import KeptAttachment, KeptMessage, Message, Raw
from gateway.model.records import AuditEntry, Ticket
from gateway.tickets import telling
from gateway.tickets.intake import Intake
from gateway.tickets.joining import heard
from gateway.tickets.opening import draft, read, supplement
from gateway.tickets.policy import IntakePolicy
from gateway.tickets.ports import Ledger, Taken, Tx

UNREADABLE = "unreadable"
_OTHER = "other_account"

Became = Literal["mended", "unchanged", "opened", "joined", "noted", "denied", "known"]

_DEFAULTS: Mapping[str, Any] = {
    one.name: one.default for one in fields(Ticket) if one.default is not MISSING
}  # fmt: skip
_MERGED = ("flags", "content", "proposed", "more", "raw_id", "query_code")
"""Fields of a draft that are not simply set."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an original. ``changed`` are the ticket's fields that were mended."""

    became: Became
    ticket_no: str = ""
    changed: tuple[str, ...] = ()


def is_unreadable(kept: Sequence[KeptMessage]) -> bool:
    """True when the latest reading of an original could not be understood, or there is none."""
    if not kept:
        return True
    message = latest(kept).message
    return message.kind == UNREADABLE or UNREADABLE in message.flags


def latest(kept: Sequence[KeptMessage]) -> KeptMessage:
    """The last reading of an original: ids sort by the time of their making."""
    return max(kept, key=lambda one: one.id)


class Mender:
    """Writes new readings into a ledger. ``author`` stands in the audit."""

    def __init__(self, ledger: Ledger, policy: IntakePolicy, author: str) -> None:
        self._ledger, self._policy, self._author = ledger, policy, author
        self._intake = Intake(ledger, policy)

    async def mend(self, raw: Raw, kept: Sequence[KeptMessage], message: Message) -> Outcome:
        """Put a new reading of ``raw`` in the place of the latest one of ``kept``."""
        before = latest(kept) if kept else None
        if before is not None:
            message = _as_kept(before.message, message)
            if _same(before.message, message):
                return Outcome("unchanged", before.ticket_no)
            if "denied" in before.message.flags:
                return Outcome("denied")
            if before.message.more.get("event") == "command":  # 查询, 帮助: answered long ago
                return Outcome("noted")
        if before is None or not before.ticket_no:
            return await self._take(raw, before, message)
        work = _Mending(self._policy, self._author, raw, before, message, new_id(), time.time())
        return await self._ledger.write(work.run)

    async def _take(self, raw: Raw, before: KeptMessage | None, message: Message) -> Outcome:
        """An original without a ticket is taken as if it came now; its key may have been claimed by the old reading."""
        if before is not None and before.message.key == message.key:
            message = replace(message, key=f"{message.key}:replay:{raw.id}")
        told: list[Outcome] = []

        async def also(tx: Tx, taken: Taken) -> None:
            number = taken.ticket.ticket_no if taken.ticket is not None else ""
            told[:] = [Outcome(taken.outcome, number)]
            if taken.outcome != "known":
                await tx.audit(_entry(self._author, raw, taken.message_id, told[0], time.time()))

        await self._intake.take(raw, message, also)
        return told[0]


@dataclass(frozen=True, slots=True)
class _Mending:
    """The work inside the transaction. Ids and times are made before it, because it may run twice."""

    policy: IntakePolicy
    author: str
    raw: Raw
    before: KeptMessage
    message: Message
    message_id: str
    at: float

    async def run(self, tx: Tx) -> Outcome:
        number = cast("TicketNo", self.before.ticket_no)
        if self.message.key != self.before.message.key:
            first = await tx.claim_message(self.message.key, self.message_id)
            if first is not None and not await self._is_ours(tx, first):
                return Outcome("known", await _ticket_of(tx, first))
        ticket = await tx.ticket(number)
        if ticket is None:
            raise LookupError(f"message {self.before.id} names ticket {number}, which does not exist")
        changes = self.changes(ticket)
        if changes:
            ticket = await tx.update_ticket(number, changes)
        await self._keep(tx, number)
        await self._remember(tx, number)
        told = telling.changed_data(ticket, changes) | telling.message_data(self.message_id, self.message)
        await tx.emit("hotline.ticket.updated.v1", number, told, self.at)
        outcome = Outcome("mended", number, tuple(sorted(changes)))
        await tx.audit(_entry(self.author, self.raw, self.message_id, outcome, self.at))
        return outcome

    def changes(self, ticket: Ticket) -> dict[str, Any]:
        """What the new reading changes on the ticket, which the original opened or joined."""
        if ticket.raw_id != self.raw.id:
            return self._joined(ticket)
        usual = {**_DEFAULTS, "area_code": self.policy.area_code, "track": "own"}
        old, new = self._drafted(self.before.message), self._drafted(self.message)
        changes = {
            name: value
            for name in (old.keys() | new.keys()) - set(_MERGED)
            if getattr(ticket, name) == old.get(name, usual.get(name))
            if (value := new.get(name, usual.get(name))) is not None or name in usual
        }
        if ticket.occurred_at == self.before.message.occurred_at:
            changes["occurred_at"] = self.message.occurred_at
        changes["content"] = _content(ticket.content, str(old["content"]), str(new["content"]))
        changes["flags"] = _flags(ticket.flags, old["flags"], new["flags"])
        changes["more"] = ticket.more | new.get("more", {})
        kept = {name: value for name, value in ticket.proposed.items() if name not in old["proposed"]}
        changes["proposed"] = new["proposed"] | kept
        return {name: value for name, value in changes.items() if getattr(ticket, name) != value}

    def _joined(self, ticket: Ticket) -> dict[str, Any]:
        """The original only joined this ticket: its words take the place of those that were added for it."""
        old, new = self.before.message.text, self.message.text
        reading = read(self.message, self.policy)
        if not old or old not in ticket.content:
            return supplement(reading, ticket, self.policy)
        swapped = replace(ticket, content=ticket.content.replace(old, new, 1))
        changes = supplement(replace(reading, message=replace(self.message, text="")), swapped, self.policy)
        changes["content"] = swapped.content
        return {name: value for name, value in changes.items() if getattr(ticket, name) != value}

    def _drafted(self, message: Message) -> dict[str, Any]:
        return dict(draft(read(message, self.policy), self.raw.id, "", self.policy).fields)

    async def _is_ours(self, tx: Tx, message_id: str) -> bool:
        """True when the key belongs to this work (run again) or to an earlier reading of the same original."""
        kept = await tx.message(message_id)
        return message_id == self.message_id or (kept is not None and kept.raw_id == self.raw.id)

    async def _keep(self, tx: Tx, number: TicketNo) -> None:
        await tx.add_message(KeptMessage(self.message_id, self.raw.id, number, self.message))
        known = {one.id for one in self.before.message.attachments}
        for one in self.message.attachments:
            if one.id not in known:
                due_at = self.at if one.state == "wanted" else None
                await tx.save_attachment(
                    KeptAttachment(one, self.message_id, number, self.raw.channel, self.raw.account, due_at=due_at)
                )

    async def _remember(self, tx: Tx, number: TicketNo) -> None:
        """Now that it is known who wrote: they are in conversation, and about this ticket if about no other."""
        if not self.message.conversation:
            return
        conversation = heard(await tx.conversation(self.message.conversation), self.message)
        if not conversation.ticket_no:
            conversation = replace(conversation, ticket_no=number)
        await tx.save_conversation(conversation)


async def _ticket_of(tx: Tx, message_id: str) -> str:
    kept = await tx.message(message_id)
    return kept.ticket_no if kept is not None else ""


def _as_kept(old: Message, new: Message) -> Message:
    """With the mark that a channel's door puts on a message after reading it."""
    if _OTHER in old.flags and old.kind != UNREADABLE and _OTHER not in new.flags:
        return replace(new, flags=(*new.flags, _OTHER))
    return new


def _same(old: Message, new: Message) -> bool:
    """True when a new reading says nothing else. Files may have been fetched since, and a partner's news have a key and
    an address of their own."""
    return _said(old) == _said(new)


def _said(message: Message) -> bytes:
    bare = replace(message, attachments=(), key="", reply_to="")
    return orjson.dumps(asdict(bare), default=str, option=orjson.OPT_SORT_KEYS)


def _content(present: str, old: str, new: str) -> str:
    """The content with the old reading's words replaced; what was added behind them stays."""
    if not old:
        return present if present.startswith(new) else new + present
    return new + present[len(old) :] if present.startswith(old) else present


def _flags(present: Sequence[str], old: Sequence[str], new: Sequence[str]) -> list[str]:
    return [
        *(flag for flag in present if flag not in old),
        *(flag for flag in new if flag not in set(present) - set(old)),
    ]


def _entry(author: str, raw: Raw, message_id: str, outcome: Outcome, at: float) -> AuditEntry:
    detail = {
        "became": outcome.became, "ticket_no": outcome.ticket_no, "message_id": message_id,
        "changed": list(outcome.changed),
    }  # fmt: skip
    return AuditEntry(at, author, "raw.replay", raw.id, "local", detail)
