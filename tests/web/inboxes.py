"""The desk's inbox on the in-memory twins: assignments in a FakeLedger, and the real ``Sharing`` over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.model.assignments import HELD, Assignment, Writer
from gateway.model.ids import AgentId, TicketNo, new_id
from gateway.model.messages import Conversation, KeptAttachment, KeptMessage, Message, Person
from gateway.model.records import Ticket
from gateway.tail import FeedTail
from gateway.tickets import telling
from gateway.tickets.config import WrittenConfig
from gateway.tickets.inbox import Sharing
from gateway.web.envelope import encoder


class InboxTx:
    """The part of a FakeTx that is about assignments."""

    rows: Any

    async def save_assignment(self, one: Assignment) -> bool:
        known = self.rows.assignments.get(one.ticket_no)
        if known is not None and known.version >= one.version:
            return False
        self.rows.assignments[one.ticket_no] = one
        return True

    async def assignment(self, number: str) -> Assignment | None:
        found: Assignment | None = self.rows.assignments.get(number)
        return found

    async def save_assignments(self, many: Sequence[Assignment]) -> frozenset[TicketNo]:
        return frozenset([one.ticket_no for one in many if await self.save_assignment(one)])

    async def assignments(self, numbers: Sequence[TicketNo]) -> dict[TicketNo, Assignment]:
        return {number: self.rows.assignments[number] for number in numbers if number in self.rows.assignments}

    async def ticket(self, number: str) -> Ticket | None:
        found: Ticket | None = self.rows.tickets.get(number)
        return found

    async def update_ticket(self, number: str, changes: Mapping[str, Any], revision: int | None = None) -> Ticket:
        known = self.rows.tickets[number]
        changed: Ticket = replace(known, **changes, revision=known.revision + 1)
        self.rows.tickets[number] = changed
        return changed


class InboxLedger:
    """The part of a FakeLedger that is about assignments."""

    rows: Any

    async def assignment(self, number: str) -> Assignment | None:
        found: Assignment | None = self.rows.assignments.get(number)
        return found

    async def held_assignments(self, agent: str | None = None) -> list[Assignment]:
        held = [one for one in self.rows.assignments.values() if one.state in HELD and agent in (None, one.agent)]
        return sorted(held, key=lambda one: one.place)

    async def waiting_assignments(self, limit: int = 100) -> list[Assignment]:
        pool = [one for one in self.rows.assignments.values() if one.state == "waiting"]
        return sorted(pool, key=lambda one: one.place)[:limit]

    async def waiting_written(self) -> int:
        return len(await self.waiting_assignments(10_000))

    async def conversation(self, id: str) -> Conversation | None:
        found: Conversation | None = self.rows.conversations.get(id)
        return found


class HallFloor:
    """Who is signed in, by the views of a FakeHall."""

    def __init__(self, hall: Any) -> None:
        self._hall = hall

    def true(self) -> bool:
        return bool(self._hall.link == "up")

    def writers(self) -> Sequence[Writer]:
        return [
            Writer(AgentId(one["agent"]), frozenset(), one["presence"], one["reason"] or "", one["activity"] == "idle")
            for one in self._hall.seats()
            if one["agent"]
        ]


def open_inbox(ledger: Any, hall: Any, clock: Callable[[], float]) -> Sharing:
    """The inbox of a site; hints come to the pages as ``desk`` of the live stream's diffs."""

    def tell(agent: AgentId, kind: str, n: int) -> None:
        hall.n += 1
        hall.publish(hall._message("diff", [], []) | {"desk": [{"agent": agent, "kind": kind, "n": n}]})

    rules = WrittenConfig()
    feed = FeedTail(ledger, encoder("test"))
    return Sharing(ledger, feed, HallFloor(hall), lambda: rules, clock, tell, look_s=0.0)


class Citizens:
    """Writes to a FakeLedger as the intake would; ``at`` are epoch seconds."""

    def __init__(self, ledger: Any, make_ticket: Callable[..., Ticket]) -> None:
        self._ledger, self._make = ledger, make_ticket
        self._count = 0

    async def write(
        self,
        text: str,
        *,
        channel: str = "wechat",
        ticket: Ticket | None = None,
        ago_s: float = 0.0,
        attachments: Sequence[KeptAttachment] = (),
        **fields: Any,
    ) -> Ticket:
        """A message that opens a ticket, or joins ``ticket``."""
        at = time.time() - ago_s
        what = "joined" if ticket is not None else "opened"
        if ticket is None:
            self._count += 1
            ticket = self._make(
                100 + self._count, channel=channel, account="hainan", call_id="", received_at=at, agent_id="",
                title=text[:40], content=text, user_id="oABCDEFGHIJ", **fields,
            )  # fmt: skip
        kept = self._kept(text, ticket, at)

        async def work(tx: Any) -> None:
            tx.rows.tickets[ticket.ticket_no] = ticket
            tx.rows.messages[kept.id] = kept
            for one in attachments:
                mine = replace(one, message_id=kept.id, ticket_no=ticket.ticket_no)
                tx.rows.attachments[one.attachment.id] = mine
            await tx.emit(f"hotline.ticket.{what}.v1", ticket.ticket_no, telling.ticket_data(ticket), at)

        await self._ledger.write(work)
        return ticket

    @staticmethod
    def _kept(text: str, ticket: Ticket, at: float) -> KeptMessage:
        message = Message(
            key=new_id(), channel=ticket.channel, account="hainan", kind="text", occurred_at=at, received_at=at,
            text=text, person=Person(user_id="oABCDEFGHIJ"),
        )  # fmt: skip
        return KeptMessage(new_id(), new_id(), TicketNo(ticket.ticket_no), message)
