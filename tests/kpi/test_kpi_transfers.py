"""Transfers by partner and outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from gateway.kpi.transfers import TransferFigures, TransferTally, transfer_figures
from gateway.model.ids import AgentId, CallId, SeatId
from gateway.model.transfers import Transfer


def ended(partner: str, outcome: str, **fields: Any) -> Transfer:
    values = {"started_at": 100.0, "ended_at": 200.0, "phase": "ended", "outcome": outcome, "partner": partner}
    mode = fields.pop("mode", "attended")
    return Transfer("t", "k", CallId("1"), mode, "x", SeatId("A001"), AgentId("1"), **{**values, **fields})


def test_partners_are_counted_apart_by_outcome() -> None:
    told = [
        ended("119", "busy"),
        ended("110", "completed", answered_at=104.0, joined_at=105.0),
        ended("110", "completed", answered_at=110.0, joined_at=110.0),
        ended("110", "no_answer"),
        ended("110", "cancelled"),
        ended("110", "caller_left"),
        ended("110", "partner_left", answered_at=101.0),
    ]
    assert transfer_figures(told) == [
        TransferFigures(
            "110", 6, {"completed": 2, "no_answer": 1, "cancelled": 1, "caller_left": 1, "partner_left": 1},
            0.75, 0.5, 5.0, 92.5,
        ),
        TransferFigures("119", 1, {"busy": 1}, 0.0, 0.0, None, None),
    ]  # fmt: skip


def test_modes_and_days_are_groups_too_and_pushes_are_counted() -> None:
    told = [ended("110", "busy", delivery="d1"), ended("", "completed", mode="queue", started_at=100.0 + 86_400)]
    told[1] = replace(told[1], ended_at=told[1].started_at + 1)
    assert [(one.group, one.total, one.pushed) for one in transfer_figures(told, "mode")] == [
        ("attended", 1, 1), ("queue", 1, 0),
    ]  # fmt: skip
    days = transfer_figures(told, "day", ZoneInfo("Asia/Shanghai"))
    assert [one.group for one in days] == ["1970-01-01", "1970-01-02"]


def test_pages_count_as_one_reading() -> None:
    told = [ended("110", "completed", answered_at=104.0), ended("119", "busy"), ended("110", "no_answer")]
    tally = TransferTally()
    for one in told:
        tally.add([one])
    assert tally.figures() == transfer_figures(told)


def test_what_still_runs_is_left_out_and_who_gave_up_first_says_nothing_of_the_partner() -> None:
    assert transfer_figures([ended("110", "busy", ended_at=None)]) == []
    (figures,) = transfer_figures([ended("110", "cancelled")])
    assert (figures.total, figures.reached, figures.completed_rate) == (1, None, None)


def test_an_agent_who_cancels_after_the_answer_has_reached_the_partner() -> None:
    (figures,) = transfer_figures([ended("110", "cancelled", answered_at=103.0)])
    assert (figures.reached, figures.completed_rate, figures.answer_s) == (1.0, 0.0, 3.0)
