"""Who speaks to whom: what a transfer begins with."""

from __future__ import annotations

from gateway.model.ids import AgentId, SeatId
from gateway.model.transfers import Talk
from gateway.seats.talks import Talks
from tests.seats import story
from tests.seats.story import AFTER, ANSWERED_CALL, hall, member, seat_image, snapshot, tell

A001 = SeatId("A001")
TALK = Talk(
    story.CALL, A001, AgentId("1001"), "PJSIP/8001", story.LEG, "PJSIP/trunk-01", story.SEAT_LEG, "PJSIP/8001-02",
    "hotline", "12345", story.NUMBER, "zh",
)  # fmt: skip


def told(*facts: object) -> Talks:
    of = hall()
    talks = Talks(of)
    for fact in facts:
        tell(of, fact)
        talks.apply(fact)  # type: ignore[arg-type]
    return talks


def test_a_seat_that_answered_speaks_to_its_citizen() -> None:
    talks = told(member(0), *ANSWERED_CALL)
    assert talks.at_seat(A001) == TALK
    assert talks.seat_of_call(story.CALL) == A001
    assert talks.at_seat(SeatId("A002")) is None


def test_a_seat_that_only_rings_speaks_to_nobody() -> None:
    assert told(member(0), *ANSWERED_CALL[:-3]).at_seat(A001) is None


def test_after_the_call_nobody_speaks_and_no_name_is_kept() -> None:
    talks = told(member(0), *ANSWERED_CALL, *AFTER)
    assert talks.at_seat(A001) is None
    assert talks.seat_of_call(story.CALL) is None
    assert talks._channels == {}


def test_a_snapshot_names_the_channels() -> None:
    of = hall()
    talks = Talks(of)
    seen = snapshot(
        20, legs=(story.citizen_image(20, "b1"), seat_image(12, "b1")), members=(member(0),)
    )  # fmt: skip
    tell(of, seen)
    talks.apply(seen)
    talk = talks.at_seat(A001)
    assert talk is not None
    assert (talk.caller_channel, talk.agent_channel, talk.caller_leg) == ("PJSIP/trunk-01", "PJSIP/8001-02", story.LEG)


def test_a_seat_is_free_when_its_agent_is_ready_and_idle() -> None:
    assert told(member(0)).is_free(A001)
    assert not told().is_free(A001)
    assert not told(member(0, paused=True, reason="meal")).is_free(A001)
    assert not told(member(0), *ANSWERED_CALL).is_free(A001)
    assert not told(member(0)).is_free(SeatId("Z999"))


def test_a_seats_interface_is_known_or_none() -> None:
    assert told().interface_of(A001) == "PJSIP/8001"
    assert told().interface_of(SeatId("Z999")) is None


def test_the_seats_own_channel_is_found_by_its_state() -> None:
    talks = told(member(0), *ANSWERED_CALL)
    assert talks.channel_at(A001, "up") == talks.channel_at(A001, "ringing", "up") == "PJSIP/8001-02"
    assert talks.channel_at(A001, "ringing") == talks.channel_at(SeatId("A002"), "up") == ""
    assert talks.channel_at(SeatId("Z999"), "up") == ""
