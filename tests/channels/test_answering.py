"""An answer is written with its message: due at once, once, whatever the hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.channels.answering import ARRIVED_AT, Answer, answer_in, is_answer
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import Delivery, Message, Person, Raw
from gateway.tickets.ports import Taken, Tx
from tests.channels.door_stage import START, Stage, open_stage


def a_message() -> Message:
    return Message(
        "sms:a:1", "sms", "a", "text", START, START - 2, conversation="sms:a:1", person=Person("1"), text="路灯坏了三天"
    )


async def taken(stage: Stage, answer_to_ticket: bool = True) -> Delivery:
    written: list[Delivery] = []

    async def also(tx: Tx, taken: Taken) -> None:
        number = taken.ticket.ticket_no if taken.ticket is not None and answer_to_ticket else ""
        written.append(await answer_in(tx, a_message(), Answer("收到", "1", number, "received", {"x": 1}), START))

    raw = Raw(new_id(), "sms", "a", START, "text/plain", b"x")
    await stage.means.intake.take(raw, a_message(), also)
    return written[-1]


async def test_a_receipt_is_a_reply_of_ours_with_a_delivery_due_at_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        written = await taken(stage)
        (ticket,) = await stage.tickets()
        (reply,) = await stage.ledger.replies(ticket.ticket_no)
        (kept,) = await stage.ledger.deliveries(ticket_no=ticket.ticket_no)
        assert kept == written
        assert (kept.due_at, kept.state, kept.reply_id, kept.target) == (START, "waiting", reply.id, "1")
        assert kept.more == {"x": 1, "answer": True, ARRIVED_AT: START - 2}
        assert (reply.author, reply.text, reply.template) == ("system", "收到", "received")
        assert ticket.first_response_at is None, "a machine that says received has answered nothing"
        (event,) = await stage.events("hotline.ticket.replied")
        assert event.data["delivery_id"] == kept.id


async def test_what_belongs_to_no_ticket_leaves_no_reply(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        written = await taken(stage, answer_to_ticket=False)
        assert (written.ticket_no, written.reply_id) == ("", "")
        assert await stage.events("hotline.ticket.replied") == []


async def test_nothing_is_left_of_an_answer_whose_message_was_not_taken(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:

        async def also(tx: Tx, taken: Taken) -> None:
            assert taken.ticket is not None
            await answer_in(tx, a_message(), Answer("收到", "1", taken.ticket.ticket_no), START)
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            await stage.means.intake.take(Raw("r", "sms", "a", START, "", b""), a_message(), also)
        assert await stage.ledger.deliveries() == []
        assert await stage.tickets() == []


def test_answers_are_told_from_other_replies() -> None:
    plain = Delivery("d", "reply", TicketNo(""), "sms", "a", "1", START)
    assert not is_answer(plain)
