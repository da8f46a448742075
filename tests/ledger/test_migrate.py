"""The migrations lead to exactly the tables of tables.py, however often and by however many they are run."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

import gateway.ledger
from gateway.ledger import LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable, open_ledger
from gateway.ledger.migrate import migrate
from gateway.ledger.personal import Seal
from gateway.ledger.tables import metadata
from gateway.model.ids import TicketNo
from gateway.tickets.ports import TicketDraft


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def differences_at(url: str) -> list[Any]:
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.connect() as connection:
            found = differences(connection)
        engine.dispose()
        return found
    away = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with away.connect() as connection:
        found = await connection.run_sync(differences)
    await away.dispose()
    return found


async def execute(url: str, statement: str) -> None:
    if url.startswith("sqlite"):
        plain = sqlite3.connect(url.removeprefix("sqlite:///"))
        plain.execute(statement)
        plain.commit()
        plain.close()
    else:
        connection = await asyncpg.connect(url)
        await connection.execute(statement)
        await connection.close()


async def test_the_migrated_schema_is_the_metadata(ledger_url: str) -> None:
    await migrate(ledger_url)
    assert await differences_at(ledger_url) == []


async def test_a_schema_that_differs_would_be_seen(ledger_url: str) -> None:
    await migrate(ledger_url)
    await execute(ledger_url, "DROP INDEX ix_calls_caller")
    [(act, index)] = await differences_at(ledger_url)
    assert (act, index.name) == ("add_index", "ix_calls_caller")


async def test_several_gateways_may_start_at_once(ledger_url: str) -> None:
    await asyncio.gather(*(migrate(ledger_url) for _ in range(4)))
    await migrate(ledger_url)
    assert await differences_at(ledger_url) == []


async def test_a_newer_schema_is_refused(ledger_url: str) -> None:
    await migrate(ledger_url)
    await execute(ledger_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="newer"):
        await migrate(ledger_url)


async def test_a_file_that_is_not_a_database_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("this is not a database, and long enough to be looked at " * 20)
    with pytest.raises(LedgerUnavailable, match="not a database"):
        await migrate(f"sqlite:///{tmp_path}/ledger.db")


async def test_a_server_that_is_not_there_is_said_plainly() -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        await migrate("postgresql://gateway@127.0.0.1:1/gateway")


# From the revision before -----------------------------------------------------------------------------------------

OLD_TICKET = {
    "ticket_no": "460000-20261121-0000001", "id": "t1", "revision": 3, "state": "accepted", "channel": "phone",
    "account": "trunk", "entry_number": "12345", "track": "own", "area_code": "460000", "day": "20261121",
    "running": 1, "received_at": 1.0, "occurred_at": 1.0, "channel_msg_id": "1.1", "queue": "", "call_id": "1.1",
    "agent_id": "", "language": "zh", "kind": "", "category": "", "title": "来电", "content": "", "urgency": "一般",
    "is_secret": True, "recording_id": "", "raw_id": "", "query_code": "",
}  # fmt: skip
OLD_PERSONAL = {"calling_number": "13812345678", "contact_number": "", "name": "王小明", "more": {"a": 1}}
KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


def fill_first(connection: Connection) -> None:
    """The schema of revision 0001 with a ticket as that revision wrote it."""
    config = Config()
    config.set_main_option("script_location", str(Path(gateway.ledger.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
    seal = Seal(KEYS)
    row = OLD_TICKET | {
        "personal": seal.close("tickets/t1", OLD_PERSONAL),
        "calling_hash": seal.number_hash("13812345678"),
    }
    tables = MetaData()
    tables.reflect(connection, only=["tickets", "ticket_keys", "ticket_counters"])
    connection.execute(tables.tables["tickets"].insert(), row)
    connection.execute(tables.tables["ticket_keys"].insert(), {"key": "call:1.1", "ticket_id": "t1"})
    counter = {"area_code": "460000", "day": "20261121", "running": 1}
    connection.execute(tables.tables["ticket_counters"].insert(), counter)


async def at_first(url: str) -> None:
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.begin() as connection:
            fill_first(connection)
        engine.dispose()
        return
    away = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with away.begin() as opened:
        await opened.run_sync(fill_first)
    await away.dispose()


async def test_a_ledger_of_the_first_revision_keeps_its_tickets_and_learns_the_new_fields(
    ledger_url: str, tmp_path: Path
) -> None:
    await at_first(ledger_url)
    async with open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS) as ledger:
        number = TicketNo("460000-20261121-0000001")
        old = await ledger.ticket(number)
        assert old is not None
        assert (old.calling_number, old.name, old.more, old.is_secret) == ("13812345678", "王小明", {"a": 1}, True)
        assert (old.user_id, old.sex, old.longitude, old.is_public, old.related_nos) == ("", "", None, False, [])
        assert (old.external_nos, old.proposed, old.flags, old.risk_level) == ({}, {}, [], None)
        assert await ledger.ticket_by_key("call:1.1") == old
        assert list(await ledger.tickets(number="13812345678")) == [old]
        theirs = await ledger.write(lambda tx: tx.tickets_of(number="13812345678", since=0))
        assert list(theirs) == [old]
        changes = {"user_id": "oABC", "flags": ["a"], "latitude": 20.5}
        changed = await ledger.write(lambda tx: tx.update_ticket(number, changes))
        assert changed == replace(old, user_id="oABC", flags=["a"], latitude=20.5, revision=4)
        assert await ledger.ticket(number) == changed
        draft = TicketDraft("phone", "460000", 1_795_233_600.0, 1_795_233_600.0)
        next_one, _ = await ledger.write(lambda tx: tx.open_ticket(draft, "k"))
        assert next_one.ticket_no == "460000-20261121-0000002"
    assert await differences_at(ledger_url) == []
