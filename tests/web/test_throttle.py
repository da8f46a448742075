"""The ladder of waits, by a clock that the test moves."""

from __future__ import annotations

from gateway.web.throttle import LoginThrottle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock, **changed: float) -> LoginThrottle:
    settings = {"login_free": 3, "address_free": 5, "first_s": 2.0, "most_s": 60.0, "window_s": 900.0, "keys": 10_000}
    return LoginThrottle(clock, **{**settings, **changed})  # type: ignore[arg-type]


def test_wait_doubles_up_to_its_bound() -> None:
    clock = Clock()
    throttle = make(clock)
    waits = []
    for _ in range(10):
        wait = throttle.attempt("a", "x")
        if wait:
            clock.now += wait
            assert throttle.attempt("a", "x") == 0
        waits.append(wait)
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60]


def test_parallel_guesses_are_counted_before_any_of_them_fails() -> None:
    throttle = make(Clock())
    assert [throttle.attempt("a", "x") > 0 for _ in range(6)] == [False] * 3 + [True] * 3


def test_success_forgets_the_login_but_not_the_address() -> None:
    throttle = make(Clock())
    for _ in range(5):
        assert throttle.attempt("mine", "x") == 0
        throttle.failed("x")
        throttle.succeeded("mine")
    assert throttle.attempt("mine", "x") > 0
    assert throttle.attempt("mine", "y") == 0


def test_old_failures_are_forgotten() -> None:
    clock = Clock()
    throttle = make(clock)
    for _ in range(3):
        throttle.attempt("a", "x")
    assert throttle.attempt("a", "x") > 0
    clock.now += 901
    assert throttle.attempt("a", "x") == 0


def test_memory_is_bounded_and_the_longest_untouched_goes_first() -> None:
    throttle = make(Clock(), keys=3)
    for _ in range(3):
        throttle.attempt("victim", "x")
    for number in range(2):
        throttle.attempt(f"other{number}", "x")
    assert throttle.attempt("victim", "x") > 0
    throttle.attempt("other2", "x")
    assert throttle.attempt("victim", "x") == 0


def test_a_thousand_failures_are_still_a_finite_wait() -> None:
    clock = Clock()
    throttle = make(clock)
    for _ in range(1000):
        clock.now += throttle.attempt("a", "x")
        throttle.attempt("a", "x")
        clock.now += 60
    assert throttle.attempt("a", "x") <= 60
