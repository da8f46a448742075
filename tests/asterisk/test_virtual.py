"""What the dialplan is told of a call to a virtual number, and that it is told nothing when nothing is known."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from gateway.asterisk import virtual
from gateway.asterisk.fastagi.session import AgiSession
from gateway.asterisk.virtual import serve_virtual
from gateway.transfer.virtual import Route


@dataclass
class Dialogue:
    """A session that keeps what it was told."""

    path: str = "virtual/66001"
    call_id: str = "1.1"
    environment: dict[str, str] = field(default_factory=lambda: {"agi_callerid": "089865321234"})
    told: list[tuple[str, str]] = field(default_factory=list)

    async def command(self, verb: str, name: str, value: str) -> None:
        assert verb == "SET VARIABLE"
        self.told.append((name, value))


async def told(routes: Any, dialogue: Dialogue | None = None) -> list[tuple[str, str]]:
    dialogue = dialogue or Dialogue()
    await serve_virtual(cast(AgiSession, dialogue), routes, lambda number: f"shown-{number}")
    return dialogue.told


async def test_a_call_that_may_be_has_its_number_and_the_word_for_it_comes_last() -> None:
    asked: list[tuple[str, str]] = []

    async def routes(number: str, caller: str) -> Route:
        asked.append((number, caller))
        return Route("dial", "13812345678", "b1", "department")

    said = await told(routes)
    assert asked == [("66001", "089865321234")]
    assert dict(said) == {
        "GW_V_ID": "b1", "GW_V_SIDE": "department", "GW_V_NUMBER": "13812345678", "GW_V_SHOWN": "shown-66001",
        "GW_V_KIND": "dial",
    }  # fmt: skip
    assert said[-1][0] == "GW_V_KIND"


async def test_one_that_may_not_has_no_number_to_dial() -> None:
    async def routes(number: str, caller: str) -> Route:
        return Route("refused", "13812345678", why="wrong_caller")

    assert "13812345678" not in repr(await told(routes))


async def test_a_caller_without_a_number_is_nobody() -> None:
    async def routes(number: str, caller: str) -> Route:
        assert caller == ""
        return Route("refused")

    assert dict(await told(routes, Dialogue(environment={})))["GW_V_KIND"] == "refused"


async def test_when_the_ledger_fails_the_dialplan_is_told_nothing() -> None:
    async def routes(number: str, caller: str) -> Route:
        raise OSError("away")

    assert await told(routes) == []


async def test_when_the_ledger_is_silent_the_dialplan_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "_LIMIT_S", 0.01)

    async def routes(number: str, caller: str) -> Route:
        await asyncio.Event().wait()
        raise AssertionError

    assert await told(routes) == []
