"""The part of a transaction's hands that is about notices (``SqlTx`` in tx.py has it). Written at once and past what a
group has pending: nothing else looks into this table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_notices import notice_of, notice_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.ids import AgentId
from gateway.model.notices import Notice

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class NoticeTx:
    """See ``gateway.seats.notices.NoticeTx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_notice(self, notice: Notice) -> None:
        await self._group.session.run(self._sql.put_notice, notice_row(notice, self._seal))

    async def read_notice(self, id: str, agent: AgentId, at: float) -> Notice | None:
        given = {"id_": storable(id), "of_agent": storable(agent), "read_at": float(at)}
        row = await self._group.session.row(self._sql.read_notice, given)
        return notice_of(row, self._seal) if row else None

    async def drop_notices(self, before: float) -> int:
        return len(await self._group.session.rows(self._sql.drop_notices, {"before": float(before)}))
