"""The kinds of columns that the tables (tables.py) are made of, and the one ``metadata`` that they belong to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, LargeBinary, MetaData, Text, false, text
from sqlalchemy.sql.expression import ColumnElement

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(column_0_label)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def words(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def maybe_words(name: str) -> Column[str]:
    return Column(name, Text, nullable=True)


def moment(name: str) -> Column[float]:
    return Column(name, Double, nullable=False)


def maybe_moment(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)


def number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def hashed(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=True)


def added_words(name: str, empty: str = "") -> Column[str]:
    """A column that came to a table with rows: they have ``empty``."""
    return Column(name, Text, nullable=False, server_default=text(f"'{empty}'"))


def added_mark(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def maybe_number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=True)


def sealed(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def partial(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
