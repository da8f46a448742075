"""The runner on a scripted line: in what order it acts, and that no failure of any part loses the citizen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from gateway.ivr.config import CalendarConfig, Flow
from gateway.ivr.ports import Arrival, HungUp, LineFailed
from gateway.ivr.runner import FlowEnvironment, begin_state, run_flow
from gateway.ivr.state import HandOver, Hangup, Transfer

Maker = Callable[..., Flow]

FRIDAY_TEN = 1_795_140_300.0  # 2026-11-20 10:05 in Shanghai
ARRIVAL = Arrival("1.1", "1.2", "PJSIP/trunk-1", "12345", "13812345678", "", "zh", "trunk")
HELLO = {"zh": "您好"}
PERSON = {"kind": "queue"}
ASK = {
    "kind": "menu",
    "text": HELLO,
    "choices": [{"key": "1", "next": "out", "label": "转"}, {"key": "9", "next": "bye", "label": "结束"}],
    "person": "person",
    "timeout_s": 3,
}
NODES = {
    "pick_up": {"kind": "answer", "next": "put"},
    "put": {"kind": "set", "language": "en", "values": {"seen": "1"}, "export": True, "next": "tape"},
    "tape": {"kind": "record", "variable": "words", "max_s": 30, "next": "ask"},
    "ask": ASK,
    "out": {"kind": "transfer", "partner": "110", "queue": "hotline"},
    "person": PERSON,
    "bye": {"kind": "hangup"},
}


class ScriptedLine:
    """A line that records what it is told and presses what it was given; ``fail`` may raise at the nth call."""

    def __init__(self, keys: Iterable[str] = (), fail: tuple[int, BaseException] | None = None) -> None:
        self.arrival = ARRIVAL
        self.keys = iter(keys)
        self.fail = fail
        self.calls: list[tuple[Any, ...]] = []

    def _call(self, *call: Any) -> None:
        if self.fail is not None and len(self.calls) == self.fail[0]:
            raise self.fail[1]
        self.calls.append(call)

    @property
    def variables(self) -> dict[str, str]:
        return {call[1]: call[2] for call in self.calls if call[0] in ("set", "set_last")}

    async def answer(self) -> None:
        self._call("answer")

    async def play(self, sounds: Sequence[str], *, stop_on: str = "") -> str:
        self._call("play", *sounds)
        return next(self.keys, "") if stop_on else ""

    async def wait_key(self, timeout_s: float) -> str:
        self._call("wait_key", timeout_s)
        return next(self.keys, "")

    async def record(self, name: str, *, max_s: float, silence_s: float, stop_on: str, beep: bool) -> str:
        self._call("record", name, max_s, silence_s, stop_on, beep)
        return ""

    async def set(self, name: str, value: str) -> None:
        self._call("set", name, value)

    async def set_last(self, name: str, value: str) -> None:
        self._call("set_last", name, value)

    async def get(self, name: str) -> str:
        self._call("get", name)
        return ""

    async def guard(self, seconds: float) -> None:
        self._call("guard", seconds)

    async def hangup(self) -> None:
        self._call("hangup")


@pytest.fixture
def env(example_calendar: CalendarConfig) -> FlowEnvironment:
    return environment(example_calendar)


def environment(calendar: CalendarConfig, **more: Any) -> FlowEnvironment:
    table = {"clock": lambda: FRIDAY_TEN, "monotonic": lambda: 0.0, "durations": {"gw/main-ask": 4.0}, **more}
    return FlowEnvironment(calendar, ZoneInfo("Asia/Shanghai"), **table)


@pytest.fixture
def flows(make_flow: Maker) -> dict[str, Flow]:
    return {"main": make_flow(NODES)}


async def test_a_run_in_order_ends_with_gw_done(flows: dict[str, Flow], env: FlowEnvironment) -> None:
    line = ScriptedLine(["1"])
    result = await run_flow(line, flows, "main", env)
    assert line.calls == [
        ("answer",),
        ("set", "GW_VAR_seen", "1"),
        ("set", "CHANNEL(language)", "en"),
        ("guard", 38.0),
        ("record", "gw-recorded/1.2-main-tape", 30, 5, "#", True),
        ("set", "GW_VAR_words", "main-tape"),
        ("guard", 12.0),
        ("play", "gw/main-ask"),
        ("set", "CHANNEL(language)", "en"),
        ("set", "GW_NEXT", "transfer"),
        ("set", "GW_QUEUE", "hotline"),
        ("set", "GW_TARGET", "110"),
        ("set_last", "GW_DONE", "1"),
    ]
    assert (result.result, result.end, result.state.language) == ("done", Transfer("110", "hotline"), "en")
    assert result.trail == ("main/pick_up", "main/put", "main/tape", "main/ask", "main/out")


async def test_the_queue_of_the_number_dialled_is_left_as_the_dialplan_set_it(
    flows: dict[str, Flow], env: FlowEnvironment
) -> None:
    line = ScriptedLine()
    result = await run_flow(line, flows, "main", env)
    assert result.end == HandOver("")
    assert "GW_NEXT" not in line.variables, "the dialplan takes nothing for queue: one round trip less a call"
    assert "GW_QUEUE" not in line.variables
    assert line.calls[-1] == ("set_last", "GW_DONE", "1")


async def test_a_hangup_by_the_flow_is_left_to_the_dialplan(flows: dict[str, Flow], env: FlowEnvironment) -> None:
    line = ScriptedLine(["9"])
    result = await run_flow(line, flows, "main", env)
    assert (result.result, result.end) == ("done", Hangup())
    assert line.variables["GW_NEXT"] == "hangup"
    assert ("hangup",) not in line.calls


async def test_every_wait_stands_under_a_limit_longer_than_itself(flows: dict[str, Flow], env: FlowEnvironment) -> None:
    line = ScriptedLine()
    await run_flow(line, flows, "main", env)
    waits = [n for n, call in enumerate(line.calls) if call[0] in ("play", "wait_key", "record")]
    assert [line.calls[n][0] for n in waits] == ["record", "play", "wait_key"]
    lengths = [30, 4, 3]
    assert [line.calls[n - 1] for n in waits] == [("guard", length + env.margin_s) for length in lengths]


async def test_a_sound_of_unknown_length_is_given_time(
    flows: dict[str, Flow], example_calendar: CalendarConfig
) -> None:
    line = ScriptedLine()
    await run_flow(line, flows, "main", environment(example_calendar, durations={}, sound_s=90.0, margin_s=5.0))
    assert ("guard", 95.0) in line.calls


@pytest.mark.parametrize("keys", [["1"], ["9"], [""], ["5"]])
async def test_whoever_hangs_up_at_any_command_ends_the_flow_quietly(
    flows: dict[str, Flow], env: FlowEnvironment, keys: list[str]
) -> None:
    whole = ScriptedLine(keys)
    await run_flow(whole, flows, "main", env)
    for n in range(len(whole.calls)):
        line = ScriptedLine(keys, (n, HungUp()))
        with capture_logs() as logs:
            result = await run_flow(line, flows, "main", env)
        assert (result.result, result.end, logs) == ("hung_up", None, [])
        assert "GW_DONE" not in line.variables
        assert line.calls == whole.calls[:n]


async def test_a_line_that_fails_at_any_command_leaves_the_citizen_to_the_static_queue(
    flows: dict[str, Flow], env: FlowEnvironment
) -> None:
    whole = ScriptedLine(["1"])
    await run_flow(whole, flows, "main", env)
    for n in range(len(whole.calls)):
        line = ScriptedLine(["1"], (n, LineFailed("no answer in 5 s")))
        with capture_logs() as logs:
            result = await run_flow(line, flows, "main", env)
        assert (result.result, result.why) == ("failed", "no answer in 5 s")
        assert "GW_DONE" not in line.variables
        assert [(log["event"], log["call_id"]) for log in logs] == [("ivr.line_failed", "1.1")]


async def test_a_bug_is_logged_with_its_place_and_leaves_the_citizen_to_the_static_queue(
    flows: dict[str, Flow], env: FlowEnvironment
) -> None:
    line = ScriptedLine(["1"], (5, ZeroDivisionError("a bug")))
    with capture_logs() as logs:
        result = await run_flow(line, flows, "main", env)
    assert (result.result, result.why) == ("failed", "ZeroDivisionError: a bug")
    assert "GW_DONE" not in line.variables
    assert [(log["event"], log["at"], log["call_id"]) for log in logs] == [("ivr.bug", "main/ask", "1.1")]


async def test_an_unknown_flow_fails_without_a_word_to_the_line(flows: dict[str, Flow], env: FlowEnvironment) -> None:
    line = ScriptedLine()
    result = await run_flow(line, flows, "nowhere", env)
    assert (result.result, result.why) == ("failed", "no such flow: nowhere")
    assert line.calls == []


async def test_a_flow_that_takes_too_long_is_handed_to_a_person(
    flows: dict[str, Flow], example_calendar: CalendarConfig
) -> None:
    ticks = count(0, 100)
    env = environment(example_calendar, monotonic=lambda: float(next(ticks)), max_seconds=150.0)
    line = ScriptedLine(["9"])
    with capture_logs() as logs:
        result = await run_flow(line, flows, "main", env)
    assert result.end == HandOver("")
    assert line.calls[-1] == ("set_last", "GW_DONE", "1")
    assert [log["note"] for log in logs] == ["the flow has used up its time"]


async def test_a_flow_that_takes_too_many_steps_is_handed_to_a_person(
    make_flow: Maker, example_calendar: CalendarConfig
) -> None:
    again = {**ASK, "choices": [{"key": "1", "next": "ask", "label": "重听"}]}
    flows = {"main": make_flow({"ask": again, "person": PERSON})}
    line = ScriptedLine("1" for _ in count())
    result = await run_flow(line, flows, "main", environment(example_calendar, max_steps=30))
    assert (result.result, result.end) == ("done", HandOver(""))
    assert result.state.steps == 31


class SilentLine(ScriptedLine):
    """A line that never comes back from a play, whatever its own limits should have done."""

    async def play(self, sounds: Sequence[str], *, stop_on: str = "") -> str:
        self._call("play", *sounds)
        await asyncio.Event().wait()
        raise AssertionError("never reached")


async def test_a_line_that_never_comes_back_is_given_up(
    flows: dict[str, Flow], example_calendar: CalendarConfig
) -> None:
    line = SilentLine()
    env = environment(example_calendar, max_seconds=0.02, hard_margin_s=0.03)
    result = await run_flow(line, flows, "main", env)
    assert (result.result, result.why) == ("failed", "the flow did not end within its hard limit")
    assert "GW_DONE" not in line.variables


async def test_cancellation_goes_through(flows: dict[str, Flow], env: FlowEnvironment) -> None:
    line = ScriptedLine(fail=(3, asyncio.CancelledError()))
    with pytest.raises(asyncio.CancelledError):
        await run_flow(line, flows, "main", env)


async def test_the_calendar_is_asked_at_the_time_of_the_clock(
    make_flow: Maker, example_calendar: CalendarConfig
) -> None:
    case = {"when": "calendar", "calendar": "office", "next": "open"}
    nodes = {
        "when": {"kind": "branch", "cases": [case], "otherwise": "person"},
        "open": {"kind": "queue", "queue": "legal"},
        "person": PERSON,
    }
    flows = {"main": make_flow(nodes)}
    for hours, queue in ((0, "legal"), (24, "")):
        env = environment(example_calendar, clock=lambda hours=hours: FRIDAY_TEN + hours * 3600)
        assert (await run_flow(ScriptedLine(), flows, "main", env)).end == HandOver(queue)


def test_all_calls_of_a_second_share_its_moment(example_calendar: CalendarConfig) -> None:
    times = iter([FRIDAY_TEN, FRIDAY_TEN + 0.9, FRIDAY_TEN + 1, FRIDAY_TEN])
    env = environment(example_calendar, clock=lambda: next(times))
    first, same, later, back = (env.moment() for _ in range(4))
    assert same is first
    assert (f"{first.local:%F %T}", f"{later.local:%F %T}") == ("2026-11-20 10:05:00", "2026-11-20 10:05:01")
    assert back == first, "a clock that was set back is believed"
    assert "office" in first.open


@pytest.mark.parametrize(("arrived", "spoken"), [("yue", "yue"), ("", "zh"), ("fr", "zh")])
def test_a_flow_begins_in_the_language_of_the_call_or_in_chinese(
    flows: dict[str, Flow], arrived: str, spoken: str
) -> None:
    arrival = Arrival("1.1", "1.1", "PJSIP/trunk-1", "12315", "110", "", arrived, "trunk")
    state = begin_state(flows["main"], arrival)
    assert state.language == spoken
    assert dict(state.variables) == {"entry_number": "12315", "caller": "110", "account": "trunk"}
