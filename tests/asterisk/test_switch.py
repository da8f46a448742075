"""Orders become AMI actions; every "no" is an OrderRefused; nothing dangerous reaches the wire."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stub_link import StubLink

from gateway.asterisk.ami.errors import ActionRefused, ActionTimeout, LinkDown
from gateway.asterisk.ami.link import Link
from gateway.asterisk.switch import AmiSwitch
from gateway.model.ids import LegId, QueueId
from gateway.model.orders import (
    AddMember,
    DialTarget,
    DropSecret,
    Hangup,
    MarkLeg,
    MoveLegs,
    MuteLeg,
    NotifyPhone,
    Order,
    OrderRefused,
    PauseMember,
    PressDigit,
    PutSecret,
    RemoveMember,
)

ADD = AddMember(QueueId("hotline"), "PJSIP/8001", "1001", paused=True, reason="sign_in")


def switch(link: StubLink) -> AmiSwitch:
    return AmiSwitch(lambda: cast(Link, link))


@pytest.mark.parametrize(
    ("order", "headers"),
    [
        (ADD, {"Action": "QueueAdd", "Queue": "hotline", "Interface": "PJSIP/8001", "MemberName": "1001",
               "Paused": "true", "Reason": "sign_in"}),
        (RemoveMember(QueueId("hotline"), "PJSIP/8001"),
         {"Action": "QueueRemove", "Queue": "hotline", "Interface": "PJSIP/8001"}),
        (PauseMember("PJSIP/8001", paused=False), {"Action": "QueuePause", "Paused": "false"}),
        (Hangup("PJSIP/8001-0001"), {"Action": "Hangup", "Channel": "PJSIP/8001-0001"}),
        (MarkLeg("PJSIP/trunk-1", "GW_XFER", "completed"),
         {"Action": "Setvar", "Channel": "PJSIP/trunk-1", "Variable": "GW_XFER", "Value": "completed"}),
        (DialTarget("t1", LegId("gw-t1"), "PJSIP/110@trunk", "12345", "", 30),
         {"Action": "Originate", "Channel": "PJSIP/110@trunk", "ChannelId": "gw-t1", "Exten": "r_t1"}),
        (MoveLegs("t1", (("PJSIP/a-1", "room", ""), ("PJSIP/b-2", "room", ""))),
         {"Action": "Redirect", "Channel": "PJSIP/a-1", "ExtraChannel": "PJSIP/b-2"}),
        (NotifyPhone("PJSIP/8001-1", "talk"), {"Action": "PJSIPNotify", "Channel": "PJSIP/8001-1"}),
        (MuteLeg("PJSIP/8001-1", True),
         {"Action": "MuteAudio", "Channel": "PJSIP/8001-1", "Direction": "in", "State": "on"}),
        (MuteLeg("PJSIP/8001-1", False), {"Action": "MuteAudio", "State": "off"}),
        (PressDigit("PJSIP/8001-1", "#"),
         {"Action": "PlayDTMF", "Channel": "PJSIP/8001-1", "Digit": "#", "Receive": "true"}),
        (PutSecret("8001w", "12345", "9a7a"), {"Action": "DBPut", "Family": "gw-phones/auth", "Key": "8001w"}),
        (DropSecret("8001w"), {"Action": "DBDel", "Family": "gw-phones/auth", "Key": "8001w"}),
    ],
)  # fmt: skip
async def test_each_order_is_one_action(order: Order, headers: dict[str, str]) -> None:
    link = StubLink()
    await switch(link).carry_out(order)
    (sent,) = link.sent
    assert headers.items() <= {k: str(v) for k, v in sent.items()}.items()


@pytest.mark.parametrize(
    "error", [ActionRefused("No such queue", "QueueAdd"), LinkDown("no session"), ActionTimeout("QueueAdd", 5.0)]
)
async def test_every_no_is_a_refusal_with_its_reason(error: Exception) -> None:
    link = StubLink()
    link.refuse = error
    acts = switch(link)
    with pytest.raises(OrderRefused) as refused:
        await acts.carry_out(ADD)
    assert refused.value.why
    assert acts.refused == 1


@pytest.mark.parametrize(
    ("order", "message"),
    [(ADD, "Unable to add interface: Already there"),
     (RemoveMember(QueueId("q"), "PJSIP/8001"), "Unable to remove interface: Not there")],
)  # fmt: skip
async def test_what_is_already_so_counts_as_done(order: Order, message: str) -> None:
    link = StubLink()
    link.refuse = ActionRefused(message)
    acts = switch(link)
    await acts.carry_out(order)
    assert acts.refused == 0


@pytest.mark.parametrize("reason", ["lunch\r\nAction: Hangup", "a\nb", "a\x00b"])
async def test_line_ends_in_a_value_never_reach_the_wire(reason: str) -> None:
    link = StubLink()
    with pytest.raises(OrderRefused, match="reason"):
        await switch(link).carry_out(PauseMember("PJSIP/8001", paused=True, reason=reason))
    assert link.sent == []


AWAY = MoveLegs("t1", (("PJSIP/a-1", "room", ""),))


@pytest.mark.parametrize(
    ("variables", "behind"),
    [
        ({"BRIDGEPEER": "PJSIP/8001-2"}, "PJSIP/8001-2"),
        ({}, None),
        ({"GW_AT": "room", "BRIDGEPEER": "PJSIP/8001-2"}, None),
        ({"BRIDGEPEER": "PJSIP/8001-2,PJSIP/trunk-3"}, None),
    ],
    ids=["in app_queue", "with nobody", "in a room", "with several"],
)
async def test_a_citizen_who_goes_alone_leaves_no_agent_behind(variables: dict[str, str], behind: str | None) -> None:
    link = StubLink()
    link.variables = variables
    await switch(link).carry_out(AWAY)
    sent = link.sent[-1]
    assert (sent["Action"], sent["Channel"], sent.get("ExtraChannel")) == ("Redirect", "PJSIP/a-1", behind)
    assert sent.get("ExtraContext") == ("gw-free" if behind else None)


async def test_an_agent_who_is_gone_already_does_not_keep_the_citizen() -> None:
    link = StubLink()
    link.variables, link.refuse, link.refuses = {"BRIDGEPEER": "PJSIP/8001-2"}, ActionRefused("gone"), "ExtraChannel"
    acts = switch(link)
    await acts.carry_out(AWAY)
    assert (link.sent[-1]["Channel"], "ExtraChannel" in link.sent[-1]) == ("PJSIP/a-1", False)
    assert acts.refused == 0


async def test_a_move_that_does_not_fit_asks_and_sends_nothing() -> None:
    link = StubLink()
    with pytest.raises(OrderRefused, match="queue"):
        await switch(link).carry_out(MoveLegs("t1", (("PJSIP/a-1", "queue", "no such;"),)))
    assert link.sent == []
