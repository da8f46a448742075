"""The part of a transaction's hands that is about partner contexts (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_contexts import context_row
from gateway.ledger.statements import Statements
from gateway.model.contexts import PartnerContext

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class ContextsTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_context(self, context: PartnerContext) -> None:
        await self._group.session.run(self._sql.put_context, context_row(context, self._seal))

    async def drop_contexts(self, before: float) -> int:
        return len(await self._group.session.rows(self._sql.drop_contexts, {"before": before}))
