"""[ledger] names one of two databases; anything else is refused with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.ledger.config import LedgerConfig, sqlite_path


def test_the_default_lies_in_the_state_directory() -> None:
    assert sqlite_path(LedgerConfig().url_in(Path("/srv/gw"))) == Path("/srv/gw/ledger.db")
    assert sqlite_path(LedgerConfig().url_in(Path("var"))) == Path("var/ledger.db")


def test_a_postgres_url_is_no_path() -> None:
    assert sqlite_path(LedgerConfig(url="postgresql://gw@db/gateway").url_in(Path("var"))) is None


@pytest.mark.parametrize("url", ["", "mysql://x", "sqlite://", "sqlite:///", "sqlite:///:memory:", "ledger.db"])
def test_other_urls_are_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ValidationError, match="sqlite:///PATH"):
        LedgerConfig(url=url)


def test_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="bacth"):
        LedgerConfig(bacth=3)  # type: ignore[call-arg]


def test_an_url_of_another_kind_is_no_ledger() -> None:
    with pytest.raises(ValueError, match="begins with"):
        sqlite_path("mysql://x")
