"""Where the recordings of calls lie, and who has been noted as listening to which.

The dialplan names a recording after its leg, in a folder for each day of the hall. A browser asks for one file in many
parts; that is one listening, so who has begun one is remembered for a while (bounded). Beside a recording lies the
picture of its loudness once somebody has asked for it.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import structlog

from gateway.web.wav import read_peaks

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,79}")
_DAY = re.compile(r"[0-9]{8}")
_DAYS = 2
"""A call that waits over midnight is recorded in the next day's folder."""
_LISTEN_S = 1800.0
_REMEMBERED = 5000
_SOUND, _PICTURE = ".wav", ".peaks"

_log = structlog.get_logger(__name__)


class Recordings:
    """``folder`` is Asterisk's spool/monitor. What looks at the disk is not for the event loop."""

    def __init__(self, folder: Path, zone: ZoneInfo) -> None:
        self.folder, self._zone = folder, zone
        self._heard: OrderedDict[tuple[str, str], float] = OrderedDict()

    def find(self, recording_id: str, at: float) -> Path | None:
        """The file of a recording that began on the day of ``at`` (epoch seconds) or soon after; None when there is
        none."""
        if not _NAME.fullmatch(recording_id) or ".." in recording_id:
            return None
        places = (self.folder / day / f"{recording_id}{_SOUND}" for day in self._days(at))
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

    # -- loudness ------------------------------------------------------------------------------------------------------

    def peaks(self, path: Path) -> tuple[float, list[int]]:
        """Seconds, and the loudest of each of at most a thousand parts, 0 to 100. Computed once a file and size (a
        call that goes on makes it longer), then read from beside it. Raises NotWav, OSError."""
        size, beside = path.stat().st_size, path.with_suffix(_PICTURE)
        kept = _kept(beside)
        if kept is not None and kept.get("size") == size:
            return float(kept["seconds"]), list(kept["peaks"])
        seconds, peaks = read_peaks(path)
        self._keep(beside, {"size": size, "seconds": seconds, "peaks": peaks})
        return seconds, peaks

    @staticmethod
    def _keep(beside: Path, said: dict[str, object]) -> None:
        # a name of its own: two who ask at once would take each other's half away
        half = beside.with_suffix(f"{_PICTURE}.{os.getpid()}.{threading.get_ident()}")
        try:
            half.write_bytes(orjson.dumps(said))
            half.replace(beside)
        except OSError as error:  # it is computed again the next time
            _log.warning("recording.picture_not_kept", recording=beside.stem, error=error.strerror)

    # -- keeping and deleting ------------------------------------------------------------------------------------------

    def days(self) -> list[date]:
        """The days that have a folder, oldest first. A folder of another name is nobody's business here."""
        if not self.folder.is_dir():
            return []
        names = [one.name for one in os.scandir(self.folder) if one.is_dir(follow_symlinks=False)]
        return sorted(day for name in names if (day := _day_of(name)) is not None)

    def files(self, day: date) -> list[tuple[str, int]]:
        """The recordings of a day, with the bytes that each takes (and its picture), by name."""
        sizes: dict[str, int] = {}
        pictures: dict[str, int] = {}
        for one in self._entries(day):
            stem, kind = os.path.splitext(one.name)  # noqa: PTH122  # a name, no path
            into = {_SOUND: sizes, _PICTURE: pictures}.get(kind)
            if into is not None and _NAME.fullmatch(stem):
                into[stem] = _size(one)
        return [(name, size + pictures.get(name, 0)) for name, size in sorted(sizes.items())]

    def size(self, day: date) -> int:
        """Bytes of all files of a day's folder."""
        return sum(_size(one) for one in self._entries(day))

    def changed(self, day: date) -> int:
        """A mark that differs when files came to the day's folder or went."""
        try:
            return self._folder_of(day).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def delete(self, day: date, recording_id: str) -> None:
        """With its picture; one that is gone is no error. Raises OSError."""
        if not _NAME.fullmatch(recording_id):
            raise ValueError(f"{recording_id!r} is no name of a recording")
        for kind in (_SOUND, _PICTURE):
            (self._folder_of(day) / f"{recording_id}{kind}").unlink(missing_ok=True)

    def drop_empty(self, day: date) -> bool:
        """Remove the day's folder when no recording is in it any more, with what pictures were left behind."""
        try:
            if not self.files(day):
                for left in self._folder_of(day).glob(f"*{_PICTURE}*"):
                    left.unlink(missing_ok=True)
            self._folder_of(day).rmdir()
        except OSError:  # something is in it, or it is gone
            return False
        return True

    def _folder_of(self, day: date) -> Path:
        return self.folder / f"{day:%Y%m%d}"

    def _entries(self, day: date) -> Iterator[os.DirEntry[str]]:
        try:
            yield from (one for one in os.scandir(self._folder_of(day)) if one.is_file(follow_symlinks=False))
        except FileNotFoundError:
            return


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except FileNotFoundError:  # deleted since the folder was listed, or a picture that has its own name now
        return 0


def _day_of(name: str) -> date | None:
    if not _DAY.fullmatch(name):
        return None
    try:
        return date(int(name[:4]), int(name[4:6]), int(name[6:]))
    except ValueError:
        return None


def _kept(beside: Path) -> dict[str, Any] | None:
    """What an earlier look left. None when there is none, or it is damaged."""
    try:
        said = orjson.loads(beside.read_bytes())
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return said if isinstance(said, dict) and {"size", "seconds", "peaks"} <= said.keys() else None
