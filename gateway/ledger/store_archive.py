"""The reads about recordings (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows_archive import gone_of, hold_of, recorded_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import given_filters, made, page
from gateway.ledger.texts import storable
from gateway.model.archive import GoneRecording, LegalHold, RecordedCall
from gateway.tickets.ports import NotFound


class ArchiveLedger:
    """See ``gateway.web.archive_ports.ArchiveLedger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def recorded_calls(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        agent: str | None = None,
        queue: str | None = None,
        entry_number: str | None = None,
        number: str | None = None,
        ticket_no: str | None = None,
        outcome: str | None = None,
        direction: str | None = None,
        least_s: float | None = None,
        most_s: float | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> Sequence[RecordedCall]:
        given = given_filters(
            since=since, until=until, agent=agent, queue=queue, entry_number=entry_number, number=number,
            ticket_no=ticket_no, outcome=outcome, direction=direction, least_s=least_s, most_s=most_s, after=after,
        )  # fmt: skip
        params = {**given, "limit": page(limit)}
        if after is not None:
            start = await self._database.lookup(self._sql.call_start, {"call_id": storable(after)})
            if not start:
                raise NotFound(f"no call {after} to continue after")
            params |= {"after_at": start[0][0], "after_id": after}
        if number is not None:
            params["number"] = self._seal.number_hash(number)
        rows = await self._database.query(self._sql.search_recordings(frozenset(given)), params)
        return await made(rows, self._recorded)

    def _recorded(self, row: Row) -> RecordedCall:
        return recorded_of(row, self._seal)

    async def holds(self, *, subject: str | None = None, lifted: bool = False, limit: int = 100) -> Sequence[LegalHold]:
        if subject is not None:
            given = {"subject": storable(subject), "limit": page(limit)}
            rows = await self._database.lookup(self._sql.holds_of, given)
        else:
            sql = self._sql.holds if lifted else self._sql.open_holds
            rows = await self._database.query(sql, {"limit": page(limit)})
        return [hold_of(row, self._seal) for row in rows]

    async def held_recordings(self, at: float) -> frozenset[str]:
        rows = await self._database.query(self._sql.held_recordings, {"now": at})
        return frozenset(row[0] for row in rows)

    async def gone_recording(self, recording_id: str) -> GoneRecording | None:
        rows = await self._database.lookup(self._sql.gone, {"recording_id": storable(recording_id)})
        return gone_of(rows[0]) if rows else None
