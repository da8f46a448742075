"""Every statement of the ledger: here those of calls, tickets, the feed and staff; messages: statements_messages.py."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.sql.expression import ColumnElement

from gateway.ledger.bulk import Bulk, Bulks
from gateway.ledger.compiling import LIMIT
from gateway.ledger.driver import Sql
from gateway.ledger.rows import FIGURE_COLUMNS, opened_alike
from gateway.ledger.statements_alarms import AlarmStatements
from gateway.ledger.statements_archive import ArchiveStatements
from gateway.ledger.statements_assignments import AssignmentStatements
from gateway.ledger.statements_contexts import ContextStatements
from gateway.ledger.statements_desk import DeskStatements
from gateway.ledger.statements_figures import FigureStatements
from gateway.ledger.statements_gatherings import GatheringStatements
from gateway.ledger.statements_messages import MessageStatements
from gateway.ledger.statements_notices import NoticeStatements
from gateway.ledger.statements_people import PeopleStatements
from gateway.ledger.statements_transfers import TransferStatements
from gateway.ledger.statements_virtual import VirtualStatements
from gateway.ledger.tables import (
    accounts,
    attachments,
    audit,
    calls,
    conversations,
    events,
    feed_head,
    messages,
    raws,
    states,
    ticket_counters,
    ticket_keys,
    tickets,
    tokens,
)

_IN_INDEX = {"ticket_no", "id"} | {column.name for index in tickets.indexes for column in index.columns}
TICKET_LOOKED_UP = tuple((at, name) for at, name in enumerate(tickets.columns.keys()) if name in _IN_INDEX)
"""Place and name of the columns that an index of tickets has. A change of the rest spares SQLite twelve indexes."""


_NAMED = tickets.c.agent_id != literal_column("''")
_ABOUT = calls.c.ticket_no != literal_column("''")
"""As the partial indexes say it: without these words neither database sees that they may be used."""


def _literal(value: str | int | bool | None) -> str:
    """A value of our own as both databases write it. ValueError for a text that would need quoting."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        if "'" in value or "\\" in value:
            raise ValueError(f"{value!r} cannot stand in a statement")
        return f"'{value}'"
    return str(value).lower()


class Statements(
    MessageStatements,
    GatheringStatements,
    TransferStatements,
    AssignmentStatements,
    DeskStatements,
    ContextStatements,
    VirtualStatements,
    NoticeStatements,
    PeopleStatements,
    ArchiveStatements,
    AlarmStatements,
    FigureStatements,
):
    """All the compiled statements."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._calls()
        self._tickets()
        self._feed()
        self._staff()
        self._incoming()
        self._senders()
        self._outgoing()
        self._followers()
        self._gatherings()
        self._transfers()
        self._contexts()
        self._virtual()
        self._notices()
        self._assignments()
        self._at_desk()
        self._people()
        self._archive()
        self._alarms()
        self._of_figures()
        self.bulks = Bulks(dialect, self._kinds(dialect))

    def _kinds(self, dialect: Dialect) -> dict[str, Bulk]:
        """What may be pending in a group (``Group.later``)."""
        return {
            self.add_raw.text: Bulk(raws, dialect, keep=True),
            self.add_ticket.text: Bulk(tickets, dialect),
            self.add_opened.text: Bulk(tickets, dialect, alike=self._alike),
            self.add_message.text: Bulk(messages, dialect),
            self.put_attachment.text: Bulk(attachments, dialect, replace=True),
            self.put_conversation.text: Bulk(conversations, dialect, replace=True),
            self.put_state.text: Bulk(states, dialect, replace=True),
            self.save_call.text: Bulk(calls, dialect, replace=True),
        }

    def _calls(self) -> None:
        c = calls.c
        self.save_call = self._upsert(calls)
        self.call = self._sql(select(calls).where(c.call_id == bindparam("call_id")))
        self.open_calls = self._sql(select(calls).where(c.ended_at.is_(None)).order_by(c.started_at, c.call_id))
        self.call_start = self._sql(select(c.started_at).where(c.call_id == bindparam("call_id")))

    def _tickets(self) -> None:
        t, k, n = tickets.c, ticket_keys.c, ticket_counters.c
        self.claim_key = self._sql(self._insert(ticket_keys).on_conflict_do_nothing().returning(k.key))
        self.add_ticket = self._sql(self._insert(tickets))
        self._alike = {name: _literal(value) for name, value in opened_alike().items()}
        said = {one.name: bindparam(one.name, type_=one.type) for one in tickets.columns if one.name not in self._alike}
        alike: dict[str, Any] = {name: literal_column(value) for name, value in self._alike.items()}
        self.add_opened = self._sql(self._insert(tickets).values(said | alike))
        self.put_ticket = self._upsert(tickets)
        plain = {one.name: bindparam(one.name, type_=one.type) for one in tickets.columns if one.name not in _IN_INDEX}
        self.change_ticket = self._sql(update(tickets).where(t.ticket_no == bindparam("number_")).values(plain))
        figures = {name: plain[name] for name in FIGURE_COLUMNS}
        self.change_figures = self._sql(update(tickets).where(t.ticket_no == bindparam("number_")).values(figures))
        self.ticket = self._sql(select(tickets).where(t.ticket_no == bindparam("ticket_no")))
        self.hold_ticket = self._sql(select(tickets).where(t.ticket_no == bindparam("ticket_no")).with_for_update())
        known = select(k.ticket_id).where(k.key == bindparam("key")).scalar_subquery()
        self.ticket_by_key = self._sql(select(tickets).where(t.id == known))
        self.hold_ticket_by_key = self._sql(select(tickets).where(t.id == known).with_for_update())
        # On PostgreSQL this locks the row until the transaction ends, which keeps numbers free of gaps.
        counter = self._insert(ticket_counters)
        hold = counter.on_conflict_do_update(index_elements=[n.area_code, n.day], set_={"running": n.running})
        self.hold_counter = self._sql(hold.returning(n.running))
        self.put_counter = self._upsert(ticket_counters)
        self.tickets_of_user = self._sql(self._tickets_of(t.user_hash))
        of_number = [self._tickets_of(hashed).subquery() for hashed in (t.calling_hash, t.contact_hash)]
        self.tickets_of_number = self._sql(union_all(*(select(part) for part in of_number)))

    @staticmethod
    def _tickets_of(hashed: Column[bytes]) -> Select[Any]:
        """One person's tickets, newest first: an index by hash and time gives them in this order."""
        t = tickets.c
        theirs = hashed == bindparam("hash", type_=hashed.type)
        since = t.received_at >= bindparam("since", type_=t.received_at.type)
        return select(tickets).where(theirs, since).order_by(t.received_at.desc()).limit(LIMIT)

    def _feed(self) -> None:
        head = self._insert(feed_head)
        onward = head.on_conflict_do_update(
            index_elements=[feed_head.c.name], set_={"sequence": feed_head.c.sequence + head.excluded.sequence}
        )
        self.advance_head = self._sql(onward.returning(feed_head.c.sequence))
        self.head = self._sql(select(func.max(feed_head.c.sequence)))
        self.add_event = self._sql(self._insert(events))
        after = events.c.sequence > bindparam("after", type_=BigInteger)
        self.events = self._sql(select(events).where(after).order_by(events.c.sequence).limit(LIMIT))

    def _staff(self) -> None:
        a = accounts.c
        self.put_account = self._upsert(accounts)
        self.change_account = self._upsert(accounts, keep=("password_hash",))
        self.account = self._sql(select(accounts).where(a.login == bindparam("login")))
        self.accounts = self._sql(select(accounts).order_by(a.login))
        self.put_token = self._upsert(tokens)
        by_token = select(accounts).join(tokens, tokens.c.login == a.login)
        self.account_by_token = self._sql(by_token.where(tokens.c.token_hash == bindparam("token_hash")))
        self.add_audit = self._sql(self._insert(audit))
        self.put_state = self._upsert(states)
        self.state = self._sql(select(states.c.value).where(states.c.name == bindparam("name")))

    def search_calls(self, given: frozenset[str]) -> Sql:
        """Newest first. ``after`` takes ``after_at`` and ``after_id``; ``number`` takes the hash."""
        c = calls.c
        conditions: dict[str, ColumnElement[bool]] = {
            "since": c.started_at >= bindparam("since"),
            "until": c.started_at < bindparam("until"),
            "number": c.caller_hash == bindparam("number"),
            "outcome": c.outcome == bindparam("outcome"),
            "queue": c.queue == bindparam("queue"),
            "ticket_no": and_(c.ticket_no == bindparam("ticket_no"), _ABOUT),
            "agent": c.agent == bindparam("agent"),
            "after": tuple_(c.started_at, c.call_id)
            < tuple_(bindparam("after_at", type_=c.started_at.type), bindparam("after_id", type_=c.call_id.type)),
        }
        return self._search(calls, given, conditions, [c.started_at.desc(), c.call_id.desc()])

    def search_tickets(self, given: frozenset[str]) -> Sql:
        """Newest day first, in it the highest number. ``after`` takes ``after_day``, ``_running`` and ``_area``."""
        t = tickets.c
        number = bindparam("number", type_=t.calling_hash.type)
        ended = (("after_day", t.day), ("after_running", t.running), ("after_area", t.area_code))
        conditions: dict[str, ColumnElement[bool]] = {
            "since": t.received_at >= bindparam("since"),
            "until": t.received_at < bindparam("until"),
            "number": or_(t.calling_hash == number, t.contact_hash == number),
            "channel": t.channel == bindparam("channel"),
            "state": t.state == bindparam("state"),
            "call_id": t.call_id == bindparam("call_id"),
            "category": t.category == bindparam("category"),
            "area_code": t.area_code == bindparam("area_code"),
            "agent": and_(t.agent_id == bindparam("agent"), _NAMED),
            "after": tuple_(t.day, t.running, t.area_code)
            < tuple_(*(bindparam(name, type_=column.type) for name, column in ended)),
        }
        return self._search(tickets, given, conditions, [t.day.desc(), t.running.desc(), t.area_code.desc()])

    def search_audits(self, given: frozenset[str]) -> Sql:
        conditions: dict[str, ColumnElement[bool]] = {
            "login": audit.c.login == bindparam("login"),
            "subject": audit.c.subject == bindparam("subject"),
            "act": audit.c.act == bindparam("act"),
            "since": audit.c.at >= bindparam("since", type_=audit.c.at.type),
            "until": audit.c.at < bindparam("until", type_=audit.c.at.type),
        }
        return self._search(audit, given, conditions, [audit.c.at.desc(), audit.c.id.desc()])
