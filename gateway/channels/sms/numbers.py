"""Telephone numbers as carriers write them: one spelling for one person, and who can be sent an SMS at all. Pure."""

from __future__ import annotations

import re
import unicodedata

_GAPS = re.compile(r"[\s\-().]+")
_CHINESE = re.compile(r"(?:\+|00)?86(1[0-9]{10})")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_ABROAD = re.compile(r"[2-9][0-9]{9,14}")
_SERVICE = re.compile(r"9[56][0-9]{3,}|[48]00[0-9]{7}")
_LONGEST = 32


def folded(number: str) -> str:
    """A number in one spelling: a mainland mobile as 11 digits (with 86, +86, 0086 or without), others as digits with
    their country code; what is no number stays as it is, without gaps."""
    bare = _GAPS.sub("", unicodedata.normalize("NFKC", number[: 4 * _LONGEST]))
    if chinese := _CHINESE.fullmatch(bare):
        return chinese[1]
    for prefix in ("+", "00"):
        if bare.startswith(prefix) and bare[len(prefix) :].isdecimal():
            bare = bare[len(prefix) :]
            break
    return "".join(char for char in bare if char.isprintable() and not "\ud800" <= char <= "\udfff")[:_LONGEST]


def can_receive(number: str) -> bool:
    """True for a (folded) number of a mobile telephone, here or abroad.

    Short codes and service numbers (10086, 12345, 95xxx, 96xxx, 106..., 400...) are machines, landlines get no SMS.
    """
    if _MOBILE.fullmatch(number):
        return True
    return bool(_ABROAD.fullmatch(number)) and not _SERVICE.fullmatch(number)
