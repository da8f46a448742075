"""How digits, numbers, times and dates are said, as sequences of sound tokens; and the words each token stands for.

A token is the name of a recorded word (``gw/say/<token>``); ``words(language)`` is the catalogue that the prompts are
built from. Chinese follows the spoken rules: 两 before 百, 千, 万, 亿 and o'clock but 二 elsewhere (Cantonese keeps
二百), one 零 for a gap of any length, 十五 without 一 in front, and 幺 for 1 in telephone numbers of Mandarin. Hakka
has the tokens of Mandarin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from types import MappingProxyType

Tokens = tuple[str, ...]

_DIGITS = "零一二三四五六七八九"
_UNITS = {"10": "十", "100": "百", "1000": "千", "10000": "万", "100000000": "亿"}
_CHINESE = {
    **{str(n): word for n, word in enumerate(_DIGITS)},
    **_UNITS,
    "liang": "两",
    "yao": "幺",
    "star": "星号",
    "hash": "井号",
    "plus": "加",
    "minus": "负",
    "point": "点",
    "year": "年",
    "month": "月",
    "day": "日",
    "hour": "点",
    "minute": "分",
    "sharp": "整",
    "dawn": "凌晨",
    "morning": "上午",
    "noon": "中午",
    "afternoon": "下午",
    "evening": "晚上",
    "pause": "",
}
_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "twenty-first",
    "twenty-second",
    "twenty-third",
    "twenty-fourth",
    "twenty-fifth",
    "twenty-sixth",
    "twenty-seventh",
    "twenty-eighth",
    "twenty-ninth",
    "thirtieth",
    "thirty-first",
]
_ENGLISH = {
    **{str(n): word for n, word in enumerate(_SMALL)},
    **{str(n * 10): word for n, word in enumerate(_TENS, 2)},
    **{f"month-{n}": word for n, word in enumerate(_MONTHS, 1)},
    **{f"day-{n}": word for n, word in enumerate(_ORDINALS, 1)},
    "hundred": "hundred",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "and": "and",
    "minus": "minus",
    "point": "point",
    "oh": "oh",
    "oclock": "o'clock",
    "am": "A.M.",
    "pm": "P.M.",
    "star": "star",
    "hash": "hash",
    "plus": "plus",
    "pause": "",
}
_SIGNS = {"*": "star", "#": "hash", "+": "plus"}
_NUMBER = re.compile(r"^(-?)(\d{1,12})(?:\.(\d{1,6}))?$", re.ASCII)
_TIME = re.compile(r"^(\d{1,2}):(\d{2})$", re.ASCII)
_LONG_NUMBER = re.compile(r"(?<![\d.])(\d{3,})(?![\d.]*[\d元个人天分秒万亿次件条米%％])(年?)", re.ASCII)
_MOBILE = re.compile(r"^1\d{10}$", re.ASCII)


def words(language: str) -> Mapping[str, str]:
    """Token -> what is spoken for it in ``language``; "" is a short silence. An unknown language reads Chinese."""
    return MappingProxyType(_ENGLISH if language == "en" else _CHINESE)


def say(style: str, value: str, language: str) -> Tokens:
    """The tokens that say ``value`` in a style: digits, phone, number, time (HH:MM) or date (YYYY-MM-DD).

    Raises ValueError, naming what the style takes, when ``value`` cannot be said so or the style is unknown.
    """
    styles: dict[str, Callable[[str, str], Tokens]] = {
        "digits": digits,
        "phone": phone,
        "number": number,
        "time": clock_time,
        "date": calendar_date,
    }
    if style not in styles:
        raise ValueError(f"style {style!r} is not one of {', '.join(styles)}")
    return styles[style](value, language)


def digits(value: str, language: str) -> Tokens:
    """One token a character. ValueError when a character is not 0-9 * # + or the text is empty."""
    del language
    if not value or not all(char in "0123456789*#+" for char in value):
        raise ValueError(f"{value!r} is not digits (0-9 * # +)")
    return tuple(_SIGNS.get(char, char) for char in value)


def phone(value: str, language: str) -> Tokens:
    """Digits as telephone numbers are read: 幺 for 1 in Mandarin, and 138 1234 5678 with pauses."""
    plain = digits(value, language)
    if language not in ("en", "yue"):
        plain = tuple("yao" if token == "1" else token for token in plain)  # noqa: S105 - a sound, not a secret
    if _MOBILE.match(value):
        return (*plain[:3], "pause", *plain[3:7], "pause", *plain[7:])
    return plain


def number(value: str, language: str) -> Tokens:
    """A number of up to twelve digits, with sign and up to six decimals. ValueError for anything else."""
    found = _NUMBER.match(value)
    if not found:
        raise ValueError(f"{value!r} is not a number of up to twelve digits and six decimals")
    sign, whole, decimals = found[1], int(found[2]), found[3] or ""
    spoken = _english(whole) if language == "en" else _chinese(whole, language)
    minus: Tokens = ("minus",) if sign and (whole or decimals.strip("0")) else ()
    return (*minus, *spoken, *(("point", *decimals) if decimals else ()))


def clock_time(value: str, language: str) -> Tokens:
    """A time of the day, HH:MM. ValueError when there is no such time."""
    found = _TIME.match(value)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"{value!r} is not a time HH:MM from 00:00 to 23:59")
    at = time(int(found[1]), int(found[2]))
    return _english_time(at) if language == "en" else _chinese_time(at, language)


def calendar_date(value: str, language: str) -> Tokens:
    """A date, YYYY-MM-DD. ValueError when there is no such day."""
    try:
        day = date.fromisoformat(value)
    except ValueError as wrong:
        raise ValueError(f"{value!r} is not a date YYYY-MM-DD") from wrong
    if language == "en":
        return (f"month-{day.month}", f"day-{day.day}", *_english_year(day.year))
    month, in_month = _chinese(day.month, language), _chinese(day.day, language)
    return (*f"{day.year:04d}", "year", *month, "month", *in_month, "day")


def spell(text: str, language: str) -> str:
    """A text as it is to be read aloud: numbers of three digits or more digit by digit, 12345 as 幺二三四五.

    Numbers before a Chinese measure word (300元) stay numbers; a year is read by its digits, with 一.
    """

    def one(found: re.Match[str]) -> str:
        if language == "en":
            return " ".join(found[0])
        tokens = (digits if found[2] else phone)(found[1], language)
        return "".join(map(_CHINESE.__getitem__, tokens)) + found[2]

    return _LONG_NUMBER.sub(one, text)


def _chinese(value: int, language: str) -> Tokens:
    """Groups of four digits under 亿 and 万; one 零 wherever a gap lies between what is said."""
    if value == 0:
        return ("0",)
    said: list[str] = []
    for unit in (100_000_000, 10_000, 1):
        group = value // unit % 10_000
        if not group:
            continue
        if said and _gap_before(value, unit, group):
            said.append("0")
        said += ["liang"] if group == 2 and unit > 1 else _chinese_group(group, language, first=not said)
        if unit > 1:
            said.append(str(unit))
    return tuple(said)


def _gap_before(value: int, unit: int, group: int) -> bool:
    """A 零 is due when the group does not fill its thousands, or the whole group above it is empty."""
    return group < 1000 or value // (unit * 10_000) % 10_000 == 0


def _chinese_group(group: int, language: str, *, first: bool) -> list[str]:
    """1 to 9999. ``first``: nothing was said before, so that 15 is 十五 and not 一十五."""
    said: list[str] = []
    gap = False
    for unit in (1000, 100, 10, 1):
        digit = group // unit % 10
        if digit == 0:
            gap = bool(said)
            continue
        if gap:
            said.append("0")
            gap = False
        if not (unit == 10 and digit == 1 and first and not said):
            said.append(_chinese_digit(digit, unit, language))
        if unit > 1:
            said.append(str(unit))
    return said


def _chinese_digit(digit: int, unit: int, language: str) -> str:
    smallest = 1000 if language == "yue" else 100
    return "liang" if digit == 2 and unit >= smallest else str(digit)


def _chinese_time(at: time, language: str) -> Tokens:
    hour = at.hour % 12 or (0 if at.hour == 0 else 12)
    spoken_hour = ("liang",) if hour == 2 else _chinese(hour, language)
    if at.minute == 0:
        return (_part_of_day(at.hour), *spoken_hour, "hour", "sharp")
    zero: Tokens = ("0",) if at.minute < 10 else ()
    return (_part_of_day(at.hour), *spoken_hour, "hour", *zero, *_chinese(at.minute, language), "minute")


def _part_of_day(hour: int) -> str:
    for until, part in ((6, "dawn"), (12, "morning"), (13, "noon"), (18, "afternoon")):
        if hour < until:
            return part
    return "evening"


def _english(value: int) -> Tokens:
    if value == 0:
        return ("0",)
    said: list[str] = []
    for unit, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand")):
        if group := value // unit % 1000:
            said += [*_english_group(group), name]
    rest = value % 1000
    if rest and rest < 100 and said:
        said.append("and")
    return (*said, *(_english_group(rest) if rest else ()))


def _english_group(group: int) -> list[str]:
    """1 to 999, with "and" after the hundreds."""
    said = [str(group // 100), "hundred"] if group >= 100 else []
    rest = group % 100
    if rest and said:
        said.append("and")
    if rest >= 20:
        said.append(str(rest // 10 * 10))
        rest %= 10
    return [*said, str(rest)] if rest else said


def _english_year(year: int) -> Tokens:
    """2026 as twenty twenty-six, 2005 as two thousand and five, 1900 as nineteen hundred."""
    century, rest = divmod(year, 100)
    if year % 1000 < 10 or century < 10:
        return _english(year)
    if rest == 0:
        return (*_english(century), "hundred")
    return (*_english(century), *(("oh",) if rest < 10 else ()), *_english(rest))


def _english_time(at: time) -> Tokens:
    half = "am" if at.hour < 12 else "pm"
    hour = _english(at.hour % 12 or 12)
    if at.minute == 0:
        return (*hour, "oclock", half)
    return (*hour, *(("oh",) if at.minute < 10 else ()), *_english(at.minute), half)
