"""The statements about recordings: the search of the calls that were recorded, holds, and what was deleted.

What a hold keeps is asked of the database each time anew, because a ticket may get a further call after it was held.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, literal_column, or_, select, tuple_, union
from sqlalchemy.sql.expression import ColumnElement

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.driver import Sql
from gateway.ledger.tables import calls, tickets, virtual_calls
from gateway.ledger.tables_archive import gone_recordings, legal_holds

_ABOUT = calls.c.ticket_no != literal_column("''")
_RECORDED = calls.c.recording_id != literal_column("''")


class ArchiveStatements(Compiling):
    """A part of ``Statements``."""

    def _archive(self) -> None:
        h, g = legal_holds.c, gone_recordings.c
        self.put_hold = self._upsert(legal_holds)
        self.hold = self._sql(select(legal_holds).where(h.id == bindparam("id")))
        newest = select(legal_holds).order_by(h.at.desc(), h.id.desc()).limit(LIMIT)
        self.holds = self._sql(newest)
        self.open_holds = self._sql(newest.where(h.lifted_at.is_(None)))
        self.holds_of = self._sql(newest.where(h.subject == bindparam("subject"), h.lifted_at.is_(None)))
        self.put_gone = self._upsert(gone_recordings)
        self.gone = self._sql(select(gone_recordings).where(g.recording_id == bindparam("recording_id")))
        self._held()

    def _held(self) -> None:
        """The recordings that holds keep at the time ``now``."""
        h, c, v, t = legal_holds.c, calls.c, virtual_calls.c, tickets.c
        now = bindparam("now", type_=h.at.type)
        holds = h.lifted_at.is_(None) & or_(h.until.is_(None), h.until > now)
        of_call = and_(holds, h.kind == literal_column("'call'"))
        of_ticket = and_(holds, h.kind == literal_column("'ticket'"))
        self.held_recordings = self._sql(
            union(
                select(h.subject).where(of_call),  # most recordings are named after their call
                select(c.recording_id).join(legal_holds, h.subject == c.call_id).where(of_call, _RECORDED),
                select(v.recording_id).join(legal_holds, h.subject == v.call_id).where(of_call),
                select(c.recording_id).join(legal_holds, h.subject == c.ticket_no).where(of_ticket, _ABOUT),
                select(v.recording_id).join(legal_holds, h.subject == v.ticket_no).where(of_ticket),
                select(c.recording_id)
                .select_from(legal_holds.join(tickets, h.subject == t.ticket_no).join(calls, t.call_id == c.call_id))
                .where(of_ticket, _RECORDED),
            )
        )

    def search_recordings(self, given: frozenset[str]) -> Sql:
        """Calls with a recording, newest first, each with its first ticket, whether one of its tickets is secret, and
        when the recording was deleted. ``after`` takes ``after_at`` and ``after_id``; ``number`` the hash."""
        key = ("recordings", given)
        if key not in self._searches:
            self._searches[key] = self._sql(self._found(given))
        return self._searches[key]

    @staticmethod
    def _found(given: frozenset[str]) -> Select[Any]:
        c, t, g = calls.c, tickets.c, gone_recordings.c
        first = select(func.min(t.ticket_no)).where(t.call_id == c.call_id).scalar_subquery()
        secret = exists().where(t.call_id == c.call_id, t.is_secret)
        conditions = _conditions()
        return (
            select(calls, func.coalesce(first, c.ticket_no), secret, g.deleted_at)
            .outerjoin(gone_recordings, g.recording_id == c.recording_id)
            .where(_RECORDED, *(conditions[name] for name in sorted(given)))
            .order_by(c.started_at.desc(), c.call_id.desc())
            .limit(LIMIT)
        )


def _conditions() -> dict[str, ColumnElement[bool]]:
    c, t = calls.c, tickets.c
    spoken = func.coalesce(c.talk_s, 0.0) + func.coalesce(c.hold_s, 0.0)
    of_ticket = union(
        select(t.call_id).where(t.ticket_no == bindparam("ticket_no")),
        select(c.call_id).where(c.ticket_no == bindparam("ticket_no"), _ABOUT),
    )
    return {
        "since": c.started_at >= bindparam("since", type_=c.started_at.type),
        "until": c.started_at < bindparam("until", type_=c.started_at.type),
        "number": c.caller_hash == bindparam("number", type_=c.caller_hash.type),
        "outcome": c.outcome == bindparam("outcome"),
        "queue": c.queue == bindparam("queue"),
        "entry_number": c.entry_number == bindparam("entry_number"),
        "agent": c.agent == bindparam("agent"),
        "direction": c.direction == bindparam("direction"),
        "least_s": spoken >= bindparam("least_s", type_=c.talk_s.type),
        "most_s": spoken <= bindparam("most_s", type_=c.talk_s.type),
        "ticket_no": c.call_id.in_(of_ticket),
        "after": tuple_(c.started_at, c.call_id)
        < tuple_(bindparam("after_at", type_=c.started_at.type), bindparam("after_id", type_=c.call_id.type)),
    }
