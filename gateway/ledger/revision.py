"""Whether a ledger's schema is this gateway's already, found out without Alembic: most starts migrate nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from gateway.ledger.config import sqlite_path

HEAD = "0014"
"""The newest revision in migrations/versions. A test holds it against Alembic's own answer."""


async def is_current(url: str) -> bool:
    """True when the SQLite ledger of ``url`` is at ``HEAD``. Anything else, PostgreSQL too, is left to ``migrate``."""
    path = sqlite_path(url)
    return path is not None and await asyncio.to_thread(_revision, path) == HEAD


def _revision(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)
    except sqlite3.Error:
        return None
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return None  # not there yet, or not readable: migrate says why
    finally:
        connection.close()
    return str(row[0]) if row else None
