"""A transfer on its way to its next version."""

from __future__ import annotations

from gateway.model.facts import LegJoinedRoom
from gateway.model.ids import LegId
from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs
from gateway.transfer.limits import Limits
from gateway.transfer.work import Work, dial, guard, seen
from tests.transfer.telephone import CALL, T0, a_transfer


def work(**fields: object) -> Work:
    return Work(a_transfer("consult", **fields), T0 + 5, Limits())


def test_an_order_to_move_says_where_the_leg_will_be_and_when_to_look() -> None:
    w = work()
    w.move(("caller", "hold", ""), ("agent", "room", ""))
    assert w.orders == [MoveLegs("t1", (("PJSIP/trunk-01", "hold", ""), ("PJSIP/8001-02", "room", "")))]
    assert (w.t.caller_at, w.t.agent_at, w.t.due_at) == ("hold", "moving", T0 + 8)
    assert (w.result().version, w.result().ordered) == (1, 1)


def test_a_step_without_moves_leaves_the_last_one_as_it_was() -> None:
    w = work(version=7, ordered=3)
    assert (w.result().version, w.result().ordered) == (8, 3)


def test_who_is_gone_or_was_never_there_is_not_hung_up() -> None:
    for place in ("", "gone"):
        w = work(target_at=place)
        w.hang_up("target")
        assert w.orders == []
    w = work(target_at="room", target_leg=LegId("gw-t1"))
    w.hang_up("target")
    assert w.orders == [Hangup("gw-t1")] and w.t.target_at == "ending"


def test_a_leg_that_is_seen_brings_its_channel() -> None:
    w = work()
    seen(w, LegJoinedRoom(T0, LegId("s9"), CALL, "PJSIP/8001-03", "x-t1"), "agent")
    assert (w.t.agent_leg, w.t.agent_channel, w.t.agent_at) == ("s9", "PJSIP/8001-03", "room")


def test_the_dialplan_is_told_whose_front_it_is_and_the_target_is_dialled_with_headers() -> None:
    w = work(target_leg=LegId("gw-t1"), more={"headers": {"X-Ticket-No": "1"}, "caller_number": "12345"})
    guard(w)
    dial(w)
    assert w.orders == [
        MarkLeg("PJSIP/trunk-01", "GW_XFER", "t1"), MarkLeg("PJSIP/trunk-01", "GW_BACK", "PJSIP/8001"),
        DialTarget("t1", LegId("gw-t1"), "PJSIP/110@trunk", "12345", "", 30, {"X-Ticket-No": "1"}, "zh"),
    ]  # fmt: skip
