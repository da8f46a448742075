"""Telephone numbers as they are dialled: one spelling for one telephone, and which numbers are for emergencies."""

from __future__ import annotations

import re

_DIALLED = re.compile(r"[0-9]{3,20}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_WITHOUT_AREA = re.compile(r"0.*|.{0,8}|[48]00[0-9]{7}")
_BETWEEN = re.compile(r"[\s()-]")

EMERGENCY = frozenset({"110", "119", "120", "122"})
"""Police, fire, ambulance, traffic: reached by the partner's key, which takes the ticket and the caller along."""


def national(number: str) -> str:
    """A Chinese number as it is dialled within the country, so that the same telephone compares equal however the
    carrier writes it: without +86, and a mobile without the long-distance 0. "" when it is no number to dial."""
    digits = _BETWEEN.sub("", number)
    for prefix in ("+86", "0086"):
        if digits.startswith(prefix):
            digits = digits.removeprefix(prefix)
            if not (_MOBILE.fullmatch(digits) or _WITHOUT_AREA.fullmatch(digits)):
                digits = f"0{digits}"  # +86 898 ... is 0898 ...
            break
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        digits = digits[1:]
    return digits if _DIALLED.fullmatch(digits) else ""
