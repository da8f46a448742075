"""Live figures: equal to a counting of the calls as they are, whatever happened to them on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from gateway.kpi.counting import call_sums
from gateway.kpi.definitions import OF_QUEUES, values
from gateway.kpi.live import LiveFigures, call_of, quarter_range
from gateway.kpi.packs import Cell
from gateway.kpi.sums import AT, Sums, add, total
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import CallRecord

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 11, 21, tzinfo=SHANGHAI).timestamp()
DAY_S = 86_400.0


def a_call(id: str, at: float, queue: str | None = "hotline", **fields: Any) -> CallRecord:
    asked = at + 1 if queue else None
    return CallRecord(CallId(id), at, queue=QueueId(queue) if queue else None, queued_at=asked, **fields)


def answered(id: str, at: float, wait: float = 5.0, **fields: Any) -> CallRecord:
    return a_call(id, at, answered_at=at + 1 + wait, wait_s=wait, agent=AgentId("1001"), **fields)


def begun(at: float = MIDNIGHT) -> LiveFigures:
    live = LiveFigures(SHANGHAI)
    live.roll(at)
    return live


CHANGES = st.lists(
    st.builds(
        lambda id, minute, queue, wait, over: replace(
            answered(id, MIDNIGHT + 60.0 * minute, wait), queue=queue, queued_at=1.0 if queue else None,
            ended_at=over, talk_s=over, outcome="answered" if over else None,
        ),
        st.sampled_from("abcde"), st.integers(-1_500, 1_400), st.sampled_from(("hotline", "social", None)),
        st.floats(0, 100), st.sampled_from((None, 50.0)),
    ),
    max_size=25,
)  # fmt: skip


@given(CHANGES)
def test_however_calls_change_the_sums_are_those_of_what_they_are_now(changes: list[CallRecord]) -> None:
    live = begun()
    for one in changes:
        live.call(one)
    calls = {one.call_id: one for one in changes}.values()
    today = [one for one in calls if MIDNIGHT <= one.started_at < MIDNIGHT + DAY_S]
    assert live.sums() == total(call_sums(call_of(one)) for one in today)
    for queue in ("hotline", "social"):
        assert live.sums(queue) == total(call_sums(call_of(one)) for one in today if one.queue == queue)


def test_many_calls_are_counted_before_anybody_asks() -> None:
    live = begun()
    made = [answered(str(n), MIDNIGHT + 100.0 * n, n % 30) for n in range(700)]
    for one in made:
        live.call(one)
        assert len(live._aside) < 256
    assert live.sums() == total(call_sums(call_of(one)) for one in made)
    assert live.view(MIDNIGHT + DAY_S - 1).figures["requests"] == 700


def test_a_new_day_begins_empty_and_calls_of_before_stay_yesterdays() -> None:
    live = begun()
    evening = answered("a", MIDNIGHT + DAY_S - 30)
    live.call(evening)
    live.call(answered("b", MIDNIGHT + DAY_S + 5))  # told before the clock was looked at
    assert live.view(MIDNIGHT + DAY_S - 1).figures["requests"] == 1
    seen = live.view(MIDNIGHT + DAY_S + 10)
    assert (seen.since, seen.figures["requests"]) == (MIDNIGHT + DAY_S, 1)
    live.call(replace(evening, ended_at=MIDNIGHT + DAY_S + 60, talk_s=80.0))
    assert live.view(MIDNIGHT + DAY_S + 70).figures["handled"] == 0
    assert live.view(MIDNIGHT + DAY_S + 70).by_hour[0]["requests"] == 1


def test_the_last_24_hours_move_on_over_midnight() -> None:
    live = begun()
    live.call(answered("early", MIDNIGHT + 100))
    lost = a_call("lost", MIDNIGHT + DAY_S - 100, ended_at=MIDNIGHT + DAY_S, wait_s=99.0, outcome="abandoned_queue")
    live.call(lost)
    assert live.view(MIDNIGHT + DAY_S - 50).rate_24h == 0.5
    assert live.view(MIDNIGHT + DAY_S + 50).rate_24h == 0.0  # its quarter is more than 24 h ago
    assert live.view(MIDNIGHT + DAY_S + 50).rate_15s_24h == 0.0
    assert live.view(MIDNIGHT + 2 * DAY_S).rate_24h is None


def test_a_restarted_gateway_goes_on_where_the_ledger_is() -> None:
    whole = begun()
    made = [answered(str(n), MIDNIGHT + 600.0 * n, ended_at=MIDNIGHT + 600.0 * n + 90, talk_s=60.0) for n in range(60)]
    made.append(answered("open", MIDNIGHT + 35_990))
    for one in made:
        whole.call(one)
    at = MIDNIGHT + 36_000
    live = LiveFigures(SHANGHAI)
    hours: dict[int, dict[Cell, Sums]] = {}
    quarters: dict[int, Sums] = {}
    for one in made:
        sums, hour = call_sums(call_of(one)), int(one.started_at // 3600 * 3600)
        for cell in (Cell(""), Cell("q", one.queue or "")):
            add(hours.setdefault(hour, {}).setdefault(cell, {}), sums | {AT["tickets"]: 9})
        add(quarters.setdefault(int(one.started_at // 900), {}), sums)
    live.begin(at, hours, quarters, made[-13:])
    assert live.view(at) == whole.view(at)
    over = replace(made[-1], ended_at=at, talk_s=9.0, outcome="answered")
    for figures in (live, whole):
        figures.call(over)
        figures.call(replace(over, wrap_s=20.0))
    assert live.view(at) == whole.view(at)
    assert live.view(at).figures["wrap_s"] == 20.0


def test_what_is_not_of_calls_comes_with_the_settling() -> None:
    live = begun()
    live.call(answered("a", MIDNIGHT + 10))
    settled = {AT["tickets"]: 3, AT["requests"]: 99, 10_005: 99}
    live.rest(
        {"": settled, "phone": settled, "sms": {AT["tickets"]: 1}}, {int(MIDNIGHT): settled}, {"hotline": settled}
    )
    seen = live.view(MIDNIGHT + 60)
    assert (seen.figures["requests"], seen.figures["tickets"]) == (1, 3)
    assert (seen.channels["phone"]["requests"], seen.channels["phone"]["tickets"]) == (1, 3)
    assert seen.channels["sms"]["tickets"] == 1 and seen.channels["sms"]["wait_p95"] is None
    assert (seen.queues["hotline"]["requests"], seen.queues["hotline"]["tickets"]) == (1, 3)
    assert seen.by_hour[0]["tickets"] == 3 and seen.queues["hotline"]["signed_in_s"] is None


def test_a_day_has_as_many_hours_as_it_has() -> None:
    live = LiveFigures(BERLIN)
    autumn = datetime(2026, 10, 25, 12, tzinfo=BERLIN).timestamp()
    assert len(live.view(autumn).by_hour) == 25
    live.call(answered("a", autumn - 34_000))
    assert sum(bool(one["requests"]) for one in live.view(autumn).by_hour) == 1


def test_by_queue_and_in_all_are_computed_alike() -> None:
    live = begun()
    live.call(answered("a", MIDNIGHT + 10, 20.0))
    assert live.view(MIDNIGHT + 20).queues["hotline"] == values(live.sums("hotline"), OF_QUEUES)
    first, last = quarter_range(MIDNIGHT)
    assert last - first == 95 and last == MIDNIGHT // 900
