"""Answers on channels that have none of their own in the same breath (SMS, mail): written as a delivery within the
message's transaction, so that a receipt is neither lost nor doubled, whenever the gateway is killed.

Answers leave at once, also in quiet hours: the person has just written. They are the gateway's own (``system``), which
makes no first response (see ``gateway.tickets.service``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Delivery, Message, Reply
from gateway.tickets.ports import Tx
from gateway.tickets.telling import reply_data

AUTHOR = "system"
ANSWER, ARRIVED_AT = "answer", "arrived_at"
"""In ``Delivery.more``: that it answers what the person wrote just before, and when that had arrived."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a message. ``ticket_no`` "" for what belongs to none (help, opting out): it leaves no ``Reply``.

    ``target`` is whom (number, address), ``more`` goes into the delivery's.
    """

    text: str
    target: str
    ticket_no: TicketNo | str = ""
    template: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


async def answer_in(tx: Tx, message: Message, answer: Answer, at: float) -> Delivery:
    """Write the answer to a message inside its transaction, due at once. Wake the dispatcher after the commit."""
    number = TicketNo(str(answer.ticket_no))
    reply = Reply(new_id(), number, at, AUTHOR, answer.text, answer.template) if number else None
    delivery = Delivery(
        id=new_id(),
        kind="reply",
        ticket_no=number,
        channel=message.channel,
        account=message.account,
        target=answer.target,
        created_at=at,
        reply_id=reply.id if reply is not None else "",
        text=answer.text,
        due_at=at,
        more={**answer.more, ANSWER: True, ARRIVED_AT: message.received_at},
    )
    await tx.save_delivery(delivery)
    if reply is not None:
        await tx.add_reply(reply)
        await tx.emit("hotline.ticket.replied.v1", number, reply_data(reply, delivery), at)
    return delivery


def is_answer(delivery: Delivery) -> bool:
    """True for what ``answer_in`` has written."""
    return bool(delivery.more.get(ANSWER))
