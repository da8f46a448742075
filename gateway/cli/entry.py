"""What an entry of ``gateway normalize`` is: how a channel's originals become messages on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gateway.model.messages import Message
from gateway.settings import SecretMissing, Secrets, Settings, find_secret

Read = Callable[[bytes, float], Message | Sequence[Message]]
"""The message of an original that came in at a time (epoch seconds), or its messages, of a channel whose originals may
hold several (an SMS vendor's callback). Raises BadInput."""
Configured = Callable[[], tuple[Settings, Secrets]]
"""The configuration with its secrets, read when an entry needs it. Raises NotConfigured."""


class BadInput(Exception):
    """An original that cannot be read: ``where`` names the part, ``why`` what is wrong with it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


class WrongUse(Exception):
    """Options that do not go together, or that the configuration does not know. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Normalizer:
    """One channel: what it reads, its options, and the reader that they make (raises WrongUse).

    ``strict``: what nobody can read is printed as the ticket that it would become, and is wrong input all the same
    (a PDU; any bytes are a mail).
    """

    what: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    reader: Callable[[argparse.Namespace, Configured], Read]
    strict: bool = False


class _Account(Protocol):
    @property
    def account(self) -> str: ...


A = TypeVar("A", bound=_Account)


def account_named(name: str, accounts: Sequence[A], channel: str) -> A:
    """The configured account of a name, switched on or not. Raises WrongUse that lists the known ones."""
    found = next((one for one in accounts if one.account == name), None)
    if found is None:
        known = ", ".join(one.account for one in accounts) or "none"
        raise WrongUse(f"--account: channels.toml has no [[{channel}]] account {name} (known: {known})")
    return found


def secret_of(ref: str, settings: Settings, secrets: Secrets) -> str:
    """What a reference of an account stands for, also of one that is switched off, whose secrets nobody has asked for
    yet. Raises WrongUse that says which secret is missing, and where it was looked for.
    """
    try:
        return secrets.of(ref)
    except KeyError:  # of an account that is switched off
        pass
    try:
        return find_secret(settings.state_dir, ref)
    except SecretMissing as error:
        raise WrongUse(f"--account: it needs the secret {ref}, which cannot be had: {error}") from None
