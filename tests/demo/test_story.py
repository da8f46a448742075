"""From log lines to stories to differences, as a run of SIPp writes them."""

from __future__ import annotations

import pytest

from gateway.demo.plan import PlannedCall
from gateway.demo.story import GAVE_UP, TURNED_AWAY, Sighting, Story, Tale, compare, read_line

CALL = PlannedCall("1aa-demo-0001", "13800000001", "12345", 0.0, "patient", 60.0)


def line(at: float, event: str, extension: str = "", mark: str = CALL.mark) -> str:
    tail = f";{extension}" if extension else ""
    return f"2026-11-21\t23:04:58.733958\t{at:.6f};{mark};{event}{tail}"


def tale(*lines: str) -> Tale:
    told = Tale.of([CALL])
    told.see(lines)
    return told


def row(outcome: str | None, **more: object) -> dict[str, object]:
    return {"caller_name": CALL.masked_mark, "outcome": outcome, "entry_number": "12345", "seat": "A001"} | more


ANSWERED = (
    line(1, "dialled"),
    line(1.1, "line_answered"),
    line(2, "rang", "8001"),
    line(4, "picked_up", "8001"),
    line(4.01, "talking", "8001"),
    line(9, "was_hung_up"),
)


def differences(told: Tale, *rows: dict[str, object]) -> tuple[str, ...]:
    return compare([CALL], told, rows, {"A001": "8001", "A002": "8002"}).differences


def test_a_line_of_a_seat_and_one_of_a_citizen_are_read():
    assert read_line(line(1.5, "rang", "8001")) == Sighting(1.5, CALL.mark, "rang", "8001")
    assert read_line(line(1.5, "dialled") + "\n") == Sighting(1.5, CALL.mark, "dialled")


@pytest.mark.parametrize(
    "bad", ["", "x", "a;b", "\t\tx;mark;dialled", "1;2;3", "1.0;;was_hung_up;8001", "1.0;m;unheard of"]
)
def test_what_is_no_line_of_ours_is_passed_over(bad):
    assert read_line(bad) is None


def test_an_answered_call_agrees():
    told = tale(*ANSWERED)
    assert told.counts() == {"answered": 1, "placed": 1}
    assert told.over()
    assert differences(told, row("answered")) == ()


def test_each_way_to_differ_is_told():
    told = tale(*ANSWERED)
    assert "not in the ledger" in differences(told)[0]
    assert "2 times" in differences(told, row("answered"), row("answered"))[0]
    assert "the ledger has abandoned_queue" in differences(told, row("abandoned_queue"))[0]
    assert "the ledger has None" in differences(told, row(None))[0]
    assert "dialled 12345; the ledger has 12315" in differences(told, row("answered", entry_number="12315"))[0]
    assert "talked at 8001; the ledger has seat A002" in differences(told, row("answered", seat="A002"))[0]


def test_calls_of_others_are_passed_over():
    assert differences(tale(*ANSWERED), row("answered"), row("timed_out", caller_name="2bb******0001")) == ()


def test_a_call_that_was_never_dialled_is_told_and_must_not_be_kept():
    assert differences(tale()) == ("1aa-demo-0001: never dialled by SIPp",)
    assert differences(tale(), row("answered")) == ("1aa-demo-0001: never dialled, but in the ledger",)


@pytest.mark.parametrize(
    ("lines", "right"),
    [
        ([line(1, "dialled"), line(5, "hung_up")], {"abandoned_flow", "abandoned_queue"}),
        ([line(1, "dialled"), line(2, "rang", "8001"), line(5, "hung_up")], {"abandoned_ringing"}),
        (
            [line(1, "dialled"), line(2, "rang", "8001"), line(5, "hung_up"), line(5.01, "cancelled", "8001")],
            {"abandoned_ringing"},
        ),
        (
            [line(1, "dialled"), line(2, "rang", "8001"), line(3, "cancelled", "8001"), line(5, "hung_up")],
            {"abandoned_queue"},
        ),
        (
            [line(1, "dialled"), line(2, "rang", "8001"), line(4.9, "cancelled", "8001"), line(5, "hung_up")],
            {"abandoned_ringing", "abandoned_queue"},
        ),
        ([line(1, "dialled"), line(4.9, "rang", "8001"), line(5, "hung_up")], GAVE_UP),
        ([line(1, "dialled"), line(4.9, "picked_up", "8001"), line(5, "hung_up")], GAVE_UP | {"answered"}),
        ([line(1, "dialled"), line(5, "was_hung_up")], TURNED_AWAY),
        ([line(1, "dialled"), line(5, "refused")], set()),
        ([line(1, "dialled")], GAVE_UP),
    ],
)
def test_the_right_outcomes_follow_from_who_did_what_when(lines, right):
    assert tale(*lines).stories[CALL.mark].right_outcomes() == right


def test_turned_away_is_every_loss_that_is_not_the_citizens_own():
    assert {"no_answer", "queue_full", "no_seat", "timed_out", "system", "self_service"} == TURNED_AWAY


def test_lines_of_two_files_may_come_in_any_order_of_files():
    told = Tale.of([CALL])
    told.see(each for each in ANSWERED if each.count(";") == 2)
    told.see(each for each in ANSWERED if each.count(";") == 3)
    assert told.stories[CALL.mark] == tale(*ANSWERED).stories[CALL.mark]


def test_progress_moves_from_waiting_to_talking_to_answered():
    told, seen = Tale.of([CALL]), []
    for each in ANSWERED:
        told.see([each])
        seen.append(told.stories[CALL.mark].state)
    assert seen == ["waiting", "waiting", "waiting", "waiting", "talking", "answered"]


def test_a_new_story_has_not_begun():
    assert Story().state == "not_dialled"
