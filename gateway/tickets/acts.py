"""One act on one ticket, inside its transaction: the pieces that ``gateway.tickets.service`` puts together.

An act knows its author, what the author may do, and its one time. It reads and writes only through the transaction, so
the ledger may run it twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Conversation, Delivery, Reply
from gateway.model.records import AuditEntry, Ticket
from gateway.tickets import telling
from gateway.tickets.changes import Changes
from gateway.tickets.config import RepliesConfig
from gateway.tickets.ports import NotFound, Refused, StaleRevision, Tx, Words
from gateway.tickets.routes import STOPPED, QuietHours, Route, route
from gateway.tickets.states import NAMES, Role, may_reopen, step

SYSTEM, CITIZEN = "system", "citizen"
LONGEST_REPLY = 2000
"""Characters of a reply on a channel without a limit of its own."""

_PUSHES = UUID("6f1d2c1e-7d0b-5a43-9a55-12345a12345a")
"""Name space of push deliveries (RFC 9562, version 5): a ticket and a partner have one, also after a restart."""


_SAID = (
    "kind", "category", "title", "content", "urgency", "name", "sex", "contact_number", "email", "is_secret",
    "is_anonymous", "need_callback", "area_code", "address", "longitude", "latitude", "crs", "asset_id", "against",
    "against_number",
)  # fmt: skip
"""What a partner must hear of anew when it has changed. States and other numbers have ways of their own."""


def push_id(number: str, partner: str, said: str = "") -> str:
    """The id of the delivery that pushes a ticket to a partner: always the same. ``said`` (of ``said_in``) names one
    that brings the ticket again after a change."""
    return str(uuid5(_PUSHES, f"{number}/{partner}/{said}" if said else f"{number}/{partner}"))


def said_in(ticket: Ticket) -> str:
    """A short mark of what the ticket says: another one means that a partner who has it must hear of it again."""
    said = repr([getattr(ticket, name) for name in _SAID]).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(said, digest_size=12, key=ticket.ticket_no.encode()[:64]).hexdigest()


@dataclass(frozen=True, slots=True)
class TicketPolicy:
    """What acts are decided by, compiled from the configuration."""

    replies: RepliesConfig
    quiet: QuietHours
    changes: Changes


@dataclass(frozen=True, slots=True)
class Act:
    """``author`` does something to ticket ``number`` at ``at``, in the ``role`` of a staff member, partner ..."""

    policy: TicketPolicy
    words: Words
    number: TicketNo
    author: str
    role: Role
    at: float

    async def ticket(self, tx: Tx, revision: int | None) -> Ticket:
        """The ticket at the revision that the author has read. Raises NotFound, StaleRevision."""
        ticket = await tx.ticket(self.number)
        if ticket is None:
            raise NotFound(f"no ticket {self.number}")
        if revision is not None and revision != ticket.revision:
            raise StaleRevision(self.number, revision, ticket.revision)
        return ticket

    def on(self, number: TicketNo) -> Act:
        """The same act on another ticket."""
        return replace(self, number=number)

    async def hold_deliveries(self, tx: Tx) -> None:
        """Let nobody else change deliveries until the commit: the row that all who do so write first (PostgreSQL;
        ``gateway.channels.records`` does the same)."""
        await tx.save_state("deliveries", {})

    async def audit(self, tx: Tx, act: str, detail: Mapping[str, Any]) -> None:
        await tx.audit(AuditEntry(self.at, self.author, act, self.number, "", dict(detail)))

    # -- states --------------------------------------------------------------------------------------------------------

    async def judge(self, tx: Tx, ticket: Ticket, state: str) -> bool:
        """True when reporting ``state`` moves the ticket, False when it is there already. Raises Refused."""
        verdict = step(ticket.state, state, self.role)
        if verdict == "unknown":
            raise Refused(f"没有“{state}”这种状态", f"state: {state} is not a state of a ticket", "state")
        zh, en = NAMES[ticket.state]
        to_zh, to_en = NAMES[state]
        if verdict == "impossible":
            raise Refused(f"工单{zh}，不能改为{to_zh}", f"state: a ticket that is {en} cannot be {to_en}", "state")
        if verdict == "not_allowed" or not await self._is_theirs(tx, ticket):
            raise Refused(f"无权将{zh}的工单改为{to_zh}", f"state: {self.author} may not report {to_en} here", "state")
        return verdict == "moves"

    async def _is_theirs(self, tx: Tx, ticket: Ticket) -> bool:
        """A partner reports only on tickets that came from it or were pushed to it."""
        if self.role != "partner" or ticket.account == self.author or self.author in ticket.external_nos:
            return True
        return await tx.delivery(push_id(self.number, self.author)) is not None

    def moved(self, ticket: Ticket, state: str) -> dict[str, Any]:
        """The fields that follow from a new state. A rating of an earlier closing is kept in ``more["ratings"]``."""
        changes: dict[str, Any] = {"state": state}
        if ticket.state == "closed":
            changes["closed_at"] = None
        if state == "sent" and ticket.sent_at is None:
            changes["sent_at"] = self.at
        if state == "closed":
            changes["closed_at"] = self.at
            if ticket.satisfaction is not None:
                ratings = [*ticket.more.get("ratings", []), ticket.satisfaction]
                changes |= {"satisfaction": None, "more": ticket.more | {"ratings": ratings}}
        return changes

    def reopens(self, ticket: Ticket, score: int) -> bool:
        """True when a rating is low enough, and soon enough after the closing, to open the ticket again."""
        reopen = self.policy.replies.reopen
        return (
            score <= reopen.score
            and step(ticket.state, "accepted", self.role) == "moves"
            and may_reopen(ticket.closed_at, self.at, reopen.days)
        )

    async def tell_state(self, tx: Tx, before: Ticket, ticket: Ticket, note: str, changed: Iterable[str]) -> None:
        """Audit and tell a report: as a move of state, or as an update of what was known of it."""
        moves = before.state != ticket.state
        detail = {"from": before.state, "to": ticket.state, "revision": ticket.revision}
        await self.audit(tx, "ticket.report", detail)
        if moves:
            data = telling.ticket_data(ticket) | detail | {"author": self.author, "note": note}
            await tx.emit("hotline.ticket.state.v1", self.number, data, self.at)
        elif set(changed) or note:
            data = telling.changed_data(ticket, changed) | {"author": self.author, "note": note}
            await tx.emit("hotline.ticket.updated.v1", self.number, data, self.at)

    async def tell_links(self, tx: Tx, changed: Mapping[str, Any]) -> None:
        """Tell which other tickets somebody has linked this one to."""
        for relation in ("urge_of", "duplicate_of", "related_nos"):
            if changed.get(relation):
                data = {"ticket_no": self.number, "relation": relation, "why": "人工关联", relation: changed[relation]}
                await tx.emit("hotline.ticket.linked.v1", self.number, data, self.at)

    async def acknowledge(self, tx: Tx) -> None:
        """Whatever a partner reports answers our push: nobody waits for it any more."""
        if self.role != "partner":
            return
        await self.hold_deliveries(tx)
        pushed = await tx.delivery(push_id(self.number, self.author))
        if pushed is None or pushed.answer_by is None:
            return
        await tx.save_delivery(replace(pushed, answer_by=None))
        data = telling.delivery_data(pushed) | {"partner": self.author}
        await tx.emit("hotline.push.acknowledged.v1", self.number, data, self.at)

    async def push(self, tx: Tx, ticket: Ticket, partner: str, limit_s: float | None) -> Delivery:
        """Queue a ticket for a partner, who acknowledges it within ``limit_s`` (None: nobody waits for that). One that
        failed for good is queued anew; one that is waiting brings the ticket as it is when it goes, one that arrived
        with what the ticket says now is left as it is. A ticket that says something else by now goes out again, under
        an id of its own: a partner takes the first one's for a repetition."""
        await self.hold_deliveries(tx)
        id, said = push_id(self.number, partner), said_in(ticket)
        known = await tx.delivery(id)
        if known is not None and known.state in ("sent", "delivered") and known.more.get("said", said) != said:
            id = push_id(self.number, partner, said)
            known = await tx.delivery(id)
        if known is not None and known.state not in ("failed", "impossible", "cancelled"):
            return known
        delivery = Delivery(
            id=id, kind="push", ticket_no=self.number, channel="partner", account=partner, target=partner,
            created_at=known.created_at if known else self.at, due_at=self.at,
            answer_by=None if limit_s is None else self.at + limit_s, more={"said": said},
        )  # fmt: skip
        await tx.save_delivery(delivery)
        await self.audit(tx, "ticket.push", {"partner": partner, "delivery_id": delivery.id})
        data = telling.changed_data(ticket, ["pushed"]) | {"partner": partner, "delivery_id": delivery.id}
        await tx.emit("hotline.ticket.updated.v1", self.number, data, self.at)
        return delivery

    # -- words to the citizen ------------------------------------------------------------------------------------------

    async def notice(self, tx: Tx, ticket: Ticket) -> None:
        """Tell the citizen what became of it, if the configuration wants that and there is a way back."""
        if ticket.channel == "partner" and self.role == "partner":
            return  # it has told us: nobody need tell it
        text, template = self._notice(ticket)
        way = route(ticket, self.policy.replies)
        if not text or way is None or way.problem or _stopped(await tx.conversation(way.conversation)):
            return
        system = replace(self, author=SYSTEM, role="system")
        await system.say(tx, ticket, _cut(text, self._longest(way)), template)

    def _notice(self, ticket: Ticket) -> tuple[str, str]:
        notices, say, number = self.policy.replies.notices, self.words.say, ticket.ticket_no
        if ticket.state == "sent" and notices.sent_on:
            return say("sent_on", ticket_no=number, department=ticket.department), "sent_on"
        if ticket.state != "closed":
            return "", ""
        # One text for both: chats that count replies (WeChat: five a message) count it once.
        texts = [say("closed", ticket_no=number, result=ticket.result)] * notices.closed
        texts += [say("satisfaction", ticket_no=number)] * (notices.satisfaction and ticket.channel != "partner")
        return "\n".join(texts), "closed" if notices.closed else "satisfaction"

    async def say(
        self, tx: Tx, ticket: Ticket, text: str, template: str, id: str = ""
    ) -> tuple[Reply, Delivery | None]:
        """Write a reply, by an ``id`` if one is given, with the delivery that its way back needs: impossible ones are
        kept with the reason."""
        way = route(ticket, self.policy.replies)
        bare = bool(template) or ticket.channel == "partner"  # a platform has the number in a field of its own
        spoken = text if bare else self.words.say("reply", ticket_no=self.number, text=text)
        if way is not None and not way.problem and len(spoken) > self._longest(way):
            most = self._longest(way) - (len(spoken) - len(text))
            raise Refused(f"答复过长，该渠道最多 {most} 字", f"text: at most {most} characters on this channel", "text")
        reply = Reply(id or new_id(), self.number, self.at, self.author, text, template)
        delivery = await self._delivery(tx, ticket, way, reply, spoken) if way is not None else None
        await tx.add_reply(reply)
        if delivery is not None:
            await tx.save_delivery(delivery)
        await tx.emit("hotline.ticket.replied.v1", self.number, telling.reply_data(reply, delivery), self.at)
        if delivery is not None and delivery.state == "impossible":
            await tx.emit("hotline.delivery.failed.v1", self.number, telling.delivery_data(delivery), self.at)
        return reply, delivery

    async def _delivery(self, tx: Tx, ticket: Ticket, way: Route, reply: Reply, spoken: str) -> Delivery:
        conversation = await tx.conversation(way.conversation) if not way.problem else None
        delivery = Delivery(
            id=new_id(), kind="reply", ticket_no=self.number, channel=way.channel, account=way.account,
            target=way.target, created_at=self.at, reply_id=reply.id, text=spoken,
        )  # fmt: skip
        if problem := way.problem or _stopped(conversation):
            return replace(delivery, state="impossible", error=problem, done_at=self.at)
        return replace(delivery, due_at=self.policy.quiet.due_at(way.channel, ticket.urgency, self.at, conversation))

    def _longest(self, way: Route) -> int:
        return self.policy.replies.longest.get(way.channel, LONGEST_REPLY)


def _stopped(conversation: Conversation | None) -> str:
    """Why a conversation takes no more replies, "" when it does."""
    return STOPPED if conversation is not None and conversation.stopped else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
