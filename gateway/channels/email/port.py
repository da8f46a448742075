"""What the mailroom (a process of its own) and the mail accounts in the gateway give each other.

The mailroom has read the mail and kept its files; the account knows tickets. ``Message.more`` of a mail holds, beside
the usual: ``verdict`` (``request``, ``bounce``, ``auto_reply``, ``loop``, ``bulk``), ``why`` (what it was judged by),
``message_id``, ``references`` (Message-IDs), ``tag_ticket`` (the ticket that our signed reply address names),
``ours`` (pairs of ticket number and delivery id proved by our own signed Message-IDs, nearest first),
``subject_ticket`` (a ticket number in the subject: nothing is proved by it) and, of a bounce, ``bounce`` (a list of
mappings: action, recipient, status, diagnostic, ticket_no, delivery_id). A message that opens no ticket has the kind
``event``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.model.messages import Message, Raw


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail as the mailroom hands it over. ``cursor`` is what an IMAP mailbox must remember in the same transaction:
    the name of a ledger state and its value (``uidvalidity``, ``uid``); None for mail delivered to us.
    """

    raw: Raw
    message: Message
    cursor: tuple[str, Mapping[str, int]] | None = None


class MailDesk(Protocol):
    """An account's side (``EmailChannel``)."""

    async def take(self, handed: Handed) -> None:
        """Take a mail in. Returns after the commit; OSError when it could not be kept: the sender keeps it."""

    async def cursor(self, name: str) -> Mapping[str, int] | None:
        """Where a mailbox was left. OSError when the ledger cannot say."""

    async def keep_cursor(self, name: str, value: Mapping[str, int]) -> None:
        """Remember a mailbox's place without a mail: at its first sight, and past what was set aside. Returns after the
        commit; OSError when it could not be kept."""
