"""Masking of personal numbers: what a page, a log or the feed shows to those who may not see the whole.

PIPL article 51 asks for de-identification; the shape 138****5678 is what Chinese citizens know from their bills.
``mask_text`` is the quick one for logs: every long run of digits. ``mask_personal`` is for citizens' own words on
pages: it also knows numbers written with spaces, dashes or full-width digits, identity cards, bank cards, plates and
mail addresses, and leaves ticket numbers alone. ``find_personal`` tells what it found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

NumberKind = Literal["mobile", "landline", "service", "id_card", "bank_card", "plate", "email", "other"]
"""service: 400 and 800 numbers; other: a run of 7 to 19 digits of which no more is known."""

_RUN = re.compile(r"(?<!\d)\+?\d{7,19}(?!\d)")

_ANY = re.compile(r"[\d@\uff20]")
_WIDE = re.compile("[\uff01-\uff0b\uff0d-\uff19\uff20-\uff5e\u3000]")
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
"""Full-width characters to ASCII, one to one: positions stay what they are. A text with only a full-width comma needs
none of it."""

_SEPARATOR = "[ \\-\u2010-\u2015\u2212·.]"
_DIGITS = re.compile(
    r"[\d+(](?<!\d[\d+(])"  # the first character stands in front, so that a text is searched for it
    r"(?:(?P<ticket>(?<=\d)\d{5}-\d{8}-\d{7}(?!\d))"
    rf"|(?:(?<=\d)|(?<=\+)[(]?\d|(?<=[(])\d)(?:(?:{_SEPARATOR}|[)])?\d){{6,}}+[Xx]?)"
)
_PART = re.compile(r"\+?\d+[Xx]?")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "A-HJ-NP-Z"
_PLATE = re.compile(
    rf"[{_PROVINCES}]\s?(?i:[{_LETTER}]{_SEPARATOR}?"  # only here, so that a text is searched for its first character
    rf"(?:[A-HJK][{_LETTER}0-9]\d{{4}}|\d{{5}}[A-HJK]"  # new energy, small and large
    rf"|(?=[{_LETTER}]{{0,4}}\d)[{_LETTER}\d]{{4}}[{_LETTER}\d挂学警港澳领])(?![A-Z0-9]))"
)
_LANDLINE = re.compile(r"(?:86)?0(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_SERVICE = re.compile(r"[48]00\d{7}")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Found:
    """A personal number in a text: ``text[start:end]``, and ``value`` without separators, in ASCII."""

    kind: NumberKind
    value: str
    start: int
    end: int


def mask_number(number: str) -> str:
    """Hide the middle: ``13812345678`` -> ``138****5678``; shorter than 7 characters keeps only its last two."""
    if len(number) < 7:
        return "*" * max(0, len(number) - 2) + number[-2:] if number else ""
    head, tail = (3, 4) if len(number) >= 9 else (2, 2)
    return f"{number[:head]}{'*' * (len(number) - head - tail)}{number[-tail:]}"


def mask_text(text: str) -> str:
    """Mask every run of 7 to 19 digits in free text (telephone and identity-card numbers)."""
    return _RUN.sub(lambda found: mask_number(found.group()), text)


def is_id_card(number: str) -> bool:
    """True for an 18-character citizen identity number with a date of birth and a right check (GB 11643-1999)."""
    if len(number) != 18 or not number[:17].isdecimal() or not _is_date(number[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number, strict=False))
    return "10X98765432"[total % 11] == number[17].upper()


def is_bank_card(number: str) -> bool:
    """True for 16 to 19 digits that begin like a card's and pass the Luhn check (ISO/IEC 7812-1)."""
    if not 16 <= len(number) <= 19 or not number.isdecimal() or number[0] not in "34569":
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) << (place & 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def find_personal(text: str) -> list[Found]:
    """Personal numbers in Chinese text, in order and without overlaps.

    Mobile and fixed telephones, 400/800 numbers, identity cards (GB 11643), bank cards (Luhn), plates (GA 36, with
    those of new-energy cars), mail addresses; full-width digits and separators are read through.
    """
    if not _ANY.search(text):
        return []
    plain = text.translate(_HALF) if _WIDE.search(text) else text
    others = [*_emails(plain), *_plates(plain)]
    numbers = list(_numbers(plain))
    if not others:
        return numbers
    taken = [(one.start, one.end) for one in others]
    numbers = [one for one in numbers if not any(one.start < end and start < one.end for start, end in taken)]
    return sorted(others + numbers, key=lambda one: one.start)


def mask_personal(text: str) -> str:
    """``text`` with the middle of each personal number hidden; what stands between its digits is kept."""
    shown, last = [], 0
    for one in find_personal(text):
        shown += [text[last : one.start], _hidden(text[one.start : one.end], one.kind)]
        last = one.end
    shown.append(text[last:])
    return "".join(shown)


def _hidden(piece: str, kind: NumberKind) -> str:
    if kind == "email":
        name, at, domain = piece.translate(_HALF).partition("@")
        return f"{name[:1]}***{at}{domain}"
    if kind != "plate" and len(piece) >= 9 and (kind != "mobile" or len(piece) == 11) and piece.isalnum():
        return f"{piece[:3]}{'*' * (len(piece) - 7)}{piece[-4:]}"  # nothing between its digits: most numbers
    places = [place for place, character in enumerate(piece) if character.isalnum()]
    if kind == "mobile":
        places = places[-11:]  # without +86, so that the middle is the middle
    head, tail = (2, 2) if kind == "plate" or len(places) < 9 else (3, 4)
    hide = set(places[head:-tail])
    return "".join("*" if place in hide else character for place, character in enumerate(piece))


def _emails(plain: str) -> Iterator[Found]:
    if "@" in plain:
        for hit in _EMAIL.finditer(plain):
            yield Found("email", hit.group(), hit.start(), hit.end())


def _plates(plain: str) -> Iterator[Found]:
    for hit in _PLATE.finditer(plain):
        value = re.sub(rf"{_SEPARATOR}|\s", "", hit.group()).upper()
        yield Found("plate", value, hit.start(), hit.end())


def _numbers(plain: str) -> Iterator[Found]:
    for hit in _DIGITS.finditer(plain):
        if hit["ticket"] is None:
            yield from _of_run(hit.group(), hit.start())


def _of_run(run: str, offset: int) -> Iterator[Found]:
    """The numbers of a run of digits with separators: each the longest of neighbouring parts that makes one."""
    if run.isdecimal():  # one part, as most are
        if (kind := _kind_of(run, alone=True)) is not None:
            number = _MOBILE.fullmatch(run) if kind == "mobile" else None
            yield Found(kind, number[1] if number else run, offset, offset + len(run))
        return
    parts = [(part.start(), part.end()) for part in _PART.finditer(run)]
    first = 0
    while first < len(parts):
        for last in range(min(len(parts), first + 6), first, -1):
            start, end = parts[first][0], parts[last - 1][1]
            value = "".join(run[a:b] for a, b in parts[first:last])
            kind = _kind_of(value, alone=last - first == 1)
            if kind is not None:
                number = _MOBILE.fullmatch(value)
                yield Found(kind, number[1] if number else value, offset + start, offset + end)
                first = last
                break
        else:
            first += 1


def _kind_of(value: str, *, alone: bool) -> NumberKind | None:
    if _MOBILE.fullmatch(value):
        return "mobile"
    if is_id_card(value):
        return "id_card"
    if is_bank_card(value):
        return "bank_card"
    if _LANDLINE.fullmatch(value.lstrip("+")):
        return "landline"
    if _SERVICE.fullmatch(value):
        return "service"
    return "other" if alone and len(value.strip("+Xx")) >= 7 else None


def _is_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1850
