"""The books of what is on its way to the carrier."""

from __future__ import annotations

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.dialect import Part, Submitted
from gateway.channels.sms.outbox import Outbox, parts_of
from gateway.channels.sms.split import References

TARGET = "13800000000"


def cut(count: int) -> list[Part]:
    return [Part(TARGET, 8, bytes((n,)), True, count, n) for n in range(1, count + 1)]


def drained(box: Outbox) -> list[int]:
    sent = []
    while (piece := box.next()) is not None:
        sent.append(piece.part.n)
        box.sent()
    return sent


def test_a_finished_delivery_is_known_and_not_sent_again() -> None:
    box = Outbox()
    submission = box.open("d1", TARGET, "text", lambda: cut(2))
    assert drained(box) == [1, 2]
    for n, piece in enumerate(submission.pieces):
        assert not submission.rest.is_set()
        piece.settle(Submitted(f"id{n}"))
    assert submission.rest.is_set()
    again = box.open("d1", TARGET, "text", lambda: cut(2))
    assert (again.ids(), again.rest.is_set(), box.next()) == (["id0", "id1"], True, None)


def test_a_second_try_sends_only_what_was_not_taken() -> None:
    box = Outbox()
    submission = box.open("d1", TARGET, "text", lambda: cut(3))
    drained(box)
    for piece, error in zip(submission.pieces, (None, Retryable("busy"), None), strict=True):
        piece.settle(Submitted("id", error))
    assert submission.ids() is None
    assert isinstance(submission.refused(), Retryable)
    box.open("d1", TARGET, "text", lambda: pytest.fail("cut again: another reference"))
    assert drained(box) == [2]
    assert submission.refused() is None


def test_another_text_under_the_same_key_is_another_submission() -> None:
    box = Outbox()
    box.open("d1", TARGET, "text", lambda: cut(1))
    drained(box)
    assert len(box.open("d1", TARGET, "another", lambda: cut(2)).pieces) == 2


def test_what_is_refused_for_good_stops_the_parts_behind_it() -> None:
    box = Outbox()
    submission = box.open("d1", TARGET, "text", lambda: cut(3))
    first = box.next()
    assert first is not None
    box.sent()
    first.settle(Submitted(error=Permanent("blacklisted")))
    assert submission.rest.is_set()
    assert box.next() is None
    assert isinstance(submission.refused(), Permanent)


def test_a_try_that_has_ended_leaves_nothing_in_the_queue() -> None:
    box = Outbox()
    submission = box.open("d1", TARGET, "text", lambda: cut(2))
    submission.withdraw()
    assert box.next() is None
    box.open("d1", TARGET, "text", list)
    assert drained(box) == [1, 2]


def test_withdrawn_and_queued_again_is_sent_once() -> None:
    box = Outbox()
    for _ in range(3):
        box.open("d1", TARGET, "text", lambda: cut(1)).withdraw()
    box.open("d1", TARGET, "text", lambda: cut(1))
    assert drained(box) == [1]


def test_what_comes_back_goes_first() -> None:
    box = Outbox()
    box.open("d1", TARGET, "text", lambda: cut(1))
    piece = box.next()
    assert piece is not None
    box.sent()
    box.open("d2", TARGET, "text", lambda: cut(2))
    box.back(piece)
    assert box.next() is piece


def test_the_queue_is_bounded() -> None:
    box = Outbox(most_waiting=3)
    box.open("d1", TARGET, "text", lambda: cut(3))
    with pytest.raises(Retryable, match="过多") as refused:
        box.open("d2", TARGET, "text", lambda: cut(1))
    assert refused.value.after_s == 10


def test_the_books_are_bounded() -> None:
    box = Outbox(most_remembered=2)
    for key in ("d1", "d2", "d3"):
        box.open(key, TARGET, "text", lambda: cut(1))
    first = box.open("d3", TARGET, "text", lambda: cut(9))
    assert len(first.pieces) == 1
    assert len(box.open("d1", TARGET, "text", lambda: cut(9)).pieces) == 9


def test_a_text_becomes_parts() -> None:
    (one,) = parts_of(TARGET, "text", References(7))
    assert one == Part(TARGET, 0, b"text")
    many = parts_of(TARGET, "中" * 100, References(7))
    assert [(one.n, one.total, one.headed, one.coding, one.content[3]) for one in many] == [
        (1, 2, True, 8, 7),
        (2, 2, True, 8, 7),
    ]


@pytest.mark.parametrize(("text", "why"), [("", "为空"), ("中" * 67 * 256, "过长")])
def test_what_cannot_be_sent_is_refused(text: str, why: str) -> None:
    with pytest.raises(Permanent, match=why):
        parts_of(TARGET, text, References(7))
