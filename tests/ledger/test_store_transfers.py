"""Transfers beside other work of the same commit (what they promise: tests/contracts/test_transfers_contract.py)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.ledger.driver import Params
from gateway.ledger.personal import Seal
from gateway.ledger.rows_transfers import transfer_of, transfer_row
from gateway.ledger.tables import transfers
from gateway.tickets.ports import Tx
from tests.transfer.telephone import a_transfer

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_a_step_is_written_with_its_events(tmp_path: Path) -> None:
    async def work(tx: Tx) -> bool:
        await tx.emit("hotline.transfer.started.v1", "c1", {}, 1.0)
        return await tx.save_transfer(a_transfer("consult"))

    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        assert await ledger.write(work)
        assert [one.type for one in await ledger.events(0)] == ["hotline.transfer.started.v1"]
        assert [one.id for one in await ledger.transfers(limit=-3)] == []


def test_a_row_that_was_written_before_a_field_was_there_has_its_default() -> None:
    seal = Seal(KEYS)
    one = replace(a_transfer("consult"), tries=3)
    row: Params = transfer_row(one, seal)
    assert set(row) == set(transfers.columns.keys())
    said = seal.open("transfers/t1", row["data"])
    del said["tries"]
    row["data"] = seal.close("transfers/t1", said)
    assert transfer_of(tuple(row[column.name] for column in transfers.columns), seal) == replace(one, tries=0)
