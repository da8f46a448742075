"""The figures' side on a real ledger and a real hall: facts in, live figures and agents' time out, over restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.figuring import TIMES, Figuring
from gateway.kpi.counting import TimeRow
from gateway.kpi.definitions import DEFINITIONS
from gateway.kpi.reports import Wanted
from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.ledger.errors import LedgerUnavailable
from gateway.model.facts import (
    CallEntered,
    CallLeftQueue,
    CallQueued,
    Fact,
    LegEnded,
    LinkLost,
    MemberRemoved,
    MemberSeen,
    SeatAnswered,
    Snapshot,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.seats.hall import Hall
from gateway.settings import Settings, load
from gateway.tickets.calls import CallBook
from tests.kpi.figure_stage import rows_of
from tools.lab.site import CONFIG

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
BEGIN = datetime(2026, 11, 21, 9, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
HOTLINE, SEAT = QueueId("hotline"), "PJSIP/8001"
OF_CALLS = [one.id for one in DEFINITIONS if one.of in ("calls", "handling")]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(CONFIG, {"GATEWAY__GATEWAY__STATE_DIR": str(tmp_path / "var")})


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator[SqlLedger]:
    async with open_ledger(settings.ledger, settings.state_dir, KEYS, settings.zone) as opened:
        yield opened


@dataclass
class Node:
    """A gateway's life: a hall, its figures, and a clock that facts move."""

    settings: Settings
    ledger: SqlLedger
    at: float = BEGIN

    def __post_init__(self) -> None:
        self.hall = Hall(self.settings.halls, self.settings.queues, {})
        self.book = CallBook(lambda _: "460000")
        self.figuring = Figuring(lambda: self.settings, self.ledger, self.hall, lambda: self.at)

    async def tell(self, *facts: Fact) -> None:
        for fact in facts:
            self.at = fact.at
            changes = [change.frozen() for change in self.hall.apply(fact)]
            self.figuring.on_fact(fact)
            changes += [change.frozen() for change in self.hall.wrap_up_over(self.at)]
            self.figuring.on_changes(changes)
            await self.ledger.write(lambda tx, some=changes: self.book.write(tx, some))  # type: ignore[misc]

    async def times(self) -> Sequence[TimeRow]:
        await self.figuring.tell_times()
        return sorted((await rows_of(self.ledger, 0, 2**40)).times)


def member(at: float, *, paused: bool = False, reason: str = "", agent: str = "1001", since: float = 0.0) -> MemberSeen:
    return MemberSeen(at, HOTLINE, SEAT, agent, paused, reason, 1, 0, 0.0, since)


def snapshot(at: float, *members: MemberSeen) -> Snapshot:
    return Snapshot(at, 1, (), members, (), (HOTLINE,))


def a_visit(n: int, at: float, wait: float, talk: float | None) -> list[Fact]:
    """A call that comes, waits, and is answered for so long or gives up."""
    leg, call, channel = LegId(f"{n}.1"), CallId(f"{n}.1"), f"PJSIP/trunk-{n:08x}"
    facts: list[Any] = [
        CallEntered(at, leg, call, channel, "13812345678", "", "12345", "trunk", "greeting"),
        CallQueued(at + 1, leg, call, channel, HOTLINE, 1, "13812345678", "", "12345"),
    ]
    over = at + 1 + wait
    if talk is not None:
        seat = LegId(f"{n}.2")
        facts += [
            SeatAnswered(over, leg, call, channel, HOTLINE, SEAT, "1001", seat, wait, 1.0, "13812345678", "", "12345"),
            LegEnded(over + talk, seat, call, f"{SEAT}-{n:08x}", 16, ""),
            LegEnded(over + talk, leg, call, channel, 16, ""),
        ]
    else:
        facts += [CallLeftQueue(over, leg, call, HOTLINE), LegEnded(over, leg, call, channel, 16, "")]
    return facts


async def test_live_figures_are_those_of_the_ledger_also_after_a_restart(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.figuring.resume()
    await node.tell(snapshot(BEGIN, member(BEGIN)))
    for n in range(12):
        await node.tell(*a_visit(n, BEGIN + 400 * n, 4.0 * n, None if n % 4 == 3 else 50.0 + n))

    async def same(one: Node) -> dict[str, Any]:
        live = one.figuring.live()
        made = await one.figuring.reports.report(Wanted("hour", live.since, live.since + 86_400))
        assert {name: live.figures[name] for name in OF_CALLS} == {name: made.total[name] for name in OF_CALLS}
        hours = [(one["requests"], one["answered"], one["wait_mean"]) for one in live.by_hour]
        assert hours == [tuple(g.values[n] for n in ("requests", "answered", "wait_mean")) for g in made.groups]
        return live.figures

    before = await same(node)
    assert (before["requests"], before["answered"]) == (12, 9)
    again = Node(settings, ledger, node.at)
    await again.figuring.resume()
    assert (await same(again))["answered"] == 9 and again.figuring.live().figures["tickets"] == 9
    again.hall.calls.restore(await ledger.open_calls())
    await again.tell(*a_visit(99, again.at + 10, 20.0, 30.0))
    assert (await same(again))["answered"] == 10
    assert again.figuring.live().rate_24h == round(10 / 13, 4)


async def test_agents_time_is_told_by_what_they_do(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.tell(snapshot(BEGIN))
    await node.tell(
        member(BEGIN + 10), *a_visit(1, BEGIN + 20, 3.0, 60.0), member(BEGIN + 200, paused=True, reason="break"),
        member(BEGIN + 260), MemberRemoved(BEGIN + 300, HOTLINE, SEAT, "1001"),
    )  # fmt: skip
    [row] = await node.times()
    assert (row.agent, row.talking, row.resting) == ("1001", 60_000, 60_000)
    assert sum(row[2:]) == 290_000
    assert await node.times() == [row]  # told once
    made = await node.figuring.report(Wanted("agent", BEGIN, BEGIN + 3600))
    mine = next(one for one in made.groups if one.group == "1001")
    assert mine.values["signed_in_s"] == 290.0 and mine.values["available_s"] == 230.0


async def test_a_restart_counts_who_is_still_there_and_not_who_left(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.tell(snapshot(BEGIN, member(BEGIN)))
    node.at = BEGIN + 60
    assert sum((await node.times())[0][2:]) == 60_000
    stayed = Node(settings, ledger, BEGIN + 100)
    await stayed.figuring.resume()
    stayed.hall.seats.by_interface[SEAT].presence_since = BEGIN
    await stayed.tell(snapshot(BEGIN + 120, member(BEGIN + 120, paused=True, reason="break", since=BEGIN + 1)))
    [row] = await stayed.times()
    assert row.resting == 60_000  # of the gap: the pause began before it
    for gone in (snapshot(BEGIN + 200), snapshot(BEGIN + 200, member(BEGIN + 200, agent="1002"))):
        other = Node(settings, ledger, BEGIN + 190)
        await other.figuring.resume()
        await other.tell(gone)
        assert all(sum(one[2:]) == 120_000 for one in await other.times() if one.agent == "1001")


async def test_a_link_that_is_down_says_nothing_of_anybody(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.times()
    assert await ledger.state(TIMES) is None  # nothing was seen yet
    await node.tell(snapshot(BEGIN, member(BEGIN)), LinkLost(BEGIN + 10, "cut"))
    assert await node.times() == []
    await node.tell(snapshot(BEGIN + 40, member(BEGIN + 40)))
    assert [sum(row[2:]) for row in await node.times()] == [40_000]


async def test_time_that_could_not_be_written_is_written_with_the_next(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.tell(snapshot(BEGIN, member(BEGIN)))
    write = ledger.add_agent_times

    async def away(*_: Any) -> None:
        raise LedgerUnavailable("away")

    ledger.add_agent_times = away  # type: ignore[method-assign]
    node.at = BEGIN + 30
    assert await node.times() == []
    ledger.add_agent_times = write  # type: ignore[method-assign]
    node.at = BEGIN + 50
    assert [row.idle for row in await node.times()] == [50_000]


async def test_groups_have_names_and_the_printed_reports_their_tables(settings: Settings, ledger: SqlLedger) -> None:
    node = Node(settings, ledger)
    await node.figuring.resume()
    node.hall.names = {"1001": "王小芳"}
    assert node.figuring.names("agent") == {"1001": "王小芳"} and node.figuring.names("hour") == {}
    assert node.figuring.names("queue")["hotline"] and node.figuring.names("partner")["110"]
    assert node.figuring.names("channel")["phone"] == "电话" and node.figuring.names("category")
    await node.tell(snapshot(BEGIN, member(BEGIN)), *a_visit(1, BEGIN + 20, 3.0, 60.0))
    table = await node.figuring.table("agent", BEGIN, BEGIN + 3600)
    assert [(row.group, row.name, row.values["answered"]) for row in table.rows] == [("1001", "王小芳", 1)]
    assert table.total["requests"] == 1 and {one.name for one in node.figuring.figures()} >= {"figures_counted"}


async def test_the_rules_are_those_of_the_configuration(settings: Settings, ledger: SqlLedger) -> None:
    rules = Node(settings, ledger).figuring.settler.rules()
    assert (rules.send_on_s, rules.answer_s, rules.within["email"]) == (600.0, 180.0, 86_400.0)
