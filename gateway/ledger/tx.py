"""The hands of a piece of work inside the writer's transaction (``gateway.tickets.ports.Tx``), and what the pieces of
one group share: the feed's new events and the running ticket numbers.

Gap-free means: numbers are taken inside the transaction and never by a database sequence, which would burn them on a
rollback. The feed's head row is moved last, just before the commit. On PostgreSQL its row lock lasts until the
commit is visible, so the next writer's events get higher numbers and appear later: no reader ever sees 8 before 7.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import orjson

from gateway.ledger.driver import Params, Row, Session, Sql
from gateway.ledger.errors import LedgerError
from gateway.ledger.foresight import Counter, Foresight
from gateway.ledger.pending import Claims, Pending, Written
from gateway.ledger.personal import Seal
from gateway.ledger.rows import (
    FIGURE_FIELDS,
    OPENED_FIELDS,
    TicketFields,
    audit_row,
    call_of,
    call_row,
    event_row,
    figures_row,
    key_text,
    opened_row,
    ticket_of,
    ticket_row,
)
from gateway.ledger.statements import TICKET_LOOKED_UP, Statements
from gateway.ledger.texts import dumps, storable
from gateway.ledger.tx_alarms import AlarmsTx
from gateway.ledger.tx_archive import ArchiveTx
from gateway.ledger.tx_assignments import AssignmentsTx
from gateway.ledger.tx_contexts import ContextsTx
from gateway.ledger.tx_desk import DeskTx
from gateway.ledger.tx_figures import FiguresTx
from gateway.ledger.tx_gatherings import GatheringsTx
from gateway.ledger.tx_messages import MessagesTx
from gateway.ledger.tx_notices import NoticeTx
from gateway.ledger.tx_people import PeopleTx
from gateway.ledger.tx_transfers import TransfersTx
from gateway.ledger.tx_virtual import VirtualTx
from gateway.model.ids import CallId, TicketNo, day_text, new_id, ticket_no
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Ticket
from gateway.tickets.ports import Looks, NotFound, StaleRevision, TicketDraft

_WHOSE = tuple((at, name) for at, name in TICKET_LOOKED_UP if name in ("calling_hash", "contact_hash", "user_hash"))


def _by_key(key: str) -> tuple[str, str]:
    """The mark of a ticket that is looked for by its idempotency key."""
    return ("ticket key", key)


@dataclass(frozen=True, slots=True)
class Means:
    """What every transaction works with."""

    sql: Statements
    seal: Seal
    zone: ZoneInfo
    fields: TicketFields = field(default_factory=TicketFields)


@dataclass(slots=True)
class Mark:
    """Where a group stood before a piece of work."""

    events: int
    counters: dict[Counter, int]


class Group:
    """One transaction's shared memory. Ticket counters are read once a group and written once, at its end.

    ``pending`` is None where each piece must be written before the next begins, because it has a savepoint.
    """

    def __init__(self, session: Session, means: Means, pending: Pending | None = None) -> None:
        self.session, self.means, self.pending = session, means, pending
        self.foresight = Foresight(means.sql, means.seal)
        self.written: Session = session if pending is None else Written(session, pending, self.foresight)
        self._events: list[dict[str, Any]] = []
        self.told: list[Event] = []
        """The events in their order, as they were told, without numbers yet."""
        self._counters: dict[Counter, int] = {}
        self.numbered: set[Counter] = set()
        """The counters from which tickets have got numbers."""
        self._days: dict[int, date] = {}

    @classmethod
    def together(cls, session: Session, means: Means, known: dict[bytes, str], *, distant: bool) -> Group:
        """For pieces that stand or fall together. ``known`` are message keys and who has them (see ``Claims``)."""
        claims = Claims(means.sql, known, distant=distant)
        return cls(session, means, Pending(session, means.sql, claims))

    async def foresee(self, looks: Sequence[Looks], hold: Iterable[Counter]) -> None:
        """Look up ahead what the group's pieces will look for; where that is a round trip hold by the same the counters
        that they are likely to need."""
        if self.distant:
            self._counters |= await self.foresight.look(self.session, looks, sorted(hold))
        else:
            await self.foresight.glance(self.session, looks)

    @property
    def claims(self) -> Claims | None:
        return None if self.pending is None else self.pending.claims

    @property
    def distant(self) -> bool:
        """Whether the group makes few statements at the price of long ones."""
        return self.pending is not None and self.pending.distant

    async def later(self, sql: Sql, row: Params, *marks: Hashable | None) -> None:
        """Write the row some time before the group ends, and before anybody looks for one of its marks."""
        self.foresight.forget(marks)
        if self.pending is None:
            await self.session.run(sql, row)
        else:
            self.pending.add(sql, row, marks)

    async def seen(self, *marks: Hashable | None) -> Session:
        """The session for a statement that finds by these marks only."""
        if self.pending is not None:
            await self.pending.flush_for(*marks)
        return self.session

    def mark(self) -> Mark:
        return Mark(len(self._events), dict(self._counters))

    def back(self, mark: Mark) -> None:
        """Forget what was done since ``mark``. A counter first held since then has lost its row lock: forget it too."""
        del self._events[mark.events :]
        del self.told[mark.events :]
        self._counters = mark.counters

    def add(self, event: Event) -> None:
        """Seal it now, so that what cannot be kept fails its own piece; its number comes at the group's end."""
        self._events.append(event_row(event, 0, self.means.seal))
        self.told.append(event)

    def day(self, at: float) -> date:
        """The hall's day of a time, looked up once a second."""
        found = self._days.get(int(at))
        if found is None:
            found = self._days[int(at)] = datetime.fromtimestamp(at, self.means.zone).date()
        return found

    async def next_number(self, area: str, day: str) -> int:
        key = (area, day)
        if key not in self._counters:
            row = await self.session.row(self.means.sql.hold_counter, {"area_code": area, "day": day, "running": 0})
            assert row is not None
            self._counters[key] = row[0]
        self.numbered.add(key)
        self._counters[key] += 1
        return self._counters[key]

    async def finish(self) -> int | None:
        """Write what is pending, counters and events, move the feed's head. Returns the last sequence, None for no
        events."""
        counters = [{"area_code": a, "day": d, "running": n} for (a, d), n in sorted(self._counters.items())]
        if self.pending is not None and self.distant and self._events:
            return await self._end(self.pending, counters)
        if self.pending is not None:
            await self.pending.flush()
        if counters:
            await self.session.run_many(self.means.sql.put_counter, counters)
        if not self._events:
            return None
        moved = await self.session.row(self.means.sql.advance_head, {"name": "feed", "sequence": len(self._events)})
        assert moved is not None
        last: int = moved[0]
        first = last - len(self._events) + 1
        for place, row in enumerate(self._events):
            row["sequence"] = first + place
        await self.session.run_many(self.means.sql.add_event, self._events)
        return last

    async def _end(self, pending: Pending, counters: Sequence[Params]) -> int:
        """All of it in one statement."""
        for place, row in enumerate(self._events, 1):
            row["sequence"] = place
        return await pending.flush((counters, self._events))


class SqlTx(
    MessagesTx,
    GatheringsTx,
    TransfersTx,
    AssignmentsTx,
    DeskTx,
    ContextsTx,
    VirtualTx,
    NoticeTx,
    PeopleTx,
    ArchiveTx,
    AlarmsTx,
    FiguresTx,
):
    """Implements ``gateway.tickets.ports.Tx``; see there for what the methods promise."""

    def __init__(self, group: Group) -> None:
        self._group, self._session = group, group.written
        self._sql, self._seal = group.means.sql, group.means.seal

    async def save_call(self, call: CallRecord) -> None:
        row = call_row(call, self._seal)
        await self._group.later(self._sql.save_call, row, ("call", row["call_id"]))

    async def call(self, call_id: CallId) -> CallRecord | None:
        known = storable(call_id)
        session = await self._group.seen(("call", known))
        row = await session.row(self._sql.call, {"call_id": known})
        return call_of(row, self._seal) if row else None

    async def open_ticket(self, draft: TicketDraft, key: str | None) -> tuple[Ticket, bool]:
        if key == "":
            raise ValueError("key: a ticket is opened under an idempotency key")
        self._group.means.fields.check(draft.fields)
        id_ = new_id()
        if key is not None and (first := await self._claimed(key, id_)) is not None:
            return first, False
        ticket = await self._numbered(draft, id_)
        if draft.fields.keys() <= OPENED_FIELDS and not draft.entry_number:
            sql, row = self._sql.add_opened, opened_row(ticket, self._seal)
        else:
            sql, row = self._sql.add_ticket, ticket_row(ticket, self._seal)
        known = None if key is None else _by_key(key_text(key, self._seal))
        hashes = row["calling_hash"], row["contact_hash"], row["user_hash"]
        await self._group.later(sql, row, ticket.ticket_no, known, *hashes)
        return ticket, True

    async def _claimed(self, key: str, id_: str) -> Ticket | None:
        """None when the key is now this ticket's, else the ticket that has it."""
        claim = {"key": key_text(key, self._seal), "ticket_id": id_}
        claims = self._group.claims
        if claims is not None and claims.distant:
            claims.ticket(claim["key"], id_)
            return None
        if await self._group.session.row(self._sql.claim_key, claim) is not None:
            return None
        first = await self.ticket_by_key(key)
        if first is None:
            raise LedgerError(f"idempotency key {claim['key']!r} is known but its ticket is not")
        return first

    async def _numbered(self, draft: TicketDraft, id_: str) -> Ticket:
        day = self._group.day(draft.received_at)
        running = await self._group.next_number(draft.area_code, day_text(day))
        given: dict[str, Any] = {
            "state": "received",
            "channel": draft.channel,
            "account": draft.account,
            "entry_number": draft.entry_number,
            "track": "own",
            "area_code": draft.area_code,
            "received_at": draft.received_at,
            "occurred_at": draft.occurred_at,
            **draft.fields,
        }
        return Ticket(ticket_no=ticket_no(draft.area_code, day, running), id=id_, revision=1, **given)

    async def update_ticket(self, number: TicketNo, changes: Mapping[str, Any], revision: int | None = None) -> Ticket:
        self._group.means.fields.check(changes)
        session = await self._group.seen(number)
        row = await session.row(self._sql.hold_ticket, {"ticket_no": number})
        if row is None:
            raise NotFound(f"no ticket {number}")
        present = ticket_of(row, self._seal)
        if revision is not None and revision != present.revision:
            raise StaleRevision(number, revision, present.revision)
        changed = replace(present, **changes, revision=present.revision + 1)
        await self._change(row, changed)
        return changed

    async def amend_ticket(self, key: str, amend: Callable[[Ticket], Mapping[str, Any]]) -> Ticket | None:
        known = key_text(key, self._seal)
        session = await self._group.seen(_by_key(known))
        row = await session.row(self._sql.hold_ticket_by_key, {"key": known})
        if row is None:
            return None
        present = ticket_of(row, self._seal)
        changes = amend(present)
        if not changes:
            return None
        self._group.means.fields.check(changes)
        changed = replace(present, **changes, revision=present.revision + 1)
        if changes.keys() <= FIGURE_FIELDS:
            marks = changed.ticket_no, _by_key(known), *(row[at] for at, _ in _WHOSE)
            await self._group.later(self._sql.change_figures, figures_row(changed, self._seal), *marks)
        else:
            await self._change(row, changed)
        return changed

    async def _change(self, row: Row, changed: Ticket) -> None:
        """Write a ticket in the place of ``row``."""
        session = self._group.session
        fresh = ticket_row(changed, self._seal)
        self._group.foresight.forget([row[at] for at, _ in _WHOSE] + [fresh[name] for _, name in _WHOSE])
        if any(fresh[name] != row[at] for at, name in TICKET_LOOKED_UP):
            await session.run(self._sql.put_ticket, fresh)
        else:
            await session.run(self._sql.change_ticket, {**fresh, "number_": changed.ticket_no})

    async def ticket(self, number: TicketNo) -> Ticket | None:
        session = await self._group.seen(number)
        row = await session.row(self._sql.ticket, {"ticket_no": number})
        return ticket_of(row, self._seal) if row else None

    async def ticket_by_key(self, key: str) -> Ticket | None:
        known = key_text(key, self._seal)
        session = await self._group.seen(_by_key(known))
        row = await session.row(self._sql.ticket_by_key, {"key": known})
        return ticket_of(row, self._seal) if row else None

    async def emit(self, type: str, subject: str, data: Mapping[str, Any], at: float) -> None:
        self._group.add(Event(0, new_id(), storable(type), storable(subject), float(at), dict(data)))

    async def audit(self, entry: AuditEntry) -> None:
        await self._session.run(self._sql.add_audit, audit_row(entry, new_id()))

    async def save_account(self, account: Account, password_hash: str | None = None) -> None:
        row = {
            "login": account.login,
            "name": storable(account.name),
            "role": account.role,
            "agent_id": account.agent_id,
            "disabled": account.disabled,
            "password_hash": password_hash or "",
        }
        await self._session.run(self._sql.change_account if password_hash is None else self._sql.put_account, row)

    async def save_token(self, login: str, token_hash: str, note: str, at: float) -> None:
        row = {"token_hash": token_hash, "login": login, "note": storable(note), "at": at}
        await self._session.run(self._sql.put_token, row)

    async def save_state(self, name: str, value: Mapping[str, Any]) -> None:
        """With a mark of its own, as in ``state``: nothing else that is pending has to do with states, and a piece that
        moves a cursor would make all behind it ask for themselves."""
        row = {"name": name, "value": dumps(dict(value)).decode()}
        await self._group.later(self._sql.put_state, row, ("state", name))

    async def state(self, name: str) -> Mapping[str, Any] | None:
        session = await self._group.seen(("state", name))
        row = await session.row(self._sql.state, {"name": name})
        return cast("dict[str, Any]", orjson.loads(row[0])) if row else None
