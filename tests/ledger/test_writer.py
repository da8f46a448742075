"""Group commit: who shares a commit, what its failure means, and what happens when too much waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.dialects import sqlite

from gateway.ledger import LedgerBusy, LedgerClosed, LedgerConfig, LedgerError, LedgerKeys, LedgerUnavailable
from gateway.ledger.driver import Params, Row, Sql
from gateway.ledger.errors import Collision
from gateway.ledger.personal import Seal
from gateway.ledger.statements import Statements
from gateway.ledger.tx import Means
from gateway.ledger.writer import Writer
from gateway.tickets.ports import Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


class FakeDatabase:
    """Keeps a log of what the writer asked for; ``trouble`` holds what the next commits raise, ``gate`` delays them."""

    dialect = sqlite.dialect()
    distant = False

    def __init__(self) -> None:
        self.log: list[str] = []
        self.trouble: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.sequence = 0

    async def begin(self) -> FakeDatabase:
        self.log.append("begin")
        return self

    async def commit(self, *, more: bool = False) -> None:
        await self.gate.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        self.log.append("commit")

    async def rollback(self) -> None:
        self.log.append("rollback")

    async def savepoint(self) -> None: ...

    async def release(self) -> None:
        self.log.append("piece")

    async def undo(self) -> None:
        self.log.append("undo")

    async def run(self, sql: Sql, params: Params) -> None: ...

    async def run_many(self, sql: Sql, params: object) -> None: ...

    async def row(self, sql: Sql, params: Params) -> Row | None:
        return None

    async def rows(self, sql: Sql, params: Params) -> list[Row]:
        """The end of a group's events, for a distant one."""
        self.log.append("sent")
        self.sequence += params["count"]
        return [(self.sequence, [])]

    async def close(self) -> None: ...

    async def lookup(self, sql: Sql, params: Params) -> list[Row]:
        return []

    async def query(self, sql: Sql, params: Params) -> list[Row]:
        return []

    async def walk(self, sql: Sql, params: Params) -> AsyncGenerator[list[Row], None]:
        yield []


@asynccontextmanager
async def writing(database: FakeDatabase, **config: object) -> AsyncIterator[Writer]:
    means = Means(Statements(database.dialect), Seal(KEYS), ZoneInfo("Asia/Shanghai"))
    writer = Writer(database, means, LedgerConfig(**config))  # type: ignore[arg-type]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(writer.run())
        yield writer
        await writer.close()


def giving(value: int) -> Callable[[Tx], Awaitable[int]]:
    async def work(tx: Tx) -> int:
        return value

    return work


async def test_work_that_waits_together_shares_a_commit() -> None:
    database = FakeDatabase()
    async with writing(database) as writer:
        assert await asyncio.gather(*(writer.submit(giving(n)) for n in range(5))) == list(range(5))
    assert database.log == ["begin", "commit"]


async def test_a_group_is_no_larger_than_configured() -> None:
    database = FakeDatabase()
    async with writing(database, batch=2) as writer:
        await asyncio.gather(*(writer.submit(giving(n)) for n in range(5)))
    assert database.log.count("commit") == 3


async def test_of_many_who_write_again_and_again_no_group_is_more_than_half() -> None:
    """While the database works for one half, the loop works for the other: a group of all would leave both idle."""
    database = FakeDatabase()

    async def work(tx: Tx) -> None:
        database.log.append("piece")

    async def again(writer: Writer) -> None:
        for _ in range(20):
            await writer.submit(work)

    async with writing(database) as writer:
        await asyncio.gather(*(again(writer) for _ in range(64)))
    groups = [group.count("piece") for group in " ".join(database.log).split("commit")]
    assert (sum(groups), groups[0], max(groups)) == (20 * 64, 32, 32)


class DistantDatabase(FakeDatabase):
    """Each statement is a round trip; the second commit waits for the gate."""

    distant = True

    async def commit(self, *, more: bool = False) -> None:
        await super().commit(more=more)
        self.gate.clear()


async def telling(tx: Tx) -> None:
    await tx.emit("t", "s", {}, 1.0)


async def test_a_large_group_is_sent_before_the_one_before_it_is_answered() -> None:
    """So that the loop has the answers' work while a distant database has the group's."""
    database = DistantDatabase()

    async def noted(writer: Writer) -> None:
        await writer.submit(telling)
        database.log.append("answered")

    async with writing(database, batch=20) as writer, asyncio.TaskGroup() as tasks:
        first = [tasks.create_task(noted(writer)) for _ in range(20)]
        second = [tasks.create_task(noted(writer)) for _ in range(20)]
        await asyncio.wait(first)
        assert database.log == ["begin", "sent", "commit", "begin", "sent", *["answered"] * 20]
        assert not any(one.done() for one in second)
        database.gate.set()


async def test_an_answer_does_not_wait_for_a_group_that_is_not_sent() -> None:
    database, wait = DistantDatabase(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await wait.wait()

    async with writing(database, batch=20) as writer, asyncio.TaskGroup() as tasks:
        first = [tasks.create_task(writer.submit(telling)) for _ in range(20)]
        for _ in range(20):
            tasks.create_task(writer.submit(slow))
        await asyncio.wait(first)
        assert database.log == ["begin", "sent", "commit", "begin"]
        database.gate.set()
        wait.set()


async def test_what_is_committed_is_answered_so_although_the_next_group_fails() -> None:
    database = DistantDatabase()
    begin = database.begin

    async def fails_later() -> FakeDatabase:
        if "commit" in database.log:
            raise LedgerUnavailable("gone")
        return await begin()

    database.begin = fails_later  # type: ignore[method-assign]
    async with writing(database, batch=20) as writer:
        told: list[int] = []
        writer.on_commit(told.append)
        works = [writer.submit(telling) for _ in range(40)]
        results = await asyncio.gather(*works, return_exceptions=True)
    assert results[:20] == [None] * 20
    assert all(isinstance(one, LedgerUnavailable) for one in results[20:])
    assert told == [20]


async def test_nothing_is_delivered_before_the_commit() -> None:
    database = FakeDatabase()
    database.gate.clear()

    async def failing(tx: Tx) -> None:
        raise ValueError("its own")

    async with writing(database) as writer, asyncio.TaskGroup() as tasks:
        good = tasks.create_task(writer.submit(giving(1)))
        bad = asyncio.gather(writer.submit(failing), return_exceptions=True)
        done, _ = await asyncio.wait({good, bad}, timeout=0.05)
        assert not done
        database.gate.set()
    assert good.result() == 1
    assert isinstance(bad.result()[0], ValueError)


async def test_one_that_raises_has_the_others_run_again_with_a_savepoint_each() -> None:
    async def failing(tx: Tx) -> None:
        raise ValueError("its own")

    database = FakeDatabase()
    async with writing(database) as writer:
        work = [giving(0), failing, giving(2)]
        first, second, third = await asyncio.gather(*map(writer.submit, work), return_exceptions=True)
    assert (first, str(second), third) == (0, "its own", 2)
    assert database.log == ["begin", "rollback", "begin", "piece", "undo", "piece", "commit"]


async def test_one_that_raises_alone_is_not_run_again() -> None:
    runs = 0

    async def failing(tx: Tx) -> None:
        nonlocal runs
        runs += 1
        raise ValueError("its own")

    database = FakeDatabase()
    async with writing(database) as writer:
        with pytest.raises(ValueError, match="its own"):
            await writer.submit(failing)
    assert (runs, database.log) == (1, ["begin", "rollback"])


async def test_a_failed_commit_is_everybody_s_error_and_the_next_group_works() -> None:
    database = FakeDatabase()
    database.trouble = [LedgerUnavailable("the disk is full")]
    async with writing(database) as writer:
        results = await asyncio.gather(*(writer.submit(giving(n)) for n in range(3)), return_exceptions=True)
        assert [str(error) for error in results] == ["the disk is full"] * 3
        assert all(isinstance(error, LedgerUnavailable) for error in results)
        assert len({id(error) for error in results}) == 3
        assert await writer.submit(giving(7)) == 7
    assert database.log[-3:] == ["rollback", "begin", "commit"]


async def test_a_lost_lock_race_runs_each_piece_again_by_itself() -> None:
    database = FakeDatabase()
    database.trouble = [Collision("deadlock")]
    async with writing(database) as writer:
        assert await asyncio.gather(*(writer.submit(giving(n)) for n in range(3))) == [0, 1, 2]
    assert database.log == ["begin", "rollback", *["begin", "piece", "commit"] * 3]


async def test_a_race_that_is_always_lost_ends_as_unavailable() -> None:
    database = FakeDatabase()
    database.trouble = [Collision("deadlock")] * 10
    async with writing(database) as writer:
        with pytest.raises(LedgerUnavailable, match="lock races"):
            await writer.submit(giving(1))
    assert database.log.count("begin") == 4


async def test_too_much_waiting_work_is_refused_in_time() -> None:
    database = FakeDatabase()
    database.gate.clear()
    async with writing(database, queue=1, batch=1, wait_s=0.05) as writer, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(writer.submit(giving(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = tasks.create_task(writer.submit(giving(2)))
        await asyncio.sleep(0)
        with pytest.raises(LedgerBusy):
            await writer.submit(giving(3))
        database.gate.set()
    assert (first.result(), second.result()) == (1, 2)


async def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    database = FakeDatabase()
    database.gate.clear()
    async with writing(database) as writer:
        first = asyncio.ensure_future(writer.submit(giving(1)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left = asyncio.ensure_future(writer.submit(giving(2)))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.wait({left})
        database.gate.set()
        await first
    assert database.log == ["begin", "commit"]


async def test_what_waits_at_closing_is_written_and_later_work_is_refused() -> None:
    database = FakeDatabase()
    async with writing(database) as writer:
        waiting = [asyncio.ensure_future(writer.submit(giving(n))) for n in range(3)]
        await asyncio.sleep(0)
        await writer.close()
        with pytest.raises(LedgerClosed):
            await writer.submit(giving(9))
        assert await asyncio.gather(*waiting) == [0, 1, 2]


async def test_a_stopped_writer_leaves_nobody_waiting() -> None:
    database = FakeDatabase()
    database.gate.clear()
    means = Means(Statements(database.dialect), Seal(KEYS), ZoneInfo("Asia/Shanghai"))
    writer = Writer(database, means, LedgerConfig(batch=1, queue=1))
    run = asyncio.ensure_future(writer.run())
    waiting = [asyncio.ensure_future(writer.submit(giving(n))) for n in range(3)]  # at commit, queued, for a place
    await asyncio.wait(waiting, timeout=0.05)
    run.cancel()
    async with asyncio.timeout(60):
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [LedgerClosed] * 3
    assert run.cancelled()


async def test_something_cancelled_inside_the_work_does_not_stop_the_writer() -> None:
    async def cancelled(tx: Tx) -> None:
        raise asyncio.CancelledError

    async with writing(FakeDatabase()) as writer:
        with pytest.raises(LedgerError, match="cancelled from inside"):
            await writer.submit(cancelled)
        assert await writer.submit(giving(1)) == 1
