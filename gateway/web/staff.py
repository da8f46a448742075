"""The first accounts of a new hotline, and those that an operator makes: login, role, agent number, password, token.

A ledger without accounts gets an admin, a shift lead and one agent a seat, each with a password of its own, told once
to whoever started the gateway. Nothing is made when there is any account.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gateway.model.ids import AgentId
from gateway.model.records import Account
from gateway.tickets.ports import Ledger, Tx
from gateway.web.passwords import hash_password
from gateway.web.sessions import token_hash

FIRST_AGENT = 1001
_EASY = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """An account as told once: what to type, and as whom."""

    account: Account
    password: str


def easy_password() -> str:
    """A random password that can be read out: 14 characters without look-alikes, 69 bits."""
    return "".join(secrets.choice(_EASY) for _ in range(14))


async def make_first_logins(ledger: Ledger, agents: int) -> list[FirstLogin]:
    """Fill an empty ledger with accounts, durably, and return their passwords. Empty when there were accounts."""
    if await ledger.accounts():
        return []
    accounts = [
        Account("admin", "系统管理员", "admin", AgentId("")),
        Account("lead", "值班长", "supervisor", AgentId("")),
        *(Account(str(n), f"热线员{n}", "agent", AgentId(str(n))) for n in range(FIRST_AGENT, FIRST_AGENT + agents)),
    ]
    first = [FirstLogin(account, easy_password()) for account in accounts]
    hashes = await asyncio.to_thread(_hashes, [one.password for one in first])

    async def save(tx: Tx) -> None:
        for one, password_hash in zip(first, hashes, strict=True):
            await tx.save_account(one.account, password_hash)

    await ledger.write(save)
    return first


def _hashes(passwords: list[str]) -> list[str]:
    """All hashes, as many at once as there are processors: a hall of 200 seats must not wait ten seconds for them."""
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="first-logins") as pool:
        return list(pool.map(hash_password, passwords))


def logins_text(first: Iterable[FirstLogin]) -> str:
    """The lines of first-logins.txt: login, password, role, name."""
    return "".join(f"{one.account.login} {one.password} {one.account.role} {one.account.name}\n" for one in first)


def new_token() -> tuple[str, str]:
    """A machine token and its hash for ``Tx.save_token``. The token itself is shown once and kept nowhere."""
    token = "gw_" + secrets.token_urlsafe(32)
    return token, token_hash(token)
