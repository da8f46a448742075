"""The first accounts of a hotline: made once, each with a password that is told and verifies."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, open_ledger
from gateway.model.ids import AgentId
from gateway.model.records import Account
from gateway.web.passwords import hasher
from gateway.web.staff import FirstLogin, easy_password, logins_text, make_first_logins, new_token

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def test_an_empty_ledger_gets_an_admin_a_lead_and_an_agent_a_seat_whose_passwords_verify(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        first = await make_first_logins(ledger, 2)
        assert [(one.account.login, one.account.role, one.account.agent_id) for one in first] == [
            ("admin", "admin", ""), ("lead", "supervisor", ""), ("1001", "agent", "1001"), ("1002", "agent", "1002"),
        ]  # fmt: skip
        assert len({one.password for one in first}) == 4
        for one in first:
            found = await ledger.account(one.account.login)
            assert found is not None and found[0] == one.account
            assert hasher().verify(found[1], one.password)
            assert one.password not in found[1]
        assert await make_first_logins(ledger, 2) == [], "told once"
        assert len(await ledger.accounts()) == 4


async def test_a_ledger_with_any_account_gets_none(tmp_path: Path) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:
        own = Account("chief", "主任", "admin", AgentId(""))
        await ledger.write(lambda tx: tx.save_account(own, "hash"))
        assert await make_first_logins(ledger, 30) == []
        assert list(await ledger.accounts()) == [own]


async def test_when_the_ledger_refuses_no_password_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_ledger(LedgerConfig(), tmp_path, KEYS) as ledger:

        async def refuse(_work: object) -> None:
            raise OSError("disk full")

        with monkeypatch.context() as patch, pytest.raises(OSError, match="disk full"):
            patch.setattr(ledger, "write", refuse)
            await make_first_logins(ledger, 0)
        assert await ledger.accounts() == []


def test_a_password_can_be_read_out_and_is_never_the_same() -> None:
    made = {easy_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one) == 14 and not set(one) & set("il10oO") for one in made)


def test_the_file_of_first_logins_has_one_account_a_line() -> None:
    account = Account("lead", "值班长", "supervisor", AgentId(""))
    assert logins_text([FirstLogin(account, "pw"), FirstLogin(account, "pw2")]) == (
        "lead pw supervisor 值班长\nlead pw2 supervisor 值班长\n"
    )


def test_a_token_is_kept_as_its_hash_alone() -> None:
    token, kept = new_token()
    assert token.startswith("gw_") and len(token) >= 40
    assert kept == hashlib.sha256(token.encode()).hexdigest()
    assert new_token()[0] != token
