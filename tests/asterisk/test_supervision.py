"""Supervision over AMI: what an extension says, and that nothing else gets into an action."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.dialling import AUTO_ANSWER
from gateway.asterisk.supervision import monitor, switch_monitor, take_over, watching_of
from gateway.asterisk.translate import ASKED_FOR, leg_image, translate
from gateway.model.facts import MonitorBegan, MonitorEnded, SeatAnswered, Watching
from gateway.model.ids import LegId
from gateway.model.orders import Monitor, SwitchMonitor, TakeOver

LEG, WATCHED = LegId("spy-0198aaaa-1111-7222-8333-444444444444"), LegId("1795349038.1")
ORDER = Monitor(LEG, "PJSIP/8002w", WATCHED, "listen", "1002")
TAKING = TakeOver(LegId("1795349038.0"), WATCHED, LEG, "PJSIP/8002", "PJSIP/8001", "lead_1-a")


def test_the_leads_telephone_is_rung_into_the_conversation_and_told_to_take_up_by_itself() -> None:
    sent = dict(monitor(ORDER).headers)
    assert (sent["Channel"], sent["ChannelId"]) == ("PJSIP/8002w", LEG)
    assert (sent["Context"], sent["Exten"]) == ("gw-spy", "l_1795349038.1_1002")
    assert all(name in "".join(sent["Variable"]) for name in AUTO_ANSWER)  # type: ignore[arg-type]


@pytest.mark.parametrize(("mode", "letter"), [("listen", "l"), ("whisper", "w"), ("barge", "b")])
def test_another_way_of_monitoring_is_another_extension_for_the_same_leg(mode: Any, letter: str) -> None:
    sent = dict(switch_monitor(SwitchMonitor(LEG, WATCHED, mode)).headers)
    assert sent["Action"] == "Redirect" and sent["Channel"] == LEG
    assert sent["Exten"] == f"{letter}_1795349038.1_"
    assert watching_of(str(sent["Exten"])) == Watching(WATCHED, mode, "")


def test_taking_over_moves_the_citizen_and_lets_the_agent_go_in_one_action() -> None:
    sent = dict(take_over(TAKING).headers)
    assert (sent["Channel"], sent["Context"]) == ("1795349038.0", "gw-take")
    assert sent["Exten"] == f"t_{LEG}_8002_8001_lead_1-a"
    assert (sent["ExtraChannel"], sent["ExtraContext"], sent["ExtraExten"]) == (WATCHED, "gw-free", "s")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("interface", "Local/8002@x"), ("interface", "PJSIP/80/02"), ("watched", "a_b"), ("watched", ""),
        ("watched", "1.1,x"), ("agent", "工号"), ("agent", "a" * 41), ("agent", "1,2"), ("leg", "x y"),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_by_its_name(field: str, bad: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}:"):
        monitor(replace(ORDER, **{field: bad}))


def test_an_extension_that_is_too_long_for_asterisk_is_refused_before_it_is_cut() -> None:
    longest = LegId("gw-0198aaaa-1111-7222-8333-444444444444")
    monitor(replace(ORDER, watched=longest, agent="a" * 37))
    with pytest.raises(ValueError, match="too long"):
        monitor(replace(ORDER, watched=longest, agent="a" * 38))


@given(st.sampled_from(["l", "w", "b"]), st.from_regex(r"[0-9A-Za-z.-]{1,40}", fullmatch=True),
       st.from_regex(r"[0-9A-Za-z_-]{0,20}", fullmatch=True))  # fmt: skip
def test_what_is_put_into_an_extension_is_read_out_of_it(letter: str, watched: str, agent: str) -> None:
    found = watching_of(f"{letter}_{watched}_{agent}")
    assert found is not None and (found.watched, found.agent) == (watched, agent)


@given(st.text(max_size=90))
def test_any_other_extension_says_nothing(exten: str) -> None:
    found = watching_of(exten)
    assert found is None or exten[0] in "lwb"


SPYING = {
    "Event": "ChanSpyStart", "Timestamp": "9.5", "SpyerChannel": "PJSIP/8002-02", "SpyerUniqueid": str(LEG),
    "SpyerContext": "gw-spy", "SpyerExten": "b_1795349038.1_1002", "SpyeeChannel": "PJSIP/8001-01",
}  # fmt: skip


def test_asterisks_word_of_who_monitors_whom_and_how() -> None:
    began = translate(SPYING, 1.0)
    assert began == MonitorBegan(9.5, LEG, "PJSIP/8002-02", "PJSIP/8001-01", Watching(WATCHED, "barge", "1002"))
    assert translate({**SPYING, "Event": "ChanSpyStop"}, 1.0) == MonitorEnded(9.5, LEG)
    assert translate({**SPYING, "SpyerContext": "somebody-elses"}, 1.0) is None
    assert translate({**SPYING, "SpyerExten": "s"}, 1.0) is None
    assert {"ChanSpyStart", "ChanSpyStop"} <= ASKED_FOR


def test_the_list_of_channels_says_the_same() -> None:
    row = {"Uniqueid": str(LEG), "Channel": "PJSIP/8002-02", "Context": "gw-spy", "Exten": "w_1795349038.1_"}
    assert leg_image({**row, "Application": "ChanSpy"}).watching == Watching(WATCHED, "whisper", "")
    assert leg_image({**row, "Application": "Bridge"}).watching is None


def test_a_citizen_who_is_taken_over_is_answered_by_the_lead() -> None:
    fact = translate(
        {
            "Event": "UserEvent", "UserEvent": "GWTaken", "Timestamp": "9.5", "Uniqueid": "1.1", "Linkedid": "1.1",
            "Channel": "PJSIP/trunk-01", "CallerIDNum": "13812345678", "AccountCode": "12345", "SeatLeg": str(LEG),
            "Queue": "hotline", "Interface": "PJSIP/8002", "Member": "1002",
        },
        1.0,
    )  # fmt: skip
    assert isinstance(fact, SeatAnswered)
    assert (fact.leg, fact.seat_leg, fact.interface, fact.member) == ("1.1", LEG, "PJSIP/8002", "1002")
    assert (fact.queue, fact.entry_number, fact.caller_number) == ("hotline", "12345", "13812345678")
