"""A mail account in the gateway, as a ``Channel`` and as the ``MailDesk`` of the mailroom.

A mail, its ticket, the receipt, what a bounce said and the mailbox's cursor are one transaction. Joining a ticket is
decided by the mail (``belonging``), never by how soon it came: the conversation remembers whom we speak with and their
tickets, but no open one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from gateway.channels.email.answers import CHANNEL, Answers, spoken
from gateway.channels.email.belonging import Belonging, belonging, signed
from gateway.channels.email.bounces import Bounces
from gateway.channels.email.config import EmailConfig
from gateway.channels.email.outgoing import Outgoing
from gateway.channels.email.port import Handed
from gateway.channels.email.tags import ReplyTags
from gateway.channels.port import ChannelMeans, Fetched, Permanent, Report, Sent
from gateway.channels.talk import Manner, Talk
from gateway.model.http import Door
from gateway.model.messages import Conversation, Delivery, KeptAttachment, Message
from gateway.tickets.ports import Taken, Tx

_log = structlog.get_logger(__name__)

_LOOK_S = 2.0


@dataclass(slots=True)
class _Done:
    """What a mail's transaction has written that somebody must be woken for."""

    answered: bool = False


class EmailChannel:
    """Implements ``Channel`` and ``MailDesk``. ``report`` is ``Dispatcher.report``; ``reply_key`` and ``password`` (of
    the SMTP account) are what the configuration's references point at. Raises ValueError for a ``reply_key`` too short.

    ``troubles`` counts looks for bounces that failed; it and ``figures`` only rise.
    """

    name = CHANNEL

    def __init__(
        self, config: EmailConfig, means: ChannelMeans, *, reply_key: str, password: str = "", report: Report
    ) -> None:
        self.account, self._config, self._means = config.account, config, means
        self._talk = Talk(means, Manner(guided=False, human=means.words.say("help")))
        self._answers = Answers(config, means)
        self._bounces = Bounces(means.ledger, config.account, report, means.clock)
        self.outgoing = Outgoing(config, means, ReplyTags(reply_key), password)
        self.troubles = 0

    def figures(self) -> Mapping[str, float]:
        """For /metrics; sums over accounts make sense."""
        relay = self.outgoing.relay
        return {
            "email_sent": self.outgoing.sent,
            "email_put_off_by_pace": self.outgoing.put_off,
            "email_smtp_connections": relay.connections if relay is not None else 0,
            "email_smtp_failures": relay.failures if relay is not None else 0,
            "email_answers": self._answers.said,
            "email_answers_withheld": self._answers.withheld,
            "email_bounces": self._bounces.told,
            "email_bounces_unmatched": self._bounces.unmatched,
        }

    def doors(self) -> Sequence[Door]:
        """None: mail comes through the mailroom."""
        return ()

    # -- in ------------------------------------------------------------------------------------------------------------

    async def take(self, handed: Handed) -> None:
        """See ``MailDesk``."""
        done = _Done()
        if handed.message.kind == "event":
            await self._note(handed)
        else:
            await self._hear(handed, done)
        if done.answered or any(one.state == "wanted" for one in handed.message.attachments):
            self._means.wake()

    async def _hear(self, handed: Handed, done: _Done) -> None:
        """A mail that may open a ticket. Programs' mails and strangers' words on a ticket are taken without a word."""
        found = await belonging(self._means.ledger, handed.message)
        message = found.placed(handed.message)
        if not self._is_answered(message, found):

            async def also(tx: Tx, taken: Taken) -> None:
                await self._close(tx, handed, taken)

            await self._means.intake.take(handed.raw, message, also)
            return
        message = spoken(message, found)

        async def within(tx: Tx, taken: Taken, text: str) -> None:
            done.answered = False  # a transaction may be run twice
            if taken.outcome not in ("known", "denied"):
                done.answered = await self._answers.say(tx, taken, message, text)
            await self._close(tx, handed, taken)

        await self._talk.hear(handed.raw, message, within)

    def _is_answered(self, message: Message, found: Belonging) -> bool:
        return message.more.get("verdict", "request") == "request" and not found.is_others

    async def _note(self, handed: Handed) -> None:
        """What machines say: kept beside the ticket that it is about, if a signature of ours names one."""
        message = handed.message
        told = await self._bounces.read(message)
        numbers = [*(one.ticket_no for one in told), *signed(message)]

        async def also(tx: Tx, taken: Taken) -> None:
            if taken.outcome != "known":
                for number in numbers:
                    if taken.ticket is None and await tx.ticket(number) is not None:
                        await tx.move_message(taken.message_id, number)
                        break
                await self._bounces.keep(tx, told)
            await self._close(tx, handed, taken)

        await self._means.intake.take(handed.raw, message, also)
        if told:
            await self._told()

    async def _told(self) -> None:
        """Tell the deliveries at once. The bounce is kept, so a ledger that is away only makes it later."""
        try:
            await self._bounces.sweep()
        except OSError as error:
            _log.warning("mail_bounce_waits", account=self.account, error=str(error))

    async def _close(self, tx: Tx, handed: Handed, taken: Taken) -> None:
        """What every mail's transaction ends with: the cursor, and a conversation without an open ticket."""
        if handed.cursor is not None:
            await tx.save_state(*handed.cursor)
        id = handed.message.conversation
        kept = await tx.conversation(id) if id and taken.outcome in ("opened", "joined") else None
        if kept is not None and kept.ticket_no:
            await tx.save_conversation(replace(kept, ticket_no=""))

    async def cursor(self, name: str) -> Mapping[str, int] | None:
        """See ``MailDesk``."""
        return await self._means.ledger.state(name)

    async def keep_cursor(self, name: str, value: Mapping[str, int]) -> None:
        """See ``MailDesk``."""
        await self._means.ledger.write(lambda tx: tx.save_state(name, value))

    # -- out -----------------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """See ``Channel``."""
        return await self.outgoing.send(delivery)

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """A mail brings its files with it."""
        raise Permanent("邮件的附件随邮件到达，无处再取 / a mail's files come with it")

    # -- background ----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look for bounces whose deliveries were not known yet, and close idle connections, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look(), name=f"email look {self.account}")
            if self.outgoing.relay is not None:
                group.create_task(self.outgoing.relay.run(), name=f"email relay {self.account}")

    async def _look(self) -> None:
        while True:
            try:
                await self._bounces.sweep()
            except OSError as error:
                self.troubles += 1
                _log.warning("email_look_waits", account=self.account, error=str(error))
            await asyncio.sleep(_LOOK_S)

    async def sweep(self) -> int:
        """Tell kept bounces that are due now; how many they were."""
        return await self._bounces.sweep()
