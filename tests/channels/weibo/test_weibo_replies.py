"""Passive replies and the length of texts."""

from __future__ import annotations

import json
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.weibo.replies import NOTHING, cut, data_of, parts, passive

PUSH = {"sender_id": 7, "receiver_id": "1902538057"}


def weight(text: str) -> int:
    return sum(1 if ord(char) < 128 else 2 for char in text)


def test_no_text_is_an_empty_answer() -> None:
    assert passive(PUSH, "json", "", 0) is NOTHING and NOTHING.body == b"" and NOTHING.status == 200


def test_the_json_answer_turns_sender_and_receiver_round() -> None:
    answer = json.loads(passive(PUSH, "json", "收到&谢谢 100%", 0).body)
    assert (answer["sender_id"], answer["receiver_id"]) == (1902538057, 7)
    assert json.loads(unquote(answer["data"])) == {"text": "收到&谢谢 100%"}


@given(st.text(max_size=900))
def test_a_text_is_cut_to_what_the_platform_takes(text: str) -> None:
    short = cut(text)
    assert weight(short) <= 590
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


@given(st.text(alphabet="一a\n ", max_size=2000))
def test_parts_say_all_of_the_text_in_order_when_it_fits(text: str) -> None:
    found = parts(text, 100, 1000)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(0 < weight(part) <= 100 for part in found)


@given(st.text(min_size=1, max_size=3000))
def test_there_are_never_more_than_five_parts(text: str) -> None:
    assert len(parts(text)) <= 5


def test_half_an_emoji_does_not_break_the_answer() -> None:
    assert "%3F" in data_of("路灯\ud83d")
