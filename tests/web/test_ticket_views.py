"""A ticket with all that belongs to it shows no whole number; the citizen sees the steps and nothing inner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model.ids import TicketNo
from gateway.model.messages import Attachment, Denial, KeptAttachment, KeptMessage, Message, Person, Reply
from gateway.web.ticket_views import delivery_view, denial_view, progress_view, ticket_detail

NO = TicketNo("460000-20261121-0000001")


@pytest.fixture
def message() -> KeptMessage:
    said = Message(
        "wechat:a:b", "wechat", "hainan", "text", 1.0, 2.0, title="电话13812345678",
        text="身份证46010219900307123X 琼A12345", person=Person(user_id="oABCDEFGHIJKLMN", name="张三丰"),
        conversation="wechat:hainan:oABCDEFGHIJKLMN",
    )  # fmt: skip
    return KeptMessage("m1", "r1", NO, said)


def test_detail_masks_what_people_wrote_and_who_they_are(fakes: Any, message: KeptMessage) -> None:
    ticket = fakes.ticket(1, user_id="oABCDEFGHIJKLMN", email="zhang@example.com", address="13987654321旁")
    attachment = KeptAttachment(
        Attachment("a1", "13912345678.jpg", "image/jpeg", 5, "ab" * 32), "m1", NO, "web", "page"
    )
    reply = Reply("p1", NO, 3.0, "agent1", "请致电13700001111")
    text = ticket_detail(ticket, [message], [attachment], [reply], [fakes.delivery()]).model_dump_json()
    for secret in (
        "13812345678", "46010219900307123X", "琼A12345", "oABCDEFGHIJ", "zhang@", "13987654321", "13912345678",
        "13700001111", "张三丰", "wechat:hainan:o",
    ):  # fmt: skip
        assert secret not in text, secret
    for shown in ("138****5678", NO, "ab" * 32, "agent1"):
        assert shown in text


def test_target_of_a_push_is_a_partner_and_shown(fakes: Any) -> None:
    assert delivery_view(fakes.delivery(kind="push", target="110")).target == "110"
    assert delivery_view(fakes.delivery(target="13812345678")).target == "138***78"


def test_denied_sender_is_masked() -> None:
    denial = Denial("d1", "wechat", "oABCDEFGHIJ", "骂人，电话13812345678", "lead", 1.0)
    view = denial_view(denial)
    assert view.user_id == "oAB***IJ" and "13812345678" not in view.reason


def test_progress_tells_the_steps_in_order_and_nothing_of_those_who_acted(fakes: Any) -> None:
    ticket = fakes.ticket(
        1, state="closed", received_at=10.0, sent_at=20.0, department="市政局", closed_at=50.0, result="已修好"
    )
    view = progress_view(ticket, [Reply("p", NO, 30.0, "agent1", "正在处理")])
    assert [step.what for step in view.steps] == ["received", "sent_on", "reply", "closed"]
    assert "市政局" in view.steps[1].text and "已修好" in view.steps[3].text and view.may_rate
    text = view.model_dump_json()
    for secret in ("agent1", fakes.number, "张", "8K2M"):
        assert secret not in text
    assert not progress_view(replace(ticket, satisfaction=4), []).may_rate
    assert not progress_view(fakes.ticket(1), []).may_rate
