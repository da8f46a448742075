"""Does a message belong to the open ticket of its conversation? Pure rules over what is known of both.

Cautious: people write in short pieces, so what follows soon joins, unless its words say that it is something else.
What joins is added to the ticket's content within a bound; the message itself is kept whole beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from gateway.model.messages import Conversation, Message
from gateway.model.records import Ticket
from gateway.tickets.config import IntakeConfig, JoinConfig
from gateway.tickets.likeness import SUPPLEMENT, alike, shingles, told

_TOO_LONG = "\n（以下补充见各条消息）"
_EDGE = " \t\r\n，,。.！!？?~～、；;：:"


@dataclass(frozen=True, slots=True)
class _Openers:
    new: re.Pattern[str] | None
    same: re.Pattern[str] | None


class Joining:
    """The rules of ``[join]``, ready for use."""

    def __init__(self, config: IntakeConfig) -> None:
        self._config: JoinConfig = config.join
        self._openers = _Openers(_starts(config.join.openers), _starts(config.join.supplements))
        self._courtesies = frozenset(config.courtesies)

    def is_courtesy(self, message: Message) -> bool:
        """True for a message that is nothing but a greeting or thanks: it opens no ticket."""
        return (
            message.kind == "text"
            and not message.attachments
            and len(message.text) <= 30
            and message.text.strip(_EDGE) in self._courtesies
        )

    def continues(
        self, message: Message, ticket: Ticket, conversation: Conversation, proposals: Mapping[str, Any]
    ) -> bool:
        """True when the message goes on about the conversation's ``ticket``."""
        if ticket.state == "closed" or message.kind in ("form", "unreadable"):
            return False
        if message.received_at - (conversation.last_in_at or 0.0) > self._config.minutes * 60:
            return False
        if self._opens_topic(message.text):
            return False
        return bool(conversation.step) or not self._differs(message.text, ticket, proposals)

    def _opens_topic(self, text: str) -> bool:
        """The words say so: 另外还有一件事 … with something behind them."""
        start = text.strip(_EDGE)
        if self._openers.same is not None and self._openers.same.match(start):
            return False
        opener = self._openers.new.match(start) if self._openers.new is not None else None
        return opener is not None and len(start[opener.end() :].strip(_EDGE)) >= self._config.opener_chars

    def _differs(self, text: str, ticket: Ticket, proposals: Mapping[str, Any]) -> bool:
        """A long text of another category that has next to nothing in common with what was told before."""
        if len(text) < self._config.topic_chars:
            return False
        category = proposals.get("category", {}).get("value", "")
        before = ticket.category or ticket.proposed.get("category", {}).get("value", "")
        if not category or not before or category == before:
            return False
        return alike(shingles(text), shingles(told(ticket))) <= self._config.topic_likeness

    def content(self, ticket: Ticket, text: str, at: float, zone: tzinfo) -> str:
        """The ticket's content with ``text`` added: ``补充 09:30：…``; unchanged once the bound is reached."""
        if not ticket.content:
            return text[: self._config.content_chars]
        if ticket.content.endswith(_TOO_LONG):
            return ticket.content
        longer = f"{ticket.content}{SUPPLEMENT}{datetime.fromtimestamp(at, zone):%H:%M}：{text}"
        return longer if len(longer) <= self._config.content_chars else ticket.content + _TOO_LONG


def fits(message: Message, ticket: Ticket) -> bool:
    """True when a message's sender is the person of a ticket: by the channel's id, a number or a mail address; or the
    partner that it came from or went to. A mail may prove by our signature that it answers a ticket (``proved``)."""
    person = message.person
    if message.channel == "email" and message.more.get("proved") == ticket.ticket_no:
        return True
    if message.channel == "partner":
        came = ticket.channel == "partner" and ticket.account == message.account
        return came or message.account in ticket.external_nos
    if person.user_id and person.user_id == ticket.user_id and message.channel == ticket.channel:
        return True
    if person.email and person.email.lower() == ticket.email.lower():
        return True
    numbers = {person.number, person.contact_number} - {""}
    return not numbers.isdisjoint((ticket.calling_number, ticket.contact_number))


def heard(conversation: Conversation | None, message: Message) -> Conversation:
    """The conversation after a message came in: its time, and the count of replies since, begin anew."""
    if conversation is None:
        conversation = Conversation(message.conversation, message.channel, message.account, message.person.user_id)
    last = max(conversation.last_in_at or 0.0, message.received_at)
    return replace(conversation, last_in_at=last, out_since_in=0)


def _starts(words: Sequence[str]) -> re.Pattern[str] | None:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if words else None
