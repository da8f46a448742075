"""The statements about alarms, and those that count what alarms watch: calls answered, tickets that wait, topics.

The counts go over an index by time and open no row, so that they cost the reading connection milliseconds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Dialect,
    Double,
    LargeBinary,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.sql.expression import ColumnElement, Select

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.driver import Sql
from gateway.ledger.tables import calls, tickets
from gateway.ledger.tables_alarms import alarms

_WAITS = tickets.c.state.in_([literal_column("'received'"), literal_column("'accepted'")])
"""Neither sent on nor closed: an agent's to do."""


def _bound(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Double)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


class AlarmStatements(Compiling):
    """A part of ``Statements``."""

    def _alarms(self) -> None:
        a = alarms.c
        insert = self._insert(alarms)
        changed = {one.name: insert.excluded[one.name] for one in alarms.columns if one.name != "id"}
        newer = insert.on_conflict_do_update(
            index_elements=[a.id], set_=changed, where=insert.excluded.version > a.version
        )
        self.put_alarm = self._sql(newer.returning(a.version))
        self.alarm = self._sql(select(alarms).where(a.id == bindparam("id")))
        self.open_alarms = self._sql(select(alarms).where(a.cleared_at.is_(None)).order_by(a.since, a.id))
        recent = select(alarms).where(a.seen_at >= _bound("since"), a.cleared_at.is_not(None))
        self.recent_alarms = self._sql(recent.order_by(a.seen_at.desc(), a.id.desc()).limit(LIMIT))
        old = alarms.delete().where(a.cleared_at < _bound("before"), a.seen_at < _bound("before"))
        self.drop_alarms = self._sql(old.returning(a.id))
        self._watched_calls()
        self._watched_tickets()
        self.their_clock = _their_clock(self._dialect)

    def search_alarms(self, given: frozenset[str]) -> Sql:
        """Newest first. ``after`` takes ``after_at`` and ``after_id``."""
        a = alarms.c
        conditions: dict[str, Any] = {
            "since": a.since >= _bound("since"),
            "until": a.since < _bound("until"),
            "rule": a.rule == bindparam("rule"),
            "open": and_(a.cleared_at.is_(None), bindparam("open", type_=Double) > 0),
            "after": tuple_(a.since, a.id) < tuple_(_bound("after_at"), bindparam("after_id", type_=Text)),
        }
        return self._search(alarms, given, conditions, [a.since.desc(), a.id.desc()])

    def _watched_calls(self) -> None:
        c = calls.c
        # As gateway.kpi.counting: answered is talk > 0, or a talk that still lasts.
        talked = or_(c.talk_s.is_(None), c.talk_s > literal_column("0"), c.hold_s > literal_column("0"))
        answered = and_(c.answered_at.is_not(None), talked)
        # An expression, so that no index by queue is gone through whole for the groups' sake.
        queue = func.coalesce(c.queue, literal_column("''"))
        in_time = and_(answered, c.wait_s <= _bound("within"))
        served = select(queue, func.count(), _count(answered), _count(in_time)).where(
            c.started_at >= _bound("since"), c.direction == literal_column("'in'"), c.queued_at.is_not(None),
            or_(c.answered_at.is_not(None), c.ended_at.is_not(None)),
        )  # fmt: skip
        self.served = self._sql(served.group_by(queue))
        # The hash as an expression: an index by it would be gone through whole, for the groups' sake.
        whose = func.substr(c.caller_hash, literal_column("1"), literal_column("64"), type_=LargeBinary)
        again = select(whose, func.count(), func.max(c.call_id)).where(
            c.started_at >= _bound("since"), c.direction == literal_column("'in'"), func.length(c.caller_hash) > 0
        )
        often = again.group_by(whose).having(func.count() >= bindparam("least", type_=LIMIT.type))
        self.repeat_callers = self._sql(often.order_by(func.count().desc()).limit(LIMIT))

    def _watched_tickets(self) -> None:
        t, c = tickets.c, calls.c
        between = and_(t.received_at >= _bound("since"), t.received_at < _bound("until"))
        found = (t.channel, func.count(), func.min(t.received_at), func.min(t.ticket_no))
        unanswered = select(*found).where(between, t.first_response_at.is_(None), _WAITS)
        self.unanswered_tickets = self._sql(unanswered.group_by(t.channel))
        urgent = select(*found).where(between, t.urgency != literal_column("'一般'"), t.sent_at.is_(None), _WAITS)
        self.urgent_tickets = self._sql(urgent.group_by(t.channel))
        begins = func.coalesce(c.ended_at, t.received_at)
        over = or_(c.call_id.is_(None), c.ended_at.is_not(None))
        unsent = select(t.channel, func.count(), func.min(begins), func.min(t.ticket_no))
        unsent = unsent.select_from(tickets.outerjoin(calls, c.call_id == t.call_id)).where(
            t.received_at >= _bound("since"), begins < _bound("until"), over, t.sent_at.is_(None), _WAITS
        )
        self.unsent_tickets = self._sql(unsent.group_by(t.channel))
        topics = select(t.category, t.area_code, func.count()).where(between)
        self.topics = self._sql(topics.group_by(t.category, t.area_code))
        self.first_ticket = self._sql(select(func.min(t.received_at)))
        self.ticket_words = self._sql(_words(between).limit(LIMIT))
        like = bindparam("like", type_=Text)
        said = or_(t.title.like(like, escape="\\"), t.content.like(like, escape="\\"))
        self.mentions = self._sql(select(func.count()).select_from(tickets).where(between, said))


def _words(between: ColumnElement[bool]) -> Select[Any]:
    t = tickets.c
    return select(t.title, t.content).where(between).order_by(t.received_at.desc())


def _their_clock(dialect: Dialect) -> Sql | None:
    """Asks the database for its time; None where it runs in our own process."""
    if dialect.name != "postgresql":
        return None
    return Sql(str(text("SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)")), (), {})
