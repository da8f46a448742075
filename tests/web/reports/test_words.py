"""The catalogue: both languages of every key say the same things, and nothing of one stands in the other."""

from __future__ import annotations

import re
import string

import pytest

from gateway.web.reports.words import _WORDS, LANGS, paired, words

HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SAID_IN_CHINESE = {"bar.other"}
"""The way to the Chinese report says so in Chinese."""


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", _WORDS)
def test_both_languages_have_the_same_places(key: str) -> None:
    zh, en = _WORDS[key]
    assert zh and en
    assert places(en) == places(zh), key


@pytest.mark.parametrize("key", sorted(set(_WORDS) - SAID_IN_CHINESE))
def test_no_chinese_stands_in_english(key: str) -> None:
    assert not HAN.search(_WORDS[key][LANGS.index("en")])


def test_words_are_filled_and_an_unknown_key_is_a_fault() -> None:
    assert words("seconds", "zh", n=5) == "5 秒" and words("seconds", "en", n=5) == "5 s"
    assert words("overview", "en") == "Overview"
    with pytest.raises(KeyError):
        words("nobody.wrote.this", "en")


def test_of_a_pair_the_language_that_is_asked_for() -> None:
    assert paired("缺少字体 / fonts are missing", "zh") == "缺少字体"
    assert paired("缺少字体 / fonts are missing", "en") == "fonts are missing"
    assert paired("缺少字体", "en") == "缺少字体"
