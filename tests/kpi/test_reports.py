"""Reports: parts of days, topics at odd hours, other zones; whole days by hand are in test_a_day_by_hand.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.kpi.counting import Rules, TransferRow
from gateway.kpi.reports import By, FigureReports, Report, Wanted, kinds_of
from gateway.kpi.settling import Settler
from tests.kpi.figure_stage import ROW, TICKET, Store

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def moment(zone: ZoneInfo, *when: int, fold: int = 0) -> float:
    return datetime(*when, tzinfo=zone, fold=fold).timestamp()  # type: ignore[arg-type, misc]


@dataclass
class Stage:
    store: Store
    zone: ZoneInfo = SHANGHAI
    n: int = 0

    def call(self, at: float, queue: str = "hotline", agent: str = "1001", entry: str = "12345") -> None:
        self.n += 1
        row = ROW._replace(
            started_at=at, queued_at=at, answered_at=at + 5, ended_at=at + 65, wait_s=5.0, talk_s=60.0,
            queue=queue, agent=agent, entry_number=entry,
        )  # fmt: skip
        self.store.put(str(self.n), row)
        ticket = TICKET._replace(received_at=at + 5, queue=queue, agent=agent, entry_number=entry, category=queue[:1])
        self.store.put(f"t{self.n}", ticket, "tickets")

    async def ask(self, by: By, since: float, until: float, *, compare: bool = False, **where: str) -> Report:
        settler = Settler(self.store, self.zone, self.zone.key, Rules, lambda: until + 1e6)
        book = FigureReports(self.store, settler, self.zone, fresh_s=-1.0, patience_s=60.0)
        return await book.report(Wanted(by, since, until, where, compare))


def counts(report: Report, figure: str = "requests") -> dict[str, Any]:
    return {one.group: one.values[figure] for one in report.groups}


@pytest.fixture
def stage() -> Stage:
    """A call an hour, at half past, over three days in November; every third in another queue."""
    made = Stage(Store())
    for hour in range(72):
        queue = "social" if hour % 3 == 0 else "hotline"
        made.call(moment(SHANGHAI, 2026, 11, 20, 0, 30) + hour * 3600, queue, f"100{hour % 2}")
    return made


@pytest.mark.parametrize("since_h", [0, 5, 23, 24, 30])
@pytest.mark.parametrize("until_h", [31, 47, 48, 49, 72])
async def test_any_hours_add_up_the_same_by_whatever_group(stage: Stage, since_h: int, until_h: int) -> None:
    begin = moment(SHANGHAI, 2026, 11, 20)
    since, until = begin + since_h * 3600, begin + until_h * 3600
    number = until_h - since_h
    for by in ("hour", "day", "week", "month", "queue", "agent", "entry_number"):
        made = await stage.ask(by, since, until)  # type: ignore[arg-type]
        assert sum(counts(made).values()) == number == made.total["requests"], by
    for by in ("channel", "area", "category"):
        assert sum(counts(await stage.ask(by, since, until), "tickets").values()) == number, by  # type: ignore[arg-type]
    social = sum(hour % 3 == 0 for hour in range(since_h, until_h))
    assert (await stage.ask("category", since, until, queue="social", agent="1000")).total["requests"] == sum(
        hour % 6 == 0 for hour in range(since_h, until_h)
    )
    assert counts(await stage.ask("agent", since, until, queue="social")).keys() <= {"1000", "1001"}
    assert counts(await stage.ask("category", since, until, queue="social"), "tickets") == {"s": social}


async def test_hours_are_widened_and_empty_ones_are_there(stage: Stage) -> None:
    made = await stage.ask("hour", moment(SHANGHAI, 2026, 11, 22, 22, 10), moment(SHANGHAI, 2026, 11, 23, 2, 10))
    assert (made.since, made.until) == (moment(SHANGHAI, 2026, 11, 22, 22), moment(SHANGHAI, 2026, 11, 23, 3))
    assert list(counts(made).values()) == [1, 1, 0, 0, 0]
    assert [one.since for one in made.groups] == [made.since + 3600 * n for n in range(5)]
    assert made.groups[-1].values["connection_rate"] is None


async def test_the_hour_that_comes_twice_is_two_groups_and_one_day() -> None:
    stage = Stage(Store(), BERLIN)
    for fold in (0, 1):
        for _ in range(2 + fold):
            stage.call(moment(BERLIN, 2026, 10, 25, 2, 30, fold=fold))
    since, until = moment(BERLIN, 2026, 10, 25), moment(BERLIN, 2026, 10, 26)
    hours = counts(await stage.ask("hour", since, until))
    assert len(hours) == 25 and hours["2026-10-25T02:00+02:00"] == 2 and hours["2026-10-25T02:00+01:00"] == 3
    assert counts(await stage.ask("day", since, until)) == {"2026-10-25": 5}


async def test_a_call_over_midnight_is_of_the_day_it_began_in() -> None:
    stage = Stage(Store())
    stage.call(moment(SHANGHAI, 2026, 11, 20, 23, 59) + 59.9)
    stage.call(moment(SHANGHAI, 2026, 11, 21))
    made = await stage.ask("day", moment(SHANGHAI, 2026, 11, 20), moment(SHANGHAI, 2026, 11, 22))
    assert counts(made) == {"2026-11-20": 1, "2026-11-21": 1}


async def test_groups_are_beside_themselves_a_period_earlier(stage: Stage) -> None:
    begin = moment(SHANGHAI, 2026, 11, 21)
    made = await stage.ask("day", begin, begin + 2 * 86_400, compare=True)
    assert [one.before and one.before["requests"] for one in made.groups] == [0, 24]
    assert made.compared == (begin - 2 * 86_400, begin)
    stage.call(begin + 60, "lawyers")
    by_queue = await stage.ask("queue", begin, begin + 86_400, compare=True)
    before = {one.group: one.before and one.before["requests"] for one in by_queue.groups}
    assert before == {"hotline": 16, "social": 8, "lawyers": 0} and by_queue.before is not None
    gone = await stage.ask("queue", begin + 2 * 86_400, begin + 3 * 86_400, compare=True)
    assert counts(gone) == {"hotline": 0, "social": 0}


async def test_transfers_are_by_partner() -> None:
    stage = Stage(Store())
    for n, partner in enumerate(("110", "110", "")):
        row = TransferRow(1_795_000_000.0, partner, "1001", "completed" if n else "busy", "hotline", "12345")
        stage.store.put(str(n), row, "transfers")
    made = await stage.ask("partner", 1_795_000_000.0, 1_795_000_001.0)
    assert counts(made, "transfers_completed_rate") == {"110": 0.5, "": 1.0}
    assert counts(made) == {"110": None, "": None}


async def test_what_is_not_counted_yet_is_told() -> None:
    stage = Stage(Store())
    stage.call(1_795_000_000.0)

    class Busy(Settler):
        async def fresh(self, since: float, until: float, within_s: float, limit_s: float) -> tuple[float, int]:
            return 5.0, 7

    settler = Busy(stage.store, SHANGHAI, SHANGHAI.key, Rules, lambda: 1e10)
    made = await FigureReports(stage.store, settler, SHANGHAI).report(Wanted("day", 1_795_000_000.0, 1_795_000_001.0))
    assert (made.as_of, made.left) == (5.0, 7)


async def test_parts_of_a_report_that_were_overtaken_are_read_again(stage: Stage) -> None:
    begin = moment(SHANGHAI, 2026, 11, 21)
    read, times = stage.store.figure_cells, []

    async def then_counted(*asked: Any) -> Any:
        found = await read(*asked)
        times.append(asked)
        if len(times) == 1:
            stage.store.version += 1
        return found

    stage.store.figure_cells = then_counted  # type: ignore[method-assign]
    made = await stage.ask("queue", begin, begin + 86_400)
    assert made.total["requests"] == 24 and len(times) == 4


@pytest.mark.parametrize(
    ("by", "where", "has", "has_not"),
    [("hour", {}, "time", ""), ("agent", {}, "time", ""), ("queue", {}, "calls", "time"),
     ("hour", {"entry_number": "1"}, "calls", "time"), ("area", {}, "tickets", "calls"),
     ("partner", {}, "transfers", "tickets"), ("channel", {}, "tickets", "transfers")],
)  # fmt: skip
def test_figures_without_a_meaning_are_left_out(by: By, where: dict[str, str], has: str, has_not: str) -> None:
    kinds = kinds_of(Wanted(by, 0, 1, where))
    assert has in kinds and has_not not in kinds
