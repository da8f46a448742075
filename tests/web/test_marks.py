"""Marks lie where the file has them: waiting and music are not in it, holds are or are not, and its length tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gateway.model.ids import AgentId, CallId, SeatId
from gateway.model.records import CallRecord, Stretch
from gateway.model.transfers import Transfer
from gateway.web.marks import marks_of

AGENT = AgentId("8001")


def call(*stretches: tuple[str, float, float | None], ended_at: float | None = 200.0) -> CallRecord:
    made = [Stretch(kind, start, end, agent=AGENT) for kind, start, end in stretches]  # type: ignore[arg-type]
    return CallRecord(CallId("7.1"), 0.0, ended_at=ended_at, stretches=made)


def transfer(**fields: Any) -> Transfer:
    made = Transfer(
        "t", "k", CallId("7.1"), "attended", "110", SeatId("A001"), AGENT, 60.0, partner="110", ended_at=90.0,
        phase="ended", outcome="completed",
    )  # fmt: skip
    return replace(made, **fields)


HELD = call(("flow", 0, 5), ("waiting", 5, 20), ("talking", 20, 60), ("held", 60, 90), ("talking", 90, 150))


def places(marked: Any, kind: str) -> list[tuple[float, float]]:
    return [(one.start_s, one.end_s) for one in marked.marks if one.kind == kind]


def test_a_hold_that_was_recorded_takes_its_time_in_the_file() -> None:
    marked = marks_of(HELD, [], 130.5)
    assert places(marked, "talk") == [(0, 40), (70, 130)]
    assert places(marked, "hold") == [(40, 70)]
    assert marked.exact


def test_a_hold_that_was_not_recorded_is_a_point() -> None:
    marked = marks_of(HELD, [], 99.5)
    assert places(marked, "talk") == [(0, 40), (40, 99.5)]
    assert places(marked, "hold") == [(40, 40)]
    assert marked.exact


def test_a_hold_of_a_transfer_is_told_from_the_telephones_own() -> None:
    both = call(("talking", 20, 60), ("held", 60, 90), ("talking", 90, 100), ("held", 100, 110), ("talking", 110, 120))
    marked = marks_of(both, [transfer()], 70.0)
    assert places(marked, "hold") == [(40, 40), (50, 60)]
    assert places(marked, "transfer") == [(40, 40)]
    assert marked.exact


def test_what_was_said_after_the_agent_left_is_in_the_file() -> None:
    marked = marks_of(call(("talking", 20, 80), ended_at=200.0), [transfer(released_at=80.0)], 180.0)
    assert places(marked, "transfer") == [(40, 70)]
    assert marked.exact


def test_three_people_speak_from_the_joining_on() -> None:
    three = transfer(mode="three_way", joined_at=70.0, ended_at=100.0)
    marked = marks_of(call(("talking", 20, 120)), [three], 100.0)
    assert places(marked, "three_way") == [(50, 80)]
    [mark] = [one for one in marked.marks if one.kind == "three_way"]
    assert (mark.by, mark.mode, mark.outcome) == ("110", "three_way", "completed")


def test_a_file_of_another_length_is_said_to_be_inexact_and_no_mark_is_beyond_it() -> None:
    marked = marks_of(HELD, [], 12.0)
    assert not marked.exact
    assert max(one.end_s for one in marked.marks) == 12.0


def test_a_persons_number_is_no_name_of_a_target() -> None:
    person = transfer(partner="", target="13812345678")
    assert [one.by for one in marks_of(HELD, [person], 130.0).marks if one.kind == "transfer"] == [""]
    queue = transfer(partner="", target="legal", target_kind="queue")
    assert [one.by for one in marks_of(HELD, [queue], 130.0).marks if one.kind == "transfer"] == ["legal"]


def test_a_call_that_goes_on_has_the_marks_that_it_has() -> None:
    marked = marks_of(call(("talking", 20, 60), ("talking", 60, None), ended_at=None), [], 55.0)
    assert places(marked, "talk") == [(0, 40), (40, 40)]


def test_a_call_without_stretches_has_none() -> None:
    assert marks_of(call(), [], 10.0).marks == []
