"""A snapshot is made of Asterisk's lists as they come, and of nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parent))

from stub_link import StubLink

from gateway.asterisk.ami.link import Link
from gateway.asterisk.snapshot import take_images, take_snapshot

LISTS = {
    "CoreShowChannels": [
        {"Event": "CoreShowChannel", "Channel": "PJSIP/trunk-2", "ChannelStateDesc": "Up", "Uniqueid": "c",
         "Linkedid": "c", "AccountCode": "12345", "CallerIDNum": "13812345678", "Duration": "00:00:07",
         "BridgeId": "b"},
    ],
    "QueueStatus": [
        {"Event": "QueueParams", "Queue": "hotline"},
        {"Event": "QueueMember", "Queue": "hotline", "Name": "1001", "Location": "PJSIP/8001", "Paused": "1",
         "PausedReason": "lunch", "Status": "2", "LastPause": "90"},
        {"Event": "QueueEntry", "Queue": "hotline", "Uniqueid": "w", "Position": "1", "Wait": "12"},
    ],
    "PJSIPShowContacts": [{"Event": "ContactList", "Endpoint": "8001"}],
}  # fmt: skip


async def test_all_lists_become_one_fact() -> None:
    snapshot = await take_snapshot(cast(Link, StubLink(LISTS)), 3, lambda: 100.0)
    assert (snapshot.at, snapshot.epoch, snapshot.queues, snapshot.reachable) == (100.0, 3, ("hotline",), {"8001"})
    (leg,) = snapshot.legs
    assert (leg.call, leg.entry_number, leg.age_s, leg.bridge) == ("c", "12345", 7.0, "b")
    (member,) = snapshot.members
    assert (member.member, member.paused, member.reason, member.last_pause) == ("1001", True, "lunch", 90.0)
    assert snapshot.waiting[0].wait_s == 12.0


async def test_an_idle_asterisk_gives_an_empty_snapshot() -> None:
    snapshot = await take_snapshot(cast(Link, StubLink()), 1, lambda: 5.0)
    assert (snapshot.legs, snapshot.members, snapshot.waiting, snapshot.reachable) == ((), (), (), frozenset())


async def test_an_endpoint_whose_contacts_all_leave_options_unanswered_is_not_reachable() -> None:
    contacts = [
        {"Endpoint": "trunk", "Status": "Unreachable"}, {"Endpoint": "8001", "Status": "Unreachable"},
        {"Endpoint": "8001", "Status": "Reachable"}, {"Endpoint": "8002", "Status": "NonQualified"},
    ]  # fmt: skip
    snapshot = await take_snapshot(cast(Link, StubLink({"PJSIPShowContacts": contacts})), 1, lambda: 5.0)
    assert (snapshot.reachable, snapshot.unreachable) == ({"8001", "8002"}, {"trunk"})


async def test_the_drift_check_asks_for_members_callers_and_legs() -> None:
    members, waiting, legs = await take_images(cast(Link, StubLink(LISTS)), lambda: 5.0)
    assert ([m.interface for m in members], [w.leg for w in waiting]) == (["PJSIP/8001"], ["w"])
    assert [leg.leg for leg in legs] == ["c"]
