"""``gateway user``: accounts of people and machines, straight in the ledger, whether the gateway runs or not."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from dataclasses import replace

from gateway.cli.common import add_config, load_or_say
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import open_ledger
from gateway.model.ids import AgentId
from gateway.model.records import Account, AuditEntry
from gateway.tickets.ports import Ledger, Tx
from gateway.web.passwords import hash_password
from gateway.web.staff import easy_password, new_token

ROLES = ("agent", "supervisor", "admin", "reader")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The acts on accounts."""
    add_config(parser)
    acts = parser.add_subparsers(dest="act", required=True)
    add = acts.add_parser("add", help="add an account and print its password")
    add.add_argument("login")
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--name", default="")
    add.add_argument("--agent", default="", help="the agent's number (工号); default for agents: the login")
    for name, what in (
        ("password", "set a new password and print it"),
        ("disable", "let the account in no more"),
        ("enable", "let the account in again"),
        ("token", "make a machine token and print it once"),
    ):
        acts.add_parser(name, help=what).add_argument("login")
    acts.add_parser("list", help="all accounts")


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when there is no such account or it exists already."""
    loaded = load_or_say(args.config)
    return 1 if loaded is None else asyncio.run(_run(args, *loaded))


async def _run(args: argparse.Namespace, settings, secrets) -> int:  # type: ignore[no-untyped-def]
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    try:
        async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
            if args.act == "list":
                for account in await ledger.accounts():
                    state = "disabled" if account.disabled else "enabled"
                    print(f"{account.login}\t{account.role}\t{account.agent_id or '-'}\t{state}\t{account.name}")
                return 0
            return await _act(ledger, args)
    except OSError as error:
        print(f"gateway user: {error}", file=sys.stderr)
        return 1


async def _act(ledger: Ledger, args: argparse.Namespace) -> int:
    found = await ledger.account(args.login)
    if args.act == "add":
        if found is not None:
            print(f"gateway user: there is an account {args.login} already", file=sys.stderr)
            return 1
        agent = args.agent or (args.login if args.role == "agent" else "")
        account = Account(args.login, args.name or args.login, args.role, AgentId(agent))
        return await _save(ledger, account, "add", easy_password())
    if found is None:
        print(f"gateway user: no account {args.login}", file=sys.stderr)
        return 1
    account = found[0]
    if args.act == "password":
        return await _save(ledger, account, "password", easy_password())
    if args.act == "token":
        return await _token(ledger, account)
    return await _save(ledger, replace(account, disabled=args.act == "disable"), args.act, None)


async def _save(ledger: Ledger, account: Account, act: str, password: str | None) -> int:
    async def save(tx: Tx) -> None:
        await tx.save_account(account, hash_password(password) if password else None)
        await tx.audit(_audit(account, act))

    await ledger.write(save)
    print(f"{account.login} {password}" if password else f"{account.login}: {act}d")
    return 0


async def _token(ledger: Ledger, account: Account) -> int:
    token, hashed = new_token()

    async def save(tx: Tx) -> None:
        await tx.save_token(account.login, hashed, "made by gateway user token", time.time())
        await tx.audit(_audit(account, "token"))

    await ledger.write(save)
    print(token)
    return 0


def _audit(account: Account, act: str) -> AuditEntry:
    return AuditEntry(time.time(), f"cli:{os.environ.get('USER', 'root')}", f"user.{act}", account.login, "local")
