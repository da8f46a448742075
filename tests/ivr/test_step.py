"""The step as a script: what comes in, what is to be done. And what holds for any checked flow and any citizen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ivr import config
from gateway.ivr.check import check_flows
from gateway.ivr.config import Flow
from gateway.ivr.state import (
    Answer,
    Command,
    End,
    Expired,
    HandOver,
    Hangup,
    Heard,
    Moment,
    Note,
    Place,
    Play,
    Record,
    SetVariable,
    Start,
    State,
    Transfer,
    WaitKey,
    begin,
)
from gateway.ivr.step import ALL_KEYS, step

Maker = Callable[..., Flow]

FRIDAY = Moment(datetime(2026, 11, 20, 10, 5, tzinfo=ZoneInfo("Asia/Shanghai")), frozenset({"office"}))
SATURDAY = Moment(datetime(2026, 11, 21, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
HELLO = {"zh": "您好"}
PERSON = {"kind": "queue"}
BYE = {"kind": "hangup"}
CALL = {"entry_number": "12345", "caller": "13812345678"}


class Script:
    """Plays a citizen against a flow: each call is one input and returns the commands that came of it."""

    def __init__(self, flows: Mapping[str, Flow], flow: str = "main", moment: Moment = FRIDAY, **more: Any) -> None:
        self.flows, self.moment, self.max_steps = flows, moment, more.pop("max_steps", 200)
        self.state = begin(flow, flows[flow].start, {**CALL, **more}, "zh")

    def start(self) -> tuple[Command, ...]:
        return self._step(Start(self.moment))

    def press(self, key: str) -> tuple[Command, ...]:
        return self._step(Heard(self.moment, key))

    def wait(self) -> tuple[Command, ...]:
        return self._step(Heard(self.moment))

    def expire(self) -> tuple[Command, ...]:
        return self._step(Expired(self.moment))

    def _step(self, given: Start | Heard | Expired) -> tuple[Command, ...]:
        self.state, commands = step(self.flows, self.state, given, max_steps=self.max_steps)
        return commands


def play(then: str, **more: Any) -> dict[str, Any]:
    return {"kind": "play", "text": HELLO, "next": then, **more}


def menu(**more: Any) -> dict[str, Any]:
    choices = [{"key": "1", "next": "legal", "label": "法律"}, {"key": "9", "next": "bye", "label": "结束"}]
    return {"kind": "menu", "text": HELLO, "choices": choices, "person": "person", **more}


ENDS = {"person": PERSON, "legal": {"kind": "queue", "queue": "legal"}, "bye": BYE}


def collect(**more: Any) -> dict[str, Any]:
    table = {"kind": "collect", "text": HELLO, "variable": "code", "max_digits": 4, "next": "legal"}
    return {**table, "person": "person", **more}


# ---- the flows of the example, as a citizen meets them


def test_the_default_flow_greets_whoever_calls_and_hands_over(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "greeting")
    assert script.start() == (Answer(), Play(("gw/greeting-welcome",), ""))
    assert script.wait() == (HandOver(""),)
    assert script.state.trail == tuple(Place("greeting", node) for node in ("pick_up", "welcome", "person"))


def test_nothing_pressed_at_the_language_menu_is_a_person_in_mandarin(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "languages")
    script.start()
    assert script.wait() == (Play(("gw/languages-ask",), ALL_KEYS),)
    assert script.wait() == (WaitKey(3),)
    assert script.wait() == (HandOver(""),)
    assert script.state.language == "zh"


@pytest.mark.parametrize(("key", "language"), [("2", "yue"), ("3", "hak"), ("4", "en")])
def test_a_language_is_set_on_the_channel_and_spoken(example_flows: dict[str, Flow], key: str, language: str) -> None:
    script = Script(example_flows, "languages")
    script.start()
    script.wait()
    said = Play(("gw/languages-wait",), ALL_KEYS)
    assert script.press(key) == (SetVariable("CHANNEL(language)", language), said)
    assert script.wait() == (HandOver(""),)
    assert script.state.language == language


def test_at_night_the_off_hours_words_come_before_the_same_queue(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "night", SATURDAY)
    script.start()
    assert script.wait() == (Play(("gw/night-off_hours",), ALL_KEYS),)
    assert script.wait() == (HandOver(""),)
    by_day = Script(example_flows, "night", FRIDAY)
    by_day.start()
    assert by_day.wait() == (HandOver(""),)


def test_lawyers_take_calls_by_their_calendar(example_flows: dict[str, Flow]) -> None:
    on_duty = Script(example_flows, "legal", Moment(FRIDAY.local, frozenset({"lawyers"})))
    on_duty.start()
    assert on_duty.wait() == (Play(("gw/legal-lawyer_words",), ALL_KEYS),)
    assert on_duty.wait() == (HandOver("legal"),)
    away = Script(example_flows, "legal", SATURDAY)
    away.start()
    assert away.wait() == (Play(("gw/legal-no_lawyer_words",), ALL_KEYS),)
    assert away.wait() == (HandOver("hotline"),)


def test_numbers_of_other_lines_are_read_out_and_then_a_person(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    heard = [command for commands in (script.start(), *(script.wait() for _ in range(8))) for command in commands]
    phone = Play(tuple(f"gw/say/{token}" for token in ("yao", "2", "3", "8", "8")), ALL_KEYS)
    assert phone in heard
    assert heard[-1] == WaitKey(4)
    assert script.wait() == (HandOver(""),)


def test_0_during_the_read_out_is_a_person_at_once(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    script.start()
    assert script.press("0") == (HandOver(""),)


def test_9_after_the_read_out_says_goodbye_and_hangs_up(example_flows: dict[str, Flow]) -> None:
    script = Script(example_flows, "partner-readout")
    script.start()
    assert script.press("9") == (Play(("gw/partner-readout-goodbye",), ""),)
    assert script.wait() == (Hangup(),)


# ---- each node


def test_a_menu_asks_again_with_its_second_text_and_then_lets_a_person_take_over(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(retry_text=HELLO, retries=1), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.press("5") == (Play(("gw/main-ask-retry",), ALL_KEYS),)
    assert script.wait() == (WaitKey(5),)
    assert script.wait() == (HandOver(""),)


def test_a_menu_tells_silence_from_wrong_keys(make_flow: Maker) -> None:
    flows = {"main": make_flow({"ask": menu(on_timeout="person", on_invalid="legal"), **ENDS})}
    wrong, silent = Script(flows), Script(flows)
    wrong.start()
    assert wrong.press("7") == (HandOver("legal"),)
    silent.start()
    silent.wait()
    assert silent.wait() == (HandOver(""),)


def test_without_barge_in_no_key_stops_the_text(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(barge_in=False), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ""),)
    assert script.wait() == (WaitKey(5),)
    assert script.press("1") == (HandOver("legal"),)


def test_a_key_pressed_early_answers_the_menu_to_come(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"hi": play("more"), "more": play("ask"), "ask": menu(), **ENDS})})
    script.start()
    assert script.press("1") == (HandOver("legal"),)


def test_a_text_that_must_be_heard_is_heard_although_a_key_was_pressed(make_flow: Maker) -> None:
    notice = play("ask", barge_in=False)
    script = Script({"main": make_flow({"hi": play("notice"), "notice": notice, "ask": menu(), **ENDS})})
    script.start()
    assert script.press("1") == (Play(("gw/main-notice",), ""),)
    assert script.wait() == (HandOver("legal"),)


def test_collect_takes_digits_until_the_end_key(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": collect(export=True), **ENDS})})
    assert script.start() == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.press("4") == (WaitKey(4),)
    assert script.press("0") == (WaitKey(4),)
    assert script.press("#") == (SetVariable("GW_VAR_code", "40"), HandOver("legal"))
    assert script.state.variables["code"] == "40"


def test_collect_ends_by_itself_at_its_largest_and_after_silence(make_flow: Maker) -> None:
    flows = {"main": make_flow({"ask": collect(max_digits=2), **ENDS})}
    full, short = Script(flows), Script(flows)
    full.start()
    full.press("1")
    assert full.press("2") == (HandOver("legal"),)
    short.start()
    short.press("1")
    assert short.wait() == (HandOver("legal"),)
    assert short.state.variables["code"] == "1"


def test_collect_clears_with_the_star_and_asks_again_when_too_few(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": collect(min_digits=3), **ENDS})})
    script.start()
    for key in "12*34":
        assert script.press(key) == (WaitKey(4),)
    assert script.press("#") == (Play(("gw/main-ask",), ALL_KEYS),)
    assert script.wait() == (WaitKey(8),)
    assert script.wait() == (HandOver(""),)


@pytest.mark.parametrize("after", ["#", ""])
def test_0_alone_at_collect_is_a_person(make_flow: Maker, after: str) -> None:
    script = Script({"main": make_flow({"ask": collect(), **ENDS})})
    script.start()
    assert script.press("0") == (WaitKey(4),)
    assert script.press(after) == (HandOver(""),)


def test_say_fills_in_variables_and_the_time(make_flow: Maker) -> None:
    nodes = {
        "number": {"kind": "say", "style": "digits", "value": "{entry_number}", "next": "time"},
        "time": {"kind": "say", "style": "time", "value": "{now}", "barge_in": False, "next": "person"},
        "person": PERSON,
    }
    script = Script({"main": make_flow(nodes)})
    assert script.start() == (Play(tuple(f"gw/say/{n}" for n in "12345"), ALL_KEYS),)
    tokens = ("morning", "10", "hour", "0", "5", "minute")
    assert script.wait() == (Play(tuple(f"gw/say/{token}" for token in tokens), ""),)
    assert script.wait() == (HandOver(""),)


def test_a_value_that_cannot_be_said_is_noted_and_skipped(make_flow: Maker) -> None:
    say = {"kind": "say", "style": "number", "value": "{caller}", "next": "person"}
    script = Script({"main": make_flow({"say": say, "person": PERSON})}, caller="anonymous")
    note, end = script.start()
    assert isinstance(note, Note)
    assert "main/say: 'anonymous' is not a number" in note.text
    assert end == HandOver("")


@pytest.mark.parametrize(
    ("case", "moment", "call", "taken"),
    [
        ({"when": "calendar", "calendar": "office"}, FRIDAY, {}, True),
        ({"when": "calendar", "calendar": "office"}, SATURDAY, {}, False),
        ({"when": "calendar", "calendar": "office", "state": "closed"}, SATURDAY, {}, True),
        ({"when": "time", "starts": "09:00", "ends": "10:05"}, FRIDAY, {}, False),
        ({"when": "time", "starts": "10:05", "ends": "11:00"}, FRIDAY, {}, True),
        ({"when": "time", "starts": "22:00", "ends": "06:00"}, SATURDAY, {}, True),
        ({"when": "time", "starts": "22:00", "ends": "06:00"}, FRIDAY, {}, False),
        ({"when": "entry_number", "numbers": ["12315", "12345"]}, FRIDAY, {}, True),
        ({"when": "entry_number", "numbers": ["12315"]}, FRIDAY, {}, False),
        ({"when": "caller", "prefixes": ["0898", "138"]}, FRIDAY, {}, True),
        ({"when": "caller", "prefixes": ["139"]}, FRIDAY, {}, False),
        ({"when": "caller", "numbers": ["13812345678"]}, FRIDAY, {}, True),
        ({"when": "caller", "numbers": ["138"]}, FRIDAY, {"caller": ""}, False),
        ({"when": "variable", "name": "vip", "values": ["1"]}, FRIDAY, {"vip": "1"}, True),
        ({"when": "variable", "name": "vip", "values": [""]}, FRIDAY, {}, True),
        ({"when": "variable", "name": "language", "values": ["zh"]}, FRIDAY, {}, True),
    ],
)
def test_a_branch_takes_its_first_true_case(
    make_flow: Maker, case: dict[str, Any], moment: Moment, call: dict[str, str], taken: bool
) -> None:
    nodes = {"when": {"kind": "branch", "cases": [{**case, "next": "legal"}], "otherwise": "person"}, **ENDS}
    script = Script({"main": make_flow(nodes)}, moment=moment, **call)
    assert script.start() == (HandOver("legal" if taken else ""),)


def test_set_fills_in_and_exports(make_flow: Maker) -> None:
    put = {"kind": "set", "values": {"from_line": "{entry_number}"}, "language": "en", "export": True, "next": "person"}
    script = Script({"main": make_flow({"put": put, "person": PERSON})})
    language = SetVariable("CHANNEL(language)", "en")
    assert script.start() == (SetVariable("GW_VAR_from_line", "12345"), language, HandOver(""))


def test_a_transfer_names_the_partner_and_the_queue_for_when_it_fails(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"out": {"kind": "transfer", "partner": "110", "queue": "hotline"}})})
    assert script.start() == (Transfer("110", "hotline"),)


def test_a_recording_comes_after_its_text_and_its_name_is_kept(make_flow: Maker) -> None:
    tape = {"kind": "record", "text": HELLO, "variable": "words", "max_s": 30, "next": "person"}
    script = Script({"main": make_flow({"tape": tape, "person": PERSON})})
    assert script.start() == (Play(("gw/main-tape",), ""),)
    assert script.wait() == (Record("main-tape", 30, 5, True),)
    assert script.press("#") == (SetVariable("GW_VAR_words", "main-tape"), HandOver(""))


def test_a_subflow_comes_back_with_what_it_set(make_flow: Maker) -> None:
    flows = {
        "main": make_flow({"sub": {"kind": "subflow", "flow": "inner", "next": "hi"}, "hi": play("person"), **ENDS}),
        "inner": make_flow({"put": {"kind": "set", "language": "en", "next": "return"}}, "inner"),
    }
    script = Script(flows)
    assert script.start() == (SetVariable("CHANNEL(language)", "en"), Play(("gw/main-hi",), ALL_KEYS))
    assert [str(place) for place in script.state.trail] == ["main/sub", "inner/put", "main/hi"]
    assert script.state.stack == ()


def test_a_return_of_a_flow_that_nobody_called_is_a_person(make_flow: Maker) -> None:
    nested = {"main": make_flow({"sub": {"kind": "subflow", "flow": "inner", "next": "return"}})}
    flows = {**nested, "inner": make_flow({"hi": play("return")}, "inner")}
    script = Script(flows)
    script.start()
    assert script.wait() == (HandOver(""),)


# ---- limits


def test_a_flow_without_end_is_cut_at_its_steps_by_a_person(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"a": {"kind": "set", "next": "b"}, "b": {"kind": "set", "next": "a"}})})
    note, end = script.start()
    assert isinstance(note, Note)
    assert "200 steps" in note.text
    assert end == HandOver("")


def test_whoever_plays_with_the_keys_for_ever_gets_a_person(make_flow: Maker) -> None:
    again = [{"key": "1", "next": "ask", "label": "重听"}]
    script = Script({"main": make_flow({"ask": menu(choices=again), "person": PERSON})}, max_steps=20)
    script.start()
    presses = 0
    while script.state.end is None:
        script.press("1")
        presses += 1
    assert script.state.end == HandOver("")
    assert presses == 10


def test_time_over_is_a_person_and_an_ended_flow_stays_ended(make_flow: Maker) -> None:
    script = Script({"main": make_flow({"ask": menu(), **ENDS})})
    script.start()
    note, end = script.expire()
    assert isinstance(note, Note)
    assert end == HandOver("")
    ended = script.state
    assert script.press("9") == ()
    assert script.state == ended


def test_a_target_that_is_not_there_is_a_person_too(make_flow: Maker) -> None:
    unchecked = {"main": make_flow({"sub": {"kind": "subflow", "flow": "nowhere", "next": "x"}})}
    assert Script(unchecked).start()[-1] == HandOver("")
    assert Script({"main": make_flow({"hi": {"kind": "answer", "next": "gone"}})}).start()[-1] == HandOver("")


# ---- any checked flow, any citizen


@st.composite
def checked_flows(draw: st.DrawFn) -> dict[str, Flow]:
    """Two flows that pass the check: keys may lead anywhere, everything else leads on to a person."""
    inner = _draw_nodes(draw, "return", [], draw(st.integers(1, 5)))
    main = _draw_nodes(draw, "person", ["inner"], draw(st.integers(1, 8)))
    flows = {
        "main": _reachable("main", {**main, "person": PERSON, "bye": BYE}),
        "inner": _reachable("inner", {**inner, "bye": BYE}),
    }
    errors = check_flows(flows, queues={"legal"}, partners={"110"}, calendars={"office"}, files={})
    assert errors == []
    return flows


def _draw_nodes(draw: st.DrawFn, last: str, subflows: Sequence[str], count: int) -> dict[str, Any]:
    names = [f"n{n}" for n in range(count)]
    nodes: dict[str, Any] = {}
    for n, name in enumerate(names):
        onward = st.sampled_from([*names[n + 1 :], last])
        anywhere = st.sampled_from([*names, last, "bye"])
        nodes[name] = draw(st.sampled_from(_KINDS))(draw, onward, anywhere, subflows)
    return nodes


def _menu(draw: st.DrawFn, on: st.SearchStrategy[str], any_: st.SearchStrategy[str], _: Sequence[str]) -> Any:
    keys = draw(st.lists(st.sampled_from("123456789*#"), min_size=1, max_size=3, unique=True))
    table = menu(choices=[{"key": key, "next": draw(any_), "label": "去"} for key in keys], person=draw(on))
    optional = {key: draw(on) for key in ("on_timeout", "on_invalid") if draw(st.booleans())}
    return {**table, **optional, "retries": draw(st.integers(0, 2)), "barge_in": draw(st.booleans())}


def _collect(draw: st.DrawFn, on: st.SearchStrategy[str], any_: st.SearchStrategy[str], _: Sequence[str]) -> Any:
    least = draw(st.integers(1, 3))
    return collect(min_digits=least, max_digits=least + draw(st.integers(0, 2)), person=draw(on), next=draw(any_))


def _branch(draw: st.DrawFn, on: st.SearchStrategy[str], any_: st.SearchStrategy[str], _: Sequence[str]) -> Any:
    case = {"when": "calendar", "calendar": "office", "next": draw(on)}
    return {"kind": "branch", "cases": [case], "otherwise": draw(on)}


def _subflow(draw: st.DrawFn, on: st.SearchStrategy[str], any_: st.SearchStrategy[str], subflows: Sequence[str]) -> Any:
    if not subflows:
        return play(draw(on))
    return {"kind": "subflow", "flow": draw(st.sampled_from(subflows)), "next": draw(on)}


def _plain(table: dict[str, Any]) -> Callable[..., Any]:
    return lambda draw, on, any_, subflows: {**table, "next": draw(on)}


_KINDS: list[Callable[..., Any]] = [
    _menu,
    _menu,
    _collect,
    _branch,
    _subflow,
    _plain({"kind": "play", "text": HELLO, "barge_in": True}),
    _plain({"kind": "play", "text": HELLO, "barge_in": False}),
    _plain({"kind": "say", "style": "phone", "value": "{caller}"}),
    _plain({"kind": "set", "values": {"seen": "{now}"}, "language": "yue"}),
    _plain({"kind": "record", "text": HELLO, "variable": "tape"}),
]


def _reachable(flow_id: str, nodes: dict[str, Any]) -> Flow:
    from gateway.ivr.paths import Paths

    flow = Flow.model_validate({"id": flow_id, "name": "试", "start": "n0", "nodes": nodes})
    reached = Paths({}).reachable(flow)
    return flow.model_copy(update={"nodes": {name: node for name, node in flow.nodes.items() if name in reached}})


KEYS = st.lists(st.sampled_from(["", *ALL_KEYS]), max_size=60)
MOMENTS = st.sampled_from([FRIDAY, SATURDAY])
TO_PERSON = (HandOver, Transfer)


def run(flows: Mapping[str, Flow], flow: str, keys: Sequence[str], moment: Moment) -> tuple[State, list[End]]:
    """Press the keys, then nothing any more, until the flow ends; at most as many inputs as it has steps."""
    script = Script(flows, flow, moment, max_steps=50)
    ends = [c for c in script.start() if isinstance(c, HandOver | Transfer | Hangup)]
    for n in range(52):
        if script.state.end is not None:
            break
        commands = script.press(keys[n] if n < len(keys) else "")
        ends += [c for c in commands if isinstance(c, HandOver | Transfer | Hangup)]
    return script.state, ends


@given(flows=checked_flows(), keys=KEYS, moment=MOMENTS, start=st.sampled_from(["main", "inner"]))
@settings(max_examples=100, deadline=None)
def test_any_keys_in_any_checked_flow_end_at_a_person_or_a_hangup(
    flows: dict[str, Flow], keys: list[str], moment: Moment, start: str
) -> None:
    state, ends = run(flows, start, keys, moment)
    assert len(ends) == 1
    assert state.end == ends[0]
    assert state.steps <= 51


@given(flows=checked_flows(), moment=MOMENTS)
@settings(max_examples=50, deadline=None)
def test_whoever_presses_nothing_gets_a_person(flows: dict[str, Flow], moment: Moment) -> None:
    assert isinstance(run(flows, "main", [], moment)[0].end, TO_PERSON)


@given(flows=checked_flows(), keys=KEYS, moment=MOMENTS)
@settings(max_examples=100, deadline=None)
def test_0_at_any_question_leads_to_a_person(flows: dict[str, Flow], keys: list[str], moment: Moment) -> None:
    script = Script(flows, "main", moment)
    script.start()
    for key in keys:
        if script.state.end is None:
            script.press(key)
    while script.state.end is None and not _asks(flows, script.state):
        script.wait()
    if script.state.end is None:
        script.press("0")
        while script.state.end is None:
            script.wait()
        assert isinstance(script.state.end, TO_PERSON)


def _asks(flows: Mapping[str, Flow], state: State) -> bool:
    node = flows[state.at.flow].nodes[state.at.node]
    return isinstance(node, config.Menu | config.Collect) and not state.digits


@given(keys=KEYS, moment=MOMENTS, data=st.data())
@settings(max_examples=100, deadline=None)
def test_the_flows_of_the_example_never_lose_anybody(
    example_flows: dict[str, Flow], keys: list[str], moment: Moment, data: st.DataObject
) -> None:
    flow = data.draw(st.sampled_from(sorted(example_flows)))
    state, ends = run(example_flows, flow, keys, moment)
    assert len(ends) == 1
    assert isinstance(state.end, Hangup) <= ("9" in keys)
