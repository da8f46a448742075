"""A citizen as a script, and nodes to make flows of: shared by the tests of the step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.ivr.config import Flow
from gateway.ivr.state import Command, Expired, Heard, Moment, Start, begin
from gateway.ivr.step import step

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
