"""The pure step: (flows, State, Given) -> (State, commands). No clock, no line, no luck; the runner does what it says.

A step walks through all nodes that need nothing from outside and stops at the first that waits, so the commands of one
step are carried out in order and only the last can wait. Whatever goes wrong inside a flow (no more steps, time over, a
target that is not there) ends at the queue of the number dialled: the citizen gets a person, never silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import time
from types import MappingProxyType
from typing import Any

from gateway.ivr import config, speech, state
from gateway.ivr.config import RETURN, Flow
from gateway.ivr.names import prompt_name, say_sound, sound
from gateway.ivr.state import Command, End, Expired, Given, HandOver, Heard, Moment, Note, Place, State

MAX_STEPS = 200
"""Nodes and inputs of one run; a flow of the largest allowed size can visit every node once."""

ALL_KEYS = "0123456789*#"
PERSON_KEY = "0"
LANGUAGE_VARIABLE = "CHANNEL(language)"
EXPORT_PREFIX = "GW_VAR_"
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def step(
    flows: Mapping[str, Flow], state: State, given: Given, *, max_steps: int = MAX_STEPS
) -> tuple[State, tuple[Command, ...]]:
    """One step. A state that has ended stays as it is and gives no commands. Never raises for a checked flow."""
    if state.end is not None:
        return state, ()
    run = _Run(flows, state, given.moment, max_steps)
    if isinstance(given, Expired):
        run.note("the flow has used up its time")
        run.finish(HandOver())
    heard = given if isinstance(given, Heard) else None
    if heard is not None:
        run.count()
    while run.end is None:
        node = run.node()
        if node is None:
            run.note(f"no such node: {run.at}")
            run.finish(HandOver())
        elif _HANDLERS[type(node)](run, node, heard):
            break
        heard = None
    return run.state(), tuple(run.commands)


class _Run:
    """The workbench of one step: the parts of the state as they change, and the commands so far. A new State for each
    change cost more than all else in a step: one is made when the step is done."""

    def __init__(self, flows: Mapping[str, Flow], state: State, moment: Moment, max_steps: int) -> None:
        self.at, self.stack, self.trail = state.at, state.stack, state.trail
        self.variables, self.language = state.variables, state.language
        self.waiting, self.retries, self.digits = state.waiting, state.retries, state.digits
        self.pending, self.steps, self.end = state.pending, state.steps, state.end
        self.flows = flows
        self.moment = moment
        self.max_steps = max_steps
        self.commands: list[Command] = []
        if not state.trail:
            self._enter(state.at)

    def node(self) -> config.NodeConfig | None:
        flow = self.flows.get(self.at.flow)
        return flow.nodes.get(self.at.node) if flow else None

    def state(self) -> State:
        """The state as it is now."""
        return State(
            self.at,
            self.stack,
            self.variables,
            self.language,
            self.waiting,
            self.retries,
            self.digits,
            self.pending,
            self.steps,
            self.trail,
            self.end,
        )

    def do(self, command: Command) -> None:
        self.commands.append(command)

    def note(self, text: str) -> None:
        self.commands.append(Note(text))

    def finish(self, end: End) -> None:
        self.end = end
        self.waiting = ""
        self.pending = ""
        self.do(end)

    def count(self) -> None:
        """Count one step; when there are none left, the citizen goes to a person."""
        self.steps += 1
        if self.steps > self.max_steps and self.end is None:
            self.note(f"the flow has used up its {self.max_steps} steps")
            self.finish(HandOver())

    def go(self, target: str) -> None:
        """On to a node of the same flow, or back to the flow that called this one."""
        if target != RETURN:
            self._enter(Place(self.at.flow, target))
        elif self.stack:
            *rest, back = self.stack
            self.stack = tuple(rest)
            self._back(back)
        else:
            self.finish(HandOver())

    def call(self, flow_id: str, back: str) -> None:
        """Into a subflow; ``back`` is where its return leads."""
        flow = self.flows.get(flow_id)
        here = Place(self.at.flow, back)
        self.stack = (*self.stack, here)
        self._enter(Place(flow_id, flow.start if flow else ""))

    def _back(self, place: Place) -> None:
        if place.node == RETURN:
            self.at = place
            self.go(RETURN)
        else:
            self._enter(place)

    def _enter(self, place: Place) -> None:
        self.at = place
        self.waiting = ""
        self.retries = 0
        self.digits = ""
        self.trail = (*self.trail, place)
        self.count()

    def set(self, name: str, value: str, *, export: bool) -> None:
        self.variables = MappingProxyType({**self.variables, name: value})
        if export:
            self.do(state.SetVariable(EXPORT_PREFIX + name, value))

    def speak(self, language: str) -> None:
        if language != self.language:
            self.language = language
            self.do(state.SetVariable(LANGUAGE_VARIABLE, language))

    def fill(self, text: str) -> str:
        """The text with ``{name}`` replaced by variables; an unset one leaves nothing."""
        local = self.moment.local
        known = {"now": f"{local:%H:%M}", "today": f"{local:%Y-%m-%d}", "language": self.language}
        return _SLOT.sub(lambda slot: known.get(slot[1], self.variables.get(slot[1], "")), text)

    def prompt(self, part: str = "") -> str:
        return sound(prompt_name(self.at.flow, self.at.node, part))


def _answer(run: _Run, node: config.Answer, heard: Heard | None) -> bool:
    run.do(state.Answer())
    run.go(node.next)
    return False


def _play(run: _Run, node: config.Play, heard: Heard | None) -> bool:
    return _speak_once(run, (run.prompt(),), node.next, heard, barge_in=node.barge_in)


def _say(run: _Run, node: config.Say, heard: Heard | None) -> bool:
    if heard is not None:
        return _speak_once(run, (), node.next, heard, barge_in=node.barge_in)
    value = run.fill(node.value)
    try:
        tokens = speech.say(node.style, value, run.language)
    except ValueError as wrong:
        run.note(f"{run.at}: {wrong}")
        run.go(node.next)
        return False
    return _speak_once(run, tuple(map(say_sound, tokens)), node.next, heard, barge_in=node.barge_in)


def _speak_once(run: _Run, sounds: tuple[str, ...], then: str, heard: Heard | None, *, barge_in: bool) -> bool:
    """Play and go on; a key that barges in is kept for whoever asks next, and skips what else may be skipped."""
    if heard is None and not (barge_in and run.pending):
        run.waiting = "prompt"
        run.do(state.Play(sounds, ALL_KEYS if barge_in else ""))
        return True
    if heard is not None and heard.key:
        run.pending = heard.key
    run.go(then)
    return False


def _menu(run: _Run, node: config.Menu, heard: Heard | None) -> bool:
    key = _key_or_wait(run, node, heard)
    if key is None:
        return True
    targets = {PERSON_KEY: node.person} | {choice.key: choice.next for choice in node.choices}
    if key in targets:
        run.go(targets[key])
        return False
    return _ask_again(run, node, pressed=bool(key))


def _collect(run: _Run, node: config.Collect, heard: Heard | None) -> bool:
    key = _key_or_wait(run, node, heard)
    if key is None:
        return True
    if key == "*":
        run.digits = ""
    elif key.isdigit():
        run.digits += key
    if key and key != node.end_key and len(run.digits) < node.max_digits:
        run.waiting = "keys"
        run.do(state.WaitKey(node.digit_timeout_s))
        return True
    return _collected(run, node, run.digits, pressed=bool(key))


def _collected(run: _Run, node: config.Collect, digits: str, *, pressed: bool) -> bool:
    if digits == PERSON_KEY:
        run.go(node.person)
    elif len(digits) >= node.min_digits:
        run.set(node.variable, digits, export=node.export)
        run.go(node.next)
    else:
        return _ask_again(run, node, pressed=pressed or bool(digits))
    return False


def _key_or_wait(run: _Run, node: config.Menu | config.Collect, heard: Heard | None) -> str | None:
    """The key ("" for silence), or None after giving the command that waits for one."""
    if heard is None and run.pending:
        key = run.pending
        run.pending = ""
        run.waiting = "keys"
        return key
    if heard is None:
        _ask(run, node)
        return None
    if run.waiting == "prompt" and not heard.key:
        run.waiting = "keys"
        run.do(state.WaitKey(node.timeout_s))
        return None
    return heard.key


def _ask(run: _Run, node: config.Menu | config.Collect) -> None:
    part = "retry" if run.retries and node.retry_text is not None else ""
    run.waiting = "prompt"
    run.digits = ""
    run.do(state.Play((run.prompt(part),), ALL_KEYS if node.barge_in else ""))


def _ask_again(run: _Run, node: config.Menu | config.Collect, *, pressed: bool) -> bool:
    if run.retries < node.retries:
        run.retries += 1
        _ask(run, node)
        return True
    silent = node.on_timeout or node.person
    run.go((node.on_invalid or silent) if pressed else silent)
    return False


def _branch(run: _Run, node: config.Branch, heard: Heard | None) -> bool:
    run.go(next((case.next for case in node.cases if _holds(run, case)), node.otherwise))
    return False


def _holds(run: _Run, case: config.Case) -> bool:
    variables = run.variables
    if isinstance(case, config.CalendarCase):
        return (case.calendar in run.moment.open) == (case.state == "open")
    if isinstance(case, config.TimeCase):
        return _between(case.starts, run.moment.local.time().replace(tzinfo=None), case.ends)
    if isinstance(case, config.EntryCase):
        return variables.get("entry_number", "") in case.numbers
    if isinstance(case, config.CallerCase):
        caller = variables.get("caller", "")
        return caller in case.numbers or caller.startswith(tuple(case.prefixes))
    value = run.language if case.name == "language" else variables.get(case.name, "")
    return value in case.values


def _between(starts: time, now: time, ends: time) -> bool:
    return starts <= now < ends if starts < ends else now >= starts or now < ends


def _set(run: _Run, node: config.Set, heard: Heard | None) -> bool:
    for name, value in node.values.items():
        run.set(name, run.fill(value), export=node.export)
    if node.language is not None:
        run.speak(node.language)
    run.go(node.next)
    return False


def _queue(run: _Run, node: config.Queue, heard: Heard | None) -> bool:
    run.finish(HandOver(node.queue or ""))
    return False


def _transfer(run: _Run, node: config.Transfer, heard: Heard | None) -> bool:
    run.finish(state.Transfer(node.partner, node.queue or ""))
    return False


def _record(run: _Run, node: config.Record, heard: Heard | None) -> bool:
    name = f"{run.at.flow}-{run.at.node}"
    if heard is None and node.text is not None:
        run.waiting = "prompt"
        run.pending = ""
        run.do(state.Play((run.prompt(),)))
        return True
    if heard is None or run.waiting == "prompt":
        run.waiting = "keys"
        run.pending = ""
        run.do(state.Record(name, node.max_s, node.silence_s, node.beep))
        return True
    run.set(node.variable, name, export=node.export)
    run.go(node.next)
    return False


def _subflow(run: _Run, node: config.Subflow, heard: Heard | None) -> bool:
    run.call(node.flow, node.next)
    return False


def _hangup(run: _Run, node: config.Hangup, heard: Heard | None) -> bool:
    run.finish(state.Hangup())
    return False


# Any: each handler takes the one node type that it is listed under; the pairing is this table.
_HANDLERS: Mapping[type[config.NodeConfig], Callable[[_Run, Any, Heard | None], bool]] = MappingProxyType(
    {
        config.Answer: _answer,
        config.Play: _play,
        config.Say: _say,
        config.Menu: _menu,
        config.Collect: _collect,
        config.Branch: _branch,
        config.Set: _set,
        config.Queue: _queue,
        config.Transfer: _transfer,
        config.Record: _record,
        config.Subflow: _subflow,
        config.Hangup: _hangup,
    }
)
