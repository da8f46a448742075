"""Passive replies: any text comes back as that text and nothing else, within the platform's length."""

from __future__ import annotations

import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.wechat.replies import LONGEST, cut, parts, text_reply
from gateway.channels.wechat_crypto import NOT_XML_TEXT

TEXTS = st.text(max_size=300) | st.text(alphabet="]>[<!CDATA&", max_size=60)


@given(TEXTS, TEXTS)
def test_any_text_survives_and_adds_no_element(text: str, to: str) -> None:
    found = xmltodict.parse(text_reply(to, "gh_1", text, 7.9), strip_whitespace=False)["xml"]
    clean = NOT_XML_TEXT.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    assert list(found) == ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"]
    assert (found["Content"] or "") == clean
    assert (found["CreateTime"], found["MsgType"]) == ("7", "text")


@given(st.text(max_size=1200))
def test_a_cut_text_fits_and_is_a_beginning(text: str) -> None:
    short = cut(text, 100)
    assert len(short.encode("utf-8", "replace")) <= 100
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.text(alphabet="路灯坏了\n ab", max_size=900))
def test_parts_fit_and_lose_only_line_ends_and_what_is_too_much(text: str) -> None:
    found = parts(text, 300, 4)
    assert len(found) <= 4
    assert all(part and len(part.encode()) <= 300 for part in found)
    if len(text.encode()) < 300:
        assert found == ([text.strip()] if text.strip() else [])
    squeezed = "".join("".join(found).split())
    assert "".join(text.split()).startswith(squeezed.removesuffix("…"))


def test_a_long_text_is_cut_at_the_end_of_a_line() -> None:
    text = "一" * 400 + "\n" + "二" * 400
    assert parts(text) == ["一" * 400, "二" * 400]
    assert len("".join(parts("三" * 5000)).encode()) <= 5 * LONGEST
