"""Where somebody is, as heard: a fact that is late undoes no newer order."""

from __future__ import annotations

import pytest

from gateway.model.facts import LegAnswered, LegJoinedRoom, LegLeftRoom
from gateway.model.ids import LegId
from gateway.transfer.inputs import Media
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


@pytest.mark.parametrize(
    ("mode", "stands"), [("three_way", "三方通话中"), ("consult", "正与对方通话"), ("attended", "已转出")]
)
def test_a_silent_target_is_said_and_kept_on_the_record_and_nobody_is_moved(mode: str, stands: str) -> None:
    script = Script(mode).answer()
    before = script.t
    t = script.tell(Media(T0 + 20, "gw-t1", comes=False)).t
    assert t.silent and t.why == "对方已接通但没有声音 / answered, but no audio comes"
    assert (t.phase, t.due_at, t.ordered) == (before.phase, before.due_at, before.ordered)
    assert script.tell(Media(T0 + 23, "gw-t1", comes=False)).t == t
    t = script.tell(Media(T0 + 26, "gw-t1", comes=True)).t
    assert not t.silent and t.why.startswith(stands) and t.more == before.more


def test_a_target_that_was_silent_to_its_end_is_silent_on_the_record() -> None:
    script = Script("three_way").answer().tell(Media(T0 + 20, "gw-t1", comes=False)).press("drop_partner")
    assert script.ends() == ("cancelled", "somebody") and script.t.silent and script.unknown == []
    again = script.tell(Media(T0 + 30, "gw-t1", comes=True)).t
    assert again.silent


def test_a_count_that_comes_while_the_citizen_is_on_the_way_back_changes_nothing() -> None:
    one = a_transfer("three_way", phase="returning", target_leg=LegId("gw-t1"), target_at="ending")
    assert step(one, Media(T0 + 1, "gw-t1", comes=False)).transfer == one
