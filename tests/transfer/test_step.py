"""The matrix: mode x what becomes of the target x who leaves first in which state, with nothing lost; and restarts."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.facts import CallQueued, LegEnded, LegJoinedRoom, TargetFailed
from gateway.model.ids import CallId, LegId
from gateway.model.orders import DialTarget, Hangup, MarkLeg, MoveLegs
from gateway.transfer.inputs import Act
from gateway.transfer.step import begin, reconcile, step
from tests.transfer.script import Script
from tests.transfer.telephone import CALL, HOTLINE, T0, a_transfer

DIALLED = ("attended", "three_way", "consult", "blind")
WITH_AGENT = {"attended": "agent", "three_way": "agent", "consult": "somebody", "blind": "queue"}
"""Where a citizen is whose target did not come: with the same agent, in the bridge or in the room. After a blind
transfer the agent had been let go: the front of the queue, the same agent rung first."""


@pytest.mark.parametrize("mode", DIALLED)
@pytest.mark.parametrize(
    ("status", "cause", "outcome"),
    [
        ("busy", 17, "busy"), ("no_answer", 19, "no_answer"), ("failed", 21, "refused"), ("failed", 0, "unreachable"),
        ("congestion", 38, "unreachable"), ("failed", 1, "unreachable"),
    ],
)  # fmt: skip
def test_a_target_that_does_not_come_leaves_the_citizen_cared_for(
    mode: str, status: str, cause: int, outcome: str
) -> None:
    script = Script(mode).fail(status, cause)
    assert script.ends() == (outcome, WITH_AGENT[mode])
    assert script.t.cause == (cause or None) and script.unknown == []
    assert script.phone.marks["GW_XFER"] == {"agent": "", "somebody": "completed", "queue": "t1"}[WITH_AGENT[mode]]


@pytest.mark.parametrize("mode", DIALLED)
def test_a_target_that_rings_for_ever_is_given_up(mode: str) -> None:
    assert Script(mode).wait().ends() == ("no_answer", WITH_AGENT[mode])


@pytest.mark.parametrize("mode", DIALLED)
def test_a_target_that_hangs_up_at_once_brings_the_citizen_back(mode: str) -> None:
    script = Script(mode).answer().hang_up("target")
    if mode in ("attended", "blind"):
        # They had each other: it was a completed call, and its end is the dialplan's.
        assert script.ends() == ("completed", "gone") and script.phone.caller.ended_by == "completed"
    else:
        assert script.ends() == ("partner_left", "somebody")


@pytest.mark.parametrize("mode", DIALLED)
def test_a_press_of_cancel_while_it_rings_takes_the_citizen_back(mode: str) -> None:
    script = Script(mode).press("cancel")
    assert script.ends() == ("cancelled", WITH_AGENT[mode])
    assert script.phone.target is not None and not script.phone.target.alive


@pytest.mark.parametrize("mode", DIALLED)
def test_a_citizen_who_hangs_up_while_it_rings_ends_everything(mode: str) -> None:
    script = Script(mode).hang_up("caller")
    assert script.ends() == ("caller_left", "gone")
    assert not any(leg.alive for leg in script.phone.legs.values())


@pytest.mark.parametrize(("mode", "outcome"), [(m, "agent_left") for m in DIALLED if m != "blind"])
def test_an_agent_who_is_lost_while_it_rings_leaves_the_citizen_at_the_queues_front(mode: str, outcome: str) -> None:
    script = Script(mode).hang_up("agent")
    assert script.ends() == (outcome, "queue")
    assert script.phone.target is not None and not script.phone.target.alive


@pytest.mark.parametrize(
    ("mode", "acts"), [("attended", []), ("blind", []), ("consult", ["complete"]), ("consult", ["leave"]),
                       ("consult", ["merge", "leave"]), ("consult", ["toggle", "complete"]), ("three_way", ["leave"]),
                       ("three_way", ["complete"])],
)  # fmt: skip
@pytest.mark.parametrize("first", ["target", "caller"])
def test_after_the_release_citizen_and_target_go_on_without_the_agent(mode: str, acts: list[str], first: str) -> None:
    script = Script(mode).answer()
    for act in acts:
        script.press(act)
    assert script.t.phase == "released" and script.phone.company() == "somebody"
    assert not script.phone.agent.alive and script.t.agent_at == "gone" and script.t.due_at is None
    assert script.phone.marks["GW_XFER"] == "completed"
    script.hang_up(first)
    assert script.ends() == ("completed", "gone")
    assert not any(leg.alive for leg in script.phone.legs.values()) and script.unknown == []


def test_in_a_three_way_call_each_may_leave_and_the_last_two_go_on() -> None:
    assert Script("three_way").answer().t.phase == "three_way"
    assert Script("three_way").answer().hang_up("target").ends() == ("partner_left", "somebody")
    assert Script("three_way").answer().press("drop_partner").ends() == ("cancelled", "somebody")
    agent_left = Script("three_way").answer().hang_up("agent")
    assert (agent_left.t.phase, agent_left.t.outcome, agent_left.phone.company()) == (
        "released", "completed", "somebody",
    )  # fmt: skip
    citizen_left = Script("three_way").answer().hang_up("caller")
    assert (citizen_left.t.phase, citizen_left.t.with_agent) == ("consulting", "target")
    assert citizen_left.phone.agent.alive and citizen_left.phone.target is not None
    assert citizen_left.hang_up("agent").ends() == ("caller_left", "gone")
    assert not citizen_left.phone.target.alive


def test_a_consultation_may_go_to_and_fro() -> None:
    script = Script("consult").answer()
    assert (script.t.phase, script.phone.company(), script.t.with_agent) == ("consulting", "hold", "target")
    script.press("toggle")
    assert (script.phone.company(), script.t.with_agent) == ("somebody", "caller")
    script.press("toggle")
    assert (script.phone.company(), script.t.with_agent) == ("hold", "target")
    assert script.press("cancel").ends() == ("cancelled", "somebody") and script.phone.agent.alive


@pytest.mark.parametrize(
    ("who", "toggled", "ends"),
    [
        ("target", False, ("partner_left", "somebody")), ("target", True, ("partner_left", "somebody")),
        ("agent", False, ("agent_left", "queue")), ("agent", True, ("agent_left", "queue")),
        ("caller", True, ("caller_left", "gone")),
    ],
)  # fmt: skip
def test_whoever_leaves_a_consultation_leaves_nobody_alone(who: str, toggled: bool, ends: Any) -> None:
    script = Script("consult").answer()
    if toggled:
        script.press("toggle")
    assert script.hang_up(who).ends() == ends
    assert script.phone.target is not None and not script.phone.target.alive


def test_an_agent_may_finish_with_the_partner_when_the_citizen_has_hung_up() -> None:
    script = Script("consult").answer().hang_up("caller")
    assert script.t.phase == "consulting" and script.phone.agent.alive and "市民已挂机" in script.t.why
    assert script.press("complete").ends() == ("caller_left", "gone")
    assert not script.phone.agent.alive


def test_music_has_an_end() -> None:
    script = Script("consult").answer().wait()
    assert (script.t.with_agent, script.phone.company()) == ("caller", "somebody")
    assert script.wait().ends() == ("cancelled", "somebody")


@pytest.mark.parametrize(("mode", "company"), [("queue", "queue"), ("ivr", "flow")])
def test_a_queue_or_flow_has_the_citizen_at_once(mode: str, company: str) -> None:
    script = Script(mode)
    assert script.ends() == ("completed", company)
    assert not script.phone.agent.alive and script.t.released_at is not None


def test_an_answer_that_never_comes_to_the_room_is_no_answer() -> None:
    script = Script("attended")
    script.t = step(script.t, CallQueued(T0 - 9, LegId("c1"), CALL, "", HOTLINE, 1, "", "", "")).transfer
    assert script.t.phase == "calling"  # a queue of before the press is not a queue now
    script.t = step(script.t, TargetFailed(T0, LegId("other"), "t9", "busy")).transfer
    assert script.t.phase == "calling"


def test_attended_and_three_way_move_nobody_before_the_answer() -> None:
    for mode in ("attended", "three_way"):
        orders = begin(a_transfer(mode)).orders
        assert [type(order) for order in orders] == [MarkLeg, MarkLeg, DialTarget]


def test_who_must_be_guarded_is_marked_before_being_moved() -> None:
    for mode in ("consult", "blind", "queue", "ivr"):
        kinds = [type(order) for order in begin(a_transfer(mode)).orders]
        assert kinds[:3] == [MarkLeg, MarkLeg, MoveLegs]


def test_an_agents_leg_that_comes_to_another_id_is_still_the_agents() -> None:
    script = Script("three_way").answer()
    new = LegJoinedRoom(script.phone.now, LegId("s9"), CallId("c9"), "PJSIP/8001-02", script.t.room)
    script.tell(new)
    assert (script.t.agent_leg, script.t.agent_at) == ("s9", "room")
    script.tell(LegEnded(script.phone.now, LegId("s1"), CALL, "PJSIP/8001-02<ZOMBIE>", 16, ""))
    assert script.t.phase == "three_way"


def test_an_unknown_pair_changes_nothing_and_is_said() -> None:
    script = Script("attended")
    before = script.t
    script.press("merge")
    assert script.t == before and script.unknown == ["calling: merge"]


def test_an_ended_transfer_never_moves_again() -> None:
    script = Script("attended").fail("busy", 17)
    before = script.t
    for given in (LegEnded(T0 + 9, LegId("c1"), CALL, "", 16, ""), TargetFailed(T0 + 9, LegId("gw-t1"), "t1", "busy")):
        assert step(before, given).transfer == before
    assert reconcile(before, script.phone.snapshot()).orders == ()


# Restarts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", DIALLED)
@pytest.mark.parametrize("state", ["calling", "answered"])
@pytest.mark.parametrize("gone", ["nobody", "caller", "agent", "target"])
def test_a_restart_in_any_state_finds_everybody_cared_for(mode: str, state: str, gone: str) -> None:
    """Somebody hangs up while the gateway is away; the dialplan does its part alone, the snapshot settles the rest."""
    script = Script(mode)
    if state == "answered":
        script.answer()
    legs = {"caller": script.phone.caller, "agent": script.phone.agent, "target": script.phone.target}
    if gone != "nobody":
        leg = legs[gone]
        assert leg is not None
        script.phone.hang_up(leg, "himself")
    script.restart()
    for _ in range(6):
        if script.t.due_at is None or script.t.phase in ("calling", "consulting"):
            break
        script.wait()
    company = script.phone.company()
    assert company in ("agent", "somebody", "queue", "hold", "gone")
    if company == "hold":
        assert script.t.due_at is not None
    if company == "gone":
        assert gone == "caller" or script.phone.caller.ended_by == "completed"
    if script.t.phase == "ended":
        assert script.phone.target is None or not script.phone.target.alive


def test_a_restart_changes_nothing_when_nothing_has_happened() -> None:
    for mode in DIALLED:
        script = Script(mode).answer()
        before = script.t
        assert script.restart().t == before


def test_hang_ups_of_ours_name_the_leg_when_its_channel_is_not_known() -> None:
    begun = begin(a_transfer("attended")).transfer
    orders = step(begun, Act(T0, "cancel")).orders
    assert orders[0] == Hangup("gw-t1")
