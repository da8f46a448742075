"""Texts for vendors that only fill templates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.port import Permanent
from gateway.channels.sms.byhttp.template import cut, messages, spread


def test_a_short_text_is_one_message() -> None:
    assert messages("您的工单已受理。", 1, 35, 8) == (("您的工单已受理。",),)


def test_a_text_is_spread_over_the_templates_variables() -> None:
    (values,) = messages("一二三四五六七", 3, 8, 8)
    assert values == ("一二三", "四五", "六七")


def test_a_long_text_is_numbered_and_cut_behind_its_stops() -> None:
    text = "您反映的路灯问题已转交市政部门，请保持电话畅通。处理结果将以短信告知。感谢您的来电！"
    sent = ["".join(values) for values in messages(text, 1, 35, 8)]
    assert [one[:5] for one in sent] == ["(1/2)", "(2/2)"]
    assert "".join(one[5:] for one in sent) == text
    assert all(len(one) <= 35 for one in sent)
    assert sent[0].endswith(("。", "，"))


def test_what_needs_too_many_messages_is_refused_with_the_figures() -> None:
    with pytest.raises(Permanent, match=r"需\d+条短信，最多2条"):
        messages("长" * 200, 1, 35, 2)
    with pytest.raises(Permanent, match="内容为空"):
        messages(" \r\n", 1, 35, 2)


def test_line_feeds_and_the_signatures_brackets_do_not_reach_the_template() -> None:
    assert messages("【通知】\r\n第一行\n第二行", 1, 35, 8) == (("[通知] 第一行 第二行",),)


def test_a_cut_does_not_part_a_character() -> None:
    family = "👨\u200d👩\u200d👧"
    assert cut("甲乙丙丁戊" + family, 7) == ["甲乙丙丁戊", family]


@given(st.text(max_size=300), st.integers(8, 40))
def test_pieces_make_up_the_text_and_fit(text: str, most: int) -> None:
    pieces = cut(text, most)
    assert "".join(pieces) == text
    assert all(len(piece) <= most for piece in pieces)


@given(st.text(max_size=100), st.integers(1, 20))
def test_variables_make_up_the_text(text: str, params: int) -> None:
    values = spread(text, params)
    assert len(values) == params
    assert "".join(values) == text
