"""The queue table: who waits where, in which place, and what changed configuration does to it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import CallId, LegId, QueueId
from gateway.seats.config import QueueConfig
from gateway.seats.queues import Queue, QueueTable, Waiting

T0 = 1_795_300_000.0
HOTLINE, LEGAL = QueueConfig(id="hotline", name="综合受理", name_en="General"), QueueConfig(id="legal", name="法律专席")


def caller(leg: str, at: float = 0.0, number: str = "138****5678") -> Waiting:
    return Waiting(LegId(leg), CallId(f"call-{leg}"), T0 + at, number, "12345")


def test_callers_are_shown_by_arrival_with_their_place() -> None:
    queue = Queue(HOTLINE)
    assert queue.join(caller("b", 5)) and queue.join(caller("a", 2, "089****4567"))
    shown = queue.view()
    assert [(w["call_id"], w["position"], w["since"]) for w in shown["waiting"]] == [
        ("call-a", 1, T0 + 2), ("call-b", 2, T0 + 5),
    ]  # fmt: skip
    assert [w["caller"] for w in shown["waiting"]] == ["089****4567", "138****5678"]
    assert shown["longest_since"] == T0 + 2
    assert (shown["name"], shown["name_en"], shown["answer_within_s"]) == ("综合受理", "General", 15)


def test_an_empty_queue_has_nobody_longest() -> None:
    shown = Queue(HOTLINE).view()
    assert shown["waiting"] == [] and shown["longest_since"] is None


def test_a_fact_that_comes_twice_adds_nobody_and_keeps_the_first_arrival() -> None:
    queue = Queue(HOTLINE)
    queue.join(caller("a", 1))
    assert queue.join(caller("a", 9)) is False
    assert [w.since for w in queue.waiting.values()] == [T0 + 1]
    assert queue.leave(LegId("a")) is True
    assert queue.leave(LegId("a")) is False


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.floats(0, 100)), max_size=40))
def test_places_are_always_one_to_n_without_gaps_whoever_comes_and_goes(moves: list[tuple[bool, int, float]]) -> None:
    queue = Queue(HOTLINE)
    for comes, leg, at in moves:
        if comes:
            queue.join(caller(str(leg), at))
        else:
            queue.leave(LegId(str(leg)))
        waiting = queue.view()["waiting"]
        assert [w["position"] for w in waiting] == list(range(1, len(queue.waiting) + 1))
        assert [w["since"] for w in waiting] == sorted(w["since"] for w in waiting)


def test_dropping_a_caller_takes_it_out_of_every_queue_and_says_of_which() -> None:
    table = QueueTable([HOTLINE, LEGAL, QueueConfig(id="market", name="市场监管")])
    for key in ("hotline", "legal"):
        table.queues[QueueId(key)].join(caller("a"))
    table.queues[QueueId("hotline")].join(caller("b"))
    assert table.drop(LegId("a")) == {"hotline", "legal"}
    assert list(table.queues[QueueId("hotline")].waiting) == ["b"]
    assert table.drop(LegId("a")) == set()


def test_queues_that_are_not_ours_are_none() -> None:
    table = QueueTable([HOTLINE])
    assert table.get(QueueId("other")) is None and table.get(None) is None
    assert table.get(QueueId("hotline")) is table.queues[QueueId("hotline")]


def test_changed_configuration_keeps_callers_and_counts() -> None:
    table = QueueTable([HOTLINE, LEGAL])
    live = table.queues[QueueId("hotline")]
    live.join(caller("a"))
    live.answered_today = 12
    renamed = HOTLINE.model_copy(update={"name": "总机受理"})
    assert table.adopt([renamed, QueueConfig(id="market", name="市场监管")]) == {"hotline", "legal", "market"}
    assert table.queues[QueueId("hotline")] is live
    assert (live.view()["name"], live.answered_today, list(live.waiting)) == ("总机受理", 12, ["a"])
    assert set(table.queues) == {"hotline", "market"}


def test_the_same_configuration_changes_nothing() -> None:
    table = QueueTable([HOTLINE, LEGAL])
    assert table.adopt([HOTLINE.model_copy(), LEGAL]) == set()


def test_who_comes_with_a_place_is_put_there_and_the_longest_wait_is_still_the_longest() -> None:
    queue = Queue(HOTLINE)
    for leg, at, place in (("a", 1, 1), ("b", 2, 2), ("c", 3, 1), ("d", 0.5, 9)):
        queue.join(caller(leg, at), place)
    shown = queue.view()
    assert [(w["call_id"], w["position"]) for w in shown["waiting"]] == [
        ("call-c", 1), ("call-a", 2), ("call-b", 3), ("call-d", 4),
    ]  # fmt: skip
    assert shown["longest_since"] == T0 + 0.5


def test_lines_that_nobody_is_signed_in_for_are_short_and_without_a_rule_nothing_is() -> None:
    queue = Queue(HOTLINE, signed_in=4)
    assert (queue.view()["planned"], queue.view()["short"]) == (None, None)
    queue.lines = 6
    assert (queue.view()["planned"], queue.view()["short"]) == (6, 2)
    queue.signed_in = 7
    assert queue.view()["short"] == 0
