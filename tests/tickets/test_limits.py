from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.tickets.config import WindowConfig
from gateway.tickets.limits import SenderLimits

A, B = ("wechat", "a"), ("wechat", "b")


def limits(*windows: tuple[int, int], senders: int = 100) -> SenderLimits:
    return SenderLimits([WindowConfig(messages=n, seconds=s) for n, s in windows], senders)


def test_more_than_a_window_allows_is_an_excess_until_it_has_passed():
    counted = limits((2, 60))
    assert [counted.enter(A, at) is None for at in (0, 1, 2, 30, 63, 91)] == [True, True, False, False, True, True]


def test_the_window_that_was_exceeded_is_told():
    counted = limits((2, 10), (3, 1000))
    found = [counted.enter(A, at) for at in (0, 100, 200, 300)]
    assert [window and window.seconds for window in found] == [None, None, None, 1000]


def test_senders_are_counted_apart_and_forgotten():
    counted = limits((1, 60))
    assert counted.enter(A, 0) is None
    assert counted.enter(B, 0) is None
    assert counted.enter(A, 1) is not None
    counted.forget(A)
    assert counted.enter(A, 2) is None


def test_what_is_taken_back_does_not_count():
    counted = limits((1, 60))
    counted.enter(A, 0)
    counted.leave(A, 0)
    counted.leave(A, 5)
    counted.leave(B, 5)
    assert counted.enter(A, 1) is None


def test_memory_is_bounded_by_forgetting_who_was_silent_longest():
    counted = limits((1, 1000), senders=2)
    for sender, at in ((A, 0), (B, 1), (A, 2)):
        counted.enter(sender, at)
    counted.enter(("wechat", "c"), 3)
    assert counted.enter(B, 4) is None
    assert counted.enter(("wechat", "c"), 5) is not None


def test_without_windows_there_is_no_limit():
    counted = limits()
    assert {counted.enter(A, 0) for _ in range(50)} == {None}


@given(st.lists(st.floats(0, 100), max_size=60), st.integers(1, 5), st.integers(1, 50))
def test_it_agrees_with_plain_counting(times, messages, seconds):
    counted = limits((messages, seconds))
    times.sort()
    for n, at in enumerate(times):
        within = sum(1 for other in times[: n + 1] if other > at - seconds)
        assert (counted.enter(A, at) is not None) == (within > messages)
