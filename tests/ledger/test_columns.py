"""A column that came to a table with rows has what those rows then hold; a partial index is one on both databases."""

from __future__ import annotations

from sqlalchemy import Column, Double, MetaData, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.ledger import columns


def test_an_added_column_is_filled_for_the_rows_of_before() -> None:
    table = Table("t", MetaData(), columns.added_words("a", "[]"), columns.added_mark("b"), columns.words("c"))
    made = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "a TEXT DEFAULT '[]' NOT NULL" in made
    assert "b BOOLEAN DEFAULT false NOT NULL" in made
    assert "c TEXT NOT NULL" in made


def test_a_partial_index_is_partial_on_both_databases() -> None:
    table = Table("t", MetaData(), Column("at", Double))
    columns.partial("ix", table.c.at, where=table.c.at.is_not(None))
    [index] = table.indexes
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        assert "WHERE at IS NOT NULL" in str(CreateIndex(index).compile(dialect=dialect))
