"""What an agent hands in at the desk, as one act: the call's ticket filled in (or another one, or a new one), moved on,
sent to a partner if so wished, its events told and its draft forgotten, all in one transaction.

A call's ticket moves under the agent's hands: when the call ends its figures are written on it and its revision rises.
Those revisions are noted on the ticket (``gateway.tickets.calls``) and make nobody's reading stale; every other one
does. The same Idempotency-Key by the same agent files once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.desk import Filing
from gateway.model.records import Ticket
from gateway.tickets import telling
from gateway.tickets.acts import Act
from gateway.tickets.calls import FIGURES, call_draft, call_key
from gateway.tickets.ports import NotFound, Refused, StaleRevision, TicketDraft, Tx

_SENTENCE = re.compile(r"[。！？!?\n]")
_TITLE_CHARS = 40
FILED = "filed"
"""In ``Ticket.more``: the last filing's key, hashed. What has none was never filed."""


@dataclass(frozen=True, slots=True)
class Filer:
    """Files one form inside a transaction. ``base`` lacks only the ticket's number. ``have``: the partners who were
    given the ticket before, at the press of a key mostly, with how long each has to acknowledge; what is filed goes to
    them too when it says more than what they have."""

    filing: Filing
    base: Act
    have: Mapping[str, float | None] = field(default_factory=dict)

    async def file(self, tx: Tx) -> Ticket:
        """Raises NotFound, StaleRevision, Refused (with the field)."""
        ticket, is_new = await self._ticket(tx)
        if self._mark and ticket.more.get(FILED) == self._mark:
            return ticket
        act = self.base.on(ticket.ticket_no)
        if not is_new:
            self._check_revision(ticket)
        changes = await self._changes(tx, act, ticket)
        # What was judged is what is changed, also when another gateway writes at the same time (PostgreSQL).
        filed = await tx.update_ticket(ticket.ticket_no, changes, ticket.revision)
        await self._tell(tx, act, ticket, filed, changes, is_new)
        send_to = {self.filing.send_to: self.filing.push_limit_s} if self.filing.send_to else {}
        for partner, limit_s in {**self.have, **send_to}.items():
            await act.push(tx, filed, partner, limit_s)
        await self._forget_draft(tx, filed)
        return filed

    @property
    def _mark(self) -> str:
        """The filing's key as the ticket keeps it, "" when there is none."""
        if not self.filing.key:
            return ""
        key = f"{self.base.author}/{self.filing.key}"
        return hashlib.blake2b(key.encode(), digest_size=12).hexdigest()

    async def _forget_draft(self, tx: Tx, filed: Ticket) -> None:
        """Its draft, but not from under the hands of somebody else whose ticket it is."""
        key = self.filing.draft
        draft = await tx.draft(key) if key else None
        if draft is None:
            return
        if draft.author == self.base.author or (self.filing.agent and filed.agent_id == self.filing.agent):
            await tx.drop_draft(key)

    # -- which ticket --------------------------------------------------------------------------------------------------

    async def _ticket(self, tx: Tx) -> tuple[Ticket, bool]:
        """The ticket, and whether it is opened here: a call's may not have been yet, for its answer is written beside
        us, or because nobody answered."""
        filing, call = self.filing, self.filing.call
        if filing.ticket_no is not None:
            found = await tx.ticket(filing.ticket_no)
            if found is None:
                raise NotFound(f"no ticket {filing.ticket_no}")
            return found, False
        if call is not None:
            return await tx.open_ticket(call_draft(call, filing.area_code, self.base.at), call_key(call))
        key = f"desk:{self.base.author}:{filing.key}" if filing.key else None
        return await tx.open_ticket(self._draft(), key)

    def _draft(self) -> TicketDraft:
        at = self.base.at
        fields = {"agent_id": self.filing.agent, "first_response_at": at}
        return TicketDraft("phone", self.filing.area_code, at, at, fields=fields)

    def _check_revision(self, ticket: Ticket) -> None:
        """Raises StaleRevision when somebody, not a call's figures, has changed the ticket since it was read. A call's
        ticket that nobody has filed yet need not have been read."""
        given = self.filing.revision
        if given is None and FILED not in ticket.more:
            return
        since = range((given or 0) + 1, ticket.revision + 1)
        if (given or 0) > ticket.revision or not set(since) <= set(ticket.more.get(FIGURES, ())):
            raise StaleRevision(ticket.ticket_no, given or 0, ticket.revision)

    # -- what changes --------------------------------------------------------------------------------------------------

    async def _changes(self, tx: Tx, act: Act, ticket: Ticket) -> dict[str, Any]:
        filing = self.filing
        wanted = dict(filing.fields)
        content = wanted.get("content", ticket.content)
        if not wanted.get("title"):
            wanted.pop("title", None)
        if "title" not in wanted and (not ticket.title or is_made_up(ticket)) and content.strip():
            wanted["title"] = title_of(content)
        if not (wanted.get("title") or content.strip() or ticket.title):
            raise Refused("请填写诉求内容", "content: a ticket says what it is about", "content")
        changes = act.policy.changes.checked(ticket, wanted)
        if (agent := agent_of(filing, ticket)) != ticket.agent_id:
            changes["agent_id"] = agent
        changes |= await self._state(tx, act, ticket)
        return changes | {"more": ticket.more | {FILED: self._mark}}

    async def _state(self, tx: Tx, act: Act, ticket: Ticket) -> dict[str, Any]:
        """A form that is handed in is accepted (受理); one that goes to a partner is sent on (转办)."""
        if self.filing.send_to:
            moves = await act.judge(tx, ticket, "sent")
            return (act.moved(ticket, "sent") if moves else {}) | {"department": self.filing.partner}
        return act.moved(ticket, "accepted") if ticket.state == "received" else {}

    async def _tell(
        self, tx: Tx, act: Act, before: Ticket, filed: Ticket, changes: Mapping[str, Any], is_new: bool
    ) -> None:
        named = sorted(changes.keys() - {"more"})
        detail = {"fields": named, "revision": filed.revision, "new": is_new, "send_to": self.filing.send_to}
        await act.audit(tx, "ticket.file", detail)
        if is_new:
            await tx.emit("hotline.ticket.opened.v1", act.number, telling.ticket_data(filed), act.at)
        elif named:
            await tx.emit("hotline.ticket.updated.v1", act.number, telling.changed_data(filed, named), act.at)
        await act.tell_links(tx, changes)
        if before.state != filed.state:
            moved = {"from": before.state, "to": filed.state, "revision": filed.revision}
            data = telling.ticket_data(filed) | moved | {"author": act.author, "note": ""}
            await tx.emit("hotline.ticket.state.v1", act.number, data, act.at)
            await act.notice(tx, filed)


def agent_of(filing: Filing, ticket: Ticket) -> str:
    """Whose ticket it is once it is filed (an agent's number, "" nobody's). A call's is that of who speaks on it now;
    when it is over, of who had it last, or files it after a transfer. Who mends it later, or as a shift lead, does not
    take it over."""
    call, agent = filing.call, filing.agent
    if call is None:
        return ticket.agent_id or ("" if filing.leads and ticket.call_id else agent)
    if filing.speaks and filing.speaks != agent:
        return filing.speaks
    had_last = call.agent or ""
    if had_last and had_last != agent and not filing.speaks and any(one.agent == agent for one in call.stretches):
        return had_last  # the filer had it, lost it, and somebody else took it from the queue
    if filing.leads and had_last != agent:
        return ticket.agent_id or had_last
    return agent or ticket.agent_id


def title_of(content: str) -> str:
    """The first sentence of what was written, as a title."""
    first = next((part.strip() for part in _SENTENCE.split(content.strip()[:400]) if part.strip()), "")
    return first if len(first) <= _TITLE_CHARS else first[: _TITLE_CHARS - 1] + "…"


def is_made_up(ticket: Ticket) -> bool:
    """The title that a call's ticket is opened with (``gateway.tickets.calls``) says nothing yet."""
    return bool(ticket.call_id) and ticket.title == f"来电 {ticket.entry_number}"
