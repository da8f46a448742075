"""Mails a minute to one domain: never more in any minute, and others are not held up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.pace import Pace


class Ticks:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_over_the_limit_it_says_how_long_to_wait() -> None:
    clock = Ticks()
    pace = Pace({"qq.com": 2}, 5, clock)
    assert pace.wait_s("qq.com") == 0
    clock.now += 10
    assert pace.wait_s("qq.com") == 0
    assert pace.wait_s("qq.com") == 50
    assert [pace.wait_s("163.com") for _ in range(5)] == [0.0] * 5
    assert pace.wait_s("163.com") == 60
    clock.now += 50
    assert pace.wait_s("qq.com") == 0


@given(st.lists(st.floats(0, 40), max_size=80), st.integers(1, 5))
def test_no_minute_has_more_than_the_limit(steps: list[float], limit: int) -> None:
    clock, sent = Ticks(), list[float]()
    pace = Pace({}, limit, clock)
    for step in steps:
        clock.now += step
        if pace.wait_s("a.cn") == 0:
            sent.append(clock.now)
    assert all(sum(0 <= at - start < 60 for at in sent) <= limit for start in sent)


def test_who_waits_as_long_as_told_may_send() -> None:
    clock = Ticks()
    pace = Pace({}, 1, clock)
    assert pace.wait_s("a.cn") == 0
    clock.now += 0.3
    clock.now += pace.wait_s("a.cn")
    assert pace.wait_s("a.cn") == 0


def test_domains_of_long_ago_are_forgotten() -> None:
    clock = Ticks()
    pace = Pace({}, 1, clock)
    for n in range(3000):
        clock.now += 1
        pace.wait_s(f"{n}.cn")
    assert len(pace._sent) <= 1001
