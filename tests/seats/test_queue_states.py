"""What Asterisk keeps of queues: what goes in comes out, ends by its own clock, and bad rows have no effect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import QueueId
from gateway.model.orders import Forget, Remember
from gateway.seats.queue_states import NEVER, Broadcast, Closure, QueueStates

NOW = 1_795_300_000.0
HOTLINE, LEGAL = QueueId("hotline"), QueueId("legal")


def read(*rows: Remember) -> QueueStates:
    by: dict[str, dict[str, str]] = {"gw-closed": {}, "gw-notice": {}, "gw-note": {}}
    for row in rows:
        by[row.family][row.key] = row.text
    return QueueStates.of(by["gw-closed"], by["gw-notice"], by["gw-note"])


def test_a_closure_comes_back_as_it_was_and_the_dialplan_sees_no_word_of_it() -> None:
    closure = Closure(
        LEGAL, "律师开会", "a meeting", to="hotline", until=NOW + 60, by="lead", at=NOW, sound="gw/notice/1"
    )
    note, head = closure.rows()
    assert (note.family, note.key) == ("gw-note", "closed_legal")
    assert head == Remember("gw-closed", "legal", f"{int(NOW + 60)}:hotline:gw/notice/1")
    assert read(note, head).closures == {LEGAL: closure}
    assert read(note, head).closure("legal", NOW) == closure
    assert read(note, head).closure("legal", NOW + 60) is None


def test_a_closure_without_an_end_holds_until_it_is_opened() -> None:
    closure = Closure(LEGAL, "停电")
    assert closure.rows()[1].text == f"{NEVER}::"
    assert read(*closure.rows()).closure("legal", NOW + 10**9) == closure
    assert read(*closure.rows()).next_end(NOW) is None


def test_a_broadcast_for_some_queues_is_heard_there_and_before_that_for_all() -> None:
    every = Broadcast("a", NOW + 100, text="台风预警", by="lead", at=NOW, sound="gw/notice/a")
    some = Broadcast("b", NOW + 50, (HOTLINE, LEGAL), recording="typhoon", at=NOW + 1, sound="gw/notice/b")
    states = read(*every.rows(), *some.rows())
    assert states.broadcasts == {"a": every, "b": some}
    assert (states.broadcast("legal", NOW), states.broadcast("market", NOW)) == (some, every)
    assert states.broadcast("legal", NOW + 50) == every
    assert states.in_force(NOW) == [some, every] and states.in_force(NOW + 100) == []
    assert states.next_end(NOW) == NOW + 50 and states.next_end(NOW + 60) == NOW + 100
    assert states.sounds == {"gw/notice/a", "gw/notice/b"}


def test_a_newer_broadcast_leaves_the_older_where_it_was_not_replaced() -> None:
    older, newer = Broadcast("a", NOW + 9, (HOTLINE, LEGAL)), Broadcast("b", NOW + 9, (LEGAL,))
    states = read(*older.rows(), *newer.rows())
    assert states.broadcasts["a"].queues == (HOTLINE,) and states.broadcasts["b"].queues == (LEGAL,)


def test_what_is_over_is_swept_up_and_a_note_that_is_being_written_is_not() -> None:
    closure = Closure(LEGAL, "停电", until=NOW - 1, at=NOW - 500)
    heard = Broadcast("a", NOW - 1, (HOTLINE,), text="停水", at=NOW - 500)
    fresh = Broadcast("b", NOW + 9, text="台风", at=NOW - 1).rows()[0]
    held = Broadcast("c", NOW + 9, text="停电", at=NOW - 500)
    assert set(read(*closure.rows(), *heard.rows(), fresh, *held.rows()).over(NOW)) == {
        Forget("gw-closed", "legal"), Forget("gw-notice", "q_hotline"),
        Forget("gw-note", "closed_legal"), Forget("gw-note", "notice_a"),
    }  # fmt: skip


def test_words_too_long_for_a_line_of_ami_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^text: "):
        Broadcast("a", NOW + 9, text="台" * 200, text_en="e" * 600).rows()
    with pytest.raises(ValueError, match=r"^why: "):
        Closure(LEGAL, "停" * 400).rows()


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=4),
    st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=4),
    st.dictionaries(st.text(max_size=12), st.text(max_size=30) | st.just('{"at": true, "why": 3}'), max_size=4),
)
def test_whatever_lies_there_is_read_without_an_error(
    closed: dict[str, str], notices: dict[str, str], notes: dict[str, str]
) -> None:
    states = QueueStates.of(closed, notices, notes)
    states.over(NOW), states.next_end(NOW), states.in_force(NOW), states.sounds
    assert all(one.until is None or one.until > 0 for one in states.closures.values())
