"""What HTML marks as quoted is found in the text, or nothing is touched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.hints import sharpened
from gateway.channels.email.html import safe_html
from gateway.channels.email.htmltext import text_of
from gateway.channels.email.quotes import find
from gateway.channels.email.shown import shown

OLD = "<div>12345 さんは書きました</div><div>您好：</div><div>请补充地址。</div>"


def words(html: str) -> str:
    safe, _ = safe_html(html)
    return shown(text_of(safe), safe).text


@pytest.mark.parametrize(
    "html",
    [
        f'<div>人民大道58号</div><div class="gmail_quote gmail_quote_container">{OLD}</div>',
        f'<p>人民大道58号</p><div dir="ltr" class="yahoo_quoted">{OLD}</div><br>',
        f'<div>人民大道58号<div id="isReplyContent">{OLD}</div></div>',
        f'<div>人民大道58号</div><div id="appendonsend"></div>{OLD}',
        f'<div>人民大道58号</div><div><div class="ntes-mailmaster-quote"><div>{OLD}</div></div></div>',
    ],
)
def test_a_marked_quotation_goes(html: str) -> None:
    assert words(html) == "人民大道58号"


@pytest.mark.parametrize(
    "html",
    [
        f'<div>人民大道58号</div><div class="quote">{OLD}</div>',
        f'<div class="gmail_quote">{OLD}</div><div>人民大道58号</div>',
        f'<div class="gmail_quote">{OLD}</div>',
    ],
)
def test_without_a_known_mark_or_with_words_below_everything_stays(html: str) -> None:
    assert "请补充地址。" in words(html)


def test_a_text_that_says_it_otherwise_is_left_alone() -> None:
    html = f'<div>好</div><div class="gmail_quote">{OLD}</div>'
    text = "好\n另一些话\n还有"
    assert shown(text, html).text == text


def test_what_the_text_itself_shows_as_quoted_goes_first() -> None:
    lines = ["好", "", "-----原始邮件-----", "您好"]
    found = find(lines)
    assert sharpened(found, lines, f'<div class="gmail_quote">{OLD}</div>') is found


@given(st.text(max_size=100) | st.text(alphabet='<>/divclass="gmail_quote" a\n', max_size=100))
def test_any_html_does_no_harm(html: str) -> None:
    lines = ["一", "二"]
    assert len(sharpened(find(lines), lines, html).lines) == 2
