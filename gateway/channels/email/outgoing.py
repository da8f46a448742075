"""A delivery becomes a mail and leaves: what it answers is looked up, its addresses are signed, its pace is kept.

The Message-ID follows from ticket and delivery, so a mail that is sent once more (we were killed before we knew that it
had gone) is known to receivers as the same. Answers come to the signed address, as do bounces, whose return path it is.

A delivery that belongs to no ticket (a report for the hotline's own people) has its subject in ``more["subject"]``;
files that go along are named in ``more["enclosed"]`` by their hash in the file store, and read when the mail leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.channels.answering import is_answer
from gateway.channels.email.answers import ANSWERS, CHANNEL
from gateway.channels.email.composing import (
    Automatic,
    Enclosed,
    Letter,
    compose,
    deliverable,
    is_message_id,
    subject_of,
)
from gateway.channels.email.config import EmailConfig
from gateway.channels.email.pace import Pace
from gateway.channels.email.relay import Envelope, Relay
from gateway.channels.email.tags import ReplyTags
from gateway.channels.email.verdict import is_own
from gateway.channels.port import ChannelMeans, Permanent, Retryable, Sent
from gateway.model.messages import Delivery, KeptMessage, Message
from gateway.tickets.acts import SYSTEM

_MESSAGES = 1000
SUBJECT, ENCLOSED = "subject", "enclosed"
"""In a delivery's ``more``: a subject of its own; files as [{"name", "type", "sha256"}]."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """The mail that ours answers: Message-IDs without brackets, ancestors oldest first."""

    title: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()


class Outgoing:
    """What one account sends. ``sent`` and ``put_off`` only rise. ``relay`` None when no server is configured."""

    def __init__(
        self,
        config: EmailConfig,
        means: ChannelMeans,
        tags: ReplyTags,
        password: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._means, self._tags = config, means, tags
        self._domain = config.address.rpartition("@")[2].lower()
        self._own = frozenset(config.addresses())
        self._pace = Pace({one.domain: one.per_minute for one in config.domain}, config.per_minute, monotonic)
        self.relay = Relay(config.smtp, password, self._domain, monotonic) if config.smtp is not None else None
        self.sent = self.put_off = 0

    async def send(self, delivery: Delivery) -> Sent:
        """Raises Retryable or Permanent."""
        if self.relay is None:
            raise Permanent("该邮箱账号未配置发信服务器 / no server for outgoing mail is configured")
        recipient = deliverable(delivery.target)
        if is_own(recipient, self._own):
            raise Permanent("收件地址是热线自己的邮箱 / the receiver is the hotline itself")
        if not delivery.text.strip():
            raise Permanent("回复内容为空 / the reply has no text")
        enclosed = await self._enclosed(delivery)
        try:
            letter = await self._letter(delivery, recipient, enclosed)
        except OSError as error:
            raise Retryable("the ledger cannot say what the mail answers") from error
        mail = compose(letter)
        if wait := self._pace.wait_s(recipient.rpartition("@")[2]):
            self.put_off += 1
            raise Retryable("enough mails to this domain in this minute", wait)
        envelope = Envelope(letter.reply_to or letter.sender, recipient, delivery.id)
        await self.relay.give(envelope, mail)
        self.sent += 1
        return Sent(letter.message_id)

    async def _enclosed(self, delivery: Delivery) -> tuple[Enclosed, ...]:
        """The files that go along. A file that is gone for good lets nothing leave: the mail would speak of it."""
        found = []
        for one in delivery.more.get(ENCLOSED) or ():
            try:
                body = await self._means.files.read(str(one["sha256"]))
            except FileNotFoundError as error:
                raise Permanent("附件已不在 / the file that goes with it is gone") from error
            except OSError as error:
                raise Retryable("the file that goes with it cannot be read") from error
            found.append(Enclosed(str(one["name"]), str(one["type"]), body))
        return tuple(found)

    async def _letter(self, delivery: Delivery, recipient: str, enclosed: tuple[Enclosed, ...]) -> Letter:
        config, number = self._config, str(delivery.ticket_no)
        answered = await self._answered(delivery)
        footer = f"\n\n-- \n{config.footer.strip()}" if config.footer.strip() else ""
        return Letter(
            sender=config.address,
            name=config.name,
            recipient=recipient,
            subject=str(delivery.more.get(SUBJECT) or "")
            or subject_of(answered.title, number, answers=bool(answered.message_id or answered.title)),
            text=delivery.text + footer,
            message_id=self._message_id(number, delivery.id),
            date=datetime.fromtimestamp(self._means.clock(), self._means.zone),
            reply_to=self._tags.address(config.address, number) if config.plus and number else "",
            in_reply_to=answered.message_id,
            references=answered.references,
            automatic=await self._automatic(delivery),
            enclosed=enclosed,
        )

    def _message_id(self, number: str, delivery_id: str) -> str:
        """Answers that belong to no ticket (帮助) have nothing to sign."""
        return self._tags.message_id(number, delivery_id, self._domain) if number else f"{delivery_id}@{self._domain}"

    async def _automatic(self, delivery: Delivery) -> Automatic:
        if is_answer(delivery):
            return "auto-replied"
        if not delivery.ticket_no or not delivery.reply_id:
            return "auto-generated"
        replies = await self._means.ledger.replies(delivery.ticket_no)
        author = next((one.author for one in replies if one.id == delivery.reply_id), "")
        return "auto-generated" if author == SYSTEM else ""

    async def _answered(self, delivery: Delivery) -> _Answered:
        """The message that it was written for, else the citizen's last mail on the ticket."""
        if id := str(delivery.more.get(ANSWERS) or ""):
            kept = await self._means.ledger.message(id)
            return _answered(kept.message) if kept is not None else _Answered()
        if not delivery.ticket_no:
            return _Answered()
        found = await self._means.ledger.messages(ticket_no=delivery.ticket_no, limit=_MESSAGES)
        mails = [one for one in found if _is_mail(one)]
        theirs = [one for one in mails if one.message.person.email.lower() == delivery.target.lower()]
        return _answered((theirs or mails)[-1].message) if mails else _Answered()


def _is_mail(kept: KeptMessage) -> bool:
    """Not what machines have said to it meanwhile."""
    return kept.message.channel == CHANNEL and kept.message.kind != "event"


def _answered(message: Message) -> _Answered:
    id = str(message.more.get("message_id") or message.external_id)
    nearest_first: Any = message.more.get("references") or ()
    older = tuple(str(one) for one in reversed(nearest_first))
    return _Answered(message.title, id if is_message_id(id) else "", older)
