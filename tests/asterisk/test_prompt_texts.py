"""What the dialplan says by itself is complete, short, and says the same in each language: a caller who hears it may
have no gateway behind it, and nobody who could repeat it.
"""

from __future__ import annotations

import re

import pytest

from gateway.asterisk.prompt_texts import DIALPLAN_TEXTS
from gateway.ivr.config import Text
from gateway.ivr.names import DIALPLAN_PROMPTS

EACH = pytest.mark.parametrize(("name", "text"), DIALPLAN_TEXTS.items(), ids=DIALPLAN_TEXTS)
HAN, NUMBER = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[0-9]+")
SIMPLIFIED = frozenset("为们转务请线听过间对话电时处约号码暂这将录没员岗队统无让谢来达单联随关")
"""Characters of the mainland that Cantonese texts, written in traditional ones, must not have."""


def said(text: Text) -> dict[str, str]:
    return {language: own for language in ("zh", "yue", "en") if (own := text.own(language)) is not None}


def test_each_prompt_that_the_dialplan_plays_has_a_text_and_no_other_has() -> None:
    assert tuple(DIALPLAN_TEXTS) == DIALPLAN_PROMPTS


@EACH
def test_each_language_has_words_of_its_own_in_its_own_script(name: str, text: Text) -> None:
    spoken = said(text)
    assert list(spoken) == ["zh", "yue", "en"], name
    assert HAN.search(spoken["zh"]) and not re.search("[A-Za-z]", spoken["zh"])
    assert HAN.search(spoken["yue"]) and not SIMPLIFIED & set(spoken["yue"]) and "您" not in spoken["yue"]
    assert spoken["en"].isascii()


@EACH
def test_whole_sentences_without_marks_that_a_voice_would_stumble_over(name: str, text: Text) -> None:
    for language, words in said(text).items():
        assert words.endswith("." if language == "en" else "。"), (name, language)
        assert not re.search(r"[\[\]{}<>*_]|\s\s|^\s|\s$", words), (name, language)
        assert not re.search(r"[,.;:!?]" if language != "en" else r"[，。；：！？]", words), (name, language)


@EACH
def test_numbers_are_the_same_in_each_language(name: str, text: Text) -> None:
    numbers = {language: NUMBER.findall(words) for language, words in said(text).items()}
    assert numbers["zh"] == numbers["yue"] == numbers["en"], name
    assert set(numbers["zh"]) <= {"12345"}, "no hall of another number would be told the wrong one"


@EACH
def test_nobody_has_to_listen_for_long(name: str, text: Text) -> None:
    """At 190 characters and 165 words a minute (gateway.asterisk.prompts): some 16 s at most, 10 s while waiting."""
    waiting = name.startswith(("hold-", "transfer-hold"))
    assert len(HAN.findall(text.zh)) <= (32 if waiting else 50), name
    assert len((text.own("en") or "").split()) <= (28 if waiting else 44), name


@pytest.mark.parametrize("name", ["static-greeting", "virtual-notice"])
def test_who_is_recorded_is_told_so_in_each_language(name: str) -> None:
    spoken = said(DIALPLAN_TEXTS[name])
    assert "录音" in spoken["zh"] and "錄音" in spoken["yue"] and "recorded" in spoken["en"]


@pytest.mark.parametrize("name", [name for name in DIALPLAN_PROMPTS if name.startswith("sorry-")])
def test_who_cannot_be_served_is_told_what_to_do(name: str) -> None:
    spoken = said(DIALPLAN_TEXTS[name])
    assert "请您稍后再拨" in spoken["zh"] and "請你稍後再打" in spoken["yue"] and "call again later" in spoken["en"]
