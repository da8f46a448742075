"""Frames to facts: every event we ask for tells what it should, and nothing raises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk import translate as tr
from gateway.asterisk.ami.wire import FrameReader
from gateway.model import facts
from gateway.model.ids import CallId, LegId

BASE = {
    "Timestamp": "1795301579.059074",
    "Channel": "PJSIP/trunk-00000000",
    "ChannelStateDesc": "Ring",
    "CallerIDNum": "13812345678",
    "CallerIDName": "<unknown>",
    "AccountCode": "12345",
    "Context": "from-trunk",
    "Exten": "12345",
    "Uniqueid": "1795301579.0",
    "Linkedid": "1795301570.9",
    "Queue": "hotline",
    "Interface": "PJSIP/8001",
    "MemberName": "1001",
    "DestUniqueid": "1795301579.1",
    "BridgeUniqueid": "b1",
}

RECORDINGS = Path(__file__).parents[1] / "recordings"


def say(event: str, **headers: str) -> facts.Fact | None:
    return tr.translate({"Event": event} | BASE | headers, 5.0)


def test_a_new_channel_is_a_leg_of_its_call_and_unknown_names_are_nothing() -> None:
    fact = say("Newchannel")
    assert fact == facts.LegCreated(
        1795301579.059074, "1795301579.0", "1795301570.9", "PJSIP/trunk-00000000", True, "13812345678", "",  # type: ignore[arg-type]
        "12345", "from-trunk",
    )  # fmt: skip


def test_a_channel_that_asterisk_dials_is_not_inbound() -> None:
    fact = say("Newchannel", ChannelStateDesc="Down")
    assert isinstance(fact, facts.LegCreated)
    assert not fact.inbound


@pytest.mark.parametrize(
    ("event", "headers", "kind"),
    [
        ("Newstate", {"ChannelStateDesc": "Up"}, facts.LegAnswered),
        ("Newstate", {"ChannelStateDesc": "Ringing"}, facts.LegRang),
        ("Newstate", {"ChannelStateDesc": "Ring"}, type(None)),
        ("Hangup", {"Cause": "16"}, facts.LegEnded),
        ("Hold", {}, facts.LegHeld),
        ("Unhold", {}, facts.LegResumed),
        ("UserEvent", {"UserEvent": "GWEntered", "Entry": "12345"}, facts.CallEntered),
        ("UserEvent", {"UserEvent": "GWFlowEnded", "Result": "done"}, facts.FlowEnded),
        ("UserEvent", {"UserEvent": "GWQueueLeft", "Status": "FULL"}, facts.QueueLeft),
        ("UserEvent", {"UserEvent": "GWNotice", "Notice": "b1"}, facts.NoticeHeard),
        ("UserEvent", {"UserEvent": "GWClosed", "To": "legal"}, facts.QueueWasClosed),
        ("UserEvent", {"UserEvent": "GWPicking"}, type(None)),  # it does not say for whom
        ("UserEvent", {"UserEvent": "SomebodyElse"}, type(None)),
        ("QueueCallerJoin", {"Position": "2"}, facts.CallQueued),
        ("QueueCallerLeave", {}, facts.CallLeftQueue),
        ("QueueCallerAbandon", {"HoldTime": "7"}, facts.CallAbandoned),
        ("AgentCalled", {}, facts.SeatCalled),
        ("AgentRingNoAnswer", {"RingTime": "10"}, facts.SeatDidNotAnswer),
        ("AgentConnect", {"HoldTime": "3", "RingTime": "1"}, facts.SeatAnswered),
        ("AgentComplete", {"TalkTime": "9", "Reason": "agent"}, facts.SeatCompleted),
        ("QueueMemberAdded", {}, facts.MemberSeen),
        ("QueueMemberStatus", {}, facts.MemberSeen),
        ("QueueMemberPause", {}, facts.MemberSeen),
        ("QueueMemberRemoved", {}, facts.MemberRemoved),
        ("MixMonitorStart", {}, facts.RecordingStarted),
        ("ContactStatus", {"EndpointName": "8001", "ContactStatus": "Removed"}, facts.EndpointChanged),
        ("ContactStatus", {"EndpointName": "8001", "ContactStatus": "Unknown"}, type(None)),
        ("ConfbridgeJoin", {"Conference": "x-1"}, facts.LegJoinedRoom),
        ("ConfbridgeLeave", {"Conference": "x-1"}, facts.LegLeftRoom),
        ("OriginateResponse", {"Response": "Failure", "Exten": "r_1", "Reason": "0"}, facts.TargetFailed),
        ("OriginateResponse", {"Response": "Success", "Exten": "r_1", "Reason": "4"}, type(None)),
        ("OriginateResponse", {"Response": "Failure", "Exten": "s", "Reason": "0"}, type(None)),
        ("UserEvent", {"UserEvent": "GWBack", "Leg": "1795301570.9"}, facts.SeatAnswered),
        ("UserEvent", {"UserEvent": "GWBackEnded", "TalkTime": "9", "Reason": "agent"}, facts.SeatCompleted),
        ("VarSet", {}, type(None)),
    ],
)
def test_each_event_tells_its_fact(event: str, headers: dict[str, str], kind: type) -> None:
    assert type(say(event, **headers)) is kind


def test_a_call_tells_where_its_invite_came_from_and_its_references_only_when_asked() -> None:
    plain = say("UserEvent", UserEvent="GWEntered", Entry="12345")
    assert isinstance(plain, facts.CallEntered) and (plain.remote, plain.headers) == ("", ())
    told = {"Remote": "10.1.2.3:5060", "H-X-Case-No": "HK-1", "H-User-to-User": ""}
    partner = say("UserEvent", UserEvent="GWEntered", Entry="12345", **told)
    assert isinstance(partner, facts.CallEntered)
    assert (partner.remote, partner.headers) == ("10.1.2.3:5060", (("X-Case-No", "HK-1"),))


def test_every_event_that_we_ask_for_is_translated() -> None:
    assert {"Newchannel", "Hangup", "AgentConnect"} <= tr.EVENT_NAMES
    assert "VarSet" not in tr.EVENT_NAMES


class Asked(dict[str, str]):
    """A frame that writes down which headers were looked at."""

    def __init__(self, frame: dict[str, str]) -> None:
        super().__init__(frame)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


@pytest.mark.parametrize("event", sorted(tr.HEADERS))
def test_nothing_is_looked_at_but_what_the_wire_reads(event: str) -> None:
    whole = {"Event": event} | BASE | {"Cause": "16", "Position": "1", "HoldTime": "1", "RingTime": "1"}
    frames = [whole, *({k: v for k, v in whole.items() if k != name} for name in BASE)]
    frames += [whole | {name: ""} for name in BASE] + [whole | {"ChannelStateDesc": x} for x in ("Up", "Ringing")]
    asked: set[str] = set()
    for frame in map(Asked, frames):
        tr.translate(frame, 5.0)
        asked |= frame.names
    assert asked == tr.HEADERS[event] | {"Event"}


def test_recorded_streams_tell_the_same_when_only_that_is_read() -> None:
    for path in sorted(RECORDINGS.glob("*.ami")):
        told = []
        for headers in ({}, tr.HEADERS):
            reader = FrameReader(tr.EVENT_NAMES, joined=True, headers=headers)
            told.append([tr.translate(frame, 5.0) for frame in reader.feed(path.read_bytes() * 2)])
        assert told[0] == told[1]
        assert any(told[0])


def test_the_time_is_asterisks_own_and_else_the_receivers() -> None:
    assert say("Hold").at == 1795301579.059074  # type: ignore[union-attr]
    assert say("Hold", Timestamp="soon").at == 5.0  # type: ignore[union-attr]


def test_a_contact_is_told_with_its_address() -> None:
    headers = {"EndpointName": "8001", "ContactStatus": "Removed", "URI": "sip:8001@10.0.0.7:5060"}
    fact = say("ContactStatus", **headers)
    assert fact == facts.EndpointChanged(1795301579.059074, "8001", False, "sip:8001@10.0.0.7:5060")


def test_a_member_image_holds_pause_and_device() -> None:
    fact = say("QueueMemberPause", Paused="1", PausedReason="就餐", Status="2", LastPause="1795301578")
    assert fact == facts.MemberSeen(
        1795301579.059074, "hotline", "PJSIP/8001", "1001", True, "就餐", 2, 0, 0.0, 1795301578.0  # type: ignore[arg-type]
    )  # fmt: skip


@given(
    st.sampled_from(sorted(tr.EVENT_NAMES)),
    st.dictionaries(st.sampled_from([*BASE, "Paused", "Status", "HoldTime", "Cause"]), st.text(max_size=20)),
    st.sets(st.sampled_from(sorted(BASE))),
)
def test_any_frame_gives_a_fact_or_none_and_never_raises(event: str, odd: dict[str, str], without: set[str]) -> None:
    frame = {"Event": event} | {k: v for k, v in (BASE | odd).items() if k not in without}
    fact = tr.translate(frame, 5.0)
    assert fact is None or isinstance(fact.at, float)


def test_transfers_are_edges_of_their_own() -> None:
    blind = say("BlindTransfer", TransfereeUniqueid="t1", TransfereeLinkedid="c9", Extension="110", Result="Success")
    assert blind == facts.LegTransferred(1795301579.059074, "t1", "c9", "blind", "110", "Success")  # type: ignore[arg-type]
    attended = say(
        "AttendedTransfer", OrigTransfererUniqueid="a1", OrigTransfererLinkedid="c9", TransferTargetUniqueid="p1",
        Result="Success",
    )  # fmt: skip
    assert attended == facts.LegTransferred(1795301579.059074, "a1", "c9", "attended", "p1", "Success")  # type: ignore[arg-type]


@pytest.mark.parametrize(("reason", "status"), [("0", "failed"), ("3", "no_answer"), ("", "failed")])
def test_a_target_that_failed_is_known_by_leg_and_transfer(reason: str, status: str) -> None:
    fact = say("OriginateResponse", Response="Failure", Exten="r_t-1", Reason=reason, Uniqueid="gw-t-1")
    assert fact == facts.TargetFailed(1795301579.059074, "gw-t-1", "t-1", status)  # type: ignore[arg-type]


def test_an_agent_who_takes_a_citizen_back_is_told_by_his_own_leg() -> None:
    fact = say("UserEvent", UserEvent="GWBack", Leg="c1", Member="1001", Uniqueid="a2", Linkedid="c1")
    assert isinstance(fact, facts.SeatAnswered)
    assert (fact.leg, fact.call, fact.seat_leg, fact.interface, fact.member) == ("c1", "c1", "a2", "PJSIP/8001", "1001")


@pytest.mark.parametrize(
    ("application", "room"),
    [("ConfBridge", "x-1"), ("Queue", ""), ("", "")],
)
def test_a_leg_in_a_room_is_seen_in_the_list_of_channels(application: str, room: str) -> None:
    frame = BASE | {"Application": application, "ApplicationData": "x-1,transfer-room,citizen"}
    assert tr.leg_image(frame).room == room


def test_durations_of_channel_lists_are_seconds() -> None:
    assert tr.seconds("01:02:03") == 3723.0
    assert tr.seconds("soon") == tr.seconds("") == 0.0


def test_list_items_become_images() -> None:
    leg = tr.leg_image(BASE | {"ChannelStateDesc": "Up", "Duration": "00:00:10", "BridgeId": "b1"})
    assert (leg.age_s, leg.bridge, leg.entry_number) == (10.0, "b1", "12345")
    waiting = tr.waiting_image(BASE | {"Position": "3", "Wait": "12"})
    assert (waiting.position, waiting.wait_s) == (3, 12.0)
    member = tr.member_image({"Queue": "q", "Location": "PJSIP/8001", "Name": "1001", "Paused": "0"}, 1.0)
    assert (member.interface, member.member) == ("PJSIP/8001", "1001")


CALL_OUT = (LegId("out-1"), CallId("out-1"))


def test_calls_out_and_over_virtual_numbers_are_told_by_our_own_events() -> None:
    head = {"Event": "UserEvent", "Uniqueid": "out-1", "Linkedid": "out-1", "Channel": "PJSIP/8001-1", "Timestamp": "5"}
    begun = {**head, "UserEvent": "GWOut", "Number": "13812345678", "Entry": "12345", "Agent": "1001", "Ticket": "t"}
    assert tr.translate(begun, 0.0) == facts.OutboundBegun(
        5.0, LegId("out-1"), CallId("out-1"), "PJSIP/8001-1", "13812345678", "12345", "1001", "t"
    )
    ended = {**head, "UserEvent": "GWOutEnded", "Status": "ANSWER", "Source": "PJSIP/trunk-2"}
    assert tr.translate(ended, 0.0) == facts.OutboundEnded(
        5.0, LegId("out-1"), CallId("out-1"), "ANSWER", "PJSIP/trunk-2"
    )
    side = {**head, "Binding": "b1", "Side": "citizen"}
    assert tr.translate({**side, "UserEvent": "GWVirtual"}, 0.0) == facts.VirtualBegun(
        5.0, LegId("out-1"), CallId("out-1"), "b1", "citizen"
    )
    over = {**side, "UserEvent": "GWVirtualEnded", "Status": "BUSY", "Talked": "", "Cause": "17"}
    assert tr.translate(over, 0.0) == facts.VirtualEnded(
        5.0, LegId("out-1"), CallId("out-1"), "b1", "citizen", "BUSY", 0.0, 17
    )
    assert tr.translate({**over, "Talked": "2500"}, 0.0).talk_s == 2.5  # type: ignore[union-attr]
    assert tr.translate({**head, "UserEvent": "GWOut"}, 0.0) is None


def test_a_telephone_that_is_to_pick_up_by_hand_rings_for_the_citizens_leg() -> None:
    fact = say("UserEvent", UserEvent="GWPicking", Leg="1795301570.9", Member="8100", Uniqueid="1795301580.2")
    assert fact == facts.SeatCalled(
        1795301579.059074, LegId("1795301570.9"), CallId("1795301570.9"), "hotline", "PJSIP/8001", "8100",  # type: ignore[arg-type]
        LegId("1795301580.2"),
    )  # fmt: skip
