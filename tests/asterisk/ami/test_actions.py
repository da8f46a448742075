"""What goes into an action, and what is refused before it is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.wire import encode


def lines(action):
    return encode(action.headers).decode().split("\r\n")[:-2]


def test_queue_add_names_the_agent():
    action = actions.queue_add("hotline", "PJSIP/8001", member="1001", paused=True, reason="小休")
    assert lines(action) == [
        "Action: QueueAdd",
        "Queue: hotline",
        "Interface: PJSIP/8001",
        "MemberName: 1001",
        "Penalty: 0",
        "Paused: true",
        "Reason: 小休",
    ]


def test_pause_without_a_queue_means_all_queues():
    assert lines(actions.queue_pause("PJSIP/8001", False)) == [
        "Action: QueuePause",
        "Interface: PJSIP/8001",
        "Paused: false",
    ]


def test_redirect_sends_the_second_channel_where_the_first_goes_unless_told():
    assert lines(actions.redirect("PJSIP/a-1", "gw", "s", extra_channel="PJSIP/b-2", extra_exten="t"))[-4:] == [
        "ExtraChannel: PJSIP/b-2",
        "ExtraContext: gw",
        "ExtraExten: t",
        "ExtraPriority: 1",
    ]
    assert len(lines(actions.redirect("PJSIP/a-1", "gw", "s"))) == 5


def test_originate_is_asynchronous_and_its_variables_cannot_split():
    action = actions.originate("PJSIP/110@trunk", "gw", "s", timeout_s=20, variables={"A": 'x,B=1"\\(', "__C": "张"})
    assert "Async: true" in lines(action)
    assert "Timeout: 20000" in lines(action)
    assert lines(action)[-2:] == ['Variable: A=x\\,B=1\\"\\\\\\(', "Variable: __C=张"]


@given(st.text(max_size=40))
def test_no_value_of_a_variable_holds_a_bare_comma(value):
    try:
        action = actions.originate("PJSIP/1", "gw", "s", variables={"A": value})
    except ValueError:
        return
    sent = lines(action)[-1].removeprefix("Variable: A=")
    assert "," not in sent.replace("\\\\", "").replace("\\,", "")


def test_lists_know_their_end_and_what_an_empty_one_looks_like():
    assert actions.queue_status("hotline").complete == "QueueStatusComplete"
    assert actions.pjsip_show_contacts().nothing_found == ("No Contacts found",)


def test_every_plain_action_can_be_sent():
    for make in (
        actions.challenge,
        actions.ping,
        actions.queue_status,
        actions.queue_summary,
        actions.core_show_channels,
        actions.core_status,
        actions.core_settings,
        actions.bridge_list,
        actions.device_state_list,
        actions.pjsip_show_contacts,
        actions.pjsip_show_endpoints,
        actions.reload,
    ):
        assert lines(make())[0] == f"Action: {make().name}"
    assert lines(actions.login("gw-events", "0" * 32, events=False))[-1] == "Events: off"
    assert lines(actions.set_variable("CHANNEL(language)", "zh", "PJSIP/a-1"))[1:] == [
        "Channel: PJSIP/a-1",
        "Variable: CHANNEL(language)",
        "Value: zh",
    ]
    assert lines(actions.get_variable("X")) == ["Action: Getvar", "Variable: X"]
    assert lines(actions.command("core show version"))[1] == "Command: core show version"
    assert lines(actions.bridge_info("b-1"))[1] == "BridgeUniqueid: b-1"
    assert lines(actions.confbridge_list("c1"))[1] == "Conference: c1"
    assert lines(actions.user_event("GWTest", [("Entry", "12345")]))[1:] == ["UserEvent: GWTest", "Entry: 12345"]
    assert lines(actions.filter_events("action(exclude),name(VarSet)"))[1] == "Operation: Add"
    assert lines(actions.queue_remove("q", "PJSIP/1"))[0] == "Action: QueueRemove"


def test_telephones_are_pressed_and_passwords_put_by_one_action_each():
    assert lines(actions.pjsip_notify("PJSIP/8001-1", "hold"))[1:] == ["Channel: PJSIP/8001-1", "Variable: Event=hold"]
    assert lines(actions.mute_audio("PJSIP/8001-1", True))[2:] == ["Direction: in", "State: on"]
    assert lines(actions.play_dtmf("PJSIP/8001-1", "#"))[2:] == ["Digit: #", "Duration: 160", "Receive: true"]
    assert lines(actions.db_put("gw-phones/auth", "8001w", "{}"))[1:] == [
        "Family: gw-phones/auth",
        "Key: 8001w",
        "Val: {}",
    ]
    assert lines(actions.db_del("gw-phones/auth", "8001w"))[0] == "Action: DBDel"
    assert actions.db_tree("gw-phones/auth").complete == "DBGetTreeComplete"


@pytest.mark.parametrize(
    "make",
    [
        lambda: actions.hangup("/^PJSIP.*$/"),
        lambda: actions.hangup("PJSIP/1\r\nAction: X"),
        lambda: actions.hangup("PJSIP/1", cause=300),
        lambda: actions.hangup(""),
        lambda: actions.queue_add("", "PJSIP/1"),
        lambda: actions.queue_add("q\n", "PJSIP/1"),
        lambda: actions.queue_add("q", "Local/1@a,b"),
        lambda: actions.queue_add("q", "8001"),
        lambda: actions.queue_add("q", "PJSIP/1", penalty=-1),
        lambda: actions.queue_pause("PJSIP/1", True, reason="a\rb"),
        lambda: actions.redirect("PJSIP/1", "a b", "s"),
        lambda: actions.redirect("PJSIP/1", "gw", ""),
        lambda: actions.originate("PJSIP/1", "gw", "s", timeout_s=0),
        lambda: actions.originate("PJSIP/1", "gw", "s", variables={"A=1,B": "2"}),
        lambda: actions.originate("PJSIP/1", "gw", "s", variables={"A": "2\n"}),
        lambda: actions.set_variable("A B", "1"),
        lambda: actions.play_dtmf("PJSIP/1-1", "x"),
        lambda: actions.play_dtmf("PJSIP/1-1", "12"),
        lambda: actions.mute_audio("/^PJSIP.*$/", True),
        lambda: actions.pjsip_notify("PJSIP/1-1", "talk\r\nEvent: x"),
        lambda: actions.db_put("a/b/c", "8001w", "{}"),
        lambda: actions.db_put("a", "8001w", "{}\nAction: X"),
        lambda: actions.db_del("a", "b/c"),
        lambda: actions.command(" "),
        lambda: actions.command("a\nb"),
        lambda: actions.login("a b", "k", events=True),
    ],
)
def test_unsafe_values_are_refused_before_anything_is_sent(make):
    with pytest.raises(ValueError, match=":"):
        make()


def test_a_caller_is_withdrawn_by_the_name_of_the_channel_with_a_word_that_is_a_name():
    action = actions.queue_withdraw("hotline", "PJSIP/trunk-0000001a", "f_legal-aid")
    assert dict(action.headers) == {
        "Action": "QueueWithdrawCaller", "Queue": "hotline", "Caller": "PJSIP/trunk-0000001a",
        "WithdrawInfo": "f_legal-aid",
    }  # fmt: skip
    with pytest.raises(ValueError, match="info"):
        actions.queue_withdraw("hotline", "PJSIP/trunk-0000001a", "f_a,b")
