"""What a transfer is told, by name: its own legs, its own room, its own orders, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.facts import (
    CallQueued,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegJoinedRoom,
    LegLeftRoom,
    LegRang,
    SeatAnswered,
    TargetFailed,
)
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.orders import DialTarget, Hangup, MoveLegs
from gateway.transfer.inputs import Act, Carried, Due, Elsewhere, Media, NotCarried, Together, told
from tests.transfer.telephone import CALL, T0, a_transfer

TRANSFER = a_transfer("consult", target_leg=LegId("gw-t1"), ordered=4, version=6)
MOVE, DIAL = MoveLegs("t1", ()), DialTarget("t1", LegId("gw-t1"), "", "", "", 30)


def leg(kind: Any, who: str, channel: str = "x", **rest: Any) -> Any:
    return kind(T0 + 1, LegId(who), CALL, channel, **rest)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (Act(T0, "toggle"), "toggle"), (Due(T0), "due"), (Together(T0), "together"), (Elsewhere(T0), "caller queued"),
        (Media(T0, "gw-t1", False), "silent"), (Media(T0, "gw-t1", True), "heard"), (Media(T0, "gw-t1-2", False), None),
        (leg(LegRang, "gw-t1"), "target rang"), (leg(LegAnswered, "gw-t1"), "target answered"),
        (leg(LegRang, "c1"), None), (leg(LegAnswered, "s1"), None), (leg(LegRang, "other"), None),
        (leg(LegHeld, "c1"), None), (leg(LegRang, ""), None),
        (leg(LegJoinedRoom, "c1", room="x-t1"), "caller joined"), (leg(LegJoinedRoom, "s1", room="x-t9"), None),
        (leg(LegLeftRoom, "gw-t1", room="x-t1"), "target left"),
        (leg(LegJoinedRoom, "s9", "PJSIP/8001-02", room="x-t1"), "agent joined"),
        (leg(LegEnded, "s1", "PJSIP/8001-02", cause=16, cause_text=""), "agent ended"),
        (leg(LegEnded, "s1", "PJSIP/8001-02<ZOMBIE>", cause=16, cause_text=""), None),
        (TargetFailed(T0, LegId("gw-t1"), "t1", "busy"), "target failed"),
        (TargetFailed(T0, LegId("gw-t2"), "t2", "busy"), None),
        (Carried(T0, MOVE, 4), "moved"), (NotCarried(T0, MOVE, 5, "no"), "move refused"),
        (Carried(T0, MOVE, 3), None), (NotCarried(T0, MOVE, 3, "no"), None),
        (NotCarried(T0, DIAL, 1, "no"), "dial refused"), (Carried(T0, DIAL, 1), None),
        (NotCarried(T0, Hangup("x"), 6, "no"), None),
    ],
)  # fmt: skip
def test_each_has_its_name_or_none(given: Any, name: str | None) -> None:
    assert told(TRANSFER, given) == name


def queued(at: float) -> CallQueued:
    return CallQueued(at, LegId("c1"), CALL, "", QueueId("hotline"), 1, "", "", "")


def test_a_queue_counts_when_it_is_new() -> None:
    assert told(TRANSFER, queued(T0)) == "caller queued"
    assert told(TRANSFER, queued(T0 - 0.1)) is None
    moved = a_transfer("consult", caller_at="moving", moved_at=T0 + 5)
    assert told(moved, queued(T0 + 4)) is None
    assert told(moved, queued(T0 + 6)) == "caller queued"


def test_another_agent_who_answers_has_the_citizen() -> None:
    seat = SeatAnswered(
        T0 + 1, LegId("c1"), CallId("c1"), "", QueueId("q"), "PJSIP/8002", "", LegId("s2"), 0, 0, "", "", ""
    )
    assert told(TRANSFER, seat) == "caller queued"
