"""The words of status reports, which CMPP and SMGP share with SMPP: what a state means for a delivery."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

State = Literal["delivered", "failed", "waiting"]

_WAITING = frozenset({"", "ACCEPTD", "ACCEPTED", "ENROUTE", "SUBMITD", "BUFFERD", "SCHEDUL", "NOROUTE"})
"""The carrier still tries. NOROUTE and BUFFERD are told by some gateways while they look for a way."""

_DELIVERED = frozenset({"DELIVRD", "DELIVERED", "RETRIEV", "READ"})


def state_of(stat: str) -> State:
    """DELIVRD is delivered; EXPIRED, DELETED, UNDELIV, UNKNOWN, REJECTD and the carriers' own codes (``MK:0013``, ``CB:
    0007``, ``ID:0012``) are failed.
    """
    word = stat.strip().upper()
    if word in _DELIVERED:
        return "delivered"
    return "waiting" if word in _WAITING else "failed"


def time_of(stamp: str, zone: ZoneInfo) -> float | None:
    """YYMMDDHHMM, YYMMDDHHMMSS or YYYYMMDDHHMMSS in the carrier's zone as epoch seconds; None for what is no time."""
    if not re.fullmatch(r"[0-9]{10}|[0-9]{12}|[0-9]{14}", stamp):
        return None
    full = (stamp if len(stamp) == 14 else "20" + stamp).ljust(14, "0")
    try:
        return datetime.strptime(full, "%Y%m%d%H%M%S").replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        return None


def near(month: int, day: int, hour: int, minute: int, second: int, at: float, zone: ZoneInfo) -> float | None:
    """A time without its year, in the year that brings it to ``at`` or the four days before; None when it is no time
    or not there (an hour's difference between clocks aside): then the field holds something else.
    """
    there = datetime.fromtimestamp(at, zone)
    for year in (there.year, there.year - 1, there.year + 1):
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            continue
        if timedelta(days=-4) <= moment - there <= timedelta(hours=1):
            return moment.timestamp()
    return None
