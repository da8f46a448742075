"""The way back: refusals, lost facts, orders given again."""

from __future__ import annotations

from gateway.model.facts import CallQueued, LegEnded, LegRang
from gateway.model.ids import LegId
from gateway.model.orders import Hangup, MarkLeg, MoveLegs
from gateway.transfer.inputs import Act, Carried, Due, NotCarried
from gateway.transfer.step import Step, begin, step
from tests.transfer.script import Script
from tests.transfer.telephone import CALL, HOTLINE, T0, a_transfer


def cancelled(mode: str = "consult") -> Step:
    return step(begin(a_transfer(mode)).transfer, Act(T0 + 1, "cancel"))


def refused(done: Step) -> NotCarried:
    order = next(order for order in done.orders if isinstance(order, MoveLegs))
    return NotCarried(T0 + 2, order, done.transfer.version, "no")


def test_a_citizen_who_cannot_come_to_the_room_goes_to_the_front_of_the_queue() -> None:
    done = cancelled()
    again = step(done.transfer, refused(done))
    assert [type(order) for order in again.orders] == [Hangup, MoveLegs, Hangup]
    assert again.orders[1] == MoveLegs("t1", (("PJSIP/trunk-01", "back", "PJSIP/8001"),))
    third = step(again.transfer, refused(again))
    assert third.orders == () and third.transfer.due_at is not None  # not in a circle: at the next look


def test_a_citizen_is_never_given_up_and_a_targets_leg_at_last() -> None:
    now = step(cancelled().transfer, Act(T0, "cancel")).transfer
    for _ in range(12):
        assert now.phase == "returning" and now.due_at is not None
        done = step(now, Due(now.due_at))
        assert any(isinstance(order, MoveLegs) for order in done.orders)
        now = done.transfer
    moved = next(order for order in done.orders if isinstance(order, MoveLegs))
    now = step(now, Carried(now.due_at or 0, moved, now.version)).transfer
    assert now.phase == "returning" and now.target_at == "ending" and now.due_at is not None
    assert step(now, Due(now.due_at)).transfer.phase == "ended"


def test_it_does_not_end_while_an_order_is_on_its_way() -> None:
    done = cancelled()
    queued = CallQueued(T0 + 2, LegId("c1"), CALL, "", HOTLINE, 1, "", "", "")
    gone = LegEnded(T0 + 2, LegId("gw-t1"), CALL, "", 16, "")
    now = step(step(done.transfer, queued).transfer, gone).transfer
    assert (now.phase, now.caller_at) == ("returning", "handed")
    moved = next(order for order in done.orders if isinstance(order, MoveLegs))
    now = step(now, Carried(T0 + 3, moved, done.transfer.version)).transfer
    assert (now.phase, now.caller_at) == ("returning", "moving")  # out of the queue again, into the room


def test_a_target_that_rings_after_it_was_given_up_is_hung_up_again() -> None:
    done = cancelled("attended")
    late = step(done.transfer, LegRang(T0 + 2, LegId("gw-t1"), CALL, "PJSIP/trunk-99"))
    assert late.orders == (Hangup("PJSIP/trunk-99"),)


def test_a_conversation_that_goes_on_with_the_agent_is_an_ordinary_one_again() -> None:
    assert Script("attended").press("cancel").phone.orders[-1] == MarkLeg("PJSIP/trunk-01", "GW_XFER", "")
    script = Script("consult").press("cancel")
    assert script.phone.marks["GW_XFER"] == "completed"
    assert script.hang_up("agent").phone.caller.ended_by == "completed"
