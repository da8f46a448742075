"""``gateway migrate``: the schema made or found up to date, and what is wrong in one line."""

from __future__ import annotations

import sqlite3

from tests.plugins.typed import Typed


def test_it_makes_the_ledger_and_a_second_time_does_no_harm(typed: Typed) -> None:
    for _ in range(2):
        said = typed("migrate")
        assert (said.status, said.out, said.err) == (0, "the ledger's schema is up to date\n", "")
    with sqlite3.connect(typed.state_dir / "ledger.db") as ledger:
        tables = {name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ledger.close()
    assert {"calls", "tickets", "events", "accounts"} <= tables
    assert not (typed.state_dir / "secrets.toml").exists(), "a schema needs no secret"


def test_a_ledger_of_a_newer_gateway_is_left_alone_and_said(typed: Typed) -> None:
    typed("migrate")
    with sqlite3.connect(typed.state_dir / "ledger.db") as ledger:
        ledger.execute("UPDATE alembic_version SET version_num = '9999_future'")
    ledger.close()
    said = typed("migrate")
    assert said.status == 1 and said.out == ""
    assert said.err.startswith("gateway migrate: ") and "newer" in said.err and said.err.count("\n") == 1


def test_a_state_directory_that_is_a_file_is_one_line(typed: Typed) -> None:
    typed.state_dir.write_text("")
    said = typed("migrate")
    assert (said.status, said.err) == (1, f"gateway migrate: {typed.state_dir}: File exists\n")


def test_a_wrong_configuration_makes_nothing(typed: Typed) -> None:
    said = typed("migrate", config=typed.state_dir / "none")
    assert said.status == 1 and "no such configuration directory" in said.err
    assert not typed.state_dir.exists()
