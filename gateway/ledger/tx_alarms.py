"""The part of a transaction's hands that is about alarms (``SqlTx`` in tx.py has it).

Written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_alarms import alarm_of, alarm_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.alarms import Alarm

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class AlarmsTx:
    """See ``gateway.alarms.ports.AlarmsTx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_alarm(self, alarm: Alarm) -> bool:
        row = await self._group.session.row(self._sql.put_alarm, alarm_row(alarm, self._seal))
        return row is not None

    async def alarm(self, id: str) -> Alarm | None:
        row = await self._group.session.row(self._sql.alarm, {"id": storable(id)})
        return alarm_of(row, self._seal) if row else None

    async def drop_alarms(self, before: float) -> int:
        return len(await self._group.session.rows(self._sql.drop_alarms, {"before": before}))
