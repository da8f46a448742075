"""Several gateways on one PostgreSQL: lost connections are answered, lost lock races are run again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import asyncpg
import pytest

from gateway.kpi.counting import TimeRow
from gateway.ledger import LedgerConfig, LedgerKeys, LedgerUnavailable, open_ledger
from gateway.tickets.ports import TicketDraft, Tx
from tests.kpi.figure_stage import rows_of
from tests.servers import Postgres, fresh_database, postgres

pytestmark = pytest.mark.postgres

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)


async def cut_all_connections(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


async def test_a_connection_cut_in_mid_work_fails_that_work_and_the_next_one_succeeds(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    url = await fresh_database(postgres_server)

    async def unlucky(tx: Tx) -> None:
        await tx.save_state("a", {"n": 1})
        await cut_all_connections(url)
        await tx.save_state("a", {"n": 2})

    async with open_ledger(LedgerConfig(url=url), tmp_path, KEYS) as ledger:
        with pytest.raises(LedgerUnavailable):
            await ledger.write(unlucky)
        await ledger.write(lambda tx: tx.save_state("b", {"n": 3}))
        assert (await ledger.state("a"), await ledger.state("b")) == (None, {"n": 3})


async def test_a_server_that_is_gone_is_said_within_a_second_and_found_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres() as server:
        async with open_ledger(LedgerConfig(url=server.url), tmp_path, KEYS) as ledger:
            with monkeypatch.context() as patient:
                patient.setattr("gateway.ledger.store._HEALTH_S", 60.0)
                assert await ledger.healthy()
            server.stop()
            assert not await ledger.healthy()
            with pytest.raises(LedgerUnavailable, match="PostgreSQL"):
                await ledger.write(lambda tx: tx.save_state("a", {}))
            server.start()
            await ledger.write(lambda tx: tx.save_state("a", {"n": 1}))
            assert await ledger.state("a") == {"n": 1}


async def test_two_gateways_that_lock_each_other_out_both_get_their_work_done(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    config = LedgerConfig(url=await fresh_database(postgres_server))
    both_hold_one = asyncio.Barrier(2)
    runs: list[str] = []

    async with open_ledger(config, tmp_path, KEYS) as here, open_ledger(config, tmp_path, KEYS) as there:
        draft = TicketDraft("phone", "460000", 1.0, 1.0)
        first, _ = await here.write(lambda tx: tx.open_ticket(draft, "1"))
        second, _ = await here.write(lambda tx: tx.open_ticket(draft, "2"))

        async def cross(tx: Tx, name: str, *tickets: str) -> None:
            runs.append(name)
            for i, number in enumerate(tickets):
                await tx.update_ticket(number, {"title": name})  # type: ignore[arg-type]
                if i == 0 and runs.count(name) == 1:
                    await both_hold_one.wait()

        await asyncio.gather(
            here.write(lambda tx: cross(tx, "here", first.ticket_no, second.ticket_no)),
            there.write(lambda tx: cross(tx, "there", second.ticket_no, first.ticket_no)),
        )
        assert len(runs) > 2  # one of them lost the race and was run again
        kept = [await here.ticket(ticket.ticket_no) for ticket in (first, second)]
        assert [ticket.revision for ticket in kept if ticket] == [3, 3]


async def test_the_same_key_in_two_gateways_opens_one_ticket(postgres_server: Postgres, tmp_path: Path) -> None:
    config = LedgerConfig(url=await fresh_database(postgres_server))
    draft = TicketDraft("wechat", "460000", 1.0, 1.0)
    async with open_ledger(config, tmp_path, KEYS) as here, open_ledger(config, tmp_path, KEYS) as there:
        for key in ("a", "b", "c", "d", "e"):
            results = await asyncio.gather(
                *(ledger.write(lambda tx, key=key: tx.open_ticket(draft, key)) for ledger in (here, there, here, there))
            )
            assert len({ticket.ticket_no for ticket, _ in results}) == 1
            assert [new for _, new in results].count(True) == 1
        numbers = sorted(ticket.ticket_no for ticket in await here.tickets())
    assert numbers == [f"460000-19700101-{n:07d}" for n in range(1, 6)]


async def test_groups_that_follow_one_another_begin_with_the_commit_before_them(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One round trip fewer a group; when nobody waits, and after what was rolled back, one begins by itself."""
    said: list[str] = []
    execute = asyncpg.Connection.execute

    async def noted(self: asyncpg.Connection, query: str, *args: object, **rest: object) -> str:
        said.append(query)
        return str(await execute(self, query, *args, **rest))

    async def fails(tx: Tx) -> None:
        await tx.save_state("bad", {})
        raise RuntimeError("no")

    config = LedgerConfig(url=await fresh_database(postgres_server), batch=1)
    async with open_ledger(config, tmp_path, KEYS) as ledger:
        monkeypatch.setattr(asyncpg.Connection, "execute", noted)
        names = ("a", "b", "c")
        await asyncio.gather(*(ledger.write(lambda tx, name=name: tx.save_state(name, {})) for name in names))  # type: ignore[misc]
        assert said == ["BEGIN", "COMMIT AND CHAIN", "COMMIT AND CHAIN", "COMMIT"]
        said.clear()
        done = [ledger.write(lambda tx: tx.save_state("d", {})), ledger.write(fails), ledger.write(_late)]
        assert isinstance((await asyncio.gather(*done, return_exceptions=True))[1], RuntimeError)
        assert said == ["BEGIN", "COMMIT AND CHAIN", "ROLLBACK", "BEGIN", "COMMIT"]
        kept = [await ledger.state(name) for name in ("a", "b", "c", "d", "bad", "late")]
    assert kept == [{}, {}, {}, {}, None, {}]


async def test_a_connection_cut_between_two_groups_is_opened_anew(postgres_server: Postgres, tmp_path: Path) -> None:
    url = await fresh_database(postgres_server)

    async def first(tx: Tx) -> None:
        await tx.save_state("a", {})
        second.cancel()  # waits when this commits, and is gone when its turn comes

    async with open_ledger(LedgerConfig(url=url, batch=1), tmp_path, KEYS) as ledger:
        one = asyncio.ensure_future(ledger.write(first))
        second = asyncio.ensure_future(ledger.write(_late))
        await one
        await cut_all_connections(url)
        async with asyncio.timeout(30):
            while not await ledger.healthy():  # the loop has not heard of the cut yet
                await asyncio.sleep(0.05)
        assert (await ledger.state("a"), await ledger.state("late")) == ({}, None)


async def _late(tx: Tx) -> None:
    await tx.save_state("late", {})


async def test_a_walk_whose_connection_is_cut_says_so_and_the_next_one_goes_to_its_end(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    url = await fresh_database(postgres_server)
    many = [TimeRow(1, f"{n:04d}", n, 0, 0, 0, 0, 0, 0) for n in range(1_200)]
    async with open_ledger(LedgerConfig(url=url), tmp_path, KEYS) as ledger:
        await ledger.add_agent_times(many, "t", {})
        async with aclosing(ledger.figure_rows(1, 1)) as parts:
            assert await anext(parts)
            await cut_all_connections(url)
            with pytest.raises(LedgerUnavailable, match="PostgreSQL"):
                await anext(parts)
        assert sorted((await rows_of(ledger, 1, 1)).times) == many


async def test_a_walk_does_not_wait_for_ever_for_a_connection(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await fresh_database(postgres_server)
    async with open_ledger(LedgerConfig(url=url, readers=1), tmp_path, KEYS) as ledger:
        await ledger.add_agent_times([TimeRow(1, "1001", 1, 0, 0, 0, 0, 0, 0)], "t", {})
        async with aclosing(ledger.figure_rows(1, 1)) as parts:
            assert await anext(parts)
            monkeypatch.setattr("gateway.ledger.postgres._FREE_S", 0.05)
            with pytest.raises(LedgerUnavailable, match="not reachable: TimeoutError"):
                await rows_of(ledger, 1, 1)
        monkeypatch.undo()
        assert len((await rows_of(ledger, 1, 1)).times) == 1
