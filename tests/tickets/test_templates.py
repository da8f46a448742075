from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.config import RepliesConfig
from gateway.tickets.templates import Templates
from gateway.tickets.wording import DEFAULTS, PLACEHOLDERS

WORDS = Templates(RepliesConfig())


def test_values_stand_where_the_placeholders_stood():
    text = WORDS.say("received", ticket_no="460000-20261121-0000001", query_code="ABC234")
    assert "工单编号：460000-20261121-0000001\n查询码：ABC234\n" in text
    assert "{" not in text


def test_a_line_without_any_value_is_left_out():
    assert WORDS.say("sent_on", ticket_no="1") == "您的工单 1 已转办理。"
    assert WORDS.say("closed", ticket_no="1", result="好") == "您的工单 1 已办结。\n办理结果：好"


def test_urgent_advice_names_the_numbers_when_they_are_known():
    assert "请先拨打：119、120\n" in WORDS.say("urgent_dial", dial="119、120")
    assert "请先拨打" not in WORDS.say("urgent_dial")


def test_a_value_is_never_read_as_a_template():
    text = WORDS.say("sent_on", ticket_no="{department}", department="{ticket_no} {0} %s {{")
    assert text == "您的工单 {department} 已转办理。\n承办单位：{ticket_no} {0} %s {{"


def test_control_characters_do_not_reach_citizens():
    assert WORDS.say("closed", ticket_no="1", result="好\x00\x1b\r\n的").endswith("办理结果：好\n的")


def test_the_configuration_replaces_a_template_and_keeps_the_others():
    words = Templates(RepliesConfig(templates={"thanks": "多谢 {ticket_no}"}, longest={"sms": 20}))
    assert words.say("thanks", ticket_no="1") == "多谢 1"
    assert words.say("joined", ticket_no="1") == "已补充到工单 1。"
    assert (words.fit("字" * 30, "sms"), words.fit("字" * 30, "wechat")) == ("字" * 19 + "…", "字" * 30)
    assert (words.longest("sms"), words.longest("wechat")) == (20, None)
    words.use(RepliesConfig())
    assert words.say("thanks", ticket_no="1") == WORDS.say("thanks", ticket_no="1")


def test_what_has_no_place_is_a_programmers_error():
    with pytest.raises(KeyError):
        WORDS.say("goodbye")
    with pytest.raises(ValueError, match="no place for name"):
        WORDS.say("thanks", ticket_no="1", name="x")


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_template_can_be_said_with_and_without_values(name):
    assert WORDS.say(name, **dict.fromkeys(PLACEHOLDERS[name], "值")).strip()
    assert "{" not in WORDS.say(name)


@given(st.text(), st.text())
def test_any_value_comes_out_as_itself(department, number):
    text = WORDS.say("sent_on", ticket_no="1" + number, department=department)
    assert text.startswith("您的工单 1")
    kept = "".join(c for c in department if c in "\t\n" or (c >= " " and c != "\x7f"))
    assert kept in text
