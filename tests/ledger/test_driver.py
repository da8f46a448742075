"""Statements are compiled to text with their parameters in the driver's order."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg

from gateway.ledger.driver import compile_sql
from gateway.ledger.tables import states

STATEMENT = select(states.c.value).where(states.c.value == bindparam("v"), states.c.name == bindparam("n")).limit(3)


def test_arguments_follow_the_statement_s_order_not_the_caller_s() -> None:
    sql = compile_sql(STATEMENT, sqlite.dialect())
    assert sql.args({"n": "name", "v": "value"})[:2] == ("value", "name")


def test_values_that_core_gave_are_filled_in() -> None:
    for dialect in (sqlite.dialect(), asyncpg.dialect()):
        assert 3 in compile_sql(STATEMENT, dialect).args({"n": "name", "v": "value"})


def test_a_missing_parameter_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="v"):
        compile_sql(STATEMENT, sqlite.dialect()).args({"n": "name"})
