"""The words of now, and when everything stays."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.shown import Shown, shown

HEAD = "发件人: 12345 <12345@example.gov.cn>\n发送时间: 2026年3月1日 15:04\n收件人: wang@example.com\n主题: 答复"
LINE = "在 2026年3月1日，下午3:04，12345 <12345@example.gov.cn> 写道："


def test_quotation_and_signature_are_left_out_and_told() -> None:
    assert shown(f"好的\n\n发自我的iPhone\n\n> {LINE}\n> \n> 您好") == Shown(
        "好的", quoted=True, signature="发自我的iPhone"
    )
    assert shown("路灯坏了") == Shown("路灯坏了")


def test_answers_between_quotations_stay_apart() -> None:
    assert shown(f"{LINE}\n> 地址？\n人民大道\n> 电话？\n138").text == "人民大道\n\n138"


@pytest.mark.parametrize("text", [f"> {LINE}\n> 您好", f"\n\n{HEAD}\n\n原文", "发自我的iPhone", "> 您好\n> 请补充"])
def test_when_nothing_would_be_left_everything_stays(text: str) -> None:
    assert shown(text, reply=True) == Shown(text.strip(), whole=True)


def test_an_empty_mail_is_empty() -> None:
    assert shown("") == shown(" \n\t\n") == Shown("")


@pytest.mark.parametrize(
    "own",
    [
        "请看下面的邮件：",
        "情况见下",
        "请按以下邮件内容处理",
        "请看转发",
        "FYI",
        "详情如下。",
        "转发一封物业的邮件，请核实",
    ],
)
def test_what_the_citizen_points_at_stays(own: str) -> None:
    assert shown(f"{own}\n\n{HEAD}\n\n明天停水", reply=True).text.endswith("明天停水")


@pytest.mark.parametrize(
    "own", ["请转给城管局处理。", "地址如下：人民大道58号\n电话138", "以下是我的电话，请记录，谢谢", "已转发朋友圈"]
)
def test_an_ordinary_answer_does_not_point(own: str) -> None:
    assert shown(f"{own}\n\n{HEAD}\n\n原文", reply=True).text == own


def test_what_is_forwarded_stays() -> None:
    text = f"请处理，谢谢！\n\n{HEAD}\n\n明天停水"
    assert shown(text, reply=True).text == "请处理，谢谢！"
    assert shown(text, reply=True, forward=True) == Shown(text, forwarded=True)
    assert shown(text, reply=False) == Shown(text, forwarded=True)
    marked = "请看\n---------- Forwarded message ---------\n明天停水"
    assert shown(marked, reply=True) == Shown(marked, forwarded=True)


def test_blank_lines_are_brought_together() -> None:
    assert shown("一\n\n\n\n二   \n\u3000\n\n\n三\n").text == "一\n\n二\n\n三"


@given(st.text(max_size=300), st.none() | st.booleans(), st.booleans())
def test_any_text_is_shown_and_never_as_nothing(text: str, reply: bool | None, forward: bool) -> None:
    found = shown(text, reply=reply, forward=forward)
    assert bool(found.text.strip()) == bool(text.strip(" \n\t\r\f\v\u00a0\u3000\ufeff").strip())


@given(
    st.lists(
        st.sampled_from(
            [
                "路灯坏了",
                "> 您好",
                ">您好",
                "",
                LINE,
                *HEAD.split("\n"),
                "-- ",
                "--",
                "发自我的iPhone",
                "-----原始邮件-----",
                "电话：138",
            ]
        )
    ),
    st.none() | st.booleans(),
)
def test_what_is_shown_was_written_in_that_order(lines: list[str], reply: bool | None) -> None:
    rest = iter(lines)
    found = [line for line in shown("\n".join(lines), reply=reply).text.split("\n") if line]
    assert all(any(line == other.rstrip() for other in rest) for line in found)


@pytest.mark.parametrize("piece", ["> a\nb\n", "发自我的手机\n> x\n", "-- \n> x\n", "\n", " \n", "本邮件保密\n> x\n"])
def test_a_million_characters_take_no_long_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    shown(text, reply=True)
    assert time.process_time() - began < 15
