"""[ledger] of gateway.toml: where the ledger lies and how far its writer lets work pile up."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


class LedgerConfig(BaseModel):
    """``url`` is ``sqlite:///PATH`` (``{state_dir}`` is filled in) or ``postgresql://user:password@host/name``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = "sqlite:///{state_dir}/ledger.db"
    readers: int = Field(default=3, ge=1, le=32, description="reading connections")
    batch: int = Field(default=128, ge=1, le=2000, description="pieces of work that may share one commit")
    queue: int = Field(default=10_000, ge=1, le=1_000_000, description="pieces of work that may wait for the writer")
    wait_s: float = Field(default=5.0, gt=0, le=60, description="longest wait for a place in that queue")
    work_s: float = Field(default=5.0, gt=0, le=60, description="longest time one piece of work may take")
    busy_s: float = Field(default=5.0, ge=0, le=60, description="longest wait for another process's lock")

    @field_validator("url")
    @classmethod
    def _known_kind(cls, url: str) -> str:
        if url.startswith(POSTGRES):
            return url
        if url.startswith(SQLITE) and url != SQLITE and ":memory:" not in url:
            return url
        raise ValueError("must be sqlite:///PATH (a file) or postgresql://user@host/name")

    def url_in(self, state_dir: Path) -> str:
        """The url with ``{state_dir}`` filled in."""
        return self.url.replace("{state_dir}", str(state_dir))


def sqlite_path(url: str) -> Path | None:
    """The database file of a SQLite url; None for PostgreSQL. ValueError for anything else."""
    if url.startswith(SQLITE):
        return Path(url.removeprefix(SQLITE))
    if url.startswith(POSTGRES):
        return None
    raise ValueError("a ledger url begins with sqlite:/// or postgresql://")
