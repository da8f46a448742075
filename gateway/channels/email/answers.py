"""What the gateway itself says by mail: a receipt when a ticket was opened, advice to dial in danger, and answers to
commands (查询 with a number, 帮助, a rating), written in the mail's own transaction.

Nothing is said to machines, to ourselves, to whoever has had ``automatic_per_day`` such mails today, nor when a mail
joined a ticket. The count is kept for the address without what follows a +: a program that gives each mail a reply
address of its own is still one correspondent.

A command is the whole text, of a mail that has no subject of its own or answers one of ours; or the subject of a mail
without text; or a first line of 查询 and a number with no more than a greeting below. Otherwise the subject is put
before a text so short that it could be taken for a command or a courtesy: 帮助 under 我家被强拆了 is a request.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from gateway.channels.answering import Answer, answer_in
from gateway.channels.dialogue import Command, command_of, warning
from gateway.channels.email.belonging import Belonging
from gateway.channels.email.composing import bare_title, deliverable
from gateway.channels.email.config import EmailConfig
from gateway.channels.email.verdict import is_own, is_robot
from gateway.channels.port import ChannelMeans, Permanent
from gateway.model.messages import Conversation, Message
from gateway.model.records import Ticket
from gateway.tickets.ports import Taken, Tx

CHANNEL = "email"
ANSWERS = "message"
"""In ``Delivery.more``: the id of the message that it answers."""

_COUNT = "answers"
_SHORT, _GREETING = 10, 40
_NOBODY = re.compile(
    r"(?i)(?:mailer-?daemon|mail-?daemon|postmaster|double-bounce|bounces?|abuse|hostmaster|majordomo|listserv|"
    r".*-(?:request|bounces|owner)|owner-.*)(?:[+=-].*)?"
)


class Answers:
    """The gateway's own mails of one account. ``said`` and ``withheld`` (over the day's number) only rise."""

    def __init__(self, config: EmailConfig, means: ChannelMeans) -> None:
        self._config, self._means = config, means
        self._own = frozenset(config.addresses())
        self.said = self.withheld = 0

    async def say(self, tx: Tx, taken: Taken, message: Message, text: str) -> bool:
        """Write the answer, if one is to be given; True when it was."""
        if not text or not self._asks(taken, message, text) or not self._is_heard(message.person.email):
            return False
        if not await self._count(tx, message):
            self.withheld += 1
            return False
        number = taken.ticket.ticket_no if taken.ticket is not None else ""
        template = "received" if taken.outcome == "opened" else ""
        answer = Answer(text, message.person.email, number, template, {ANSWERS: taken.message_id})
        await answer_in(tx, message, answer, self._means.clock())
        self.said += 1
        return True

    def _asks(self, taken: Taken, message: Message, text: str) -> bool:
        if taken.outcome == "opened":
            return self._config.receipt
        if taken.outcome == "joined" and taken.ticket is not None:
            return text.startswith(self._warning(taken.ticket) or "\0")
        return taken.outcome == "noted" and command_in(message) is not None

    def _warning(self, ticket: Ticket) -> str:
        return next((self._means.words.say(template, **values) for template, values in warning(ticket)), "")

    def _is_heard(self, address: str) -> bool:
        """False for addresses behind which nobody reads, and for our own."""
        if is_robot(address) or _NOBODY.fullmatch(address.partition("@")[0]) or is_own(address, self._own):
            return False
        try:
            deliverable(address)
        except Permanent:
            return False
        return True

    async def _count(self, tx: Tx, message: Message) -> bool:
        """Count one mail more today to this correspondent; False when that would be too many."""
        local, _, domain = message.person.email.rpartition("@")
        address = f"{local.partition('+')[0]}@{domain}"
        id = f"{CHANNEL}:{self._config.account}:{address}"
        kept = await tx.conversation(id) or Conversation(id, CHANNEL, self._config.account, address)
        day = f"{datetime.fromtimestamp(self._means.clock(), self._means.zone):%Y%m%d}"
        known_day, count = kept.more.get(_COUNT) or ("", 0)
        count = int(count) if known_day == day else 0
        if count >= self._config.automatic_per_day:
            return False
        await tx.save_conversation(replace(kept, more={**kept.more, _COUNT: [day, count + 1]}))
        return True


def spoken(message: Message, found: Belonging) -> Message:
    """The message as the talk is to hear it: commands alone as its text, subjects before texts that could be mistaken
    for one."""
    text, title = message.text.strip(), bare_title(message.title)
    if message.kind != "text":
        return message
    if message.attachments:
        return replace(message, text=_under(title, text)) if _could_be(text) else message
    if not text:
        return replace(message, text=title) if _command(title) else message
    first, _, rest = text.partition("\n")
    command = _command(first)
    if command is not None and command.act == "progress" and command.number and len(rest.strip()) <= _GREETING:
        return replace(message, text=first.strip())
    if not _could_be(text) or found.ticket is not None or not title or _command(title):
        return message
    return replace(message, text=_under(title, text))


def command_in(message: Message) -> Command | None:
    """The command that the talk has obeyed in a message that was noted."""
    return _command(message.text) if message.kind == "text" and not message.attachments else None


def _under(title: str, text: str) -> str:
    return title if text in title else f"{title}\n{text}".strip()


def _command(text: str) -> Command | None:
    return command_of(text.strip(), "any", may_rate=True)


def _could_be(text: str) -> bool:
    return len(text) <= _SHORT or _command(text) is not None
