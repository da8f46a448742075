"""Texts are whole in both languages for every kind, durations are said as people say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.kinds import KINDS
from gateway.alarms.words import duration, storm_texts, texts, titles
from tests.alarms.stage import read, rule


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0 秒", "0 s"), (15, "15 秒", "15 s"), (60, "1 分钟", "1 min"), (90, "1.5 分钟", "1.5 min"),
        (180, "3 分钟", "3 min"), (3600, "1 小时", "1 h"), (86_400, "24 小时", "24 h"), (172_800, "2 天", "2 d"),
    ],
)  # fmt: skip
def test_durations_are_said_in_the_unit_that_people_would_use(seconds: float, zh: str, en: str) -> None:
    assert duration(seconds) == (zh, en)


def test_a_text_has_the_numbers_and_a_word_that_is_missing_leaves_a_dash() -> None:
    waited = rule("waited", raise_at=15)
    zh, en = texts(waited, read(42.4, words={"name": "综合热线", "name_en": "Hotline", "n": 3, "ready": 0}))
    assert zh == "综合热线：3 人等候超过 15 秒，最长 42 秒；空闲座席 0 个"
    assert en == "Hotline: 3 waiting longer than 15 s, the longest 42 s; 0 seats ready"
    assert texts(waited, read(16))[0].startswith("-：- 人等候")


def test_shares_are_per_cent() -> None:
    words = {"answered": 934, "requests": 1000, "window": "24 小时", "window_en": "24 h"}
    zh, en = texts(rule("connection_rate"), read(0.934, words=words))
    assert zh == "近 24 小时 接通率 93.4%（934/1000），低于 95%"
    assert en == "93.4 % answered in 24 h (934 of 1000), below 95 %"


def test_a_rule_may_call_its_alarm_by_another_name() -> None:
    assert titles(rule("lost")) == ("呼损", "Lost calls")
    assert titles(rule("lost", title="呼损激增", title_en="Many")) == ("呼损激增", "Many")


def test_a_storm_names_the_first_of_its_places() -> None:
    assert storm_texts(rule("phone"), ["seat:A001"]) == ("另有 1 处：A001", "1 more: A001")
    zh, _ = storm_texts(rule("phone"), [f"seat:A00{n}" for n in range(9)])
    assert zh.startswith("另有 9 处：A000、A001") and zh.endswith(" 等") and "A008" not in zh


@pytest.mark.parametrize("watch", sorted(KINDS))
@given(value=st.floats(0, 1e9), limit=st.none() | st.floats(0, 1e6), word=st.text(max_size=400))
def test_no_reading_breaks_a_text(watch: str, value: float, limit: float | None, word: str) -> None:
    words = {"name": word, "name_en": word, "n": 3, "first": word, "within_s": 1800.0}
    for text in texts(rule(watch), read(value, limit=limit, words=words)):
        assert 0 < len(text) <= 300
