"""How numbers, digits, dates and times are said: tables that a reader of the language can check."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ivr import speech
from gateway.ivr.config import LANGUAGES


def spoken(style: str, value: str, language: str) -> str:
    """The words of the tokens, as they would be heard."""
    words = [speech.words(language)[token] or "," for token in speech.say(style, value, language)]
    return " ".join(words) if language == "en" else "".join(words)


@pytest.mark.parametrize(
    ("value", "heard"),
    [
        ("0", "零"),
        ("2", "二"),
        ("10", "十"),
        ("12", "十二"),
        ("15", "十五"),
        ("20", "二十"),
        ("22", "二十二"),
        ("105", "一百零五"),
        ("110", "一百一十"),
        ("115", "一百一十五"),
        ("200", "两百"),
        ("222", "两百二十二"),
        ("1005", "一千零五"),
        ("1050", "一千零五十"),
        ("2002", "两千零二"),
        ("10005", "一万零五"),
        ("10015", "一万零一十五"),
        ("10500", "一万零五百"),
        ("15000", "一万五千"),
        ("20000", "两万"),
        ("22222", "两万两千两百二十二"),
        ("120000", "十二万"),
        ("100050", "十万零五十"),
        ("101000", "十万一千"),
        ("100000000", "一亿"),
        ("100005000", "一亿零五千"),
        ("200000002", "两亿零二"),
        ("105000000", "一亿零五百万"),
        ("150000005", "一亿五千万零五"),
        ("999999999999", "九千九百九十九亿九千九百九十九万九千九百九十九"),
        ("-7", "负七"),
        ("-0", "零"),
        ("3.05", "三点零五"),
        ("-0.5", "负零点五"),
        ("0012", "十二"),
    ],
)
def test_numbers_in_mandarin(value: str, heard: str) -> None:
    assert spoken("number", value, "zh") == heard


@pytest.mark.parametrize(("value", "heard"), [("200", "二百"), ("2000", "两千"), ("20000", "两万"), ("12", "十二")])
def test_cantonese_keeps_two_before_hundred(value: str, heard: str) -> None:
    assert spoken("number", value, "yue") == heard


def test_hakka_has_the_tokens_of_mandarin() -> None:
    assert speech.say("number", "10005", "hak") == speech.say("number", "10005", "zh")
    assert speech.words("hak") == speech.words("zh")


@pytest.mark.parametrize(
    ("value", "heard"),
    [
        ("0", "zero"),
        ("15", "fifteen"),
        ("21", "twenty one"),
        ("105", "one hundred and five"),
        ("1005", "one thousand and five"),
        ("1234", "one thousand two hundred and thirty four"),
        ("1000000", "one million"),
        ("2000015", "two million and fifteen"),
        ("-3.14", "minus three point one four"),
    ],
)
def test_numbers_in_english(value: str, heard: str) -> None:
    assert spoken("number", value, "en") == heard


@pytest.mark.parametrize(
    ("style", "value", "language", "heard"),
    [
        ("digits", "12345", "zh", "一二三四五"),
        ("phone", "12345", "zh", "幺二三四五"),
        ("phone", "110", "zh", "幺幺零"),
        ("phone", "110", "hak", "幺幺零"),
        ("phone", "110", "yue", "一一零"),
        ("phone", "13812345678", "zh", "幺三八,幺二三四,五六七八"),
        ("phone", "12345", "en", "one two three four five"),
        ("digits", "*1#", "zh", "星号一井号"),
        ("phone", "+86", "en", "plus eight six"),
    ],
)
def test_digits_and_telephone_numbers(style: str, value: str, language: str, heard: str) -> None:
    assert spoken(style, value, language) == heard


@pytest.mark.parametrize(
    ("value", "language", "heard"),
    [
        ("00:00", "zh", "凌晨零点整"),
        ("02:00", "zh", "凌晨两点整"),
        ("09:05", "zh", "上午九点零五分"),
        ("12:30", "zh", "中午十二点三十分"),
        ("14:02", "zh", "下午两点零二分"),
        ("22:15", "zh", "晚上十点十五分"),
        ("9:30", "yue", "上午九点三十分"),
        ("00:05", "en", "twelve oh five A.M."),
        ("09:00", "en", "nine o'clock A.M."),
        ("14:30", "en", "two thirty P.M."),
    ],
)
def test_times(value: str, language: str, heard: str) -> None:
    assert spoken("time", value, language) == heard


@pytest.mark.parametrize(
    ("value", "language", "heard"),
    [
        ("2026-11-21", "zh", "二零二六年十一月二十一日"),
        ("2005-02-02", "zh", "二零零五年二月二日"),
        ("2026-11-21", "en", "November twenty-first twenty twenty six"),
        ("2005-02-02", "en", "February second two thousand and five"),
        ("1905-01-01", "en", "January first nineteen oh five"),
        ("1900-01-01", "en", "January first nineteen hundred"),
        ("2000-01-01", "en", "January first two thousand"),
    ],
)
def test_dates(value: str, language: str, heard: str) -> None:
    assert spoken("date", value, language) == heard


@pytest.mark.parametrize(
    ("style", "value"),
    [
        ("digits", ""),
        ("digits", "12a"),
        ("phone", "１２"),
        ("number", "1234567890123"),
        ("number", "1e5"),
        ("number", ""),
        ("time", "24:00"),
        ("time", "12:60"),
        ("time", "noon"),
        ("date", "2026-02-30"),
        ("date", "21.11.2026"),
        ("song", "1"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(style: str, value: str) -> None:
    with pytest.raises(ValueError, match="not"):
        speech.say(style, value, "zh")


DIGIT = {word: n for n, word in enumerate("零一二三四五六七八九")} | {"两": 2}
UNIT = {"十": 10, "百": 100, "千": 1000}


def read_back(text: str) -> int:
    """A Chinese number as a reader takes it: sections under 亿 and 万."""
    total = section = digit = 0
    for char in text:
        if char in DIGIT:
            digit = DIGIT[char]
        elif char in UNIT:
            section += (digit or 1) * UNIT[char]
            digit = 0
        else:
            total += (section + digit) * (10_000 if char == "万" else 100_000_000)
            section = digit = 0
    return total + section + digit


@given(value=st.integers(0, 10**12 - 1), language=st.sampled_from(["zh", "yue", "hak"]))
def test_a_chinese_number_read_back_is_the_number(value: int, language: str) -> None:
    heard = spoken("number", str(value), language)
    assert read_back(heard) == value
    assert "零零" not in heard
    assert not heard.endswith("零") or value == 0


@given(value=st.integers(-(10**12) + 1, 10**12 - 1), day=st.dates(date(1, 1, 1)), language=st.sampled_from(LANGUAGES))
def test_every_token_has_a_word(value: int, day: date, language: str) -> None:
    tokens = [
        *speech.say("number", str(value), language),
        *speech.say("phone", str(abs(value)), language),
        *speech.say("date", day.isoformat(), language),
    ]
    assert set(tokens) <= set(speech.words(language))


@given(minutes=st.integers(0, 1439), language=st.sampled_from(LANGUAGES))
def test_every_minute_of_the_day_can_be_said(minutes: int, language: str) -> None:
    tokens = speech.say("time", f"{minutes // 60:02d}:{minutes % 60:02d}", language)
    assert set(tokens) <= set(speech.words(language))


@pytest.mark.parametrize(
    ("text", "language", "read"),
    [
        ("这里是12345热线", "zh", "这里是幺二三四五热线"),
        ("呢度係12345熱線", "yue", "呢度係一二三四五熱線"),
        ("This is 12345.", "en", "This is 1 2 3 4 5."),
        ("2021年", "zh", "二零二一年"),
        ("300元", "zh", "300元"),
        ("请按1", "zh", "请按1"),
        ("3.1415", "zh", "3.1415"),
    ],
)
def test_texts_spell_telephone_numbers(text: str, language: str, read: str) -> None:
    assert speech.spell(text, language) == read
