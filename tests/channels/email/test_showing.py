"""The HTML of a kept mail is safe whatever the mail holds, and reading it does not stop the loop."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest

from gateway.channels.email.showing import MailHtml


def with_html(html: str) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "wang@example.com", "路灯"
    made.set_content("路灯坏了")
    made.add_alternative(html, subtype="html")
    return made.as_bytes()


async def test_what_a_mail_shows_is_kept_and_what_it_would_run_or_fetch_is_not() -> None:
    evil = """<p onclick="x()">路灯<b>坏了</b></p><script>alert(1)</script><img src="http://example.com/1.png">
    <iframe src="http://example.com"></iframe><form action="/api/v1/session"><input name="a"></form>"""
    html = await MailHtml().of(with_html(evil))
    assert "路灯<b>坏了</b>" in html
    assert not [word for word in ("script", "onclick", "http", "iframe", "form", "input") if word in html]


@pytest.mark.parametrize("original", [b"", b"Subject: x\n\nplain words\n", b"\x00\xff" * 50])
async def test_a_mail_without_html_shows_none(original: bytes) -> None:
    assert await MailHtml().of(original) == ""


async def test_several_are_read_one_after_the_other() -> None:
    shown = MailHtml()
    pages = await asyncio.gather(*(shown.of(with_html(f"<p>第{n}封</p>")) for n in range(4)))
    assert [f"第{n}封" in page for n, page in enumerate(pages)] == [True] * 4
