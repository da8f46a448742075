"""The capacity rule of the hour: lines by day and night, the standby that was called in, and who is missing."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.seats.capacity import capacity_of, line_of, lines_of
from gateway.seats.config import QueueConfig
from gateway.seats.queues import Queue

RULE = QueueConfig(id="hotline", name="综合受理", day="day_shift", day_lines=6, night_lines=2, standby=1)
DAY, NIGHT = 1.0, 2.0


def is_open(calendar: str, at: float) -> bool:
    return calendar == "day_shift" and at == DAY


def test_by_day_six_lines_by_night_two() -> None:
    assert (line_of(RULE, DAY, is_open), lines_of(RULE, DAY, is_open)) == ("day", 6)
    assert (line_of(RULE, NIGHT, is_open), lines_of(RULE, NIGHT, is_open)) == ("night", 2)


def test_without_a_calendar_it_is_always_day_and_without_lines_there_is_no_rule() -> None:
    assert lines_of(QueueConfig(id="a", name="甲", day_lines=3), NIGHT, is_open) == 3
    assert lines_of(QueueConfig(id="a", name="甲"), DAY, is_open) is None


def test_short_is_who_is_not_signed_in_and_the_standby_called_in_counts_as_planned() -> None:
    queue = Queue(RULE, signed_in=5, ready=2, talking=3)
    found = capacity_of(queue, 1, DAY, is_open)
    assert (found.lines, found.planned, found.short, found.standby) == (6, 7, 2, 1)
    assert (found.signed_in, found.ready, found.talking) == (5, 2, 3)
    assert capacity_of(queue, 0, NIGHT, is_open).short == 0


@pytest.mark.parametrize("rule", [{"night_lines": 2}, {"standby": 1}])
def test_half_a_rule_is_an_error(rule: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="needs day"):
        QueueConfig(id="a", name="甲", **rule)
