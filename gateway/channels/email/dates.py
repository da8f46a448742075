"""Dates of mail in all their odd forms: RFC 5322, asctime, ISO 8601, Chinese, without a zone, out of range.

A date without a zone is China's; so is CST, which only here does not mean Chicago. What no calendar knows is None:
nobody is served by a guess.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12,
}  # fmt: skip
_CHINESE = {
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十一": 11, "十二": 12,
}  # fmt: skip
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "hkt": 480, "sgt": 480, "jst": 540, "kst": 540, "bst": 60, "cet": 60, "cest": 120, "msk": 180,
}  # fmt: skip
_CHINA = 480
"""Minutes east of Greenwich."""

_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})(?: \([A-Z]{1,5}\))?"
)
"""As nearly all programs write it (RFC 5322 section 3.3)."""
_TIME = re.compile(r"([0-9]{1,2})[:：时.]([0-9]{1,2})(?:[:：分.]([0-9]{1,2}))?(?:[.,][0-9]+)?\s*秒?\s*([AaPp][Mm])?")
_ZONE = re.compile(
    r"(?:GMT|UTC|UT)?\s*([+-])\s*([0-9]{1,2}):?([0-9]{2})?(?![0-9])|(?<![A-Za-z])([A-Za-z]{1,4})(?![A-Za-z])"
)
_WORDS = re.compile(
    r"\b([0-9]{1,2})[\s./-]+([A-Za-z]{3,9}|[一二三四五六七八九十]{1,2}月|[0-9]{1,2}月)[.,]?[\s./-]+([0-9]{2,4})\b"
)
_ASCTIME = re.compile(r"\b([A-Za-z]{3,9})\.?\s+([0-9]{1,2})(?:,|\s)\s*(?:[0-9:]+\s+)?(?:[A-Za-z]+\s+)?([0-9]{4})\b")
_NUMBERS = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?")
_AFTERNOON = re.compile(r"下午|晚上|傍晚|PM|pm")
_EARLIEST, _LATEST = 1990, 2099


def read_date(text: str) -> float | None:
    """Epoch seconds, None for what is no date or none of our time (before 1990, after 2099)."""
    text = text[:200].strip()
    if usual := _USUAL.fullmatch(text):
        date, month, year, hour, minute, second, sign, east, rest = usual.groups()
        day = int(year), _MONTHS[month.lower()], int(date)
        return _moment(day, (int(hour), int(minute), int(second)), _offset(sign, int(east) * 60 + int(rest)))
    return _unusual(text)


def _unusual(text: str) -> float | None:
    """In any other form."""
    day = _day(text)
    if day is None:
        return None
    ymd, end = day
    clock = _TIME.search(text, end) or _TIME.search(text)
    hms = _clock(clock, text) if clock else (0, 0, 0)
    return _moment(ymd, hms, _zone(text, max(end, clock.end() if clock else 0)))


def _moment(day: tuple[int, int, int], clock: tuple[int, int, int], zone: int) -> float | None:
    """Epoch seconds; None for a day or a time that there is not, and for none of our time."""
    (year, month, date), (hour, minute, second) = day, clock
    try:
        local = datetime(year, month, date, tzinfo=UTC) + timedelta(hours=hour, minutes=minute, seconds=second)
        moment = (local - timedelta(minutes=zone)).timestamp()
    except (ValueError, OverflowError):
        return None
    return moment if _EARLIEST <= year <= _LATEST and hour <= 24 and minute < 60 and second <= 60 else None


def _day(text: str) -> tuple[tuple[int, int, int], int] | None:
    """Year, month and day, and where the time may follow."""
    if found := _NUMBERS.search(text):
        return (int(found[1]), int(found[2]), int(found[3])), found.end()
    if (found := _WORDS.search(text)) and (month := _month(found[2])):
        return (_year(found[3]), month, int(found[1])), found.end()
    if (found := _ASCTIME.search(text)) and (month := _month(found[1])):
        return (int(found[3]), month, int(found[2])), found.start()
    return None


def _month(name: str) -> int:
    if name.endswith("月"):
        return int(name[:-1]) if name[:-1].isdigit() else _CHINESE.get(name[:-1], 0)
    return _MONTHS.get(name[:3].lower(), 0)


def _year(digits: str) -> int:
    """RFC 5322, 4.3: two digits are this century's until 49, three digits count from 1900."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _clock(found: re.Match[str], text: str) -> tuple[int, int, int]:
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "").lower()
    if hour < 12 and (half == "pm" or (not half and _AFTERNOON.search(text[: found.start()]))):
        hour += 12
    return (0 if hour == 12 and half == "am" else hour), minute, second


def _zone(text: str, start: int) -> int:
    """Minutes east. An offset wins over a name, wherever they stand: ``CST +0800``."""
    name = ""
    for found in _ZONE.finditer(text, start):
        if found[1]:
            return _offset(found[1], int(found[2]) * 60 + int(found[3] or 0))
        name = name or found[4].lower()
    return _ZONES.get(name, _CHINA)


def _offset(sign: str, minutes: int) -> int:
    return (minutes if sign == "+" else -minutes) if minutes <= 14 * 60 else _CHINA
