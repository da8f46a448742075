"""Keeping recordings for as long as the rules ask and no longer (ADR 0038).

A sweep each hour deletes what lies longer than ``keep_months``, but never what a hold keeps; that a recording was there
and when it went is in the ledger before the file goes, so a crash between the two is healed by the next sweep. What the
disk holds is measured beside it. A disk that fills is said in the log, the feed and to whoever asks (``reading``);
nothing is deleted for it before its time.
"""

from __future__ import annotations

import asyncio
import calendar
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import structlog

from gateway.model.archive import GoneRecording
from gateway.model.records import AuditEntry
from gateway.web.archive_ports import ArchiveLedger, ArchiveTx
from gateway.web.recordings import Recordings
from gateway.web.recordings_config import GB, RecordingsConfig

EXPIRED = "hotline.recordings.expired.v1"
DISK = "hotline.recordings.disk.v1"
BY = "gateway"
"""The login under which the audit log has what nobody ordered."""

_EVERY_S = 3600.0
_AT_ONCE = 200
"""Recordings of one transaction."""
_PACE_DAYS = 14
_FAR_DAYS = 3650
_LOW_FREE = GB

Level = Literal["ok", "warn", "over"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DiskReading:
    """Bytes. ``budget`` is what recordings may take (never more than the disk has), ``free`` what the disk has left,
    ``per_day`` the mean of the last fourteen days. ``days_left`` until the budget is used up at this pace, with what
    goes meanwhile taken off; None for more than ten years. ``level`` over: it is used up, or the disk nearly full."""

    at: float
    used: int
    budget: int
    free: int
    per_day: int
    days_left: int | None
    level: Level
    oldest: date | None


@dataclass(slots=True)
class Counters:
    """Since the start: recordings deleted, bytes, recordings that were due and held at the last sweep, failures."""

    deleted: int = 0
    bytes: int = 0
    held: int = 0
    failed: int = 0


def expires(day: date, keep_months: int) -> date:
    """The first day on which recordings of ``day`` are over their time: as many months later, and a day; the last of
    a month stands for days that it has not."""
    months = day.year * 12 + day.month - 1 + keep_months
    year, month = months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=1)


def pace(by_day: Mapping[date, int], today: date) -> int:
    """Mean bytes a day over the last fourteen whole days, or over those there are."""
    recent = [size for day, size in by_day.items() if 1 <= (today - day).days <= _PACE_DAYS]
    oldest = min((day for day in by_day if day < today), default=today)
    days = min(_PACE_DAYS, (today - oldest).days)
    return sum(recent) // days if days else by_day.get(today, 0)


def days_left(by_day: Mapping[date, int], today: date, budget: int, keep_months: int) -> int | None:
    """Days until ``budget`` bytes are used up when each day brings as much as of late and takes what is over its time.
    None: not within ten years. Holds are not foreseen."""
    used, a_day = sum(by_day.values()), pace(by_day, today)
    if used >= budget:
        return 0
    going: dict[date, int] = {}
    for day, size in by_day.items():
        over = expires(day, keep_months)
        going[over] = going.get(over, 0) + size
    for n in range(1, _FAR_DAYS + 1):
        now = today + timedelta(days=n)
        over = expires(now, keep_months)
        going[over] = going.get(over, 0) + a_day
        used += a_day - going.get(now, 0)
        if used >= budget:
            return n
    return None


def free_bytes(folder: Path) -> int:
    """What the disk has for us. Before the first recording its folder is not there: then its parent's."""
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


class Retention:
    """``run`` is its work in the background; ``config`` gives what is now in force."""

    def __init__(
        self,
        ledger: ArchiveLedger,
        recordings: Recordings,
        config: Callable[[], RecordingsConfig],
        zone: ZoneInfo,
        clock: Callable[[], float],
        every_s: float = _EVERY_S,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.ledger, self.recordings, self._config = ledger, recordings, config
        self._zone, self._clock, self._every_s, self._free = zone, clock, every_s, free
        self._sizes: dict[date, tuple[int, int]] = {}
        self._reading: DiskReading | None = None
        self.counters = Counters()

    @property
    def keep_months(self) -> int:
        return self._config().keep_months

    def reading(self) -> DiskReading | None:
        """As of the last measuring, at most an hour ago; None before the first."""
        return self._reading

    async def run(self) -> None:
        """Measure and sweep, now and each hour, until cancelled. A ledger or disk that cannot is asked again."""
        while True:
            try:
                await self.measure()
                if await self.sweep():
                    await self.measure()
            except Exception as error:  # the ledger's own errors are a sibling's; none of them may end the node
                self.counters.failed += 1
                _log.error("recordings.not_swept", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._every_s)

    # -- deleting ------------------------------------------------------------------------------------------------------

    async def sweep(self) -> int:
        """Delete what is over its time and not held; how many recordings."""
        today, months = self._today(), self.keep_months
        due = [day for day in await asyncio.to_thread(self.recordings.days) if expires(day, months) <= today]
        deleted, held = 0, 0
        for day in due:
            gone, kept = await self._sweep_day(day)
            deleted, held = deleted + gone, held + kept
        self.counters.held = held
        return deleted

    async def _sweep_day(self, day: date) -> tuple[int, int]:
        files = await asyncio.to_thread(self.recordings.files, day)
        gone: list[GoneRecording] = []
        for start in range(0, len(files), _AT_ONCE):
            gone += await self._expire(day, files[start : start + _AT_ONCE])
        if gone:
            await self._tell(day, gone, len(files) - len(gone))
        await asyncio.to_thread(self.recordings.drop_empty, day)
        return len(gone), len(files) - len(gone)

    async def _expire(self, day: date, files: Sequence[tuple[str, int]]) -> list[GoneRecording]:
        """Note in the ledger that they are gone, those that nothing holds; then let them go."""
        at = self._clock()

        async def note(tx: ArchiveTx) -> list[GoneRecording]:
            held = await tx.held_recordings(at)
            gone = [GoneRecording(name, f"{day:%Y%m%d}", size, at) for name, size in files if name not in held]
            await tx.save_gone(gone)
            return gone

        gone = await self.ledger.write(note)
        return await asyncio.to_thread(self._delete, day, gone)

    def _delete(self, day: date, gone: Sequence[GoneRecording]) -> list[GoneRecording]:
        """Those that went. One that the disk would not let go is tried again by the next sweep."""
        went = []
        for one in gone:
            try:
                self.recordings.delete(day, one.recording_id)
            except OSError as error:
                self.counters.failed += 1
                _log.error("recording.not_deleted", recording_id=one.recording_id, error=error.strerror)
            else:
                went.append(one)
        return went

    async def _tell(self, day: date, gone: Sequence[GoneRecording], held: int) -> None:
        size = sum(one.size for one in gone)
        self.counters.deleted += len(gone)
        self.counters.bytes += size
        said = {"day": day.isoformat(), "deleted": len(gone), "bytes": size, "held": held,
                "keep_months": self.keep_months}  # fmt: skip
        at = self._clock()

        async def note(tx: ArchiveTx) -> None:
            await tx.audit(AuditEntry(at, BY, "recordings.expired", day.isoformat(), "", said))
            await tx.emit(EXPIRED, day.isoformat(), said, at)

        await self.ledger.write(note)
        _log.info("recordings.expired", **said)

    # -- measuring -----------------------------------------------------------------------------------------------------

    async def measure(self) -> DiskReading:
        """Look at the disk. A day's folder that nothing came to or went from is not counted again."""
        today = self._today()
        days = await asyncio.to_thread(self.recordings.days)
        by_day = {day: await asyncio.to_thread(self._size, day, today) for day in days}
        self._sizes = {day: known for day, known in self._sizes.items() if day in by_day}
        free = await asyncio.to_thread(self._free, self.recordings.folder)
        reading = self._judged(by_day, free, today)
        before, self._reading = self._reading, reading
        if reading.level != (before.level if before is not None else "ok"):
            await self._say(reading)
        elif reading.level == "over":
            _log.error("recordings.over_budget", used=reading.used, budget=reading.budget, free=reading.free)
        return reading

    def _judged(self, by_day: Mapping[date, int], free: int, today: date) -> DiskReading:
        config, used = self._config(), sum(by_day.values())
        there = used + free
        budget = min(int(config.disk_budget_gb * GB) or there, there)
        left = days_left(by_day, today, budget, config.keep_months)
        level: Level = "ok"
        if used >= budget or free < _LOW_FREE:
            level = "over"
        elif used >= config.warn_share * budget or (left is not None and left < config.warn_days):
            level = "warn"
        oldest = min(by_day, default=None)
        return DiskReading(self._clock(), used, budget, free, pace(by_day, today), left, level, oldest)

    async def _say(self, reading: DiskReading) -> None:
        """The level moved: in the log, and once in the feed."""
        said = {"level": reading.level, "used": reading.used, "budget": reading.budget, "free": reading.free,
                "days_left": reading.days_left}  # fmt: skip
        tell = {"ok": _log.info, "warn": _log.warning, "over": _log.error}[reading.level]
        tell("recordings.disk", state=reading.level, used=reading.used, budget=reading.budget, free=reading.free)
        await self.ledger.write(lambda tx: tx.emit(DISK, "recordings", said, reading.at))

    def _size(self, day: date, today: date) -> int:
        """Bytes of a day; those of today and yesterday grow while nothing comes to the folder."""
        mark = self.recordings.changed(day)
        known = self._sizes.get(day)
        if known is None or known[0] != mark or (today - day).days <= 1:
            known = self._sizes[day] = (mark, self.recordings.size(day))
        return known[1]

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), self._zone).date()
