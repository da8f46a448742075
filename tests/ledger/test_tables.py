"""The schema keeps to what both drivers carry as they are, and every personal number has its hash indexed."""

from __future__ import annotations

import pytest
from sqlalchemy import BigInteger, Boolean, Double, LargeBinary, Table, Text

from gateway.ledger.tables import metadata, tickets


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_only_plain_types_are_used(table: Table) -> None:
    for column in table.columns:
        assert isinstance(column.type, (Text, Double, BigInteger, Boolean, LargeBinary)), column


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_a_hash_column_is_the_first_of_an_index(table: Table) -> None:
    first = {next(iter(index.columns)).name for index in table.indexes}
    assert {column.name for column in table.columns if column.name.endswith("_hash")} - {
        "password_hash",
        "token_hash",
    } <= first
    assert {"calling_hash", "contact_hash", "user_hash"} <= set(tickets.columns.keys())
