"""The expected wait over simulated days, beside app_queue's own announcement (its holdtime less what was waited).

Three sizes of hall, three days each, seeded; the error is the mean absolute difference between what was told and what
came true, over everything that was told to callers who were answered. CPU is told for the largest halls.
"""

from __future__ import annotations

import time
from typing import Any

from bench.table import Row, run
from gateway.kpi.wait import AgentNow, HandlingTimes, expected_waits
from tools.queue_day import DayPlan, QueueDay

SIZES, SEEDS = (900, 4_300, 10_400), (1, 2, 3)
TARGET = 0.5


def measure() -> dict[str, Any]:
    days = [_day(calls, seed) for calls in SIZES for seed in SEEDS]
    ours = sum(day["ours_s"] * day["told"] for day in days) / sum(day["told"] for day in days)
    theirs = sum(day["theirs_s"] * day["told"] for day in days) / sum(day["told"] for day in days)
    return {"days": days, "ours_s": round(ours, 2), "theirs_s": round(theirs, 2), "reckoned_ms": _cost_ms()}


def _day(calls: int, seed: int) -> dict[str, Any]:
    day = QueueDay(seed, DayPlan(calls=calls)).run()
    ours, theirs = day.errors()
    return {"calls": calls, "seed": seed, "told": len(day.told), "ours_s": round(ours, 2), "theirs_s": round(theirs, 2)}


def _cost_ms() -> float:
    """CPU of one reckoning with 200 agents who talk and 60 callers who wait."""
    handling = HandlingTimes()
    for second in range(30, 430):
        handling.add(float(second), 20.0)
    agents = [AgentNow("talking", 1.7 * number) for number in range(200)]
    began = time.process_time()
    for _ in range(20):
        expected_waits(agents, handling, [float(place) for place in range(61)], hang_up_rate=0.003)
    return round((time.process_time() - began) / 20 * 1_000, 2)


def rows(result: dict[str, Any]) -> list[Row]:
    ratio = result["ours_s"] / result["theirs_s"]
    worst = max(day["ours_s"] / day["theirs_s"] for day in result["days"])
    return [
        Row(
            "expected wait: mean error over simulated days",
            f"{result['ours_s']:.1f} s",
            f"{result['theirs_s']:.1f} s (app_queue holdtime)",
            f"{ratio:.2f} (worst day {worst:.2f})",
            f"<= {TARGET}",
            ratio <= TARGET,
        ),
        Row("expected waits of 60 callers, 200 agents", f"{result['reckoned_ms']:.1f} ms CPU", "", "", "", None),
    ]


if __name__ == "__main__":
    run(measure, rows, (__doc__ or "").partition("\n")[0])
