"""Times and numbers as Chinese SMS vendors write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
"""Vendors give local time without a zone, whatever the zone of the hall."""

_STAMP = re.compile(r"[0-9]{10,13}")
_MILLISECONDS = 11
"""Digits from which a stamp counts milliseconds: seconds have ten until the year 2286."""

_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M")
_OUR_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0
"""2000 and 2100: a time outside is nonsense, and no time at all is better."""


def moment(text: str | None) -> float | None:
    """Epoch seconds of ``2017-08-30 12:00:00`` (Beijing's time), an ISO time or a stamp; None when it is none."""
    text = (text or "").strip()
    if not text or len(text) > 40 or not text.isascii():
        return None
    if _STAMP.fullmatch(text) and len(text) != 14:
        at = float(text) / (1000 if len(text) >= _MILLISECONDS else 1)
        return at if _EARLIEST <= at <= _LATEST else None
    found = _read(text)
    if found is None:
        return None
    try:
        at = (found if found.tzinfo else found.replace(tzinfo=BEIJING)).timestamp()
    except (OverflowError, ValueError):
        return None
    return at if _EARLIEST <= at <= _LATEST else None


def _read(text: str) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=BEIJING)
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def e164(target: str) -> str:
    """A number of ours (digits, with country code only when it is not 86) as vendors want it: ``+8613...``."""
    if found := _OUR_MOBILE.fullmatch(target):
        return f"+86{found[1]}"
    digits = target.removeprefix("+")
    return f"+86{digits.removeprefix('0')}" if digits.startswith("0") or len(digits) < 8 else f"+{digits}"
