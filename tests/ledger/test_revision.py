"""The quick look at a ledger's revision agrees with Alembic and never decides what migrate should."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

import gateway.ledger
from gateway.ledger.migrate import migrate
from gateway.ledger.revision import HEAD, is_current


def test_head_is_alembics_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(gateway.ledger.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


async def test_a_ledger_is_current_after_a_migration_and_not_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    assert not await is_current(url)
    await migrate(url)
    assert await is_current(url)


async def test_an_older_newer_or_damaged_ledger_is_left_to_migrate(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert not await is_current(f"sqlite:///{path}")
    path.write_bytes(b"this is no database at all, but long enough to look like a file")
    assert not await is_current(f"sqlite:///{path}")


async def test_postgresql_is_always_left_to_migrate() -> None:
    assert not await is_current("postgresql://nobody@127.0.0.1:1/none")
