"""The graph questions: who reaches whom, what ends, what goes round, what leads to a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.ivr.config import Flow
from gateway.ivr.paths import Paths, edges, silent, unasked

HELLO = {"zh": "您好"}
PERSON = {"kind": "queue"}


def menu(**more: Any) -> dict[str, Any]:
    choices = [{"key": "1", "next": "bye", "label": "结束"}]
    return {"kind": "menu", "text": HELLO, "choices": choices, "person": "person", **more}


def play(then: str) -> dict[str, Any]:
    return {"kind": "play", "text": HELLO, "next": then}


def test_the_ways_out_of_a_menu_are_named_by_their_keys(make_flow: Callable[..., Flow]) -> None:
    node = make_flow({"ask": menu(on_invalid="bye"), "person": PERSON, "bye": {"kind": "hangup"}}).nodes["ask"]
    assert edges(node) == (("choices.0.next", "bye"), ("person", "person"), ("on_invalid", "bye"))
    assert node.kind == "menu"
    assert unasked(node) == (("person", "person"), ("on_invalid", "bye"))
    assert silent(node) == (("person", "person"),)


def test_reachable_follows_every_way_and_ending_goes_back_from_the_ends(make_flow: Callable[..., Flow]) -> None:
    flow = make_flow({"ask": menu(), "person": PERSON, "bye": {"kind": "hangup"}, "ring": play("ring")})
    paths = Paths({"main": flow})
    assert paths.reachable(flow) == {"ask", "person", "bye"}
    assert "ring" not in paths.ending(flow)
    assert paths.loops(flow) == [["ring"]]


def test_a_flow_passes_silently_only_when_nothing_in_it_waits(make_flow: Callable[..., Flow]) -> None:
    flows = {
        "plain": make_flow({"hi": play("return")}, "plain"),
        "asks": make_flow({"ask": menu(person="return"), "bye": {"kind": "hangup"}}, "asks"),
        "nested": make_flow({"in": {"kind": "subflow", "flow": "plain", "next": "return"}}, "nested"),
        "waits": make_flow({"in": {"kind": "subflow", "flow": "asks", "next": "return"}}, "waits"),
    }
    paths = Paths(flows)
    assert {name for name in flows if paths.passes(name)} == {"plain", "nested"}
    assert not paths.passes("nowhere")
    assert paths.callees(flows["waits"]) == {"asks"}


def test_a_subflow_leads_to_a_person_by_itself_or_by_its_return(make_flow: Callable[..., Flow]) -> None:
    ends = {"person": PERSON, "bye": {"kind": "hangup"}}
    flows = {
        "plain": make_flow({"hi": play("return")}, "plain"),
        "person": make_flow({"hi": play("person"), "person": PERSON}, "person"),
        "main": make_flow(
            {
                "good": {"kind": "subflow", "flow": "plain", "next": "person"},
                "bad": {"kind": "subflow", "flow": "plain", "next": "bye"},
                "own": {"kind": "subflow", "flow": "person", "next": "bye"},
                **ends,
            }
        ),
    }
    assert Paths(flows).to_person(flows["main"], back=False) == {"good", "own", "person"}
