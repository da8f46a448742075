"""The statements about what partners told of their calls (partner_contexts)."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, delete, literal_column, or_, select

from gateway.ledger.compiling import LIMIT, Compiling
from gateway.ledger.tables import partner_contexts


class ContextStatements(Compiling):
    """A part of ``Statements``."""

    def _contexts(self) -> None:
        c = partner_contexts.c
        self.put_context = self._upsert(partner_contexts)
        until = c.until >= bindparam("at", type_=c.until.type)
        newest = (c.at.desc(), c.id.desc())
        since = c.at >= bindparam("since", type_=c.at.type)
        by = {
            # The second half as the partial index says it: else neither database sees that it may be used.
            "call": and_(c.call_id == bindparam("call_id"), c.call_id != literal_column("''")),
            "number": c.number_hash == bindparam("number_hash"),
            "ref": or_(c.ref_hash == bindparam("hash_ref"), c.case_hash == bindparam("hash_case")),
        }
        self.contexts_by = {
            name: self._sql(select(partner_contexts).where(where, until, since).order_by(*newest).limit(LIMIT))
            for name, where in by.items()
        }
        before = bindparam("before", type_=c.until.type)
        self.drop_contexts = self._sql(delete(partner_contexts).where(c.until < before).returning(c.id))
