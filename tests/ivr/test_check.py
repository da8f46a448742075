"""Each error that a set of flows can have: found alone, with its file, its key and what is allowed instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.ivr.check import FlowError, check_flows
from gateway.ivr.config import CalendarConfig, Flow

Nodes = dict[str, Any]
Check = Callable[..., list[FlowError]]

HELLO = {"zh": "您好"}
PERSON = {"kind": "queue"}
BYE = {"kind": "hangup"}


def play(then: str) -> Nodes:
    return {"kind": "play", "text": HELLO, "next": then}


def menu(person: str = "person", **more: Any) -> Nodes:
    choices = [{"key": "1", "next": "bye", "label": "结束"}]
    return {"kind": "menu", "text": HELLO, "choices": choices, "person": person, **more}


@pytest.fixture
def check(make_flow: Callable[..., Flow]) -> Check:
    """Check flows given by their nodes; ``main`` is the nodes given first."""

    def run(nodes: Nodes, **others: Nodes) -> list[FlowError]:
        more = {key: others.pop(key) for key in ("languages", "start") if key in others}
        flows = {"main": make_flow(nodes, **more), **{name: make_flow(n, name) for name, n in others.items()}}
        files = {name: f"config/ivr/{name}.toml" for name in flows}
        return check_flows(
            flows, queues={"hotline", "legal"}, partners={"110", "119"}, calendars={"office"}, files=files
        )

    return run


def only(errors: list[FlowError], key: str, *words: str, file: str = "config/ivr/main.toml") -> None:
    """There is exactly this error."""
    assert [(error.file, error.key) for error in errors] == [(file, key)], errors
    assert all(word in errors[0].message for word in words), errors[0].message


def test_the_flows_of_the_example_have_no_error(
    example_flows: dict[str, Flow], example_calendar: CalendarConfig
) -> None:
    errors = check_flows(
        example_flows,
        queues={"hotline", "legal", "english"},
        partners=set(),
        calendars=set(example_calendar.calendars),
        files={flow: f"config/ivr/{flow}.toml" for flow in example_flows},
    )
    assert errors == []
    assert set(example_flows) == {"greeting", "languages", "night", "partner-readout", "legal"}


def test_an_unknown_target_is_told_with_the_known_ones(check: Check) -> None:
    ask = menu("persn", on_timeout="person")
    nodes = {"ask": ask, "person": PERSON, "bye": BYE}
    only(check(nodes), "nodes.ask.person", "unknown target 'persn'", "one of ask, person, bye, return")


def test_an_unknown_target_of_a_choice_is_told_by_its_place(check: Check) -> None:
    choices = [{"key": "1", "next": "person", "label": "一"}, {"key": "2", "next": "nowhere", "label": "二"}]
    only(check({"ask": menu(choices=choices), "person": PERSON}), "nodes.ask.choices.1.next", "nowhere")


def test_an_unknown_start_is_told(check: Check) -> None:
    only(check({"person": PERSON}, start="begin"), "start", "unknown node 'begin'", "person")


def test_an_unreachable_node_is_told(check: Check) -> None:
    only(check({"person": PERSON, "bye": BYE}), "nodes.bye", "no way leads here")


def test_a_loop_without_input_is_told_once_with_its_nodes(check: Check) -> None:
    branch = {"kind": "branch", "cases": [{"when": "time", "starts": "08:00", "ends": "09:00", "next": "hi"}]}
    errors = check({"hi": play("when"), "when": {**branch, "otherwise": "person"}, "person": PERSON})
    loops = [error for error in errors if "loop without input" in error.message]
    assert [(error.key, "hi, when" in error.message) for error in loops] == [("nodes.hi", True)]


def test_a_loop_through_a_subflow_that_asks_nothing_is_told(check: Check) -> None:
    when = {"kind": "branch", "cases": [{"when": "time", "starts": "08:00", "ends": "09:00", "next": "sub"}]}
    nodes = {"sub": {"kind": "subflow", "flow": "other", "next": "when"}, "when": {**when, "otherwise": "person"}}
    silent = check({**nodes, "person": PERSON}, other={"hi": play("return")})
    assert "loop without input" in silent[0].message
    asking = {"ask": menu("return"), "bye": BYE}
    assert not [e for e in check({**nodes, "person": PERSON}, other=asking) if "loop" in e.message]


def test_a_loop_through_a_menu_that_the_citizen_chooses_is_fine(check: Check) -> None:
    again = [{"key": "1", "next": "hi", "label": "重听"}]
    assert check({"hi": play("ask"), "ask": menu(choices=again), "person": PERSON}) == []


@pytest.mark.parametrize("words", ["", "  ", "。！", "[en]"])
def test_a_text_without_words_is_told(check: Check, words: str) -> None:
    nodes = {"hi": {**play("person"), "text": {"zh": words}}, "person": PERSON}
    only(check(nodes), "nodes.hi.text.zh", "missing prompt text")


def test_a_language_that_the_flow_promises_must_have_its_text(check: Check) -> None:
    nodes = {"hi": play("person"), "person": PERSON}
    only(check(nodes, languages=["zh", "en"]), "nodes.hi.text.en", "missing prompt text")
    assert check(nodes, languages=["zh"]) == []


def test_an_unknown_voice_in_a_text_is_told(check: Check) -> None:
    nodes = {"hi": {**play("person"), "text": {"zh": "您好[fr]bonjour"}}, "person": PERSON}
    only(check(nodes), "nodes.hi.text.zh", "unknown voice [fr]", "yue")


def test_an_unknown_queue_is_told(check: Check) -> None:
    only(check({"person": {"kind": "queue", "queue": "hotlin"}}), "nodes.person.queue", "'hotlin'", "hotline, legal")


def test_an_unknown_partner_and_its_unknown_queue_are_told(check: Check) -> None:
    errors = check({"out": {"kind": "transfer", "partner": "911", "queue": "x"}})
    assert [error.key for error in errors] == ["nodes.out.queue", "nodes.out.partner"]
    assert "110, 119" in errors[1].message


def test_an_unknown_calendar_is_told(check: Check) -> None:
    case = {"when": "calendar", "calendar": "ofice", "next": "person"}
    nodes = {"when": {"kind": "branch", "cases": [case], "otherwise": "person"}, "person": PERSON}
    only(check(nodes), "nodes.when.cases.0.calendar", "'ofice'", "office")


def test_an_unknown_subflow_is_told(check: Check) -> None:
    nodes = {"sub": {"kind": "subflow", "flow": "langs", "next": "person"}, "person": PERSON}
    only(check(nodes), "nodes.sub.flow", "unknown subflow 'langs'", "main")


def test_subflows_that_call_each_other_are_told_in_both_files(check: Check) -> None:
    def calling(flow: str) -> Nodes:
        return {"sub": {"kind": "subflow", "flow": flow, "next": "person"}, "person": PERSON}

    errors = check(calling("other"), other=calling("main"))
    assert [(error.file, error.key) for error in errors] == [
        ("config/ivr/main.toml", "nodes.sub.flow"),
        ("config/ivr/other.toml", "nodes.sub.flow"),
    ]
    only(check(calling("main")), "nodes.sub.flow", "may not call themselves")


def test_a_flow_that_cannot_end_is_told(check: Check) -> None:
    again = [{"key": "1", "next": "ask", "label": "重听"}]
    errors = check({"ask": menu("ask", choices=again)})
    assert any(error.key == "nodes.ask" and "no end can be reached from ask" in error.message for error in errors)


def test_a_key_given_twice_and_a_key_0_are_told(check: Check) -> None:
    choices = [{"key": key, "next": "person", "label": "去"} for key in "121"]
    only(check({"ask": menu(choices=choices), "person": PERSON}), "nodes.ask.choices.2.key", "duplicate key 1")
    zero = [{"key": "0", "next": "person", "label": "人工"}]
    only(check({"ask": menu(choices=zero), "person": PERSON}), "nodes.ask.choices.0.key", "person")


def test_a_case_that_an_earlier_one_hides_is_told(check: Check) -> None:
    case = {"when": "entry_number", "numbers": ["12345"]}
    cases = [{**case, "next": "person"}, {**case, "next": "hi"}]
    nodes = {
        "when": {"kind": "branch", "cases": cases, "otherwise": "person"},
        "hi": play("person"),
        "person": PERSON,
    }
    only(check(nodes), "nodes.when.cases.1", "duplicate")


@pytest.mark.parametrize("key", ["person", "on_timeout", "on_invalid"])
def test_0_silence_and_wrong_keys_must_lead_to_a_person(check: Check, key: str) -> None:
    errors = check({"ask": menu(**{key: "bye"}), "person": PERSON, "bye": BYE})
    assert any(error.key == f"nodes.ask.{key}" and "'bye' does not" in error.message for error in errors)


def test_the_same_holds_for_collect(check: Check) -> None:
    ask = {"kind": "collect", "text": HELLO, "variable": "v", "max_digits": 4, "next": "bye"}
    nodes = {"ask": {**ask, "person": "person", "on_timeout": "bye"}, "person": PERSON, "bye": BYE}
    assert {error.key for error in check(nodes)} == {"start", "nodes.ask.on_timeout"}
    assert check({**nodes, "ask": {**ask, "person": "person"}}) == []


def test_a_way_to_a_person_that_a_branch_may_cut_is_told(check: Check) -> None:
    case = {"when": "calendar", "calendar": "office", "next": "person"}
    when = {"kind": "branch", "cases": [case], "otherwise": "bye"}
    errors = check({"ask": menu("when"), "when": when, "person": PERSON, "bye": BYE})
    assert {error.key for error in errors} == {"start", "nodes.ask.person"}


def test_silence_that_goes_round_and_round_leads_to_nobody(check: Check) -> None:
    ask = menu("person", on_timeout="hi")
    errors = check({"hi": play("ask"), "ask": ask, "person": PERSON, "bye": BYE})
    assert {error.key for error in errors} == {"start", "nodes.ask.on_timeout"}


def test_a_flow_that_hangs_up_without_a_key_is_told(check: Check) -> None:
    only(check({"hi": play("bye"), "bye": BYE}), "start", "pressing nothing must lead to a person")


def test_0_inside_a_subflow_must_lead_to_a_person_in_its_caller(check: Check) -> None:
    inner = {"ask": menu("return"), "bye": BYE}
    again = [{"key": "1", "next": "sub", "label": "语言"}]
    sub = {"kind": "subflow", "flow": "other", "next": "bye"}
    nodes = {"first": menu("person", choices=again), "sub": sub, "person": PERSON, "bye": BYE}
    only(check(nodes, other=inner), "nodes.sub.next", "'bye' does not")
    more = [*again, {"key": "2", "next": "bye", "label": "结束"}]
    mended = {**nodes, "sub": {**sub, "next": "person"}, "first": menu("person", choices=more)}
    assert check(mended, other=inner) == []


def test_a_node_named_return_is_told(check: Check) -> None:
    errors = check({"hi": play("return"), "return": PERSON})
    assert any(error.key == "nodes.return" and "another name" in error.message for error in errors)


def test_a_value_that_cannot_be_said_is_told(check: Check) -> None:
    say = {"kind": "say", "style": "time", "value": "25:00", "next": "person"}
    only(check({"say": say, "person": PERSON}), "nodes.say.value", "'25:00' is not a time HH:MM")


def test_a_variable_that_no_flow_sets_is_told(check: Check) -> None:
    say = {"kind": "say", "style": "digits", "value": "{cod}", "next": "person"}
    only(check({"say": say, "person": PERSON}), "nodes.say.value", "'cod'", "entry_number")
    case = {"when": "variable", "name": "cod", "values": ["1"], "next": "person"}
    nodes = {"when": {"kind": "branch", "cases": [case], "otherwise": "person"}, "person": PERSON}
    only(check(nodes), "nodes.when.cases.0.name", "'cod'")


def test_what_the_call_gives_may_not_be_set(check: Check) -> None:
    put = {"kind": "set", "values": {"caller": "110"}, "next": "person"}
    only(check({"put": put, "person": PERSON}), "nodes.put.values.caller", "another name")
    tape = {"kind": "record", "variable": "caller", "next": "person"}
    only(check({"tape": tape, "person": PERSON}), "nodes.tape.variable", "another name")


def test_two_texts_of_one_name_are_told(check: Check) -> None:
    ask = menu(retry_text=HELLO)
    nodes = {"ask": ask, "person": PERSON, "bye": BYE}
    other = {"main-ask": {"retry": play("person"), "person": PERSON}}
    file = "config/ivr/main-ask.toml"
    only(check(nodes, **other), "nodes.retry.text", "duplicate prompt name main-ask-retry", "flow main", file=file)


def test_a_text_may_not_take_the_name_of_a_prompt_of_the_dialplan(check: Check) -> None:
    static = {"greeting": play("person"), "person": PERSON}
    file = "config/ivr/static.toml"
    only(check({"person": PERSON}, static=static), "nodes.greeting.text", "static-greeting", "the dialplan", file=file)


def test_the_id_is_the_name_of_the_file(make_flow: Callable[..., Flow]) -> None:
    flow = make_flow({"person": PERSON}, "greeting")
    nothing: set[str] = set()
    files = {"greeting": "config/ivr/greting.toml"}
    errors = check_flows({"greeting": flow}, queues=nothing, partners=nothing, calendars=nothing, files=files)
    only(errors, "id", "must be the file's name: greting", file="config/ivr/greting.toml")


def test_all_errors_of_all_files_are_told_at_once(check: Check) -> None:
    bad = {"hi": play("nowhere"), "person": {"kind": "queue", "queue": "x"}}
    errors = check(bad, other=bad)
    found = {(error.file[11:], error.key) for error in errors}
    assert found == {
        (f"{flow}.toml", key)
        for flow in ("main", "other")
        for key in ("nodes.hi.next", "nodes.person", "nodes.person.queue")
    }
