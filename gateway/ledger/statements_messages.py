"""The statements about messages, what goes out and followers. Each finds its rows by an index, at any size."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Executable,
    Select,
    Table,
    bindparam,
    delete,
    false,
    func,
    or_,
    select,
    text,
    true,
    union_all,
    update,
)
from sqlalchemy.sql.expression import literal_column

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.driver import Sql
from gateway.ledger.tables import (
    attachments,
    conversations,
    dead_letters,
    deliveries,
    denials,
    followers,
    message_keys,
    messages,
    raws,
    replies,
    tickets,
)

GLANCED = 32
"""Hashes that one look ahead takes on SQLite."""


_ONE = (
    "SELECT '{0}', '', '', 0, asked.hash FROM unnest(CAST(:{1} AS bytea[])) AS asked (hash) CROSS JOIN LATERAL "
    "(SELECT 1 FROM tickets WHERE {2} = asked.hash AND received_at >= :since ORDER BY received_at DESC LIMIT 1) AS one"
)
"""With its order and limit each hash asks the index, whatever the planner believes of a table that was just empty."""

_AHEAD = " UNION ALL ".join(
    (
        "WITH held AS (INSERT INTO ticket_counters AS old (area_code, day, running) "
        "SELECT *, 0 FROM unnest(CAST(:areas AS text[]), CAST(:days AS text[])) "
        "ON CONFLICT (area_code, day) DO UPDATE SET running = old.running RETURNING area_code, day, running) "
        "SELECT 'held', area_code, day, running, CAST(NULL AS bytea) FROM held",
        _ONE.format("user", "users", "user_hash"),
        _ONE.format("number", "numbers", "calling_hash"),
        _ONE.format("number", "numbers", "contact_hash"),
        "SELECT 'conversation', '', '', 0, id FROM conversations WHERE id = ANY(CAST(:conversations AS bytea[]))",
        "SELECT 'sender', '', '', 0, sender_hash FROM denials "
        "WHERE sender_hash = ANY(CAST(:senders AS bytea[])) AND NOT lifted",
    )
)
"""What a group begins with on PostgreSQL: ticket counters held, and which of many hashes have anything at all."""


def _newest(column: Column[float], table: Table) -> list[ColumnElement[Any]]:
    return [column.desc(), table.c.id.desc()]


def _due(table: Table, column: Column[float]) -> Executable:
    """The rows whose time has come, the longest due first. A partial index holds just those that have one."""
    return select(table).where(column <= bindparam("at", type_=column.type)).order_by(column).limit(LIMIT)


class MessageStatements(Compiling):
    """A part of ``Statements``."""

    def _incoming(self) -> None:
        m, a = messages.c, attachments.c
        self.add_raw = self._sql(self._insert(raws).on_conflict_do_nothing())
        self.raw = self._sql(select(raws).where(raws.c.id == bindparam("id")))
        k = message_keys.c
        claim = self._insert(message_keys).on_conflict_do_nothing()
        self.claim_message = self._sql(claim.returning(k.message_id))
        self.claim_message_quietly = self._sql(claim)
        self._claims()
        self._ahead()
        self._who_is_known()
        self.message_of_key = self._sql(select(k.message_id).where(k.key == bindparam("key")))
        self.add_message = self._sql(self._insert(messages))
        self.message = self._sql(select(messages).where(m.id == bindparam("id")))
        here, to = bindparam("id_", type_=m.id.type), bindparam("to", type_=m.ticket_no.type)
        self.move_message = self._sql(update(messages).where(m.id == here).values(ticket_no=to).returning(m.id))
        self.move_attachments = self._sql(update(attachments).where(a.message_id == here).values(ticket_no=to))
        self.put_attachment = self._upsert(attachments)
        self.attachment = self._sql(select(attachments).where(a.id == bindparam("id")))
        of_ticket = select(attachments).where(a.ticket_no == bindparam("ticket_no"))
        self.attachments = self._sql(of_ticket.order_by(a.message_id, a.id))
        self.wanted = self._sql(_due(attachments, a.due_at))

    def _claims(self) -> None:
        """Many tickets' keys in one statement, each with its own id; answers those that were new (PostgreSQL). Those of
        messages are claimed by the statement that writes a group's rows (bulk.py)."""
        claim = (
            "INSERT INTO ticket_keys (key, ticket_id) "
            "SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:ids AS text[])) ON CONFLICT DO NOTHING RETURNING key"
        )
        self.claim_ticket_keys = self._sql(text(claim))
        firsts = "SELECT key, message_id FROM message_keys WHERE key = ANY(CAST(:keys AS bytea[]))"
        self.messages_of_keys = self._sql(text(firsts))
        self.changes = self._sql(text("SELECT total_changes()"))  # of SQLite: rows that its connection has changed

    def _ahead(self) -> None:
        """Many pieces' look-ups in one statement (``Foresight``, PostgreSQL). Each person's tickets come with the place
        of the question from 1, in any order, those that ``tickets_of_user`` and ``tickets_of_number`` find."""
        newest = (
            "(SELECT {0} FROM tickets WHERE {{0}} = asked.hash AND received_at >= asked.since "
            "ORDER BY received_at DESC LIMIT asked.most)"
        )
        of = newest.format(", ".join(tickets.columns.keys()))
        each = (
            "SELECT asked.place, found.* FROM unnest(CAST(:hashes AS bytea[]), CAST(:sinces AS float8[]), "
            "CAST(:limits AS bigint[])) WITH ORDINALITY AS asked (hash, since, most, place) "
            "CROSS JOIN LATERAL ({0}) AS found"
        )
        both = f"{of.format('calling_hash')} UNION ALL {of.format('contact_hash')}"
        self.tickets_of_users = self._sql(text(each.format(of.format("user_hash"))))
        self.tickets_of_numbers = self._sql(text(each.format(both)))
        keyed = "SELECT {1} FROM {0} WHERE {2} = ANY(CAST(:keys AS bytea[])) {3}"
        of_table = {one.name: ", ".join(one.columns.keys()) for one in (conversations, denials)}
        these = keyed.format("conversations", of_table["conversations"], "id", "")
        self.conversations_of = self._sql(text(these))
        lasting = keyed.format("denials", of_table["denials"], "sender_hash", "AND NOT lifted ORDER BY at DESC")
        self.denials_of = self._sql(text(lasting))

        self.ahead = self._sql(text(_AHEAD))

    def _who_is_known(self) -> None:
        """Which of ``GLANCED`` hashes have tickets since then, those of users and of numbers (``Foresight``, SQLite).
        NULL fills the places that are left over: nobody's hash."""
        asked = ", ".join(f"(:hash{n})" for n in range(GLANCED))
        known = "WITH asked (hash) AS (VALUES {0}) SELECT hash FROM asked WHERE {1}"
        has = "EXISTS (SELECT 1 FROM tickets WHERE {0} = asked.hash AND received_at >= :since)"
        user, calling, contact = (has.format(f"{whose}_hash") for whose in ("user", "calling", "contact"))
        self.known_users = self._sql(text(known.format(asked, user)))
        self.known_numbers = self._sql(text(known.format(asked, f"{calling} OR {contact}")))

    def _senders(self) -> None:
        c, d = conversations.c, denials.c
        self.put_conversation = self._upsert(conversations)
        self.conversation = self._sql(select(conversations).where(c.id == bindparam("id")))
        self.put_denial = self._upsert(denials)
        at = bindparam("at", type_=d.at.type)
        in_force = (d.sender_hash == bindparam("sender_hash"), d.lifted == false(), d.at <= at)
        lasting = select(denials).where(*in_force, or_(d.until.is_(None), d.until > at))
        self.denied = self._sql(lasting.order_by(d.at.desc()).limit(1))
        lift = update(denials).where(d.id == bindparam("id_", type_=d.id.type), d.lifted == false())
        self.lift_denial = self._sql(lift.values(lifted=bindparam("now", type_=d.lifted.type)).returning(d.id))

    def _outgoing(self) -> None:
        r, d = replies.c, deliveries.c
        self.add_reply = self._sql(self._insert(replies))
        self.replies = self._sql(select(replies).where(r.ticket_no == bindparam("ticket_no")).order_by(r.at, r.id))
        self.put_delivery = self._upsert(deliveries)
        self.delivery = self._sql(select(deliveries).where(d.id == bindparam("id")))
        named = (d.external_id == bindparam("external_id"), d.external_id != literal_column("''"))
        by = select(deliveries).where(*named, d.channel == bindparam("channel"), d.account == bindparam("account"))
        self.delivery_by_external = self._sql(by.order_by(d.created_at.desc(), d.id.desc()).limit(1))
        self.due_deliveries = self._sql(_due(deliveries, d.due_at))
        self.unanswered = self._sql(_due(deliveries, d.answer_by))
        self._due_of: dict[int, Sql] = {}
        due = select(d.channel, d.account, func.count()).where(d.due_at <= bindparam("at", type_=d.due_at.type))
        self.due_accounts = self._sql(due.group_by(d.channel, d.account))
        tried = (d.due_at.is_not(None), d.attempts > literal_column("0"), d.ticket_no == bindparam("ticket_no"))
        of = (d.channel == bindparam("channel"), d.account == bindparam("account"))
        self.tried_deliveries = self._sql(select(deliveries).where(*tried, *of).order_by(d.created_at).limit(LIMIT))

    def due_of(self, accounts: int) -> Sql:
        """What is due of so many accounts (``channel0``, ``account0``, ``channel1`` ...), each by its own entries of
        an index: how much waits for the others costs nothing."""
        if accounts not in self._due_of:
            self._due_of[accounts] = self._sql(union_all(*(self._due_of_one(n) for n in range(accounts))))
        return self._due_of[accounts]

    @staticmethod
    def _due_of_one(n: int) -> Select[Any]:
        d = deliveries.c
        whose = (d.channel == bindparam(f"channel{n}"), d.account == bindparam(f"account{n}"))
        due = select(deliveries).where(*whose, d.due_at <= bindparam("at", type_=d.due_at.type))
        return select(due.order_by(d.due_at, d.created_at, d.id).limit(LIMIT).subquery())

    def _followers(self) -> None:
        f, x = followers.c, dead_letters.c
        self.put_follower = self._upsert(followers)
        self.followers = self._sql(select(followers).order_by(f.created_at, f.id))
        self.drop_follower = self._sql(delete(followers).where(f.id == bindparam("id")).returning(f.id))
        of = x.follower_id == bindparam("follower_id")
        one = x.sequence == bindparam("sequence", type_=BigInteger)
        self.put_dead_letter = self._upsert(dead_letters)
        self.drop_dead_letters = self._sql(delete(dead_letters).where(of))
        self.drop_dead_letter = self._sql(delete(dead_letters).where(of, one).returning(x.sequence))
        self.dead_letters = self._sql(select(dead_letters).where(of).order_by(x.sequence).limit(LIMIT))
        self.next_due = self._sql(self._next_due())

    @staticmethod
    def _next_due() -> Executable:
        """One row of three: each first entry of an index, and the least of a handful of followers."""
        firsts = [
            select(column).where(column.is_not(None)).order_by(column).limit(1).scalar_subquery()
            for column in (deliveries.c.due_at, attachments.c.due_at)
        ]
        due = select(followers.c.due_at).where(followers.c.due_at.is_not(None), followers.c.state != "paused")
        return select(*firsts, due.order_by(followers.c.due_at).limit(1).scalar_subquery())

    def search_messages(self, given: frozenset[str], *, newest: bool = False) -> Sql:
        """Oldest first, or ``newest`` first; without a filter by id, which is the order in which they were made."""
        m = messages.c
        conditions = {"ticket_no": m.ticket_no == bindparam("ticket_no"), "raw_id": m.raw_id == bindparam("raw_id")}
        order = [m.received_at, m.id] if given else [m.id]
        if newest:
            conditions["newest"] = true()  # its own place among the statements that were made
            return self._search(messages, given | {"newest"}, conditions, [one.desc() for one in order])
        return self._search(messages, given, conditions, order)

    def search_denials(self, given: frozenset[str]) -> Sql:
        d = denials.c
        conditions = {"channel": d.channel == bindparam("channel"), "lifted": d.lifted == false()}
        return self._search(denials, given | {"lifted"}, conditions, _newest(d.at, denials))

    def search_deliveries(self, given: frozenset[str]) -> Sql:
        d = deliveries.c
        conditions = {
            "ticket_no": d.ticket_no == bindparam("ticket_no"),
            "state": d.state == bindparam("state"),
            "kind": d.kind == bindparam("kind"),
        }
        return self._search(deliveries, given, conditions, _newest(d.created_at, deliveries))
