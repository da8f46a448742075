"""What is said by SMS and when nothing is: receipts, progress, opting out and in.

Opting out is a whole text of ``opt_out`` (TD, 退订 ...), folded: 退订不了怎么办 is a request. It is confirmed once;
from then on nothing leaves for this number that it has not asked for, until it opts in by exact words. Whoever writes
all the same is answered: a message asks for its answer, which then says that news will not follow. (The rule on record,
通信短信息服务管理规定 of 2015, forbids commercial SMS "without consent or request" of the user and wants a way to
refuse them; it says nothing of a public service's answers. To read it as "nothing unasked" is ours.)

Machines are not answered: short codes, service numbers, ourselves; nor is anybody more than ``answers_a_day`` times a
day, which ends a talk between two machines.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import datetime
from typing import Literal

from gateway.channels.answering import Answer, answer_in
from gateway.channels.port import ChannelMeans
from gateway.channels.sms.config import SmsBase
from gateway.channels.sms.numbers import can_receive, folded
from gateway.channels.talk import Also, Manner, Talk
from gateway.model.messages import Conversation, Message, Raw
from gateway.tickets.ports import Taken, Tx

Consent = Literal["opt_out", "opt_in"]

_TEMPLATES = {"opened": "received_sms", "joined": "joined"}
_WORDING = {"received": "received_sms", "help": "help_sms"}
"""Of these there is a short form: a receipt is one SMS, not three."""


class Conversing:
    """The talk of one SMS account."""

    def __init__(self, config: SmsBase, means: ChannelMeans) -> None:
        self._config, self._means = config, means
        manner = Manner(
            config.guided, human=config.human, stays_stopped=True, last_word=self._last_word, wording=_WORDING
        )
        self._talk = Talk(means, manner)
        self._consents: dict[str, Consent] = {fold(word): "opt_in" for word in config.opt_in}
        self._consents |= {fold(word): "opt_out" for word in config.opt_out}
        self._own = folded(config.number)

    async def hear(self, raw: Raw, message: Message, also: Also | None = None) -> Taken:
        """Take a message in and write its answer, in one transaction with ``also``. Returns after the commit; raises
        what the intake raises."""
        if consent := self.consent(message):
            taken = await self._obeyed(raw, message, consent, also)
        else:
            taken = await self._talked(raw, message, also)
        if taken.outcome != "known":
            self._means.wake()
        return taken

    def consent(self, message: Message) -> Consent | None:
        """What a message is when it opts out or in, None for any other."""
        if message.kind != "text" or not message.conversation:
            return None
        return self._consents.get(fold(message.text))

    # -- any message ---------------------------------------------------------------------------------------------------

    async def _talked(self, raw: Raw, message: Message, also: Also | None) -> Taken:
        async def within(tx: Tx, taken: Taken, text: str) -> None:
            if text and taken.outcome not in ("known", "denied"):
                await self._say(tx, message, text, taken)
            if also is not None:
                await also(tx, taken, text)

        return (await self._talk.hear(raw, message, within)).taken

    async def _say(self, tx: Tx, message: Message, text: str, taken: Taken) -> None:
        ticket_no = taken.ticket.ticket_no if taken.ticket is not None else ""
        answer = Answer(text, message.person.user_id, ticket_no, _TEMPLATES.get(taken.outcome, ""))
        await answer_in(tx, message, answer, self._means.clock())

    def _last_word(self, kept: Conversation, text: str) -> tuple[Conversation, str]:
        """The answer that may leave: none to machines and beyond the day's number; with a word on opting out."""
        if not text or not self._is_answered(kept.user_id):
            return kept, ""
        day = f"{datetime.fromtimestamp(self._means.clock(), self._means.zone):%Y%m%d}"
        known_day, count = kept.more.get("answers") or ("", 0)
        count = int(count) if known_day == day else 0
        if count >= self._config.answers_a_day:
            return kept, ""
        if kept.stopped:
            text = f"{text}\n{self._means.words.say('still_opted_out')}"
        return replace(kept, more={**kept.more, "answers": [day, count + 1]}), text

    def _is_answered(self, number: str) -> bool:
        return can_receive(number) and number != self._own

    # -- opting out and in ---------------------------------------------------------------------------------------------

    async def _obeyed(self, raw: Raw, message: Message, consent: Consent, also: Also | None) -> Taken:
        """Heeded also when the sender is denied. Said once: who is out already, or was never out, hears nothing."""
        noted = replace(message, kind="event", more={**message.more, "event": "command", "act": consent})
        stop = consent == "opt_out"

        async def within(tx: Tx, taken: Taken) -> None:
            if taken.outcome != "known":
                kept = await tx.conversation(message.conversation) or _stranger(message)
                text = self._means.words.say("opted_out" if stop else "opted_in") if kept.stopped != stop else ""
                kept, text = self._last_word(replace(kept, stopped=False), text)
                await tx.save_conversation(replace(kept, stopped=stop, step=""))
                if text and taken.outcome != "denied":
                    await self._say(tx, message, text, taken)
            if also is not None:
                await also(tx, taken, "")

        return await self._means.intake.take(raw, noted, within)


def fold(text: str) -> str:
    """A text for comparing whole: full-width as half-width, no blanks, no case."""
    return "".join(unicodedata.normalize("NFKC", text[:200]).split()).casefold()


def _stranger(message: Message) -> Conversation:
    return Conversation(message.conversation, message.channel, message.account, message.person.user_id)
