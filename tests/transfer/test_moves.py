"""The way there, order by order."""

from __future__ import annotations

from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs
from gateway.transfer.inputs import Act, NotCarried
from gateway.transfer.step import begin, step
from tests.transfer.script import Script
from tests.transfer.telephone import T0, a_transfer


def moved(script: Script) -> list[tuple[tuple[str, str, str], ...]]:
    return [order.moves for order in script.phone.orders if isinstance(order, MoveLegs)]


def test_attended_moves_the_citizen_alone_three_way_both_at_once() -> None:
    assert moved(Script("attended").answer()) == [(("PJSIP/trunk-01", "room", ""),)]
    assert moved(Script("three_way").answer()) == [(("PJSIP/trunk-01", "room", ""), ("PJSIP/8001-02", "room", ""))]


def test_consult_parts_them_at_the_press_and_dials_then() -> None:
    orders = begin(a_transfer("consult")).orders
    assert [type(one) for one in orders] == [MarkLeg, MarkLeg, MoveLegs, DialTarget]


def test_toggle_moves_both_at_once() -> None:
    script = Script("consult").answer().press("toggle")
    assert moved(script)[-1] == (("PJSIP/trunk-01", "room", ""), ("PJSIP/trunk-99", "hold", ""))


def test_the_citizens_end_is_marked_before_the_agent_goes() -> None:
    script = Script("three_way").answer().press("leave")
    last = [one for one in script.phone.orders if isinstance(one, MarkLeg | Hangup)][-2:]
    assert last == [MarkLeg("PJSIP/trunk-01", "GW_XFER", "completed"), Hangup("PJSIP/8001-02")]


def test_a_toggle_that_is_refused_leaves_them_as_they_were() -> None:
    script = Script("consult").answer()
    toggled = step(script.t, Act(T0 + 9, "toggle"))
    refused = step(toggled.transfer, NotCarried(T0 + 9, toggled.orders[0], toggled.transfer.version, "no")).transfer
    assert (refused.phase, refused.with_agent, refused.caller_at, refused.target_at) == (
        "consulting", "target", "hold", "room",
    )  # fmt: skip
    assert refused.why.startswith("未能切换")
