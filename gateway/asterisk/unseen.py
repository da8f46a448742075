"""Calls that nobody watched: before a snapshot is applied, what queue_log says of the time since we last looked.

AMI has no replay, so a snapshot can only close what is missing from it as "ended unseen". queue_log remembers. Its
lines become facts for the call table *before* the snapshot settles the rest: so an unseen call gets its outcome, its
ticket and its events once, in the ordinary words and with their true times; nothing is told wrong and then corrected.
Seats and rules are left out: what an agent did an hour ago orders no pause now.

A call that is alive both here and in Asterisk is not touched; nor is one that the ledger has as ended. So lines may be
read twice, and are: the cursor is saved by ``keep_place`` only, one look late and behind the recorder, so that a line
is passed over only when AMI's word of it is durable. A crash in between costs a second reading, never a second ticket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import structlog

from gateway.asterisk.logfile import Cursor, end_of, read_on
from gateway.asterisk.queuelog import PRECISION_S, House, Line, Visit, Visits, facts_of, read_lines
from gateway.model.facts import Fact, LegEnded, Snapshot
from gateway.model.ids import CallId
from gateway.model.records import CallChange, CallRecord
from gateway.seats.hall import Hall
from gateway.tickets.ports import Tx

_log = structlog.get_logger(__name__)

STATE = "queue_log"
"""The name of the cursor among the ledger's states."""

_PART = 1 << 17
"""Bytes read at a time: some 300 calls, so that the loop gets its turn every few hundredths of a second."""
_MOST = 128 << 20
"""Bytes read after one gap: some three hundred thousand calls. The rest is passed over, loudly."""
_LOOK_S = 10.0
_LATE_S = 3.0
"""COMPLETE* comes from another thread than GWGONE: after this it will not come any more."""
_GRACE_S = 0.3
_DRAIN_S = 5.0


class Ledger(Protocol):
    """What of the ledger is used here (see ``gateway.tickets.ports.Ledger``)."""

    async def call(self, call_id: CallId) -> CallRecord | None: ...
    async def state(self, name: str) -> Mapping[str, Any] | None: ...
    async def write(self, work: Callable[[Tx], Awaitable[None]]) -> None: ...


@dataclass(frozen=True, slots=True)
class _Gap:
    """What Asterisk said at its end."""

    snapshot: Snapshot
    alive: frozenset[str]
    house: House


class Unseen:
    """Reads ``path`` (Asterisk's queue_log). ``drained`` waits until all changes handed on so far are durable."""

    def __init__(self, path: Path, hall: Hall, ledger: Ledger, drained: Callable[[float], Awaitable[bool]]) -> None:
        self._path, self._hall, self._ledger, self._drained = path, hall, ledger, drained
        self._cursor: Cursor | None = None
        self._noted: tuple[int, Cursor] | None = None
        self._said = False
        self.found = 0

    # -- after a gap -------------------------------------------------------------------------------------------------

    async def catch_up(self, snapshot: Snapshot) -> AsyncIterator[list[CallChange]]:
        """What the log tells of the calls that ``snapshot`` does not show, as changes to be kept, part by part.

        To be run by the hall's one writer just before it applies the snapshot. Ends early, with a word in the log, when
        the file or the ledger cannot be read: the snapshot then closes those calls as ended unseen.
        """
        try:
            async for changes in self._parts(snapshot):
                yield changes
        except OSError as error:
            self._say(error)

    async def _parts(self, snapshot: Snapshot) -> AsyncIterator[list[CallChange]]:
        start = await self._start()
        if start is None:
            return
        cursor: Cursor = start
        gap, visits = self._gap(snapshot), Visits()
        began, read = time.monotonic(), 0
        while data := (part := await asyncio.to_thread(read_on, self._path, cursor, _PART))[0]:
            cursor, read = part[1], read + len(data)
            yield await self._tell(read_lines(data), visits, gap)
            if read >= _MOST:
                _log.error("queue_log.too_long", read=read, path=str(self._path))
                cursor = await asyncio.to_thread(end_of, self._path)
        if any(visit.gone and visit.gone.at > snapshot.at - _LATE_S for visit in visits.open.values()):
            await asyncio.sleep(_GRACE_S)
            data, cursor = await asyncio.to_thread(read_on, self._path, cursor, _PART)
            yield await self._tell(read_lines(data), visits, gap)
        yield await self._visits(visits.rest(), gap, all_read=True)
        self._noted, self._said = (snapshot.epoch, cursor), False
        _log.info("queue_log.read", bytes=read, calls=self.found, seconds=round(time.monotonic() - began, 3))

    async def _start(self) -> Cursor | None:
        """Where to read on. A hall that never had a cursor begins at the end: what was before us is not our record."""
        kept = Cursor.of(await self._ledger.state(STATE))
        if kept is None:
            await self._save(await asyncio.to_thread(end_of, self._path))
        return kept

    def _gap(self, snapshot: Snapshot) -> _Gap:
        interfaces = {member.member: member.interface for member in snapshot.members}
        recorded = {str(key) for key, queue in self._hall.queues.queues.items() if queue.config.record}
        return _Gap(snapshot, frozenset(str(leg.leg) for leg in snapshot.legs), House(interfaces, recorded))

    async def _tell(self, lines: list[Line], visits: Visits, gap: _Gap) -> list[CallChange]:
        changes: list[CallChange] = []
        for line in lines:
            over = visits.take(line)
            if line.event == "QUEUESTART":
                changes += await self._restarted(line, over, gap)
            else:
                changes += await self._visits(over, gap)
        if lines:
            changes += await self._visits(visits.gone_before(lines[-1].at - _LATE_S), gap)
        return changes

    async def _visits(self, visits: list[Visit], gap: _Gap, *, all_read: bool = False) -> list[CallChange]:
        changes: list[CallChange] = []
        for visit in visits:
            for fact in await self._facts(visit, gap, all_read):
                # Frozen at once: the live record moves on with the next fact.
                changes += [change.frozen() for change in self._hall.calls.apply(fact)]
        self._count(changes, gap.snapshot.at)
        return changes

    async def _facts(self, visit: Visit, gap: _Gap, all_read: bool) -> list[Fact]:
        calls, alive = self._hall.calls, str(visit.leg) in gap.alive
        known = calls.record(visit.call)
        if visit.call in calls.closed or (alive and known is not None):
            return []
        if known is None and visit.gone is None and visit.began + PRECISION_S > gap.snapshot.at:
            return []  # it began as we looked: the stream tells of it
        if known is None and await self._is_kept(visit.call):
            return []
        if alive:
            return _before(gap.snapshot.at, facts_of(visit, None, gap.house, over=False))
        return facts_of(visit, known, gap.house, over=all_read)

    async def _is_kept(self, call: CallId) -> bool:
        kept = await self._ledger.call(call)
        return kept is not None and kept.ended_at is not None

    async def _restarted(self, line: Line, left: list[Visit], gap: _Gap) -> list[CallChange]:
        """Asterisk began anew: whoever was on the line is gone, without a word, at that time at the latest."""
        changes = await self._visits(left, gap)
        if all(gap.snapshot.at - leg.age_s >= line.at - PRECISION_S for leg in gap.snapshot.legs):
            nobody = Snapshot(line.at, gap.snapshot.epoch)
            ended = [change.frozen() for change in self._hall.calls.apply(nobody)]
            self._count(ended, gap.snapshot.at)
            changes += ended
        return changes

    def _count(self, changes: list[CallChange], now: float) -> None:
        """Today's figures of the queues, and how many calls we found out about."""
        self.found += sum(change.kind == "ended" for change in changes)
        zone = self._hall.zone
        today = datetime.fromtimestamp(now, zone).date()
        self._hall.resume_day(
            # Without stretches: resume_day would take up an open wrap-up, and has done so at the start.
            replace(change.call, stretches=[])
            for change in changes
            if (change.kind == "answered" or (change.kind == "ended" and change.call.answered_at is None))
            and datetime.fromtimestamp(change.at, zone).date() == today
        )

    # -- while we watch ----------------------------------------------------------------------------------------------

    async def keep_place(self) -> None:
        """Move the saved cursor along while the gateway watches, so that a start reads little. Runs until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self.look()
            except OSError as error:
                self._say(error)

    async def look(self) -> None:
        """Note where the log ends now, and save what was noted a look ago in the same session of the link."""
        if self._hall.link != "up":
            self._noted = None
            return
        noted, epoch = self._noted, self._hall.epoch
        here = await asyncio.to_thread(end_of, self._path)
        self._noted = (epoch, here)
        if noted is not None and noted[0] == epoch and noted[1] != self._cursor and await self._drained(_DRAIN_S):
            await self._save(noted[1])
        self._said = False

    async def _save(self, cursor: Cursor) -> None:
        await self._ledger.write(lambda tx: tx.save_state(STATE, cursor.state()))
        self._cursor = cursor

    def _say(self, error: OSError) -> None:
        """Once until it works again: on another machine's Asterisk this is how things are."""
        if not self._said:
            _log.warning("queue_log.not_read", path=str(self._path), error=str(error))
        self._said = True


def _before(at: float, facts: list[Fact]) -> list[Fact]:
    """Of a call that is alive only what was surely before the snapshot; its end, if it has come, is the stream's."""
    return [fact for fact in facts if fact.at + PRECISION_S <= at and not isinstance(fact, LegEnded)]
