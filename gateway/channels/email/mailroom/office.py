"""What runs in the mailroom's process: the receiver, the mailboxes, the desk, and the link to the gateway, composed.

It ends when the gateway's end of the link closes. A part that dies takes all along: the gateway starts us again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from gateway.channels.config import FilesConfig
from gateway.channels.email.config import EmailConfig, ImapConfig, MailroomConfig
from gateway.channels.email.mail import MailFile
from gateway.channels.email.mailroom.addressed import Addressed
from gateway.channels.email.mailroom.counters import Counters
from gateway.channels.email.mailroom.desk import Desk, Envelope, Limits, Reads
from gateway.channels.email.mailroom.imap import ImapBox, open_box
from gateway.channels.email.mailroom.link import Link
from gateway.channels.email.mailroom.mailbox import Mailbox
from gateway.channels.email.mailroom.receiver import Office, Receiver
from gateway.channels.email.normalise import normalise, unreadable, with_files
from gateway.channels.email.reading import read_mail
from gateway.channels.email.tags import ReplyTags
from gateway.channels.enclosures import Enclosures
from gateway.channels.files import FileStore
from gateway.model.messages import Attachment, Message

_TELL_EVERY_S = 2.0
_SPARE_S = 5.0
"""The gateway limits its own work by commit_s and says so: its answer is waited for a little longer."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where files and large originals go: folder and key of the gateway's file store, ``[files]``."""

    folder: Path
    key: bytes
    config: FilesConfig


@dataclass(frozen=True, slots=True)
class Account:
    """An account with its secrets: ``passwords`` in the order of its mailboxes."""

    config: EmailConfig
    reply_key: str
    passwords: Sequence[str]


class AccountReader:
    """Reads one account's mail."""

    def __init__(self, account: Account) -> None:
        config = account.config
        self._name, self._addresses, self._area = config.account, config.addresses(), config.area_code
        self._tags = ReplyTags(account.reply_key) if account.reply_key else None

    def read(self, raw: bytes, received_at: float, envelope: Envelope | None) -> tuple[Message, tuple[MailFile, ...]]:
        """See ``Reads``."""
        return normalise(
            raw,
            read_mail(raw),
            account=self._name,
            addresses=self._addresses,
            tags=self._tags,
            received_at=received_at,
            area_code=self._area,
            envelope_from=envelope.sender if envelope is not None else None,
            envelope_to=envelope.recipient if envelope is not None else "",
        )

    def with_files(self, message: Message, attachments: Sequence[Attachment]) -> Message:
        return with_files(message, attachments)

    def unreadable(self, raw: bytes, received_at: float, why: str) -> Message:
        return unreadable(raw, self._name, received_at, why)


async def work(
    config: MailroomConfig,
    accounts: Sequence[Account],
    kept: Kept,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Receive and read mail until the gateway is gone. Raises an exception group when a part dies."""
    link = Link(reader, writer, config.commit_s + _SPARE_S)
    counters = Counters()
    store = FileStore(kept.folder, kept.key)
    readers: dict[str, Reads] = {one.config.account: AccountReader(one) for one in accounts}
    limits = Limits(kept.config.max_count, kept.config.max_total)
    desk = Desk(readers, Enclosures(store, kept.config), store, limits, link, counters)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_telling(link, counters), name="figures")]
        if config.listen:
            addressed = Addressed({one.config.account: one.config.addresses() for one in accounts})
            receiver = Receiver(config, Office(config, addressed, desk, counters))
            tasks.append(group.create_task(receiver.run(), name="receiver"))
        for account in accounts:
            for imap, password in zip(account.config.imap, account.passwords, strict=True):
                box = mailbox(account.config.account, imap, password, desk, link, config.max_bytes)
                tasks.append(group.create_task(box.run(), name=box.name))
        try:
            await link.run()
        finally:
            for task in tasks:
                task.cancel()
    _log.info("mailroom_ends", why="the gateway is gone")


def mailbox(account: str, imap: ImapConfig, password: str, desk: Desk, link: Link, max_bytes: int) -> Mailbox:
    """One mailbox of an account over IMAP."""
    opens = partial(_open, imap, password, 2 * max_bytes)
    return Mailbox(account, imap, opens, desk, link, desk.counters, max_bytes=max_bytes)


async def _open(imap: ImapConfig, password: str, most: int) -> ImapBox:
    return await open_box(imap, password, imap.folder, most)


async def _telling(link: Link, counters: Counters) -> None:
    while True:
        await link.tell(counters.values())
        await asyncio.sleep(_TELL_EVERY_S)
