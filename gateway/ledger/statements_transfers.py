"""The statements about transfers. A version that is not newer than the row's changes nothing."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, literal_column, select, tuple_

from gateway.ledger.compiling import Compiling
from gateway.ledger.driver import Sql
from gateway.ledger.tables import transfers


class TransferStatements(Compiling):
    """A part of ``Statements``."""

    def _transfers(self) -> None:
        t = transfers.c
        insert = self._insert(transfers)
        changed = {one.name: insert.excluded[one.name] for one in transfers.columns if one.name not in ("id", "key")}
        newer = insert.on_conflict_do_update(
            index_elements=[t.id], set_=changed, where=insert.excluded.version > t.version
        )
        self.put_transfer = self._sql(newer.returning(t.version))
        self.transfer = self._sql(select(transfers).where(t.id == bindparam("id")))
        self.transfer_by_key = self._sql(select(transfers).where(t.key == bindparam("key")))
        self.open_transfers = self._sql(select(transfers).where(t.ended_at.is_(None)).order_by(t.started_at, t.id))

    def search_transfers(self, given: frozenset[str]) -> Sql:
        """Newest first."""
        t = transfers.c
        conditions = {
            "call_id": t.call_id == bindparam("call_id"),
            # The second half as the partial index says it: else neither database sees that it may be used.
            "ticket_no": and_(t.ticket_no == bindparam("ticket_no"), t.ticket_no != literal_column("''")),
            "partner": t.partner == bindparam("partner"),
            "since": t.started_at >= bindparam("since", type_=t.started_at.type),
            "until": t.started_at < bindparam("until", type_=t.started_at.type),
            "after": tuple_(t.started_at, t.id)
            < tuple_(bindparam("after_at", type_=t.started_at.type), bindparam("after_id", type_=t.id.type)),
        }
        return self._search(transfers, given, conditions, [t.started_at.desc(), t.id.desc()])
