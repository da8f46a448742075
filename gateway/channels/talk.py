"""One citizen's talk with an account: takes a message in and finds the words that answer it, in one transaction.

``dialogue`` decides, the intake keeps, and this sits between them: it reads what is remembered of the person, turns
commands (查询, 帮助 ...) into messages that open no ticket, and writes step, filled fields and answer together with the
message. What was said to a message is remembered, so that the platform's repeat of it gets the same answer again.
Shared by official accounts and WeCom customer service.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.channels import dialogue
from gateway.channels.dialogue import Command, Next
from gateway.channels.port import ChannelMeans
from gateway.channels.tidy import digest_of
from gateway.model.ids import TicketNo
from gateway.model.messages import Conversation, Message, Raw
from gateway.model.records import Ticket
from gateway.tickets.ports import NotFound, Refused, Taken, Tx
from gateway.tickets.telling import changed_data

_REMEMBERED_ANSWERS = 4
_REMEMBERED_TICKETS = 5
_MISSES, _MISSES_S = 5, 3600.0
"""So many wrong numbers or codes within an hour, then look-ups of others' tickets are answered "not found" unseen."""

_FOLLOWS = frozenset({"subscribe", "enter_session"})
_NUDGES = frozenset({"click", "scan", "subscribe", "scancode_push", "scancode_waitmsg"})
"""Events after which the platform allows three messages within a minute."""


@dataclass(slots=True)
class Heard:
    """A message taken in and what is to be said to it ("" for nothing)."""

    taken: Taken
    text: str


@dataclass(frozen=True, slots=True)
class Manner:
    """How an account speaks. ``welcome`` "" is the template, ``menu`` are keys of click buttons.

    ``stays_stopped``: whoever has opted out stays so when they write again. ``last_word`` sees each answer before it
    is remembered and may change it or what is remembered; pure. ``wording`` names other templates for some, where
    words cost (an SMS part holds 67 characters).
    """

    guided: bool = True
    welcome: str = ""
    human: str = ""
    menu: Mapping[str, dialogue.Act] | None = None
    stays_stopped: bool = False
    last_word: Callable[[Conversation, str], tuple[Conversation, str]] | None = None
    wording: Mapping[str, str] = field(default_factory=dict)


Also = Callable[[Tx, Taken, str], Awaitable[None]]
"""What a channel adds to the transaction, given the answer."""


class Talk:
    """The talk of one account with its citizens."""

    def __init__(self, means: ChannelMeans, manner: Manner) -> None:
        self._means, self._manner = means, manner

    async def hear(self, raw: Raw, message: Message, also: Also | None = None) -> Heard:
        """Take a message in and find its answer. Returns after the commit; raises what the intake raises."""
        command = await self._command(message)
        if command is not None and message.kind == "text":
            message = replace(message, kind="event", more={**message.more, "event": "command", "act": command.act})
        heard = Heard(Taken("noted", ""), "")

        async def within(tx: Tx, taken: Taken) -> None:
            heard.text = await self._answer(tx, taken, message, command)
            if also is not None:
                await also(tx, taken, heard.text)

        heard.taken = await self._means.intake.take(raw, message, within)
        if command is not None and command.act == "rate":
            await self._rate(command)
        return heard

    # -- before: what it is --------------------------------------------------------------------------------------------

    async def _command(self, message: Message) -> Command | None:
        if message.kind == "event" and message.more.get("event") == "click":
            act = (self._manner.menu or {}).get(str(message.more.get("event_key", "")))
            return Command(act) if act else None
        if message.kind != "text" or not message.conversation:
            return None
        known = dialogue.command_of(message.text, "any", may_rate=True)
        if known is None or known.act in ("progress", "help", "human"):
            return known
        conversation = await self._means.ledger.conversation(message.conversation)
        if known.act == "rate":
            ticket = await self._waits_for_rating(conversation)
            return replace(known, number=ticket.ticket_no) if ticket else None
        return known if conversation is not None and conversation.step else None

    async def _waits_for_rating(self, conversation: Conversation | None) -> Ticket | None:
        """The latest of the person's tickets, when it is closed and not yet rated."""
        for number in _mine(conversation)[:1]:
            ticket = await self._means.ledger.ticket(number)
            if ticket is not None and ticket.state == "closed" and ticket.satisfaction is None:
                return ticket
        return None

    async def _rate(self, command: Command) -> None:
        """Once a ticket: the repeat of a rating that had been written is refused, and that is well."""
        try:
            await self._means.tickets.rate(TicketNo(command.number), command.score)
        except (Refused, NotFound):
            return

    # -- within the message's transaction ------------------------------------------------------------------------------

    async def _answer(self, tx: Tx, taken: Taken, message: Message, command: Command | None) -> str:
        if not message.conversation:
            return ""
        kept = await tx.conversation(message.conversation) or _stranger(message)
        name = digest_of(message.key)[:16]
        if taken.outcome == "known":
            return self._again(kept, name, taken)
        kept, then = await self._next(tx, taken, message, command, self._spoken(kept, message))
        text = "\n\n".join(self._say(template, values) for template, values in then.say)
        if taken.ticket is not None and then.changes:
            ticket = await tx.update_ticket(taken.ticket.ticket_no, then.changes)
            told = changed_data(ticket, then.changes)
            await tx.emit("hotline.ticket.updated.v1", ticket.ticket_no, told, self._means.clock())
        if self._manner.last_word is not None:
            kept, text = self._manner.last_word(kept, text)
        await tx.save_conversation(_remembering(kept, then.step, name, text))
        return text

    def _spoken(self, kept: Conversation, message: Message) -> Conversation:
        spoken = _spoken(kept, message)
        return replace(spoken, stopped=kept.stopped) if self._manner.stays_stopped else spoken

    def _again(self, kept: Conversation, name: str, taken: Taken) -> str:
        """The platform sent it again: the same answer, or the receipt when it is no longer remembered."""
        for known, text in kept.more.get("said") or []:
            if known == name:
                return str(text)
        return self._say("joined", {"ticket_no": taken.ticket.ticket_no}) if taken.ticket else ""

    async def _next(
        self, tx: Tx, taken: Taken, message: Message, command: Command | None, kept: Conversation
    ) -> tuple[Conversation, Next]:
        ticket = taken.ticket
        if taken.outcome == "denied":
            return kept, Next("", (("denied", {"reason": taken.reason}),))
        if command is not None:
            return await self._obey(tx, command, kept)
        if taken.outcome == "noted" or ticket is None:
            return kept, self._noted(message, kept.step)
        kept = _with_ticket(kept, ticket, message)
        photo, warned = kept.more.get("photo") == ticket.ticket_no, kept.more.get("warned") == ticket.ticket_no
        if taken.outcome == "opened":
            then = dialogue.opened(ticket, message, self._manner.guided, photo)
        else:
            then = dialogue.joined(ticket, message, kept.step, photo, warned)
        if any(template == "urgent_dial" for template, _ in then.say):
            kept = replace(kept, more={**kept.more, "warned": ticket.ticket_no})
        return kept, then

    def _noted(self, message: Message, step: str) -> Next:
        """Events say nothing but to a new follower; a courtesy (你好) is answered with what one can do here."""
        if message.kind == "event":
            return Next(step, (("welcome", {}),) if message.more.get("event") in _FOLLOWS else ())
        return Next(step, (("help", {}),))

    async def _obey(self, tx: Tx, command: Command, kept: Conversation) -> tuple[Conversation, Next]:
        step = kept.step
        if command.act == "progress":
            return await self._progress(tx, command, kept)
        if command.act == "rate":
            return kept, Next(step, (("thanks", {"ticket_no": command.number}),))
        ticket = await tx.ticket(_mine(kept)[0]) if _mine(kept) else None
        if command.act in ("cancel", "skip") and ticket is None:
            return kept, Next("", (("help", {}),))
        if command.act == "cancel" and ticket is not None:
            return kept, Next("", (("thanks", {"ticket_no": ticket.ticket_no}),))
        if command.act == "skip" and ticket is not None:
            return kept, dialogue.skipped(ticket, step, kept.more.get("photo") == ticket.ticket_no)
        return kept, Next(step, ((command.act, {}),))

    async def _progress(self, tx: Tx, command: Command, kept: Conversation) -> tuple[Conversation, Next]:
        """Tickets of this person in full; another's only with its query code, and not after many misses."""
        if not command.number:
            found = [await tx.ticket(number) for number in _mine(kept)[:3]]
            tickets = [ticket for ticket in found if ticket is not None]
            say = tuple(self._told(ticket) for ticket in tickets) or (("help", {}),)
            return kept, Next(kept.step, say)
        ticket = await tx.ticket(TicketNo(command.number))
        own = ticket is not None and (ticket.channel, ticket.account, ticket.user_id) == (
            kept.channel, kept.account, kept.user_id,
        )  # fmt: skip
        if ticket is not None and (own or self._proved(ticket, command.code, kept)):
            return kept, Next(kept.step, (self._told(ticket),))
        missed = kept if own else _missed(kept, self._means.clock())
        return missed, Next(kept.step, (("not_found", {"number": command.number}),))

    def _proved(self, ticket: Ticket, code: str, kept: Conversation) -> bool:
        if not code or not ticket.query_code or _misses(kept, self._means.clock()) >= _MISSES:
            return False
        return secrets.compare_digest(ticket.query_code.upper().encode(), code.encode())

    def _told(self, ticket: Ticket) -> tuple[str, Mapping[str, str]]:
        last = ticket.closed_at or ticket.sent_at or ticket.received_at
        at = datetime.fromtimestamp(last, self._means.zone).strftime("%Y-%m-%d %H:%M")
        return dialogue.progress(ticket, at)

    def _say(self, template: str, values: Mapping[str, str]) -> str:
        if template == "human":
            return self._manner.human
        if template == "welcome" and self._manner.welcome:
            return self._manner.welcome
        return self._means.words.say(self._manner.wording.get(template, template), **values)


# -- what is remembered of a person ------------------------------------------------------------------------------------


def _stranger(message: Message) -> Conversation:
    return Conversation(message.conversation, message.channel, message.account, message.person.user_id)


def _mine(kept: Conversation | None) -> list[TicketNo]:
    """The person's latest tickets, newest first."""
    return [TicketNo(str(number)) for number in (kept.more.get("mine") or [] if kept is not None else [])]


def _spoken(kept: Conversation, message: Message) -> Conversation:
    """When they last wrote and when they last tapped, which open windows of different length for answers.

    Unsubscribing stops all answers; whatever else comes from them takes that back.
    """
    more: dict[str, Any] = dict(kept.more)
    event = str(message.more.get("event", "")) if message.kind == "event" else ""
    if event in ("", "command"):
        more |= {"spoke_at": message.received_at, "out": 0}
    elif event in _NUDGES:
        more |= {"nudged_at": message.received_at, "nudge_out": 0}
    return replace(kept, more=more, stopped=event == "unsubscribe")


def _with_ticket(kept: Conversation, ticket: Ticket, message: Message) -> Conversation:
    mine = [ticket.ticket_no, *(number for number in _mine(kept) if number != ticket.ticket_no)]
    more: dict[str, Any] = {**kept.more, "mine": mine[:_REMEMBERED_TICKETS]}
    if any(file.mime.startswith(("image/", "video/")) for file in message.attachments):
        more["photo"] = ticket.ticket_no
    return replace(kept, more=more)


def _remembering(kept: Conversation, step: str, name: str, text: str) -> Conversation:
    said = [*(kept.more.get("said") or []), [name, text]]
    return replace(kept, step=step, more={**kept.more, "said": said[-_REMEMBERED_ANSWERS:]})


def _misses(kept: Conversation, now: float) -> int:
    count, since = kept.more.get("misses") or (0, 0.0)
    return int(count) if now - since < _MISSES_S else 0


def _missed(kept: Conversation, now: float) -> Conversation:
    count = _misses(kept, now)
    since = (kept.more.get("misses") or (0, now))[1] if count else now
    return replace(kept, more={**kept.more, "misses": [count + 1, since]})
