"""The statements about gatherings. ``hold`` makes an empty one if need be and locks it until the transaction ends."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables import gatherings


class GatheringStatements(Compiling):
    """A part of ``Statements``."""

    def _gatherings(self) -> None:
        g = gatherings.c
        made = self._insert(gatherings)
        # An update that changes nothing, for its row lock: on PostgreSQL the next one who gathers waits for our commit.
        held = made.on_conflict_do_update(index_elements=[g.key], set_={"channel": g.channel})
        self.hold_gathering = self._sql(held.returning(*g))
        self.put_gathering = self._upsert(gatherings)
        self.gathering = self._sql(select(gatherings).where(g.key == bindparam("key")))
        self.drop_gathering = self._sql(delete(gatherings).where(g.key == bindparam("key")).returning(g.key))
        whose = (g.channel == bindparam("channel"), g.account == bindparam("account"))
        due = select(gatherings).where(*whose, g.due_at <= bindparam("at", type_=g.due_at.type))
        self.due_gatherings = self._sql(due.order_by(g.due_at).limit(LIMIT))
