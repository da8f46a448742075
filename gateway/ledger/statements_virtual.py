"""The statements about virtual numbers. Claiming one is a single statement, so that on either database, and from
however many nodes, a number is bound by one only and never before it is free.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables import virtual_bindings, virtual_calls, virtual_numbers


class VirtualStatements(Compiling):
    """A part of ``Statements``."""

    def _virtual(self) -> None:
        n, b, c = virtual_numbers.c, virtual_bindings.c, virtual_calls.c
        insert = self._insert(virtual_numbers)
        claim = insert.on_conflict_do_update(
            index_elements=[n.number],
            set_={"binding_id": insert.excluded.binding_id, "free_at": insert.excluded.free_at},
            where=n.free_at <= bindparam("now", type_=n.free_at.type),
        )
        self.claim_number = self._sql(claim.returning(n.number))
        of_binding = update(virtual_numbers).where(n.binding_id == bindparam("of_binding"))
        self.free_number = self._sql(of_binding.values(free_at=bindparam("free_from", type_=n.free_at.type)))
        self.virtual_numbers = self._sql(select(n.number, n.free_at))
        self.put_binding = self._upsert(virtual_bindings)
        self.binding = self._sql(select(virtual_bindings).where(b.id == bindparam("id")))
        latest = select(n.binding_id).where(n.number == bindparam("number")).scalar_subquery()
        self.binding_of_number = self._sql(select(virtual_bindings).where(b.id == latest))
        of_ticket = select(virtual_bindings).where(b.ticket_no == bindparam("ticket_no"))
        self.bindings_of_ticket = self._sql(of_ticket.order_by(b.bound_at.desc(), b.id.desc()).limit(LIMIT))
        self.put_virtual_call = self._upsert(virtual_calls)
        self.virtual_call = self._sql(select(virtual_calls).where(c.call_id == bindparam("call_id")))
        calls_of = select(virtual_calls).where(c.ticket_no == bindparam("ticket_no"))
        self.virtual_calls_of_ticket = self._sql(calls_of.order_by(c.began_at.desc(), c.call_id.desc()).limit(LIMIT))
        self.open_virtual_calls = self._sql(
            select(virtual_calls).where(c.ended_at.is_(None)).order_by(c.began_at, c.call_id)
        )
