from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from gateway.model.messages import Attachment, Conversation, Message, Person
from gateway.model.records import Ticket
from gateway.tickets.config import IntakeConfig
from gateway.tickets.joining import Joining, fits, heard
from tests.tickets.conftest import AT, shipped_policy

ZONE = ZoneInfo("Asia/Shanghai")
PLAIN = Joining(IntakeConfig())
SHIPPED = shipped_policy().joining
TALK = Conversation("wechat:hainan:o", "wechat", "hainan", "o", last_in_at=AT)


def message(text: str = "", **fields) -> Message:
    base = Message("k", "wechat", "hainan", "text", AT + 60, AT + 60, person=Person(user_id="o"), text=text)
    return replace(base, **fields)


@pytest.fixture
def ticket() -> Ticket:
    return Ticket(
        "460000-20261121-0000001", "1", 1, "received", "wechat", "hainan", "", "own", "460000", AT, AT,
        user_id="o", content="路灯不亮",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["你好", " 您好！", "谢谢~", "OK", "收到。"])
def test_whole_courtesies_are_courtesies(text):
    assert SHIPPED.is_courtesy(message(text))


@pytest.mark.parametrize("sent", [message("你好，路灯不亮"), message("谢谢", kind="form"), message("")])
def test_what_says_more_is_not(sent):
    assert not SHIPPED.is_courtesy(sent)
    assert not SHIPPED.is_courtesy(message("你好", attachments=(Attachment("a", "1.jpg"),)))


@pytest.mark.parametrize(("later", "joins"), [(0, True), (1800, True), (1801, False)])
def test_the_window_counts_from_the_last_message(ticket, later, joins):
    assert PLAIN.continues(message("x", received_at=AT + later), ticket, TALK, {}) is joins
    assert not PLAIN.continues(message("x"), ticket, replace(TALK, last_in_at=None), {})


def test_without_rules_everything_within_the_window_joins(ticket):
    assert PLAIN.continues(message("另外还有一件完全不同的事情要说"), ticket, TALK, {"category": {"value": "07"}})


@pytest.mark.parametrize(
    ("text", "category", "joins"),
    [
        ("公司老板一直拖着不给钱，已经三个月了，大家都等着回家过年，找了好几次都没有人理我们，怎么办", "0201", False),
        ("公司老板一直拖着不给钱，已经三个月了，大家都等着回家过年，找了好几次都没有人理我们，怎么办", "0402", True),
        ("公司老板一直拖着不给钱，已经三个月了，大家都等着回家过年，找了好几次都没有人理我们，怎么办", "", True),
        ("路灯不亮，公司拖欠工资", "0201", True),
    ],
)
def test_a_new_topic_is_long_of_another_category_and_unlike(ticket, text, category, joins):
    ticket.category = "0402"
    proposals = {"category": {"value": category}} if category else {}
    assert SHIPPED.continues(message(text), ticket, TALK, proposals) is joins


def test_a_ticket_of_no_category_takes_all(ticket):
    assert SHIPPED.continues(message("工资" * 30), ticket, TALK, {"category": {"value": "0201"}})


def test_content_grows_with_the_time_of_day_and_stops_once(ticket):
    ticket.content = SHIPPED.content(ticket, "在海甸岛", AT, ZONE)
    assert ticket.content == "路灯不亮\n补充 12:00：在海甸岛"
    ticket.content = SHIPPED.content(ticket, "字" * 4000, AT, ZONE)
    assert ticket.content == "路灯不亮\n补充 12:00：在海甸岛\n（以下补充见各条消息）"
    assert SHIPPED.content(ticket, "一", AT, ZONE) == ticket.content
    ticket.content = ""
    assert SHIPPED.content(ticket, "一", AT, ZONE) == "一"


@pytest.mark.parametrize(
    ("person", "channel", "known"),
    [
        (Person(user_id="o"), "wechat", True),
        (Person(user_id="o"), "weibo", False),
        (Person(number="13812345678"), "sms", True),
        (Person(contact_number="13812345678"), "web", True),
        (Person(email="A@b.cn"), "email", True),
        (Person(user_id="x", number="13900000000", email="x@y.cn"), "wechat", False),
        (Person(), "wechat", False),
    ],
)
def test_a_person_is_known_by_id_number_or_address(ticket, person, channel, known):
    ticket.contact_number, ticket.email = "13812345678", "a@B.cn"
    assert fits(message(person=person, channel=channel), ticket) is known


def test_nobody_is_not_the_person_of_a_ticket_of_nobody(ticket):
    ticket.user_id = ""
    assert not fits(message(person=Person()), ticket)


def test_a_conversation_begins_and_goes_on():
    first = heard(None, message("一", conversation="wechat:hainan:o"))
    assert first == Conversation("wechat:hainan:o", "wechat", "hainan", "o", last_in_at=AT + 60)
    talked = replace(first, out_since_in=5, step="where", last_in_at=AT + 90)
    assert heard(talked, message("二")) == replace(talked, out_since_in=0)


def test_a_partner_is_known_by_its_number(ticket):
    sent = message(channel="partner", account="110", person=Person())
    assert not fits(sent, ticket)
    ticket.external_nos = {"110": "A-1"}
    assert fits(sent, ticket)
    ticket.external_nos, ticket.channel, ticket.account = {}, "partner", "110"
    assert fits(sent, ticket)
    assert not fits(replace(sent, account="119"), ticket)
