"""The statements about the roster. A day's duties are replaced as a whole: what a plan no longer says is gone."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables_people import duties, handovers, people


class PeopleStatements(Compiling):
    """A part of ``Statements``."""

    def _people(self) -> None:
        d, h = duties.c, handovers.c
        self.put_person = self._upsert(people)
        self.people = self._sql(select(people).order_by(people.c.agent, people.c.id))
        self.add_duty = self._sql(self._insert(duties))
        self.drop_duties = self._sql(delete(duties).where(d.day == bindparam("day")))
        among = (d.day >= bindparam("first"), d.day <= bindparam("last"))
        self.duties = self._sql(select(duties).where(*among).order_by(d.day, d.start_min, d.id))
        self.put_handover = self._upsert(handovers)
        self.handover = self._sql(select(handovers).where(h.id == bindparam("id")))
        self.handovers = self._sql(select(handovers).order_by(h.at.desc(), h.id.desc()).limit(LIMIT))
