"""What people, downstream systems, partners and rules do to a ticket. Implements ``gateway.tickets.ports.TicketActs``.

Each act is one transaction: the ticket under its revision, the reply and its delivery, the audit entry, the events. It
sends nothing itself: deliveries are written as waiting, and the dispatcher is woken after the commit.

The first response (GB/T 33358: 3 minutes for SMS and other media, 24 h for mail) is the first reply by a person, a
downstream system or a partner. Automatic receipts and notices by ``system`` do not count: a machine that says
"received" has answered nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from gateway.model.desk import Filing
from gateway.model.ids import CallId, TicketNo, new_id
from gateway.model.messages import Delivery, Reply
from gateway.model.records import Ticket
from gateway.tickets import telling
from gateway.tickets.acts import CITIZEN, SYSTEM, Act, TicketPolicy
from gateway.tickets.calls import call_key
from gateway.tickets.changes import Changes
from gateway.tickets.config import CategoriesConfig, RepliesConfig
from gateway.tickets.deadlines import AddWorkingDays, Deadlines
from gateway.tickets.filing import Filer
from gateway.tickets.policy import HALL_ZONE
from gateway.tickets.ports import Ledger, Refused, Tx, Words
from gateway.tickets.routes import QuietHours
from gateway.tickets.states import Role
from gateway.tickets.typed import take_typed


def ticket_policy(
    replies: RepliesConfig,
    categories: CategoriesConfig,
    add_working_days: AddWorkingDays,
    zone: tzinfo | None = None,
) -> TicketPolicy:
    """What the service decides by, compiled from the configuration at start and at each reload."""
    deadlines = Deadlines(categories, add_working_days)
    return TicketPolicy(replies, QuietHours(replies, zone or ZoneInfo(HALL_ZONE)), Changes(categories, deadlines))


_DELIVERIES = 1000
"""Deliveries of one ticket that are looked through for a reply's."""


class _Said(Exception):
    """The same author has said this under the same key."""

    def __init__(self, reply_id: str) -> None:
        super().__init__(reply_id)
        self.reply_id = reply_id


class TicketService:
    """Implements TicketActs.

    ``wake`` tells the dispatcher that something is due. ``partner_of`` gives the name of a partner that tickets are
    exchanged with, None for any other number; ``push_limit`` the seconds within which a partner acknowledges a push,
    None when nobody waits for it.
    """

    def __init__(
        self,
        ledger: Ledger,
        policy: TicketPolicy,
        words: Words,
        wake: Callable[[], None],
        partner_of: Callable[[str], str | None],
        push_limit: Callable[[str], float | None] = lambda _partner: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ledger, self._policy, self._words, self._wake = ledger, policy, words, wake
        self._partner_of, self._push_limit, self._clock = partner_of, push_limit, clock

    def use(self, policy: TicketPolicy) -> None:
        """Decide by a newly loaded policy from now on."""
        self._policy = policy

    def role_of(self, author: str) -> Role:
        """Who an author is: our rules, the citizen, a partner by its number, else somebody with a login."""
        if author in (SYSTEM, CITIZEN):
            return "system" if author == SYSTEM else "citizen"
        return "partner" if self._partner_of(author) is not None else "staff"

    def _act(self, number: TicketNo, author: str) -> Act:
        return Act(self._policy, self._words, number, author, self.role_of(author), self._clock())

    async def reply(
        self,
        number: TicketNo,
        text: str,
        author: str,
        *,
        template: str = "",
        revision: int | None = None,
        key: str = "",
    ) -> tuple[Reply, Delivery | None]:
        """See ``TicketActs.reply``. A text without a ``template`` is put into the template ``reply`` on its way."""
        if not text.strip():
            raise Refused("答复内容不能为空", "text: a reply has words", "text")
        act, id = self._act(number, author), new_id()

        async def work(tx: Tx) -> tuple[Reply, Delivery | None]:
            if key and (first := await tx.claim_message(f"reply:{number}:{author}:{key}", id)) is not None:
                raise _Said(first)
            ticket = await act.ticket(tx, revision)
            if ticket.first_response_at is None and author != SYSTEM:
                ticket = await tx.update_ticket(number, {"first_response_at": act.at}, revision)
            reply, delivery = await act.say(tx, ticket, text, template, id)
            await act.audit(tx, "ticket.reply", {"reply_id": reply.id, "template": template})
            return reply, delivery

        try:
            written = await self._ledger.write(work)
        except _Said as said:
            return await self._said(number, said.reply_id)
        self._wake()
        return written

    async def _said(self, number: TicketNo, id: str) -> tuple[Reply, Delivery | None]:
        """A reply that was written before, with its delivery as it stands."""
        reply = next(one for one in await self._ledger.replies(number) if one.id == id)
        deliveries = await self._ledger.deliveries(ticket_no=number, kind="reply", limit=_DELIVERIES)
        return reply, next((one for one in deliveries if one.reply_id == id), None)

    async def report(
        self,
        number: TicketNo,
        state: str,
        author: str,
        *,
        revision: int | None = None,
        department: str = "",
        result: str = "",
        external_no: str = "",
        note: str = "",
    ) -> Ticket:
        """See ``TicketActs.report``. ``external_no`` is the number under which the author's system knows the ticket."""
        act = self._act(number, author)
        said = {"department": department.strip(), "result": result.strip()}

        async def work(tx: Tx) -> Ticket:
            before = await act.ticket(tx, revision)
            moves = await act.judge(tx, before, state)
            changes: dict[str, Any] = {name: value for name, value in said.items() if value}
            if external_no and before.external_nos.get(author) != external_no:
                changes["external_nos"] = before.external_nos | {author: external_no}
            changes |= act.moved(before, state) if moves else {}
            ticket = await tx.update_ticket(number, changes, revision) if changes else before
            await act.tell_state(tx, before, ticket, note, changes)
            await act.acknowledge(tx)
            if moves:
                await act.notice(tx, ticket)
            return ticket

        ticket = await self._ledger.write(work)
        self._wake()
        return ticket

    async def change(
        self, number: TicketNo, changes: Mapping[str, Any], author: str, *, revision: int | None = None
    ) -> Ticket:
        """See ``TicketActs.change``. The deadline follows kind, category and ``limit_days``."""
        act = self._act(number, author)

        async def work(tx: Tx) -> Ticket:
            before = await act.ticket(tx, revision)
            checked = self._policy.changes.checked(before, changes)
            if not checked:
                return before
            ticket = await tx.update_ticket(number, checked, revision)
            await act.audit(tx, "ticket.change", {"fields": sorted(checked), "revision": ticket.revision})
            await tx.emit("hotline.ticket.updated.v1", number, telling.changed_data(ticket, checked), act.at)
            await act.tell_links(tx, checked)
            return ticket

        return await self._ledger.write(work)

    async def push(self, number: TicketNo, partner: str, author: str) -> Delivery:
        """See ``TicketActs.push``. One that failed for good is queued anew; one under way or done is left as it is."""
        if self._partner_of(partner) is None:
            raise Refused(f"{partner} 不是可以推送工单的联动单位", f"partner: {partner} takes no tickets", "partner")
        delivery = await self._ledger.write(lambda tx: self.push_in(tx, number, partner, author))
        self._wake()
        return delivery

    async def push_in(
        self, tx: Tx, number: TicketNo, partner: str, author: str, call: CallId | None = None
    ) -> Delivery:
        """``push`` within a transaction of somebody else, who calls ``wake`` after it; with what is being typed about
        the ``call`` it goes with. Raises NotFound."""
        act = self._act(number, author)
        ticket = await act.ticket(tx, None)
        if call is not None:
            ticket = await take_typed(tx, act, ticket, call)
        return await act.push(tx, ticket, partner, self._push_limit(partner))

    def wake(self) -> None:
        """Tell the dispatcher that something is due."""
        self._wake()

    async def file(self, filing: Filing, author: str) -> Ticket:
        """See ``TicketActs.file``."""
        if filing.send_to:
            name = self._partner_of(filing.send_to)
            if name is None:
                zh, en = f"{filing.send_to} 不是可以推送工单的联动单位", f"send_to: {filing.send_to} takes no tickets"
                raise Refused(zh, en, "send_to")
            filing = replace(filing, partner=name, push_limit_s=self._push_limit(filing.send_to))
        filer = Filer(filing, self._act(TicketNo(""), author), await self._have(filing))
        ticket = await self._ledger.write(filer.file)
        self._wake()
        return ticket

    async def _have(self, filing: Filing) -> dict[str, float | None]:
        """The partners who were given the ticket that is filed, with how long they have to acknowledge it."""
        number = filing.ticket_no
        if number is None and filing.call is not None:
            ticket = await self._ledger.ticket_by_key(call_key(filing.call))
            number = ticket.ticket_no if ticket else None
        if number is None:
            return {}
        pushes = await self._ledger.deliveries(ticket_no=number, kind="push")
        return {one.account: self._push_limit(one.account) for one in pushes}

    async def rate(self, number: TicketNo, score: int, comment: str = "") -> Ticket:
        """See ``TicketActs.rate``. A low score opens the ticket again where the configuration says so."""
        if isinstance(score, bool) or not 1 <= score <= 5:
            raise Refused("评分为 1 至 5", "score: 1 to 5", "score")
        act = self._act(number, CITIZEN)

        async def work(tx: Tx) -> Ticket:
            before = await act.ticket(tx, None)
            if before.state != "closed" or before.satisfaction is not None:
                zh = "工单尚未办结，暂不能评价" if before.state != "closed" else "该工单已评价过"
                raise Refused(zh, "only a closed ticket is rated, and once", "score")
            more = before.more | ({"rating_comment": comment[:500]} if comment.strip() else {})
            changes = {"satisfaction": score, "more": more}
            reopens = act.reopens(before, score)
            ticket = await tx.update_ticket(number, changes | (act.moved(before, "accepted") if reopens else {}))
            await act.audit(tx, "ticket.rate", {"score": score})
            data = {"ticket_no": number, "score": score, "reopened": reopens, "department": before.department}
            await tx.emit("hotline.ticket.rated.v1", number, data, act.at)
            if reopens:
                await act.tell_state(tx, before, ticket, "评价不满意，重新办理", {})
            return ticket

        return await self._ledger.write(work)
