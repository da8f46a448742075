"""The window and the pace, by a clock of the tests' own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.window import Pace, Window


def test_what_is_not_answered_is_sent_three_times_in_all_and_then_given_up() -> None:
    window: Window[str] = Window(16, answer_s=60, tries=3)
    window.put(7, "text", b"octets", now=0)
    assert window.overdue(59.9) == ([], [])
    assert window.overdue(60) == ([b"octets"], [])
    assert window.overdue(119.9) == ([], [])
    assert window.overdue(120) == ([b"octets"], [])
    assert window.overdue(180) == ([], ["text"])
    assert len(window) == 0


def test_what_was_sent_on_an_earlier_connection_counts() -> None:
    window: Window[str] = Window(16, answer_s=60, tries=3)
    window.put(7, "text", b"octets", now=0, sent_before=2)
    assert window.overdue(60) == ([], ["text"])


def test_an_answer_frees_its_place_once() -> None:
    window: Window[str] = Window(2, answer_s=60, tries=3)
    window.put(1, "a", b"", now=0)
    window.put(2, "b", b"", now=5)
    assert (window.room, window.next_due()) == (0, 60)
    assert window.peek(1) is not None
    taken = window.take(1)
    assert taken is not None
    assert (taken.item, taken.sends, window.room, window.next_due()) == ("a", 1, 1, 65)
    assert window.take(1) is None
    assert window.peek(1) is None


def test_the_end_gives_back_what_is_under_way_in_order() -> None:
    window: Window[str] = Window(4, answer_s=60, tries=3)
    for n, item in enumerate("abc"):
        window.put(n, item, b"", now=n)
    window.take(1)
    assert [one.item for one in window.clear()] == ["a", "c"]
    assert (len(window), window.next_due()) == (0, None)


@given(
    st.floats(0.5, 50),
    st.integers(1, 20),
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_no_second_sees_more_than_the_pace_and_its_burst(per_second: float, burst: int, pauses: list[float]) -> None:
    pace, now, sent = Pace(per_second, burst), 0.0, []
    for pause in pauses:
        now += pause
        now += pace.wait(now)
        assert pace.wait(now) < 1e-6
        pace.sent(now)
        sent.append(now)
    for start in sent:
        within = sum(start <= at < start + 1 for at in sent)
        assert within <= per_second + burst + 1e-6 * len(sent) + 1


def test_no_pace_never_waits() -> None:
    pace = Pace(0)
    for _ in range(100):
        assert pace.wait(1.0) == 0
        pace.sent(1.0)


def test_after_a_rest_a_burst_and_then_evenly() -> None:
    pace, waits = Pace(10, burst=3), []
    for _ in range(5):
        waits.append(round(pace.wait(100.0), 6))
        pace.sent(100.0)
    assert waits == [0, 0, 0, 0.1, 0.2]
