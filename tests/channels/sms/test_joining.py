"""The steps of joining, each one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.channels.sms.joining import Joining, Whole
from gateway.ledger import SqlLedger
from gateway.tickets.ports import Taken, Tx
from tests.channels.door_stage import Clock, open_stage
from tests.channels.sms.sms_stage import parts_of

PIECES = parts_of("好" * 150)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with open_stage(tmp_path) as stage:
        yield stage.ledger


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def joining(ledger: SqlLedger, clock: Clock) -> Joining:
    return Joining(ledger, "hainan", 180.0, clock)


async def take(ledger: SqlLedger, joining: Joining, whole: Whole) -> None:
    also = joining.taking(whole)

    async def work(tx: Tx) -> None:
        await also(tx, Taken("opened", "m1"), "")

    await ledger.write(work)


async def test_the_part_that_completes_a_message_says_so(joining: Joining) -> None:
    fates = [await joining.put(piece) for piece in PIECES]
    assert [len(fate.ready) for fate, _ in fates] == [0, 0, 1]
    assert sorted(fates[-1][0].ready[0].group.parts) == [1, 2, 3]


async def test_what_is_complete_is_due_until_it_is_taken(joining: Joining, ledger: SqlLedger, clock: Clock) -> None:
    key = [await joining.put(piece) for piece in PIECES][-1][1]
    (due,) = await ledger.due_gatherings("sms", "hainan", clock.now)
    (whole,) = await joining.due(due.key)
    assert due.key == key
    await take(ledger, joining, whole)
    assert await joining.due(key) == ()
    assert await ledger.due_gatherings("sms", "hainan", clock.now) == []
    fate, _ = await joining.put(PIECES[1])
    assert (fate.ready, fate.late) == ((), "")


async def test_senders_are_one_however_their_number_is_written(joining: Joining) -> None:
    one, two = parts_of("好" * 80), parts_of("好" * 80, sender="+8613812345678")
    await joining.put(one[0])
    fate, _ = await joining.put(two[1])
    assert len(fate.ready) == 1


async def test_what_fails_is_put_off(joining: Joining, ledger: SqlLedger, clock: Clock) -> None:
    key = [await joining.put(piece) for piece in PIECES][-1][1]
    await joining.put_off(key)
    await joining.put_off("nobody's")
    assert await ledger.due_gatherings("sms", "hainan", clock.now + 59) == []
    assert len(await ledger.due_gatherings("sms", "hainan", clock.now + 60)) == 1


async def test_a_reference_is_forgotten_with_its_last_group(joining: Joining, ledger: SqlLedger, clock: Clock) -> None:
    key = [await joining.put(piece) for piece in PIECES][-1][1]
    await take(ledger, joining, (await joining.due(key))[0])
    clock.now += 3 * 86_400
    assert await joining.due(key) == ()
    assert await ledger.gathering(key) is None
    assert await joining.ticket_of(key, "x") == ""
