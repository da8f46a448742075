"""A shift lead moves and picks up who waits: what is ordered, and what is refused before Asterisk is asked."""

from __future__ import annotations

import pytest

from gateway.model.facts import CallEntered, CallQueued, EndpointChanged
from gateway.model.ids import CallId, LegId, QueueId
from gateway.model.orders import MoveWaiting, OrderRefused, PickUp
from gateway.seats.hall import Hall
from gateway.seats.queue_states import Closure
from gateway.seats.queueing import QueueActs, QueueRefused
from tests.seats import story
from tests.seats.switchboard import Switchboard

LEGAL = QueueId("legal")


def comes(h: Hall, n: int, at: float, place: int, queue: str = "hotline") -> CallId:
    leg, call, channel = LegId(f"c{n}"), CallId(f"c{n}"), f"PJSIP/trunk-0{n}"
    story.tell(
        h,
        CallEntered(story.T0 + at, leg, call, channel, f"1380000000{n}", "", "12345", "trunk"),
        CallQueued(
            story.T0 + at, leg, call, channel, QueueId(queue), place, f"1380000000{n}", "", "12345", "yue"
        ),
    )  # fmt: skip
    return call


@pytest.fixture
def hall() -> Hall:
    h = story.hall(ring_s=12)
    story.tell(h, EndpointChanged(story.T0, "8001", True), EndpointChanged(story.T0, "8002", True))
    for n in (1, 2, 3):
        comes(h, n, n, n)
    return h


@pytest.fixture
def board() -> Switchboard:
    return Switchboard()


@pytest.fixture
def acts(hall: Hall, board: Switchboard) -> QueueActs:
    return QueueActs(hall, board)


async def test_a_move_names_the_leg_and_both_queues(acts: QueueActs, board: Switchboard) -> None:
    await acts.move("c3", "hotline", "front")
    await acts.move("c1", "legal", "back")
    assert board.orders == [
        MoveWaiting("PJSIP/trunk-03", story.HOTLINE, story.HOTLINE, front=True),
        MoveWaiting("PJSIP/trunk-01", story.HOTLINE, LEGAL, front=False),
    ]


async def test_a_move_shows_when_asterisk_says_so_and_the_wait_goes_on(hall: Hall, acts: QueueActs) -> None:
    await acts.move("c3", "hotline", "front")
    assert [w["call_id"] for w in hall.queue_views()[0]["waiting"]] == ["c1", "c2", "c3"]
    leg, call = LegId("c3"), CallId("c3")
    story.tell(hall, story.CallLeftQueue(story.T0 + 10, leg, call, story.HOTLINE))
    story.tell(hall, CallQueued(story.T0 + 10.1, leg, call, "PJSIP/trunk-03", story.HOTLINE, 1, "", "", "12345", "yue"))
    shown = hall.queue_views()[0]["waiting"]
    assert [(w["call_id"], w["position"], w["since"] - story.T0) for w in shown] == [
        ("c3", 1, 3), ("c1", 2, 1), ("c2", 3, 2),
    ]  # fmt: skip
    assert shown[0]["language"] == "yue"
    assert hall.queue_views()[0]["longest_since"] == story.T0 + 1


async def test_who_picks_up_is_rung_as_long_as_the_queue_lets_ring(acts: QueueActs, board: Switchboard) -> None:
    await acts.pick_up("c2", "A001", "8100")
    assert board.orders == [PickUp("PJSIP/trunk-02", story.HOTLINE, "PJSIP/8001", "8100", 12)]


async def test_what_cannot_be_is_refused_by_name_and_nothing_is_ordered(
    hall: Hall, acts: QueueActs, board: Switchboard
) -> None:
    hall.show_queue(LEGAL, Closure(LEGAL, "开会"), None, None)
    story.tell(hall, story.member(1))  # 1001 sits at A001
    story.tell(hall, EndpointChanged(story.T0 + 1, "8002", False))
    for act, kind, field in (
        (acts.move("c9", "hotline", "front"), "unknown", "call_id"),
        (acts.move("c1", "nowhere", "front"), "unknown", "queue"),
        (acts.move("c1", "legal", "front"), "not_now", "queue"),
        (acts.pick_up("c1", "Z999", "8100"), "unknown", "seat"),
        (acts.pick_up("c1", "A001", "8100"), "not_allowed", "seat"),
        (acts.pick_up("c1", "A002", "8100"), "not_now", "seat"),
    ):
        with pytest.raises(QueueRefused) as refused:
            await act
        assert (refused.value.kind, refused.value.field) == (kind, field)
    assert board.orders == []


async def test_who_does_not_wait_any_more_is_not_moved(hall: Hall, acts: QueueActs) -> None:
    story.tell(hall, story.CallLeftQueue(story.T0 + 9, LegId("c1"), CallId("c1"), story.HOTLINE))
    with pytest.raises(QueueRefused) as refused:
        await acts.move("c1", "hotline", "back")
    assert refused.value.kind == "not_now"


async def test_a_closed_queue_may_still_be_put_in_order(hall: Hall, acts: QueueActs, board: Switchboard) -> None:
    hall.show_queue(story.HOTLINE, Closure(story.HOTLINE, "开会"), None, None)
    await acts.move("c2", "hotline", "front")
    assert len(board.orders) == 1


@pytest.mark.parametrize(
    ("config", "why"), [({"max_length": 1}, "is full"), ({"join_empty": False}, "nobody is signed in")]
)
async def test_nobody_is_moved_where_asterisk_would_not_let_them_in(
    hall: Hall, acts: QueueActs, board: Switchboard, config: dict[str, int], why: str
) -> None:
    legal = hall.queues.queues[LEGAL]
    legal.config = legal.config.model_copy(update=config)
    comes(hall, 4, 4, 1, "legal")
    with pytest.raises(QueueRefused, match=why):
        await acts.move("c1", "legal", "front")
    await acts.move("c4", "legal", "front")
    assert len(board.orders) == 1


async def test_a_busy_seat_is_not_rung(hall: Hall, acts: QueueActs) -> None:
    story.tell(hall, story.seat_created(5))
    with pytest.raises(QueueRefused, match="on a call"):
        await acts.pick_up("c1", "A001", "8100")


async def test_asterisks_no_is_handed_on(acts: QueueActs, board: Switchboard) -> None:
    board.refuses = "Already requested"
    with pytest.raises(OrderRefused, match="Already requested"):
        await acts.move("c1", "hotline", "back")
