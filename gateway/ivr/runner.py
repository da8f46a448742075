"""Runs a flow on a line: carries out what ``step`` says and brings back what the citizen pressed.

The caller's safety comes first. Before each wait the dialplan's absolute limit is renewed to a little more than the
wait, so a gateway that falls silent loses its citizen to the static queue within that time. The hand-over is the last
act, and ``GW_DONE=1`` the last of it: after any failure it is missing, and the static queue takes the citizen. Nothing
waits for its answer: the dialplan looks at the variable itself, and goes the static way if it did not arrive.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

import structlog

from gateway.ivr import state
from gateway.ivr.calendar import open_now
from gateway.ivr.config import LANGUAGES, CalendarConfig, Flow
from gateway.ivr.hard_limit import HardLimit
from gateway.ivr.ports import Arrival, HungUp, Line, LineFailed
from gateway.ivr.state import Command, End, Expired, Given, Heard, Moment, Start, State
from gateway.ivr.step import LANGUAGE_VARIABLE, MAX_STEPS, step
from gateway.model.value import value

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FlowEnvironment:
    """What a flow runs in.

    ``clock`` gives seconds since the epoch, ``monotonic`` seconds of a clock that only goes forward; ``zone`` is the
    hall's. ``margin_s`` is added to every wait for the dialplan's limit; ``sound_s`` is taken for a sound whose length
    is not in ``durations`` (sound name -> seconds). ``record_folder`` is put before the name of what a flow records.
    After ``max_seconds`` the citizen goes to a person at the next input; ``hard_margin_s`` later the run is given up.
    """

    calendar: CalendarConfig
    zone: tzinfo
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    durations: Mapping[str, float] = field(default_factory=dict)
    margin_s: float = 8.0
    sound_s: float = 60.0
    max_steps: int = MAX_STEPS
    max_seconds: float = 300.0
    hard_margin_s: float = 30.0
    record_folder: str = "gw-recorded"
    hard_limit: HardLimit = field(init=False, compare=False, repr=False)
    _moments: dict[int, Moment] = field(init=False, default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hard_limit", HardLimit(self.max_seconds + self.hard_margin_s))

    def moment(self) -> Moment:
        """Now, to the second: made once a second for all calls."""
        second = int(self.clock())
        known = self._moments.get(second)
        if known is None:
            now = datetime.fromtimestamp(second, UTC)
            known = Moment(now.astimezone(self.zone), open_now(self.calendar, now, self.zone))
            self._moments.clear()
            self._moments[second] = known
        return known


@value
class FlowResult:
    """How a run ended. ``done``: handed over, GW_DONE is sent; ``hung_up``; ``failed``: the static queue takes over."""

    result: Literal["done", "hung_up", "failed"]
    flow: str
    state: State
    seconds: float
    why: str = ""

    @property
    def end(self) -> End | None:
        return self.state.end if self.result == "done" else None

    @property
    def trail(self) -> tuple[str, ...]:
        return tuple(map(str, self.state.trail))


async def run_flow(line: Line, flows: Mapping[str, Flow], flow_id: str, env: FlowEnvironment) -> FlowResult:
    """Run one flow to its end. Never raises but for cancellation: whatever goes wrong is logged and in the result."""
    run = _Run(line, flows, flow_id, env)
    if flow_id not in flows:
        run.log.error("ivr.no_such_flow")
        return run.result("failed", f"no such flow: {flow_id}")
    try:
        with env.hard_limit.run():
            await run.to_the_end()
    except HungUp:
        return run.result("hung_up")
    except LineFailed as failed:
        run.log.warning("ivr.line_failed", why=str(failed), at=str(run.state.at))
        return run.result("failed", str(failed))
    except TimeoutError:
        run.log.error("ivr.hard_limit", at=str(run.state.at))
        return run.result("failed", "the flow did not end within its hard limit")
    except Exception as bug:
        run.log.exception("ivr.bug", at=str(run.state.at))
        return run.result("failed", f"{type(bug).__name__}: {bug}")
    return run.result("done")


def begin_state(flow: Flow, arrival: Arrival) -> State:
    """The first state of a flow on a call: the variables that every flow has, and the language of the entry number."""
    variables = {
        "entry_number": arrival.entry_number,
        "caller": arrival.caller_number,
        "account": arrival.account,
    }
    language = arrival.language if arrival.language in LANGUAGES else LANGUAGES[0]
    return state.begin(flow.id, flow.start, variables, language)


class _Run:
    """One run: the state as it goes, and the clock it is measured by."""

    def __init__(self, line: Line, flows: Mapping[str, Flow], flow_id: str, env: FlowEnvironment) -> None:
        self.line, self.flows, self.flow_id, self.env = line, flows, flow_id, env
        self.started = env.monotonic()
        flow = flows.get(flow_id)
        self.state = begin_state(flow, line.arrival) if flow else state.begin(flow_id, "", {}, LANGUAGES[0])

    @property
    def log(self) -> structlog.typing.FilteringBoundLogger:
        """Bound when there is something to say: most calls say nothing."""
        bound: structlog.typing.FilteringBoundLogger = log.bind(call_id=self.line.arrival.call_id, flow=self.flow_id)
        return bound

    async def to_the_end(self) -> None:
        given: Given = Start(self.env.moment())
        while True:
            self.state, commands = step(self.flows, self.state, given, max_steps=self.env.max_steps)
            key = ""
            for command in commands:
                key = await self._carry_out(command)
            if self.state.end is not None:
                return
            over = self.env.monotonic() - self.started > self.env.max_seconds
            given = Expired(self.env.moment()) if over else Heard(self.env.moment(), key)

    def result(self, result: Literal["done", "hung_up", "failed"], why: str = "") -> FlowResult:
        return FlowResult(result, self.flow_id, self.state, self.env.monotonic() - self.started, why)

    async def _carry_out(self, command: Command) -> str:
        """Do one command; the key that it brought, or ""."""
        match command:
            case state.Answer():
                await self.line.answer()
            case state.Play():
                return await self._play(command)
            case state.WaitKey():
                await self._guard(command.timeout_s)
                return await self.line.wait_key(command.timeout_s)
            case state.Record():
                return await self._record(command)
            case state.SetVariable():
                await self.line.set(command.name, command.value)
            case state.Note():
                self.log.warning("ivr.note", note=command.text)
            case _:
                await self._hand_over(command)
        return ""

    async def _play(self, command: state.Play) -> str:
        await self._guard(sum(self.env.durations.get(name, self.env.sound_s) for name in command.sounds))
        return await self.line.play(command.sounds, stop_on=command.stop_on)

    async def _record(self, command: state.Record) -> str:
        await self._guard(command.max_s)
        name = f"{self.env.record_folder}/{self.line.arrival.leg}-{command.name}"
        return await self.line.record(
            name, max_s=command.max_s, silence_s=command.silence_s, stop_on="#", beep=command.beep
        )

    async def _guard(self, wait_s: float) -> None:
        await self.line.guard(wait_s + self.env.margin_s)

    async def _hand_over(self, end: End) -> None:
        """The last act. What the dialplan has set already is left: each command is a round trip of every call.

        Without a queue it is that of the number dialled, without GW_NEXT it is "queue".
        """
        sets: dict[str, str] = {}
        if self.state.language != self.line.arrival.language:
            sets[LANGUAGE_VARIABLE] = self.state.language
        if not isinstance(end, state.HandOver):
            sets["GW_NEXT"] = _NEXT[type(end)]
        if isinstance(end, state.HandOver | state.Transfer) and end.queue:
            sets["GW_QUEUE"] = end.queue
        if isinstance(end, state.Transfer):
            sets["GW_TARGET"] = end.partner
        for name, text in sets.items():
            await self.line.set(name, text)
        await self.line.set_last("GW_DONE", "1")


_NEXT: Mapping[type[End], str] = {state.Transfer: "transfer", state.Hangup: "hangup"}
