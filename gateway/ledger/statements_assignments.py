"""The statements about assignments. A version that is not newer than the row's changes nothing."""

from __future__ import annotations

from sqlalchemy import bindparam, func, literal_column, select, text

from gateway.ledger.bulk import Bulk
from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables import assignments

# Literals, as in the partial indexes: SQLite uses those for the same expressions only.
_WAITING = assignments.c.state == literal_column("'waiting'")
_HELD = assignments.c.state.in_([literal_column("'offered'"), literal_column("'taken'")])

_AMONG = {
    "sqlite": "ticket_no IN (SELECT value FROM json_each(:numbers))",
    "postgresql": "ticket_no IN (SELECT value FROM json_array_elements_text(CAST(:numbers AS json)))",
}
"""``numbers`` is a list in JSON."""


class AssignmentStatements(Compiling):
    """A part of ``Statements``."""

    def _assignments(self) -> None:
        a = assignments.c
        insert = self._insert(assignments)
        changed = {one.name: insert.excluded[one.name] for one in assignments.columns if one.name != "ticket_no"}
        newer = insert.on_conflict_do_update(
            index_elements=[a.ticket_no], set_=changed, where=insert.excluded.version > a.version
        )
        self.put_assignment = self._sql(newer.returning(a.version))
        self.put_assignment_quietly = self._sql(newer)
        self.many_assignments = Bulk(assignments, self._dialect, replace=True, newer="version")
        self.put_assignments = self.many_assignments.alone("ticket_no")
        among = text(_AMONG[self._dialect.name])
        self.assignments_in = self._sql(select(assignments).where(among))
        self.assignment_versions = self._sql(select(a.ticket_no, a.version).where(among))
        self.assignment = self._sql(select(assignments).where(a.ticket_no == bindparam("ticket_no")))
        self.held_assignments = self._sql(select(assignments).where(_HELD).order_by(a.agent, a.place))
        mine = select(assignments).where(_HELD, a.agent == bindparam("agent"))
        self.assignments_of = self._sql(mine.order_by(a.place))
        pool = select(assignments).where(_WAITING).order_by(a.place, a.ticket_no)
        self.pool_assignments = self._sql(pool.limit(LIMIT))
        self.pool_size = self._sql(select(func.count()).select_from(assignments).where(_WAITING))
