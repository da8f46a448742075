"""Which ticket a mail belongs to. A mail without any of these signs opens a ticket of its own: people who write two
mails within half an hour have two matters, unlike those who write two lines in a chat.

1. the signed address it came to, 2. the signed Message-IDs that it names, nearest first: whoever has such a mail of
   ours speaks of that ticket, from whichever address (flag ``other_sender`` when it is not the ticket's);
3. a ticket number in the subject, when the sender is the ticket's own (flag ``number_unproved`` when not: it then opens
   a ticket, whose text keeps the number);
4. an earlier mail of the same sender that it names (somebody answers their own mail);
5. the subject, from six characters on, of a ticket that the same sender has opened within three days and that is still
   open (flag ``joined_by_subject``: clients lose References, and agents can take it apart again).

A closed ticket is not opened again by a mail: the intake opens a new one that is linked to it, as for all channels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from gateway.channels.email.composing import bare_title
from gateway.model.ids import TicketNo
from gateway.model.messages import Message
from gateway.model.records import Ticket
from gateway.tickets.ports import Ledger

PROVED = "proved"
"""In ``Message.more``: the ticket that a signature of ours names (see ``gateway.tickets.joining.fits``)."""

NUMBER_UNPROVED, OTHER_SENDER, BY_SUBJECT = "number_unproved", "other_sender", "joined_by_subject"

_LEAST_SUBJECT = 6
_SUBJECT_S = 3 * 86_400.0
_MESSAGES = 1000

By = Literal["", "signed", "number", "references", "subject"]


@dataclass(frozen=True, slots=True)
class Belonging:
    """``ticket`` None when the mail opens one."""

    ticket: Ticket | None = None
    by: By = ""
    flags: tuple[str, ...] = ()

    @property
    def is_others(self) -> bool:
        """True when somebody else than the ticket's person writes."""
        return OTHER_SENDER in self.flags

    def placed(self, message: Message) -> Message:
        """The message with what was found."""
        if self.ticket is None:
            return replace(message, flags=message.flags + self.flags) if self.flags else message
        number = self.ticket.ticket_no
        more = {**message.more, PROVED: number} if self.by == "signed" else message.more
        return replace(message, reply_to=number, flags=message.flags + self.flags, more=more)


async def belonging(ledger: Ledger, message: Message) -> Belonging:
    """Find it. Raises OSError when the ledger cannot say."""
    for number in signed(message):
        if (ticket := await ledger.ticket(number)) is not None:
            return Belonging(ticket, "signed", () if _is_theirs(message, ticket) else (OTHER_SENDER,))
    stated = str(message.more.get("subject_ticket") or "")
    if stated:
        ticket = await ledger.ticket(TicketNo(stated))
        if ticket is not None and _is_theirs(message, ticket):
            return Belonging(ticket, "number")
    found = await _by_sender(ledger, message)
    return found if found.ticket or not stated else Belonging(flags=(NUMBER_UNPROVED,))


def signed(message: Message) -> Iterator[TicketNo]:
    """The tickets that signatures of ours name, the surest first."""
    if tag := message.more.get("tag_ticket"):
        yield TicketNo(str(tag))
    for number, _ in ours(message):
        yield number


def ours(message: Message) -> Sequence[tuple[TicketNo, str]]:
    """(ticket, delivery id) of the mails of ours that it names, nearest first."""
    pairs: Any = message.more.get("ours") or ()
    return [(TicketNo(str(number)), str(delivery)) for number, delivery in pairs]


def _is_theirs(message: Message, ticket: Ticket) -> bool:
    """By the address alone: a telephone number in a mail is a claim."""
    sender = message.person.email.lower()
    return bool(sender) and ticket.channel == message.channel and sender in (ticket.email.lower(), ticket.user_id)


async def _by_sender(ledger: Ledger, message: Message) -> Belonging:
    """The latest ticket of the same sender that the mail goes on about."""
    conversation = await ledger.conversation(message.conversation) if message.conversation else None
    numbers = (conversation.more.get("mine") or ()) if conversation is not None else ()
    tickets = [ticket for number in numbers if (ticket := await ledger.ticket(TicketNo(str(number)))) is not None]
    theirs = [ticket for ticket in tickets if _is_theirs(message, ticket)]
    if named := set(message.more.get("references") or ()):
        for ticket in theirs:
            kept = await ledger.messages(ticket_no=ticket.ticket_no, limit=_MESSAGES)
            if any(one.message.more.get("message_id") in named for one in kept):
                return Belonging(ticket, "references")
    for ticket in theirs:
        if _same_subject(message, ticket):
            return Belonging(ticket, "subject", (BY_SUBJECT,))
    return Belonging()


def _same_subject(message: Message, ticket: Ticket) -> bool:
    if ticket.state == "closed" or message.received_at - ticket.received_at > _SUBJECT_S:
        return False
    subject = bare_title(message.title).casefold()
    return len(subject) >= _LEAST_SUBJECT and subject == bare_title(ticket.title).casefold()
