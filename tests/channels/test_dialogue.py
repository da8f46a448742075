"""The guided talk as pure steps: each question once, every answer optional, commands only as whole texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.dialogue import (
    QUESTIONS,
    Command,
    Next,
    command_of,
    joined,
    opened,
    phone_in,
    progress,
    skipped,
)
from gateway.model.ids import TicketNo
from gateway.model.messages import Message
from gateway.model.records import Ticket

NUMBER = TicketNo("460000-20261121-0000001")
TICKET = Ticket(
    NUMBER,
    "t",
    1,
    "received",
    "wechat",
    "hainan",
    "",
    "own",
    "460000",
    1.0,
    1.0,
    content="路灯坏了三天",
    query_code="ABC234",
)
WORDS = Message("k", "wechat", "hainan", "text", 1.0, 1.0, text="路灯坏了三天")


def said(step: Next) -> list[str]:
    return [template for template, _ in step.say]


def words(text: str, **more: Any) -> Message:
    return replace(WORDS, text=text, **more)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("查询", Command("progress")),
        ("查询 460000-20261121-0000001", Command("progress", NUMBER)),
        ("查询：４６００００２０２６１１２１０００００01", Command("progress", NUMBER)),
        ("460000-20261121-0000001", Command("progress", NUMBER)),
        ("查进度460000-20261121-0000001 abc234", Command("progress", NUMBER, "ABC234")),
        ("查询 12", Command("progress", "12")),
        ("帮助", Command("help")),
        ("？", Command("help")),
        ("转人工", Command("human")),
        ("查询不到我的社保怎么办", None),
        ("460000-20261121-0000001 这个工单没人管", None),
        ("取消订单怎么投诉", None),
        ("帮助老人过马路", None),
        ("取消", None),
        ("跳过", None),
        ("5", None),
        ("", None),
    ],
)
def test_only_a_whole_text_is_a_command(text: str, command: Command | None) -> None:
    assert command_of(text) == command


def test_ending_and_skipping_need_a_question_and_rating_a_closed_ticket() -> None:
    assert command_of("不用了", "where") == Command("cancel")
    assert command_of("不知道。", "where") == Command("skip")
    assert command_of("５分", may_rate=True) == Command("rate", score=5)
    assert command_of("6", may_rate=True) is None
    assert command_of("5个路灯坏了", may_rate=True) is None


def test_a_receipt_asks_for_what_is_missing_first() -> None:
    assert said(opened(TICKET, WORDS, True, False)) == ["received", "ask_where"]
    assert said(opened(replace(TICKET, content="投诉"), words("投诉"), True, False)) == ["received", "ask_what"]
    full = replace(TICKET, address="国贸路1号", contact_number="13800138000")
    assert opened(full, WORDS, True, False).step == "photo"
    assert opened(full, WORDS, True, True) == Next("", opened(full, WORDS, True, True).say)
    assert said(opened(TICKET, WORDS, False, False)) == ["received"]


def test_the_receipt_names_number_and_code() -> None:
    assert opened(TICKET, WORDS, False, False).say[0][1] == {"ticket_no": NUMBER, "query_code": "ABC234"}


def test_danger_comes_first_and_asks_nothing() -> None:
    for ticket in (
        replace(TICKET, urgency="特急"),
        replace(TICKET, proposed={"urgency": {"value": "特急", "dial": ["119"]}}),
    ):
        assert said(opened(ticket, WORDS, True, False)) == ["urgent_dial", "received"]
        assert said(joined(ticket, WORDS, "where", False)) == ["urgent_dial", "joined"]
        assert "urgent_dial" not in said(joined(ticket, WORDS, "", False, warned=True))
    assert opened(ticket, WORDS, True, False).say[0][1] == {"dial": "119"}


def test_an_address_in_words_answers_where_and_other_words_are_passed_over() -> None:
    answered = joined(TICKET, words("海口市国贸路1号门口"), "where", False)
    assert (answered.changes, answered.step) == ({"address": "海口市国贸路1号门口"}, "photo")
    other = joined(TICKET, words("已经很久了"), "where", False)
    assert (other.changes, other.step, said(other)) == ({}, "photo", ["joined", "ask_photo"])


def test_nothing_that_is_known_is_asked_or_overwritten() -> None:
    known = replace(TICKET, address="旧地址", contact_number="13800138000")
    step = joined(known, words("海口市国贸路1号"), "where", True)
    assert (step.changes, step.step, said(step)) == ({}, "", ["thanks"])


def test_a_landline_answers_contact() -> None:
    step = joined(TICKET, words("0898-66778899 王女士"), "contact", True)
    assert (step.changes, step.step) == ({"contact_number": "089866778899"}, "")


def test_unreadable_messages_say_so_and_keep_the_step() -> None:
    step = joined(TICKET, replace(WORDS, kind="unreadable"), "where", False)
    assert (step.step, said(step)) == ("where", ["joined", "unsupported"])
    assert said(opened(TICKET, replace(WORDS, kind="unreadable"), True, False)) == ["received", "unsupported"]


def test_skipping_asks_the_next_and_ends_with_thanks() -> None:
    assert skipped(TICKET, "where", False).step == "photo"
    assert said(skipped(TICKET, "contact", False)) == ["thanks"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("我的电话是138 0013 8000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("0898-66778899", "089866778899"),
        ("１３８００１３８０００", "13800138000"),
        ("编号 460000202611210000001", ""),
        ("12345", ""),
    ],
)
def test_telephone_numbers_are_found_in_words(text: str, number: str) -> None:
    assert phone_in(text) == number


def test_progress_is_told_in_citizens_words() -> None:
    template, values = progress(replace(TICKET, state="closed", department="市政", result="已修好"), "2026-11-22 10:00")
    assert (template, values["state"], values["result"]) == ("progress", "已办结", "已修好")


MESSAGES = st.builds(
    lambda text, kind: replace(WORDS, text=text, kind=kind),
    st.text(max_size=30) | st.sampled_from(["国贸路1号", "13800138000", "0898-66778899"]),
    st.sampled_from(["text", "image", "voice", "location", "link", "unreadable"]),
)


@given(st.lists(st.tuples(MESSAGES, st.booleans()), max_size=8))
def test_whatever_is_sent_each_question_comes_once_and_in_order(talk: list[tuple[Message, bool]]) -> None:
    step = opened(TICKET, WORDS, True, False)
    asked = [name for name in said(step) if name.startswith("ask_")]
    for message, photo in talk:
        step = joined(TICKET, message, step.step, photo) if step.step else step
        if not step.step:
            break
        asked += [name for name in said(step) if name.startswith("ask_")]
    order = [QUESTIONS.index(name.removeprefix("ask_")) for name in asked]  # type: ignore[arg-type]
    assert order == sorted(set(order))


@given(st.text(max_size=80), st.sampled_from(["", *QUESTIONS]), st.booleans())
def test_any_text_is_a_command_or_none(text: str, step: str, rate: bool) -> None:
    found = command_of(text, step, rate)
    assert found is None or found.act in ("progress", "help", "human", "cancel", "skip", "rate")
