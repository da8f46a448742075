"""What a node tells of itself: each part's readiness in a word, and its figures as they are when they are asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.vitals import Vitals


def vitals(**parts: Any) -> Vitals:
    """A node on which all is well."""
    counters = SimpleNamespace(open=2, sessions=9, refused=0, failures=1)
    well: dict[str, Any] = {
        "events": SimpleNamespace(up=True, why="", counters=SimpleNamespace(sessions=1, frames=50, late_replies=0)),
        "orders": SimpleNamespace(up=True, why=""),
        "listener": SimpleNamespace(
            hall=SimpleNamespace(link="up", epoch=3, facts=40, drift=0, calls=SimpleNamespace(live={"c1": None})),
            frames=SimpleNamespace(pauses=0),
        ),
        "unseen": SimpleNamespace(found=0),
        "switch": SimpleNamespace(orders=5, refused=1),
        "rules": SimpleNamespace(forced=0),
        "agi": SimpleNamespace(counters=counters),
        "flow_results": {"done": 7, "hung_up": 1, "failed": 0},
        "ledger": SimpleNamespace(healthy=healthy),
        "recorder": SimpleNamespace(set_aside=0, pending=4, written=30),
        "probe": SimpleNamespace(answered=1.0, seconds=0.4),
    }
    return Vitals(**well | parts)


async def healthy() -> bool:
    return True


async def sick() -> bool:
    return False


async def test_a_node_on_which_all_is_well_is_ready() -> None:
    parts = vitals().parts()
    said = {name: await part() for name, part in parts.items()}
    assert {name: (one.ready, one.state) for name, one in said.items()} == {
        "asterisk": (True, "snapshot 3"),
        "ledger": (True, "4 changes waiting"),
        "agi": (True, "2 sessions open"),
    }


@pytest.mark.parametrize(
    ("part", "without", "says"),
    [
        ("asterisk", {"events": SimpleNamespace(up=False, why="cannot connect")}, "cannot connect"),
        ("asterisk", {"orders": SimpleNamespace(up=False, why="refused")}, "refused"),
        ("asterisk", {"listener": SimpleNamespace(hall=SimpleNamespace(link="down"))}, "snapshot not complete"),
        ("ledger", {"ledger": SimpleNamespace(healthy=sick)}, "could not be committed"),
        ("ledger", {"recorder": SimpleNamespace(set_aside=2)}, "2 changes could not be written"),
    ],
)
async def test_a_part_that_is_not_ready_says_why(part: str, without: dict[str, Any], says: str) -> None:
    state = await vitals(**without).parts()[part]()
    assert not state.ready and says in state.state


async def test_a_mailroom_that_is_down_is_told_and_keeps_nobody_from_being_served() -> None:
    room = SimpleNamespace(up=False, restarts=3)
    state = await vitals(mailroom=room).parts()["mailroom"]()
    assert (state.ready, state.state) == (True, "down, started again 3 times")


def test_figures_are_read_when_they_are_asked_for_and_each_has_one_name() -> None:
    told = vitals()
    figures = {figure.name: figure for figure in told.figures()}
    assert len(figures) == len(told.figures())
    assert (figures["link_up"].read(), figures["calls_live"].read(), figures["flows_done"].read()) == (1.0, 1, 7)
    told.recorder.pending = 11  # type: ignore[misc]
    assert figures["changes_waiting"].read() == 11
    assert all(isinstance(float(figure.read()), float) for figure in figures.values())
