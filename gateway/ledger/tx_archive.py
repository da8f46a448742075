"""The part of a transaction's hands that is about recordings (``SqlTx`` in tx.py has it). Written at once and past what
a group has pending: nothing else looks into these tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_archive import gone_of, gone_row, hold_of, hold_row
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.archive import GoneRecording, LegalHold

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class ArchiveTx:
    """See ``gateway.web.archive_ports.ArchiveTx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def save_hold(self, hold: LegalHold) -> None:
        await self._group.session.run(self._sql.put_hold, hold_row(hold, self._seal))

    async def hold(self, id: str) -> LegalHold | None:
        row = await self._group.session.row(self._sql.hold, {"id": storable(id)})
        return hold_of(row, self._seal) if row else None

    async def held_recordings(self, at: float) -> frozenset[str]:
        rows = await self._group.session.rows(self._sql.held_recordings, {"now": at})
        return frozenset(row[0] for row in rows)

    async def gone_recording(self, recording_id: str) -> GoneRecording | None:
        row = await self._group.session.row(self._sql.gone, {"recording_id": storable(recording_id)})
        return gone_of(row) if row else None

    async def save_gone(self, gone: Sequence[GoneRecording]) -> None:
        if gone:
            await self._group.session.run_many(self._sql.put_gone, [gone_row(one) for one in gone])
