"""The registry of events knows every type that the source emits, and describes what those events really hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from gateway.bus.followers import TEST
from gateway.channels.records import told
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery, Message, Reply
from gateway.model.records import CallChange
from gateway.tickets import telling
from gateway.tickets.calls import call_data
from gateway.web.events import EVENTS, events_by_type
from tests.events_held import holds

SOURCE = Path(__file__).parents[2] / "gateway"
WRITTEN = re.compile(r"""(f?)["'](hotline\.[^"'\s]*\.v1)["']""")

MADE = {
    "hotline.call.{change.kind}.v1": [k for k in get_args(get_type_hints(CallChange)["kind"]) if k != "updated"],
    "hotline.line.{kind}.v1": ["lost", "restored"],
    "hotline.attachment.{kind}.v1": ["kept", "lost"],
    "hotline.delivery.{state}.v1": ["delivered", "failed"],
}
"""Types that the source makes of parts, with the values of the part."""


def emitted() -> set[str]:
    found: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        if file.name == "events.py" and file.parent.name == "web":
            continue
        for made, text in WRITTEN.findall(file.read_text(encoding="utf-8")):
            if not made:
                found.add(text)
                continue
            assert text in MADE, f"{file}: {text} is made of parts that tests/web/test_events.py does not know"
            found |= {re.sub(r"\{[^}]*\}", part, text) for part in MADE[text]}
    return found


def test_every_type_that_is_emitted_is_in_the_registry_and_nothing_else() -> None:
    assert emitted() == set(events_by_type())


def test_types_are_named_once_and_have_their_sentences() -> None:
    assert len({kind.name for kind in EVENTS}) == len(EVENTS)
    for kind in EVENTS:
        assert re.fullmatch(r"hotline\.[a-z]+\.[a-z]+\.v1", kind.name) and kind.zh and kind.en


MESSAGE = Message("k", "wechat", "hainan", "text", 1.0, 1.0)
DELIVERY = Delivery("d", "reply", TicketNo("460000-20261121-0000001"), "wechat", "hainan", "oABC", 1.0, reply_id="r")
REPLY = Reply("r", TicketNo("460000-20261121-0000001"), 1.0, "8001", "您好")


def test_events_of_calls_hold_what_the_registry_says(fakes: Any) -> None:
    for kind in ("arrived", "queued", "answered", "ended", "lost"):
        holds(f"hotline.call.{kind}.v1", call_data(fakes.call()))
    holds("hotline.ticket.opened.v1", telling.ticket_data(fakes.ticket()))
    holds("hotline.ticket.updated.v1", telling.ticket_data(fakes.ticket()))


def test_events_of_messages_and_tickets_hold_what_the_registry_says(fakes: Any) -> None:
    ticket = fakes.ticket(
        proposed={"kind": {"value": "投诉", "why": "…"}}, related_nos=["x"], external_nos={"110": "A"}
    )
    opened = telling.ticket_data(ticket) | telling.message_data("m", MESSAGE)
    holds("hotline.ticket.opened.v1", opened)
    holds("hotline.ticket.joined.v1", telling.joined_data(ticket, "m", MESSAGE))
    changed = telling.changed_data(ticket, ["kind"])
    holds("hotline.ticket.updated.v1", changed | {"author": "8001", "note": ""})
    holds("hotline.ticket.updated.v1", changed | {"partner": "110", "delivery_id": "d"})
    moved = {"from": "received", "to": "accepted", "revision": 2, "author": "8001", "note": ""}
    holds("hotline.ticket.state.v1", telling.ticket_data(ticket) | moved)
    holds("hotline.message.noted.v1", telling.noted_data("m", MESSAGE, "noted", ""))


def test_events_of_replies_and_deliveries_hold_what_the_registry_says() -> None:
    holds("hotline.ticket.replied.v1", telling.reply_data(REPLY, DELIVERY))
    holds("hotline.ticket.replied.v1", telling.reply_data(REPLY, None))
    holds("hotline.delivery.failed.v1", telling.delivery_data(DELIVERY))
    for state in ("sent", "delivered", "failed"):
        holds(f"hotline.delivery.{state}.v1", told(DELIVERY, note="subscribe_message"))
    holds("hotline.push.overdue.v1", told(DELIVERY, partner="110", answer_by=1.0, late_s=0.0))
    holds("hotline.push.acknowledged.v1", told(DELIVERY, partner="110", took_s=1.5, late=False))
    holds("hotline.push.acknowledged.v1", telling.delivery_data(DELIVERY) | {"partner": "110"})


def test_a_missing_or_unknown_field_would_be_noticed() -> None:
    with pytest.raises(ValueError, match="ticket_no"):
        holds("hotline.ticket.rated.v1", {"score": 5, "reopened": False, "department": ""})
    with pytest.raises(AssertionError, match="colour"):
        holds("hotline.sender.heard.v1", {"denial_id": "d", "author": "a", "colour": "red"})
    assert TEST in events_by_type()
