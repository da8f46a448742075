"""Plain text bodies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.plain import says_nothing, unarmoured, unenriched, unflowed

LAYOUT = str.maketrans("", "", " \n>")


@given(st.lists(st.text(st.sampled_from("字ab >-"), max_size=12), max_size=8))
def test_flowing_loses_no_word(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert unflowed(text).translate(LAYOUT) == text.translate(LAYOUT)


def test_paragraphs_are_joined_and_quotations_keep_their_depth() -> None:
    assert unflowed("a \nb\n> c \n> d\n>> e\n-- \nf \n") == "a b\n> c d\n>> e\n-- \nf "
    assert unflowed("路 \n灯", delete_space=True) == "路灯"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \u00a0\n",
        "您的邮件客户端不支持HTML",
        "?????? ???",
        "This message requires an HTML-capable reader: html enabled",
    ],
)
def test_these_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text", ["路灯不亮", "为什么??", "?", "贵局网站无法登录，请处理。", "网页HTML乱码" + "，请处理" * 200]
)
def test_these_say_something(text: str) -> None:
    assert not says_nothing(text)


def test_armour() -> None:
    assert unarmoured("x") == ("x", "")
    assert unarmoured("-----BEGIN PGP MESSAGE-----\n")[1] == "encrypted"
    broken = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\nwords"
    assert unarmoured(broken) == (broken, "")


def test_enriched_text_loses_its_tags() -> None:
    assert unenriched("<bold>a</bold> <<b>\nc\n\nd") == "a <b> c\nd"
