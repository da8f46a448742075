"""``gateway user`` against a real ledger: accounts, passwords that verify, tokens, and plain words for errors."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.settings import load, load_secrets
from gateway.web.passwords import hasher
from gateway.web.sessions import token_hash
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG

T = TypeVar("T")


def ask(typed: Typed, question: Callable[[SqlLedger], Awaitable[T]]) -> T:
    """The answer of the command's own ledger, opened with its own keys."""

    async def asked() -> T:
        settings = load(CONFIG, typed.environ)
        secrets = load_secrets(settings.state_dir, settings)
        keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
        async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
            return await question(ledger)

    return asyncio.run(asked())


def verifies(typed: Typed, login: str, password: str) -> bool:
    found = ask(typed, lambda ledger: ledger.account(login))
    assert found is not None
    return hasher().verify(found[1], password)


def test_an_added_agent_has_the_login_as_number_and_the_printed_password_verifies(typed: Typed) -> None:
    said = typed("user", "add", "1007", "--role", "agent", "--name", "王芳")
    assert said.status == 0 and said.err == ""
    login, password = said.out.split()
    assert login == "1007" and verifies(typed, "1007", password)
    assert typed("user", "list").out == "1007\tagent\t1007\tenabled\t王芳\n"
    (entry,) = ask(typed, lambda ledger: ledger.audits(subject="1007"))
    assert entry.act == "user.add" and entry.login.startswith("cli:") and entry.address == "local"
    assert password not in repr(entry)


def test_accounts_are_listed_with_role_number_and_state(typed: Typed) -> None:
    typed("user", "add", "lead", "--role", "supervisor")
    typed("user", "add", "li.na", "--role", "agent", "--agent", "2001")
    typed("user", "disable", "lead")
    assert typed("user", "list").out.splitlines() == [
        "lead\tsupervisor\t-\tdisabled\tlead", "li.na\tagent\t2001\tenabled\tli.na",
    ]  # fmt: skip


def test_a_new_password_takes_the_place_of_the_old(typed: Typed) -> None:
    first = typed("user", "add", "lead", "--role", "supervisor").out.split()[1]
    second = typed("user", "password", "lead").out.split()[1]
    assert first != second and verifies(typed, "lead", second)
    with pytest.raises(Exception, match="does not match"):
        verifies(typed, "lead", first)


def test_a_disabled_account_keeps_its_password_until_it_is_enabled_again(typed: Typed) -> None:
    password = typed("user", "add", "lead", "--role", "supervisor").out.split()[1]
    assert typed("user", "disable", "lead").out == "lead: disabled\n"
    assert typed("user", "enable", "lead").out == "lead: enabled\n"
    assert "enabled" in typed("user", "list").out and verifies(typed, "lead", password)
    acts = [entry.act for entry in ask(typed, lambda ledger: ledger.audits(subject="lead"))]
    assert sorted(acts) == ["user.add", "user.disable", "user.enable"]


def test_a_token_opens_the_account_and_is_kept_nowhere(typed: Typed) -> None:
    typed("user", "add", "bigscreen", "--role", "reader")
    token = typed("user", "token", "bigscreen").out.strip()
    account = ask(typed, lambda ledger: ledger.account_by_token(token_hash(token)))
    assert account is not None and (account.login, account.role) == ("bigscreen", "reader")
    files = [path for path in typed.state_dir.rglob("*") if path.is_file()]
    assert files and not [path for path in files if token.encode() in path.read_bytes()]


def test_a_disabled_account_gets_no_token(typed: Typed) -> None:
    typed("user", "add", "app", "--role", "reader")
    typed("user", "disable", "app")
    said = typed("user", "token", "app")
    assert said.status == 1 and said.out == "" and "app is disabled" in said.err


@pytest.mark.parametrize("act", ["password", "disable", "enable", "token"])
def test_an_unknown_login_is_said(typed: Typed, act: str) -> None:
    said = typed("user", act, "nobody")
    assert (said.status, said.out) == (1, "")
    assert said.err == "gateway user: no account nobody (gateway user list shows all)\n"


def test_a_login_and_an_agents_number_are_given_once(typed: Typed) -> None:
    typed("user", "add", "1001", "--role", "agent")
    again = typed("user", "add", "1001", "--role", "admin")
    assert (again.status, again.err) == (1, "gateway user: there is an account 1001 already\n")
    other = typed("user", "add", "wang", "--role", "agent", "--agent", "1001")
    assert (other.status, other.err) == (1, "gateway user: the agent's number 1001 belongs to 1001 already\n")
    assert typed("user", "list").out.count("\n") == 1


def test_a_login_that_is_no_number_wants_one_of_its_own_to_be_an_agents(typed: Typed) -> None:
    said = typed("user", "add", "li.na", "--role", "agent")
    assert said.status == 1 and "--agent" in said.err


@pytest.mark.parametrize(
    "wrong",
    [
        ["a b"], [""], ["-x"], ["a\tb"], ["x" * 65], ["用户"],
        ["ok", "--name", "a\nb"], ["ok", "--name", "x" * 41], ["ok", "--agent", "10 01"], ["ok", "--agent", "1\r\nX"],
    ],
)  # fmt: skip
def test_what_would_break_a_list_or_a_frame_is_wrong_use(typed: Typed, wrong: list[str]) -> None:
    said = typed("user", "add", *wrong, "--role", "agent")
    assert said.status == 2 and said.out == ""
    assert not typed.state_dir.exists(), "refused before anything is opened"


def test_an_unknown_role_is_wrong_use(typed: Typed) -> None:
    said = typed("user", "add", "x", "--role", "boss")
    assert said.status == 2 and "supervisor" in said.err


def test_a_ledger_of_other_keys_is_one_line(typed: Typed) -> None:
    typed("user", "add", "lead", "--role", "supervisor")
    (typed.state_dir / "secrets.toml").unlink()
    said = typed("user", "list")
    assert said.status == 1 and said.err.startswith("gateway user: ") and "key" in said.err
    assert said.err.count("\n") == 1


def test_a_ledger_that_is_none_is_one_line(typed: Typed) -> None:
    typed.state_dir.mkdir()
    (typed.state_dir / "ledger.db").write_bytes(b"this is no database, but long enough to be read as one" * 40)
    said = typed("user", "list")
    assert said.status == 1 and said.err.startswith("gateway user: ") and "not a database" in said.err


def test_a_ledger_that_another_process_holds_is_one_line(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    typed("user", "add", "lead", "--role", "supervisor")
    monkeypatch.setattr("gateway.ledger.migrate._LIMIT_S", 0.4)
    monkeypatch.setenv("GATEWAY__LEDGER__BUSY_S", "0.2")
    holder = sqlite3.connect(typed.state_dir / "ledger.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        said = typed("user", "password", "lead")
    finally:
        holder.close()
    assert said.status == 1 and said.out == ""
    assert said.err.splitlines()[-1].startswith("gateway user: ") and "lock" in said.err


def test_secrets_that_others_may_read_are_refused(typed: Typed) -> None:
    typed("user", "list")
    (typed.state_dir / "secrets.toml").chmod(0o644)
    said = typed("user", "list")
    assert said.status == 1 and "others may read it" in said.err and "chmod 600" in said.err


def test_a_state_directory_that_is_a_file_is_one_line(typed: Typed, tmp_path: Path) -> None:
    typed.state_dir.write_text("")
    said = typed("user", "list")
    assert said.status == 1 and str(typed.state_dir) in said.err and said.err.count("\n") == 1
