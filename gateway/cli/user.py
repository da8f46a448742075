"""``gateway user``: accounts of people and machines, straight in the ledger, whether the gateway runs or not."""

from __future__ import annotations

import argparse
import asyncio
import os
import pwd
import re
import sys
import time
from dataclasses import replace

from gateway.cli import reason
from gateway.cli.common import add_config, load_or_say
from gateway.ledger.errors import LedgerError
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import open_ledger
from gateway.model.ids import AgentId
from gateway.model.records import Account, AuditEntry
from gateway.settings import Secrets, Settings
from gateway.tickets.ports import Ledger, Tx
from gateway.web.passwords import hash_password
from gateway.web.staff import easy_password, new_token

ROLES = ("agent", "supervisor", "admin", "reader", "wall")

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_AGENT = re.compile(r"[A-Za-z0-9]{1,20}")


class NotDone(Exception):
    """What was asked cannot be done. The message is for the operator."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The acts on accounts."""
    add_config(parser)
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add an account and print its password")
    add.add_argument("login", type=_login)
    add.add_argument("--role", choices=ROLES, required=True)
    add.add_argument("--name", type=_name, help="the person's or machine's name; default: the login")
    add.add_argument("--agent", type=_agent, help="the agent's number (工号); default for agents: the login")
    for name, what in (
        ("password", "set a new password and print it"),
        ("disable", "let the account in no more"),
        ("enable", "let the account in again"),
        ("token", "make a machine token and print it once"),
    ):
        acts.add_parser(name, help=what).add_argument("login")
    acts.add_parser("list", help="all accounts")
    for act in acts.choices.values():
        add_config(act, again=True)


def _login(text: str) -> str:
    if not _LOGIN.fullmatch(text):
        raise argparse.ArgumentTypeError("1 to 64 letters, digits and . _ @ - are allowed, a letter or digit first")
    return text


def _agent(text: str) -> str:
    if not _AGENT.fullmatch(text):
        raise argparse.ArgumentTypeError("1 to 20 letters and digits are allowed")
    return text


def _name(text: str) -> str:
    if not text.isprintable() or not 1 <= len(text) <= 40:
        raise argparse.ArgumentTypeError("1 to 40 characters are allowed, no control characters")
    return text


def run(args: argparse.Namespace) -> int:
    """0 when done, 1 when there is no such account, it exists already, or the ledger cannot be opened."""
    loaded = load_or_say(args.config)
    if loaded is None:
        return 1
    try:
        asyncio.run(_run(args, *loaded))
    except (NotDone, LedgerError) as error:
        print(f"gateway user: {error}", file=sys.stderr)
    except OSError as error:
        print(f"gateway user: {reason(error)}", file=sys.stderr)
    else:
        return 0
    return 1


async def _run(args: argparse.Namespace, settings: Settings, secrets: Secrets) -> None:
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        if args.act == "list":
            await _list(ledger)
        elif args.act == "add":
            await _add(ledger, args)
        else:
            await _change(ledger, args.act, args.login)


async def _list(ledger: Ledger) -> None:
    for account in await ledger.accounts():
        state = "disabled" if account.disabled else "enabled"
        print(f"{account.login}\t{account.role}\t{account.agent_id or '-'}\t{state}\t{account.name}")


async def _add(ledger: Ledger, args: argparse.Namespace) -> None:
    agent = args.agent or (args.login if args.role == "agent" else "")
    if agent and not _AGENT.fullmatch(agent):
        raise NotDone(f"the login {args.login} is no agent's number: give one with --agent (letters and digits)")
    for other in await ledger.accounts():
        if other.login == args.login:
            raise NotDone(f"there is an account {args.login} already")
        if agent and other.agent_id == agent:
            raise NotDone(f"the agent's number {agent} belongs to {other.login} already")
    account = Account(args.login, args.name or args.login, args.role, AgentId(agent))
    await _save(ledger, account, "add", easy_password())


async def _change(ledger: Ledger, act: str, login: str) -> None:
    found = await ledger.account(login)
    if found is None:
        raise NotDone(f"no account {login} (gateway user list shows all)")
    account = found[0]
    if act == "password":
        await _save(ledger, account, act, easy_password())
    elif act == "token":
        await _token(ledger, account)
    else:
        await _save(ledger, replace(account, disabled=act == "disable"), act, None)


async def _save(ledger: Ledger, account: Account, act: str, password: str | None) -> None:
    hashed = hash_password(password) if password else None

    async def save(tx: Tx) -> None:
        await tx.save_account(account, hashed)
        await tx.audit(_audit(account, act))

    await ledger.write(save)
    print(f"{account.login} {password}" if password else f"{account.login}: {act}d")


async def _token(ledger: Ledger, account: Account) -> None:
    if account.disabled:
        raise NotDone(
            f"{account.login} is disabled, so a token would open nothing: gateway user enable {account.login}"
        )
    token, hashed = new_token()

    async def save(tx: Tx) -> None:
        await tx.save_token(account.login, hashed, "made by gateway user token", time.time())
        await tx.audit(_audit(account, "token"))

    await ledger.write(save)
    print(token)


def _audit(account: Account, act: str) -> AuditEntry:
    return AuditEntry(time.time(), f"cli:{_who()}", f"user.{act}", account.login, "local")


def _who() -> str:
    """The system's user of this process: what the environment says could be anything."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without a name
        return f"uid {os.getuid()}"
