"""Group commit: one task writes; pieces of work that wait at the same time share a transaction and its sync to disk.

First they stand or fall together, without a savepoint for each and with their rows gathered (pending.py), which costs
half as much. When one raises, all is rolled back and run again with care: each in a savepoint, so that one that raises
is rolled back alone. Results (errors of the work included) are delivered after the commit only; a commit that fails is
everybody's error. On PostgreSQL a piece can lose a lock race against another gateway process; it is then run again in a
transaction of its own. So work may run several times and must not touch anything but its Tx before ``write`` returns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from gateway.ledger.config import LedgerConfig
from gateway.ledger.driver import Database
from gateway.ledger.errors import Collision, LedgerBusy, LedgerClosed, LedgerError, LedgerUnavailable
from gateway.ledger.foresight import Counter
from gateway.ledger.recent import Recent
from gateway.ledger.tx import Group, Means, SqlTx
from gateway.model.records import Event
from gateway.tickets.ports import Foreseen, Tx

T = TypeVar("T")

_TRIES = 4
_MANY = 4
"""Pieces for which a look ahead pays where each may ask by itself without a round trip."""
_SHARED = 16
"""Pieces from which a group is no more than half of those about: see ``Writer._most``."""
_BREATH_S = 0.002  # the loop gets its turn at least this often while a group runs
_OWED_S = 0.02
"""How long an answer may wait for the next group's statements, see ``Writer._deliver``."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Piece:
    """One piece of work on its way. ``result`` or ``error`` is set when it has run, delivered after the commit."""

    work: Callable[[Tx], Awaitable[Any]]
    future: asyncio.Future[Any]
    tries: int = 0
    result: Any = None
    error: Exception | None = None

    def deliver(self) -> None:
        if self.future.done():  # the one who waited is gone
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs work in groups. ``run`` is the one task that touches the writing connection."""

    def __init__(self, database: Database, means: Means, config: LedgerConfig) -> None:
        self._database, self._means, self._config = database, means, config
        self._waiting: asyncio.Queue[Piece | None] = asyncio.Queue(config.queue)
        self._listeners: list[Callable[[int], None]] = []
        self.recent = Recent()
        """What was committed here last."""
        self._closed = self._ended = False
        self._breathed = 0.0
        self._foresees = 1 if database.distant else _MANY
        self._last = 0
        self._numbered: set[Counter] = set()
        """From which counters the last tickets got their numbers: most likely the next ones will too."""
        self._owed: Callable[[], None] | None = None

    def on_commit(self, tell: Callable[[int], None]) -> None:
        self._listeners.append(tell)

    async def submit(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Queue ``work`` and wait for its commit. LedgerBusy when no place in the queue comes free in time."""
        if self._closed:
            raise LedgerClosed("the ledger is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        piece = Piece(work, future)
        try:
            self._waiting.put_nowait(piece)
        except asyncio.QueueFull:
            await self._wait_for_place(piece)
        return await future

    async def _wait_for_place(self, piece: Piece) -> None:
        try:
            async with asyncio.timeout(self._config.wait_s):
                await self._waiting.put(piece)
        except TimeoutError:
            raise LedgerBusy(f"{self._config.queue} pieces of work already wait for the ledger") from None
        if self._ended:  # the place came free because the writer stopped
            self._refuse([])

    async def run(self) -> None:
        """Write until ``close``. Whatever still waits when this ends gets LedgerClosed."""
        pieces: list[Piece] = []
        try:
            while pieces := await self._next_group():
                await self._write(pieces)
                self._last = len(pieces)
        finally:
            self._closed = self._ended = True
            self._answer()
            self._refuse(pieces)

    async def close(self) -> None:
        """Take no more work; ``run`` ends after what already waits has been written."""
        if not self._closed:
            self._closed = True
            if not self._ended:
                await self._waiting.put(None)

    async def _next_group(self) -> list[Piece]:
        """The next pieces; empty when closed and done. One that nobody waits for any more is left out."""
        pieces: list[Piece] = []
        if self._waiting.empty():
            self._last = 0  # whoever of them writes again comes among those that are waited for now
        piece = await self._waiting.get()
        most = self._most()
        while piece is not None:
            if not piece.future.done():
                pieces.append(piece)
            if len(pieces) >= most:
                return pieces
            if not self._waiting.empty():
                piece = self._waiting.get_nowait()
            elif pieces:
                return pieces
            else:
                piece = await self._waiting.get()
        if pieces:  # the end mark came behind them: leave it for the next turn
            self._waiting.put_nowait(None)
        return pieces

    def _most(self) -> int:
        """Pieces for the next group: half of those who write now, the other half being who was answered last. While
        the database works for one half the loop works for the other; with all in one group each waits for the other.
        """
        about = self._waiting.qsize() + 1 + self._last
        return min(self._config.batch, max(_SHARED, (about + 1) // 2))

    def _refuse(self, pieces: Sequence[Piece]) -> None:
        left = list(pieces)
        while not self._waiting.empty():
            piece = self._waiting.get_nowait()
            left += [piece] if piece is not None else []
        for piece in left:
            piece.error = LedgerClosed("the ledger was stopped before this commit was known")
            piece.deliver()

    async def _write(self, pieces: Sequence[Piece]) -> None:
        for piece in await self._together(pieces):
            while await self._transaction([piece]):
                pass

    async def _together(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Run the pieces so that they stand or fall together, and deliver; with care when that fails. Returns those
        that lost a lock race and may try again, each alone."""
        known: dict[bytes, str] = {}
        while True:
            known_before = len(known)
            try:
                session = await self._database.begin()
                group = Group.together(session, self._means, known, distant=self._database.distant)
                last, failure = await self._all(group, pieces)
                if failure is None:
                    await self._database.commit(more=not self._waiting.empty())
                    self._deliver(pieces, last, group)
                    return []
            except Collision as collision:
                await self._abandon()
                return self._may_try_again(pieces, collision)
            except LedgerError as error:
                await self._abandon()
                self._fail(pieces, error)
                return []
            await self._abandon()
            if isinstance(failure, Collision):
                return self._may_try_again(pieces, failure)
            if len(known) == known_before:  # else it is known now which keys are: the rest stays as quick
                return await self._with_care(pieces, failure)

    async def _all(self, group: Group, pieces: Sequence[Piece]) -> tuple[int | None, Exception | None]:
        """Run the pieces one after the other; the feed's last sequence, or what went wrong."""
        try:
            async with asyncio.timeout(self._config.work_s):
                if len(pieces) >= self._foresees:
                    looks = [piece.work.looks for piece in pieces if isinstance(piece.work, Foreseen)]
                    if looks:
                        await group.foresee(looks, self._numbered)
                for piece in pieces:
                    piece.tries += 1
                    piece.result = piece.error = None
                    piece.result = await piece.work(SqlTx(group))
                    await self._breathe()
                if self._owed is not None:  # once the group's statement is on its way
                    asyncio.get_running_loop().call_soon(self._answer)
                return await group.finish(), None
        except asyncio.CancelledError as error:
            return None, _cancelled_inside(error)
        except Exception as error:
            return None, error

    async def _with_care(self, pieces: Sequence[Piece], failure: Exception) -> list[Piece]:
        if len(pieces) > 1 or isinstance(failure, LedgerError | TimeoutError):
            return await self._transaction(pieces)
        pieces[0].error = failure  # its own, and nobody else is in the group
        pieces[0].deliver()
        return []

    def _deliver(self, pieces: Sequence[Piece], last: int | None, group: Group) -> None:
        """Answer those whose work is committed. When many more wait for a database that is a process of its own, theirs
        is brought on its way first: what the answers cause keeps the loop busy while the database writes, instead of
        keeping the group from being sent and then letting both wait for the disk."""
        self._answer()
        self._numbered = group.numbered or self._numbered
        self._owed = partial(self._settle, pieces, last, group.told)
        if self._database.distant and self._waiting.qsize() >= _SHARED:
            asyncio.get_running_loop().call_later(_OWED_S, self._answer)
        else:
            self._answer()

    def _answer(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            owed()

    def _settle(self, pieces: Sequence[Piece], last: int | None, told: Sequence[Event]) -> None:
        for piece in pieces:
            piece.deliver()
        if last is not None:
            self.recent.add(last, told)
            self._tell(last)

    async def _transaction(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Run the pieces in one transaction, each in a savepoint, and deliver. Returns those that lost a lock race and
        may try again."""
        try:
            group = Group(await self._database.begin(), self._means)
            lost = [piece for piece in pieces if not await self._piece(group, piece)]
            last = await group.finish()
            await self._database.commit(more=not self._waiting.empty())
        except Collision as collision:
            await self._abandon()
            return self._may_try_again(pieces, collision)
        except LedgerError as error:
            await self._abandon()
            self._fail(pieces, error)
            return []
        self._deliver([piece for piece in pieces if piece not in lost], last, group)
        return self._may_try_again(lost, None)

    async def _piece(self, group: Group, piece: Piece) -> bool:
        """Run one piece in its savepoint; False when it lost a lock race. Raises when the whole transaction is gone."""
        mark = group.mark()
        piece.tries += 1
        piece.result = piece.error = None
        await group.session.savepoint()
        try:
            piece.result = await self._worked(group, piece)
            await group.session.release()
        except Exception as error:
            piece.error = error
            group.back(mark)
            await group.session.undo()
        await self._breathe()
        return not isinstance(piece.error, Collision)

    async def _worked(self, group: Group, piece: Piece) -> Any:
        try:
            async with asyncio.timeout(self._config.work_s):
                return await piece.work(SqlTx(group))
        except asyncio.CancelledError as error:
            raise _cancelled_inside(error) from error

    async def _breathe(self) -> None:
        now = time.monotonic()
        if now - self._breathed > _BREATH_S:
            await asyncio.sleep(0)
            self._breathed = time.monotonic()

    def _may_try_again(self, pieces: Sequence[Piece], collision: Collision | None) -> list[Piece]:
        again = [piece for piece in pieces if piece.tries < _TRIES]
        spent = [piece for piece in pieces if piece.tries >= _TRIES]
        if spent:
            self._fail(spent, LedgerUnavailable(f"lost {_TRIES} lock races against other writers ({collision})"))
        return again

    def _fail(self, pieces: Sequence[Piece], error: LedgerError) -> None:
        _log.error("ledger_group_failed", pieces=len(pieces), error=str(error))
        for piece in pieces:
            # An exception object of its own for each waiter: they add their own tracebacks to it.
            piece.error = type(error)(str(error))
            piece.error.__cause__ = error
            piece.deliver()

    async def _abandon(self) -> None:
        self._answer()
        try:
            await self._database.rollback()
        except LedgerError as error:
            _log.error("ledger_rollback_failed", error=str(error))

    def _tell(self, last: int) -> None:
        for tell in self._listeners:
            try:
                tell(last)
            except Exception:
                _log.exception("ledger_listener_failed", sequence=last)


def _cancelled_inside(error: asyncio.CancelledError) -> LedgerError:
    """Something that the work awaited was cancelled, which must not stop the writer. Raises ``error`` when the writer
    itself is meant."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise error
    return LedgerError("the work was cancelled from inside")
