"""The part of a transaction's hands that is about drafts and the watch list (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_desk import draft_of, draft_row, watch_of, watch_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.desk import Draft, Watch

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class DeskTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_draft(self, draft: Draft) -> bool:
        row = await self._group.session.row(self._sql.put_draft, draft_row(draft, self._seal))
        return row is not None

    async def draft(self, key: str) -> Draft | None:
        row = await self._group.session.row(self._sql.draft, {"key": storable(key)})
        return draft_of(row, self._seal) if row else None

    async def drop_draft(self, key: str) -> bool:
        return await self._group.session.row(self._sql.drop_draft, {"key": storable(key)}) is not None

    async def drop_drafts(self, before: float) -> int:
        return len(await self._group.session.rows(self._sql.drop_drafts, {"before": before}))

    async def save_watch(self, watch: Watch) -> Watch:
        row = watch_row(watch, self._seal)
        kept = await self._group.session.row(self._sql.put_watch, row)
        assert kept is not None
        return watch_of([row["number"], kept[0], *list(row.values())[2:]], self._seal)

    async def drop_watch(self, id: str) -> Watch | None:
        row = await self._group.session.row(self._sql.drop_watch, {"id_": storable(id)})
        return watch_of(row, self._seal) if row else None
