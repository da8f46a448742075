"""What is at hand of what is due: read once, asked for only where something may begin, forgotten when it has changed.

On a real SQLite ledger that counts what is read of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.config import DeliveryConfig
from gateway.channels.lanes import Lanes
from gateway.channels.waiting import Waiting
from gateway.ledger import SqlLedger
from gateway.model.ids import TicketNo
from tests.channels.outgoing_stage import NOW, Clock, CountingLedger, ledger_in, put

HAINAN, OTHER = ("wechat", "hainan"), ("wechat", "other")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with ledger_in(tmp_path) as opened:
        yield opened


class Desk:
    """``Waiting`` with its lanes, a clock set by hand and a ledger that counts."""

    def __init__(self, ledger: SqlLedger, *accounts: tuple[str, str], **config: Any) -> None:
        self.ledger, self.clock = CountingLedger(ledger), Clock()
        self.config = DeliveryConfig.model_validate(config)
        self.lanes = Lanes(self.config, self.clock)
        self.waiting = Waiting(self.ledger, self.lanes, accounts, self.config.look_s, self.clock)  # type: ignore[arg-type]

    async def round(self) -> list[str]:
        """The texts of what may begin; it is on its way from then on."""
        await self.waiting.read(self.clock.now)
        picked = self.waiting.pick()
        for one in picked:
            await self.ledger.lease(one)
        self.waiting.begun(picked)
        return [one.text for one in picked]


async def _backlog(ledger: SqlLedger, count: int, **fields: Any) -> None:
    for n in range(count):
        await put(ledger, TicketNo(""), target=f"o{n}", text=f"{n}", created_at=NOW - 1000 + n, **fields)


def _numbers(up_to: int, start: int = 0) -> list[str]:
    return [str(n) for n in range(start, up_to)]


async def test_each_row_of_a_backlog_is_read_once_however_often_it_is_asked(ledger: SqlLedger) -> None:
    await _backlog(ledger, 60)
    desk = Desk(ledger, HAINAN, OTHER, rate_per_s=4, concurrency=200, per_account=200)
    told = await desk.round()
    for _ in range(32):  # four seconds, with a bell every eighth
        desk.clock.forward(0.125)
        told += await desk.round()
    assert told == _numbers(20)
    assert desk.ledger.rows <= 40, "of what may be sent within a look, what is left over is read once more"


async def test_an_account_that_may_not_send_is_not_asked(ledger: SqlLedger) -> None:
    await _backlog(ledger, 60)
    desk = Desk(ledger, HAINAN, OTHER, rate_per_s=4)
    assert await desk.round() == _numbers(4)
    desk.ledger.reset()
    for _ in range(10):
        assert await desk.round() == []
    assert (desk.ledger.rows, desk.ledger.asked) == (0, [(OTHER,)] * 10)


async def test_an_account_with_all_its_places_taken_is_not_asked(ledger: SqlLedger) -> None:
    await _backlog(ledger, 60)
    desk = Desk(ledger, HAINAN, per_account=3)
    assert len(await desk.round()) == 3
    desk.ledger.reset()
    assert await desk.round() == []
    assert desk.ledger.asked == []


async def test_people_who_are_being_answered_do_not_hide_those_behind_them(ledger: SqlLedger) -> None:
    for n in range(100):
        await put(ledger, TicketNo(""), target="oMANY", text=f"{n}", created_at=NOW - 1000 + n, due_at=NOW - 1000 + n)
    await put(ledger, TicketNo(""), target="oBEHIND", text="behind")
    desk = Desk(ledger, HAINAN, rate_per_s=20)
    assert await desk.round() == ["0"]
    assert await desk.round() == ["behind"]


async def test_the_oldest_goes_first_over_all_accounts(ledger: SqlLedger) -> None:
    for n, account in enumerate(["other", "hainan", "other", "hainan", "hainan"]):
        created_at = NOW - 10 + n
        await put(ledger, TicketNo(""), account=account, target=f"o{n}", text=f"{n}", created_at=created_at)
    desk = Desk(ledger, HAINAN, OTHER, concurrency=3)
    assert await desk.round() == ["0", "1", "2"]


async def test_what_has_changed_is_forgotten_with_all_of_its_account(ledger: SqlLedger) -> None:
    await _backlog(ledger, 6)
    desk = Desk(ledger, HAINAN, rate_per_s=4)
    await desk.waiting.read(NOW)
    picked = desk.waiting.pick()
    assert len(picked) == 4
    desk.waiting.forget(picked)
    for one in picked:
        desk.lanes.leave(one)
    assert desk.waiting.empty
    desk.clock.forward(1)
    assert await desk.round() == _numbers(4), "they are read anew"


async def test_what_is_at_hand_is_held_for_true_until_the_next_look(ledger: SqlLedger) -> None:
    await _backlog(ledger, 6)
    desk = Desk(ledger, HAINAN, rate_per_s=1, look_s=2)
    await desk.round()
    older = await put(ledger, TicketNo(""), target="oOLD", text="old", created_at=NOW - 5000)
    desk.clock.forward(1)
    assert await desk.round() == ["1"]
    desk.clock.forward(1.5)
    assert await desk.round() == [older.text]


async def test_an_account_that_is_not_configured_is_found_by_the_look(ledger: SqlLedger) -> None:
    desk = Desk(ledger, HAINAN, look_s=2)
    assert await desk.round() == []
    await put(ledger, TicketNo(""), account="gone", text="nowhere to")
    assert await desk.round() == []
    desk.clock.forward(2)
    assert await desk.round() == ["nowhere to"]


async def test_how_many_wait_is_counted_at_the_look_and_what_begins_is_taken_off(ledger: SqlLedger) -> None:
    await _backlog(ledger, 30)
    await _backlog(ledger, 5, account="gone")
    desk = Desk(ledger, HAINAN, rate_per_s=4)
    await desk.waiting.read(NOW)
    assert desk.waiting.count == 35
    await desk.round()
    assert desk.waiting.count == 27, "four of each"


async def test_the_next_token_is_the_first_of_any_account_that_has_none(ledger: SqlLedger) -> None:
    await _backlog(ledger, 9)
    desk = Desk(ledger, HAINAN, OTHER, rate_per_s=4)
    assert desk.waiting.next_token_s() is None
    await desk.round()
    assert desk.waiting.next_token_s() == pytest.approx(0.25)
    desk.clock.forward(0.25)
    assert desk.waiting.next_token_s() is None


async def test_nothing_is_held_of_a_reading_that_failed(ledger: SqlLedger) -> None:
    await _backlog(ledger, 3)
    desk = Desk(ledger, HAINAN)
    desk.ledger.away = True
    with pytest.raises(OSError, match="away"):
        await desk.round()
    desk.ledger.away = False
    assert await desk.round() == _numbers(3)


async def test_the_rows_read_do_not_depend_on_how_many_wait(ledger: SqlLedger) -> None:
    read = []
    for more in (50, 150):
        await _backlog(ledger, more, account="hainan")
        desk = Desk(ledger, HAINAN, rate_per_s=2, per_account=100)
        told: list[str] = []
        for _ in range(10):
            told += await desk.round()
            desk.clock.forward(0.25)
        assert told == sorted(told, key=int)
        read.append(desk.ledger.rows)
    assert read[0] == read[1] <= 16
