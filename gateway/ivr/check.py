"""What is wrong with a set of flows: every error at once, each with file, key and what is allowed instead.

A flow that passes cannot fail a citizen: every way ends, nothing goes round without asking, and 0, silence and wrong
keys lead to a person (the rule behind "a voice menu is not advisable" of GB/T 33358: whoever does not play along is
served all the same). ``gateway check`` prints the errors; the gateway does not start on any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import PurePath

from gateway.ivr import speech
from gateway.ivr.config import (
    LANGUAGES,
    RETURN,
    Branch,
    CalendarCase,
    Collect,
    Flow,
    Menu,
    Queue,
    Record,
    Say,
    Subflow,
    Text,
    Transfer,
    VariableCase,
)
from gateway.ivr.config import (
    Set as SetNode,
)
from gateway.ivr.names import DIALPLAN_PROMPTS, prompts_of
from gateway.ivr.paths import Paths, edges

GIVEN_VARIABLES = frozenset({"entry_number", "caller", "account", "now", "today", "language"})
_SLOT = re.compile(r"\{([^{}]*)\}")
_VOICE = re.compile(r"\[([a-z]+)\]")

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class FlowError:
    """One error: the file, the key in it (``nodes.ask.choices.0.next``) and a message that says what is allowed."""

    file: str
    key: str
    message: str


@dataclass(frozen=True, slots=True)
class _World:
    """What flows may refer to."""

    flows: Mapping[str, Flow]
    paths: Paths
    queues: Set[str]
    partners: Set[str]
    calendars: Set[str]
    variables: Set[str]


def check_flows(
    flows: Mapping[str, Flow],
    *,
    queues: set[str],
    partners: set[str],
    calendars: set[str],
    files: Mapping[str, str],
) -> list[FlowError]:
    """All errors of all flows, flow by flow; an empty list means that they may be run.

    ``files`` names each flow's file for the messages (by the key in ``flows``); a missing one is ``ivr/<id>.toml``.
    """
    variables = GIVEN_VARIABLES | {name for flow in flows.values() for name in _assigned(flow)}
    world = _World(flows, Paths(flows), queues, partners, calendars, variables)
    errors: list[FlowError] = []
    for flow_id, flow in flows.items():
        file = files.get(flow_id, f"ivr/{flow_id}.toml")
        found = [*_identity(flow_id, flow, file), *(e for check in _CHECKS for e in check(world, flow))]
        errors += [FlowError(file, key, message) for key, message in found]
    return errors + _same_names(flows, files)


def _identity(flow_id: str, flow: Flow, file: str) -> Found:
    if flow.id != flow_id or PurePath(file).stem != flow.id:
        yield "id", f"id {flow.id!r} must be the file's name: {PurePath(file).stem}"


def _targets(world: _World, flow: Flow) -> Found:
    allowed = f"give {_one_of([*flow.nodes, RETURN])}"
    if flow.start not in flow.nodes:
        yield "start", f"unknown node {flow.start!r}: give {_one_of(flow.nodes)}"
    if RETURN in flow.nodes:
        yield f"nodes.{RETURN}", "return is kept for leaving a subflow: give the node another name"
    for name, node in flow.nodes.items():
        for key, target in edges(node):
            if target not in flow.nodes and target != RETURN:
                yield f"nodes.{name}.{key}", f"unknown target {target!r}: {allowed}"


def _unreachable(world: _World, flow: Flow) -> Found:
    reached = world.paths.reachable(flow)
    for name in flow.nodes:
        if name not in reached and flow.start in flow.nodes:
            yield f"nodes.{name}", "no way leads here from the start: name it as a target, or delete it"


def _loops(world: _World, flow: Flow) -> Found:
    for ring in world.paths.loops(flow):
        yield (
            f"nodes.{ring[0]}",
            f"loop without input through {', '.join(ring)}: put a menu, collect or record into it, or lead it out",
        )


def _endless(world: _World, flow: Flow) -> Found:
    stuck = world.paths.reachable(flow) & flow.nodes.keys() - world.paths.ending(flow)
    if stuck:
        names = [name for name in flow.nodes if name in stuck]
        yield f"nodes.{names[0]}", f"no end can be reached from {', '.join(names)}: lead to a queue, transfer or hangup"


def _person(world: _World, flow: Flow) -> Found:
    for key, target in world.paths.lost(flow, back=True):
        who = "pressing nothing" if key == "start" else "this way"
        yield key, f"{who} must lead to a person whatever the branches say, but {target!r} does not: lead it to a queue"


def _references(world: _World, flow: Flow) -> Found:
    for name, node in flow.nodes.items():
        at = f"nodes.{name}"
        if isinstance(node, Queue | Transfer) and node.queue is not None and node.queue not in world.queues:
            yield f"{at}.queue", f"unknown queue {node.queue!r}: give {_one_of(sorted(world.queues))}, or leave it out"
        if isinstance(node, Transfer) and node.partner not in world.partners:
            yield f"{at}.partner", f"unknown partner {node.partner!r}: give {_one_of(sorted(world.partners))}"
        if isinstance(node, Branch):
            yield from _cases(world, node, at)
        if isinstance(node, Subflow):
            yield from _subflow(world, flow, node, at)


def _cases(world: _World, node: Branch, at: str) -> Found:
    for n, case in enumerate(node.cases):
        if isinstance(case, CalendarCase) and case.calendar not in world.calendars:
            allowed = _one_of(sorted(world.calendars))
            yield f"{at}.cases.{n}.calendar", f"unknown calendar {case.calendar!r}: give {allowed}"
        if isinstance(case, VariableCase) and case.name not in world.variables:
            yield f"{at}.cases.{n}.name", _unknown_variable(world, case.name)
        if any(_same_question(case, other) for other in node.cases[:n]):
            yield f"{at}.cases.{n}", "duplicate: an earlier case asks the same, so this one never comes true"


def _same_question(case: object, other: object) -> bool:
    def question(c: object) -> dict[str, object]:
        return {k: v for k, v in vars(c).items() if k != "next"}

    return type(case) is type(other) and question(case) == question(other)


def _subflow(world: _World, flow: Flow, node: Subflow, at: str) -> Found:
    callee = world.flows.get(node.flow)
    if callee is None:
        yield f"{at}.flow", f"unknown subflow {node.flow!r}: give {_one_of(sorted(world.flows))}"
    elif callee.id == flow.id or flow.id in world.paths.callees(callee):
        yield f"{at}.flow", f"subflows may not call themselves: {node.flow!r} leads back to {flow.id!r}"


def _texts(world: _World, flow: Flow) -> Found:
    for prompt in prompts_of(flow):
        for language in LANGUAGES:
            text = prompt.text.own(language)
            if text is None and language not in flow.languages:
                continue
            if text is None or not any(map(str.isalnum, _VOICE.sub("", text))):
                yield f"{prompt.key}.{language}", "missing prompt text: give words that can be said"
        yield from _voices(prompt.key, prompt.text)


def _voices(key: str, text: Text) -> Found:
    for language in LANGUAGES:
        for voice in _VOICE.findall(text.own(language) or ""):
            if voice not in LANGUAGES:
                yield f"{key}.{language}", f"unknown voice [{voice}]: give {_one_of(LANGUAGES)}"


def _keys(world: _World, flow: Flow) -> Found:
    for name, node in flow.nodes.items():
        if not isinstance(node, Menu):
            continue
        seen: set[str] = set()
        for n, choice in enumerate(node.choices):
            at = f"nodes.{name}.choices.{n}.key"
            if choice.key == "0":
                yield at, "0 always leads to a person: give its target as person"
            elif choice.key in seen:
                yield at, f"duplicate key {choice.key}: give {_one_of(sorted(set('123456789*#') - seen))}"
            seen.add(choice.key)


def _values(world: _World, flow: Flow) -> Found:
    for name, node in flow.nodes.items():
        texts = {"value": node.value} if isinstance(node, Say) else {}
        if isinstance(node, SetNode):
            texts = {f"values.{key}": value for key, value in node.values.items()}
            for key in node.values.keys() & GIVEN_VARIABLES:
                yield f"nodes.{name}.values.{key}", f"{key} is given by the call: choose another name"
        for key, text in texts.items():
            for slot in _SLOT.findall(text):
                if slot not in world.variables:
                    yield f"nodes.{name}.{key}", _unknown_variable(world, slot)
        if isinstance(node, Say) and "{" not in node.value:
            yield from _sayable(node, f"nodes.{name}.value")
        if isinstance(node, Collect | Record) and node.variable in GIVEN_VARIABLES:
            yield f"nodes.{name}.variable", f"{node.variable} is given by the call: choose another name"


def _sayable(node: Say, key: str) -> Found:
    try:
        speech.say(node.style, node.value, "zh")
    except ValueError as wrong:
        yield key, str(wrong)


def _same_names(flows: Mapping[str, Flow], files: Mapping[str, str]) -> list[FlowError]:
    """Two texts under one name of a sound would silently replace each other."""
    taken = dict.fromkeys(DIALPLAN_PROMPTS, "the dialplan")
    errors: list[FlowError] = []
    for flow_id, flow in flows.items():
        for prompt in prompts_of(flow):
            if prompt.name in taken:
                message = f"duplicate prompt name {prompt.name}: {taken[prompt.name]} has it; rename the node"
                errors.append(FlowError(files.get(flow_id, f"ivr/{flow_id}.toml"), prompt.key, message))
            taken.setdefault(prompt.name, f"flow {flow.id}")
    return errors


def _assigned(flow: Flow) -> Iterator[str]:
    for node in flow.nodes.values():
        if isinstance(node, SetNode):
            yield from node.values
        elif isinstance(node, Collect | Record):
            yield node.variable


def _unknown_variable(world: _World, name: str) -> str:
    return f"no flow sets the variable {name!r}: give {_one_of(sorted(world.variables))}"


def _one_of(names: Iterable[str]) -> str:
    found = list(names)
    return f"one of {', '.join(found)}" if found else "none (there are none)"


_CHECKS: tuple[Callable[[_World, Flow], Found], ...] = (
    _targets,
    _unreachable,
    _loops,
    _endless,
    _person,
    _references,
    _texts,
    _keys,
    _values,
)
