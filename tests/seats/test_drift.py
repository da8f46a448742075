"""Drift is counted and healed when two looks agree, and not when an event was merely on its way."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import story
from story import T0, hall, tell

from gateway.seats.drift import DriftWatch, differences


def test_a_picture_that_agrees_has_no_differences() -> None:
    h = hall()
    tell(h, story.member(0), story.entered(0), story.queued(1))
    assert differences(h, T0, [story.member(0)], [story.waiting_image(1)], [story.citizen_image(1)]) == {}


def test_a_missed_pause_is_healed_after_the_second_look() -> None:
    h = hall()
    watch = DriftWatch()
    tell(h, story.member(0))
    truth = [story.member(5, paused=True, reason="lunch")]
    assert watch.look(differences(h, T0, truth, [], [])) == []
    assert watch.suspects
    heal = watch.look(differences(h, T0, truth, [], []))
    tell(h, *heal)
    assert (watch.total, h.seat_views()[0]["reason"]) == (1, "lunch")
    assert differences(h, T0, truth, [], []) == {}


def test_a_difference_that_was_on_its_way_is_not_drift() -> None:
    h = hall()
    watch = DriftWatch()
    assert watch.look(differences(h, T0, [story.member(0)], [], [])) == []
    tell(h, story.member(0))
    assert watch.look(differences(h, T0, [story.member(0)], [], [])) == []
    assert (watch.total, watch.suspects) == (0, False)


def test_seats_and_callers_that_asterisk_no_longer_has_are_let_go() -> None:
    h = hall()
    watch = DriftWatch()
    tell(h, story.member(0), story.entered(0), story.queued(1))
    for _ in range(2):
        heal = watch.look(differences(h, T0, [], [], [story.citizen_image(1)]))
    tell(h, *heal)
    assert h.seat_views()[0]["presence"] == "signed_out"
    assert next(q for q in h.queue_views() if q["id"] == "hotline")["waiting"] == []


def test_a_changed_reason_is_a_difference_too() -> None:
    h = hall()
    tell(h, story.member(0, paused=True, reason="rest"))
    found = differences(h, T0, [story.member(1, paused=True, reason="lunch")], [], [])
    assert [key[0] for key in found] == ["reason"]


def test_a_missed_hang_up_frees_the_seat_and_closes_the_call() -> None:
    h = hall()
    watch = DriftWatch()
    tell(h, story.member(0), *story.ANSWERED_CALL)
    talking = [story.citizen_image(9), story.seat_image(4)]
    assert differences(h, T0, [story.member(0)], [], talking) == {}
    kinds = []
    for _ in range(2):
        kinds += tell(h, *watch.look(differences(h, T0 + 60, [story.member(0)], [], [])))
    assert kinds == ["ended"]
    assert (h.seat_views()[0]["activity"], h.calls.live) == ("idle", {})


def test_a_telephone_that_can_be_reached_again_is_a_difference_and_an_unknown_one_is_none() -> None:
    h = hall()
    tell(h, story.member(0, device=5))
    assert [key[0] for key in differences(h, T0, [story.member(1, device=1)], [], [])] == ["reachable"]
    for unknown in (0, 4, 5):
        assert differences(h, T0, [story.member(1, device=unknown)], [], []) == {}
    tell(h, *differences(h, T0, [story.member(1, device=1)], [], []).values())
    assert h.seat_views()[0]["reachable"]


SOFT = "PJSIP/8001w"


def test_a_softphone_that_agrees_is_no_difference_and_is_counted_once() -> None:
    h = hall()
    tell(h, story.member(0, phone=SOFT))
    assert differences(h, T0, [story.member(0, phone=SOFT)], [], []) == {}
    assert list(differences(h, T0, [], [], [])) == [("gone", "hotline", SOFT)]


def test_a_missed_change_of_telephone_is_healed() -> None:
    h = hall()
    watch = DriftWatch()
    tell(h, story.member(0))
    for _ in range(2):
        heal = watch.look(differences(h, T0, [story.member(5, phone=SOFT)], [], []))
    tell(h, *heal)
    view = h.seat_views()[0]
    assert (view["device"], view["presence"]) == ("softphone", "ready")
    assert differences(h, T0, [story.member(5, phone=SOFT)], [], []) == {}
