"""Where somebody is, as heard: a fact that is late undoes no newer order."""

from __future__ import annotations

from gateway.model.facts import LegAnswered, LegJoinedRoom, LegLeftRoom
from gateway.model.ids import LegId
from gateway.transfer.step import step
from tests.transfer.script import Script
from tests.transfer.telephone import CALL, T0, a_transfer


def test_an_answer_must_lead_to_the_room_at_once() -> None:
    script = Script("attended")
    script.tell(LegAnswered(T0 + 7, LegId("gw-t1"), CALL, "PJSIP/trunk-99"))
    assert (script.t.answered_at, script.t.due_at, script.t.target_channel) == (T0 + 7, T0 + 10, "PJSIP/trunk-99")
    assert script.wait().ends() == ("failed", "agent")  # a fax, or media that never came


def test_a_citizen_who_was_sent_to_the_music_is_not_seen_in_the_room_by_an_old_fact() -> None:
    late = LegJoinedRoom(T0 + 1, LegId("c1"), CALL, "PJSIP/trunk-01", "x-t1")
    one = a_transfer("consult", phase="consulting", with_agent="target", caller_at="hold", target_at="room")
    assert step(one, late).transfer == one


def test_who_leaves_the_room_unasked_is_looked_for() -> None:
    script = Script("three_way").answer()
    left = LegLeftRoom(T0 + 20, LegId("gw-t1"), CALL, "PJSIP/trunk-99", "x-t1")
    assert script.tell(left).t.target_at == "away"
    assert script.wait().ends() == ("partner_left", "somebody")
