"""The part of a transaction's hands that is about transfers (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_transfers import transfer_of, transfer_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.transfers import Transfer

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class TransfersTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_transfer(self, transfer: Transfer) -> bool:
        row = await self._group.session.row(self._sql.put_transfer, transfer_row(transfer, self._seal))
        return row is not None

    async def transfer(self, id: str) -> Transfer | None:
        row = await self._group.session.row(self._sql.transfer, {"id": storable(id)})
        return transfer_of(row, self._seal) if row else None

    async def transfer_by_key(self, key: str) -> Transfer | None:
        row = await self._group.session.row(self._sql.transfer_by_key, {"key": storable(key)})
        return transfer_of(row, self._seal) if row else None
