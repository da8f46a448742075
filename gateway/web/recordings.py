"""Where the recordings of calls lie, and who has been noted as listening to which.

The dialplan names a recording after its leg, in a folder for each day of the hall. A browser asks for one file in many
parts; that is one listening, so who has begun one is remembered for a while (bounded).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,79}")
_DAYS = 2
"""A call that waits over midnight is recorded in the next day's folder."""
_LISTEN_S = 1800.0
_REMEMBERED = 5000


class Recordings:
    """``folder`` is Asterisk's spool/monitor."""

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self._folder, self._zone = folder, zone
        self._heard: OrderedDict[tuple[str, str], float] = OrderedDict()

    def find(self, recording_id: str, at: float) -> Path | None:
        """The file of a recording that began on the day of ``at`` (epoch seconds) or soon after; None when there is
        none. It looks at the disk: not for the event loop."""
        if not _NAME.fullmatch(recording_id) or ".." in recording_id:
            return None
        places = (self._folder / day / f"{recording_id}.wav" for day in self._days(at))
        return next((path for path in places if path.is_file()), None)

    def _days(self, at: float) -> Iterator[str]:
        first = datetime.fromtimestamp(at, self._zone).date()
        return (f"{first + timedelta(days=n):%Y%m%d}" for n in range(_DAYS))

    def begins(self, who: str, recording_id: str, at: float) -> bool:
        """True when this is a new listening, to be noted, and no further part of one that is."""
        known = self._heard.get((who, recording_id))
        return known is None or at - known >= _LISTEN_S

    def noted(self, who: str, recording_id: str, at: float) -> None:
        """The listening is in the audit log."""
        self._heard[who, recording_id] = at
        self._heard.move_to_end((who, recording_id))
        while len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
