"""Clocks are compared by the median of what Asterisk stamped; disks say what is left of the scarcer of two."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.alarms.machine import ClockSamples, bytes_text, is_synchronised, left_of
from gateway.model.facts import LegAnswered, LinkLost
from gateway.model.ids import CallId, LegId
from tests.alarms.stage import NOON


def stamped(at: float) -> LegAnswered:
    return LegAnswered(at, LegId("1.1"), CallId("1.1"), "PJSIP/8001-1")


def test_one_late_frame_does_not_move_the_clocks_apart() -> None:
    samples = ClockSamples(lambda: NOON)
    assert samples.offset() is None
    for late in (0.01, 0.02, 60.0, 0.01, 0.02):
        samples.on_fact(stamped(NOON - late))
    samples.on_fact(LinkLost(NOON - 9999, "not stamped by Asterisk"))
    assert samples.offset() == pytest.approx(0.02)


def test_a_clock_that_differs_is_seen_on_either_side_and_old_samples_say_nothing() -> None:
    now = [NOON]
    samples = ClockSamples(lambda: now[0])
    for _ in range(9):
        samples.on_fact(stamped(NOON + 5))
    assert samples.offset() == pytest.approx(-5)
    now[0] += 1000
    assert samples.offset() is None


def test_what_is_left_of_a_disk(tmp_path: Path) -> None:
    share, free = left_of(tmp_path)
    assert 0 <= share <= 1 and free >= 0
    with pytest.raises(OSError, match="No such file"):
        left_of(tmp_path / "gone")


def test_bytes_are_said_in_their_unit() -> None:
    said = [bytes_text(it) for it in (0, 1023, 1536, 3 * 1024**3, 5 * 1024**4)]
    assert said == ["0 B", "1023 B", "1.5 KB", "3.0 GB", "5.0 TB"]


def test_the_kernel_says_whether_the_clock_is_kept_or_that_it_does_not_know() -> None:
    assert is_synchronised() in (True, False, None)
