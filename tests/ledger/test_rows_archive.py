"""Holds and deleted recordings come back as they were kept, and why somebody holds one is sealed."""

from __future__ import annotations

import pytest

from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys, Seal
from gateway.ledger.rows_archive import gone_of, gone_row, hold_of, hold_row
from gateway.model.archive import GoneRecording, LegalHold

SEAL = Seal(LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32))
HOLD = LegalHold("h1", "ticket", "460000-20261121-0000001", "张三诉某局", "lead", 1.0, 2.0, 3.0, "root")


def test_a_hold_comes_back_and_its_reason_is_sealed() -> None:
    row = hold_row(HOLD, SEAL)
    assert hold_of(list(row.values()), SEAL) == HOLD
    assert "张三".encode() not in row["data"] and all("张三" not in str(value) for value in row.values())


def test_a_reason_opens_at_its_own_hold_only() -> None:
    values = list(hold_row(HOLD, SEAL).values())
    with pytest.raises(LedgerError):
        hold_of(["h2", *values[1:]], SEAL)


def test_a_deleted_recording_comes_back() -> None:
    gone = GoneRecording("7.1", "20241121", 1_000_000, 5.0)
    assert gone_of(list(gone_row(gone).values())) == gone
