"""Rows of holds and of recordings that are gone (gateway.model.archive): why somebody holds one is sealed."""

from __future__ import annotations

from gateway.ledger import tables
from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import call_of, plain
from gateway.model.archive import GoneRecording, LegalHold, RecordedCall

_HOLD = ("id", "kind", "subject", "author", "at", "until", "lifted_at", "lifted_by")
_GONE = ("recording_id", "day", "size", "deleted_at", "why")
_CALL = len(tables.calls.columns)


def hold_row(hold: LegalHold, seal: Seal) -> Params:
    return {**plain(hold, _HOLD), "data": seal.close(_place(hold.id), {"why": hold.why})}


def hold_of(row: Row, seal: Seal) -> LegalHold:
    *values, data = row
    known = dict(zip(_HOLD, values, strict=True))
    return LegalHold(**known, why=seal.open(_place(known["id"]), data)["why"])


def gone_row(gone: GoneRecording) -> Params:
    return plain(gone, _GONE)


def gone_of(row: Row) -> GoneRecording:
    return GoneRecording(**dict(zip(_GONE, row, strict=True)))


def recorded_of(row: Row, seal: Seal) -> RecordedCall:
    """A call's columns, then the first ticket, whether one is secret, and when the recording was deleted."""
    ticket_no, secret, deleted_at = row[_CALL:]
    return RecordedCall(call_of(row[:_CALL], seal), ticket_no or "", bool(secret), deleted_at)


def _place(id_: str) -> str:
    return f"legal_holds/{id_}"
