from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from gateway.model.messages import Attachment, Delivery, Message, Reply
from gateway.model.records import Ticket
from gateway.tickets import telling
from tests.tickets.conftest import AT

PERSONAL = {
    "calling_number": "13812345678", "contact_number": "13987654321", "name": "张三丰", "email": "zhang@example.cn",
    "user_id": "oABCDEF", "title": "请回电13812345678", "content": "我家在海甸岛", "address": "人民大道1号",
    "against": "李四", "query_code": "ABC234", "more": {"x": "王五"},
}  # fmt: skip
TICKET = Ticket(
    "460000-20261121-0000001", "1", 3, "received", "wechat", "hainan", "", "own", "460000", AT, AT, **PERSONAL
)
MESSAGE = Message(
    "k", "wechat", "hainan", "image", AT, AT, text="我家在海甸岛", attachments=(Attachment("a", "1.jpg"),)
)


def test_the_feed_tells_nothing_personal_in_full():
    told = json.dumps(
        [
            telling.ticket_data(TICKET),
            telling.changed_data(TICKET, {"b", "a"}),
            telling.joined_data(TICKET, "m", MESSAGE),
        ],
        ensure_ascii=False,
    )
    hidden = (
        "13812345678",
        "13987654321",
        "张三丰",
        "zhang@",
        "oABCDEF",
        "海甸岛",
        "人民大道",
        "李四",
        "ABC234",
        "王五",
    )
    assert [word for word in hidden if word in told] == []
    assert "请回电138****5678" in told


def test_each_figure_is_told_under_the_name_that_it_has_on_the_ticket():
    ticket = Ticket(**{one.name: f"its {one.name}" for one in fields(Ticket)})
    told = telling.ticket_data(replace(ticket, is_secret=False))
    as_they_are = told.keys() - {"title", "calling_number", "is_secret"}
    assert {name: told[name] for name in as_they_are} == {name: f"its {name}" for name in as_they_are}
    assert told["is_secret"] is False


def test_a_secret_ticket_tells_no_title_and_a_calls_ticket_tells_its_figures():
    call = replace(TICKET, channel="phone", is_secret=True, wait_s=3.5, ring_s=1.0, talk_s=60.0, hold_s=0.0, wrap_s=9.0)
    told = telling.ticket_data(call)
    assert told["title"] == ""
    figures = ("wait_s", "ring_s", "talk_s", "hold_s", "wrap_s")
    assert [told[name] for name in figures] == [3.5, 1.0, 60.0, 0.0, 9.0]


def test_what_followers_act_on_is_told():
    data = telling.changed_data(TICKET, {"kind", "category"})
    assert (data["ticket_no"], data["revision"], data["changed"]) == (TICKET.ticket_no, 3, ["category", "kind"])
    assert telling.joined_data(TICKET, "m", MESSAGE) == {
        "ticket_no": TICKET.ticket_no, "revision": 3, "channel": "wechat", "account": "hainan", "message_id": "m",
        "message_kind": "image", "attachments": 1,
    }  # fmt: skip


def test_replies_and_deliveries_are_told_without_their_words():
    reply = Reply("r", TICKET.ticket_no, AT, "1001", "已修好")
    delivery = Delivery("d", "reply", TICKET.ticket_no, "wechat", "hainan", "oABCDEF", AT, text="已修好", due_at=AT)
    told = telling.reply_data(reply, delivery) | telling.delivery_data(delivery)
    assert "已修好" not in str(told)
    assert "oABCDEF" not in str(told)
    assert (told["delivery_id"], told["due_at"], told["state"]) == ("d", AT, "waiting")
    assert telling.reply_data(reply, None)["delivery_state"] == ""


def test_what_opened_no_ticket_is_told_with_its_event():
    noted = telling.noted_data("m", MESSAGE, "noted", "event")
    assert (noted["event"], noted["outcome"], noted["reason"]) == ("", "noted", "event")


@pytest.mark.parametrize(
    ("more", "event"),
    [
        ({"event": "subscribe"}, "subscribe"), ({"verdict": "bounce"}, "bounce"),
        ({"verdict": "auto_reply"}, "auto_reply"), ({"verdict": "loop"}, "loop"),
        ({"verdict": "bulk"}, "bulk"), ({"verdict": "request"}, ""),
        ({"verdict": "request", "event": "command"}, "command"), ({"event": "", "verdict": "bounce"}, "bounce"),
        ({"event": "port_data", "port": 9204}, "port_data"),
    ],
)  # fmt: skip
def test_a_mail_that_opened_no_ticket_is_told_with_its_verdict(more, event):
    assert telling.noted_data("m", replace(MESSAGE, more=more), "noted", "event")["event"] == event
