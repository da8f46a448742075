"""What the step holds for any checked flow and any citizen: an end within the limit, at a person or a hang-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ivr import config
from gateway.ivr.check import check_flows
from gateway.ivr.config import Flow
from gateway.ivr.paths import Paths
from gateway.ivr.state import End, HandOver, Hangup, Moment, State, Transfer
from gateway.ivr.step import ALL_KEYS
from tests.ivr.scripts import BYE, FRIDAY, HELLO, PERSON, SATURDAY, Script, collect, menu, play


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
