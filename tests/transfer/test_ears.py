"""Targets that answered and send no audio are found by what Asterisk received of them, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model.ids import LegId
from gateway.model.transfers import Transfer
from gateway.transfer.ears import SETTLE_S, SILENT_S, Ears
from gateway.transfer.inputs import Media
from gateway.transfer.step import step
from tests.transfer.telephone import T0, a_transfer

LEG = LegId("gw-t1")


class Line:
    """One transfer, its target's packets, and a clock that the test moves."""

    def __init__(self, **fields: Any) -> None:
        there: dict[str, Any] = {
            "phase": "three_way", "target_leg": LEG, "target_channel": "PJSIP/trunk-99", "target_at": "room",
            "answered_at": T0, "caller_at": "room", "agent_at": "room",
        }  # fmt: skip
        self.t: Transfer = a_transfer("three_way", **{**there, **fields})
        self.running = True
        self.now = T0
        self.packets: int | None = 0
        self.asked: list[str] = []
        self.told: list[Media] = []
        self.ears = Ears(self.count, lambda: [self.t] if self.running else [], self.tell, lambda: self.now)

    async def count(self, channel: str) -> int | None:
        self.asked.append(channel)
        return self.packets

    def tell(self, id: str, media: Media) -> None:
        assert id == self.t.id
        self.told.append(media)
        self.t = step(self.t, media).transfer

    async def after(self, seconds: float, packets: int | None = 0) -> Line:
        self.now, self.packets = self.now + seconds, packets
        await self.ears.listen()
        return self


async def test_no_packet_between_two_counts_is_said_once() -> None:
    line = Line()
    await line.after(0.1)
    assert line.asked == []
    await line.after(SETTLE_S)
    await line.after(SILENT_S - 0.1)
    assert len(line.asked) == 1 and not line.told
    await line.after(0.1)
    assert line.told == [Media(line.now, LEG, comes=False)] and line.ears.found_silent == 1
    for _ in range(3):
        await line.after(SILENT_S)
    assert len(line.told) == 1 and len(line.asked) == 5


async def test_a_target_that_is_heard_is_asked_twice_and_never_told() -> None:
    line = Line()
    await line.after(SETTLE_S, 20)
    await line.after(SILENT_S, 170)
    for _ in range(3):
        await line.after(SILENT_S, 170)  # silent later on: people do that, and some telephones send nothing meanwhile
    assert len(line.asked) == 2 and line.told == [] and line.ears.found_silent == 0


async def test_ringing_tone_before_the_answer_is_not_audio_after_it() -> None:
    line = Line()
    await line.after(SETTLE_S, 300)
    await line.after(SILENT_S, 300)
    assert [media.comes for media in line.told] == [False]


async def test_a_silent_target_that_speaks_is_told_too() -> None:
    line = Line()
    await line.after(SETTLE_S)
    await line.after(SILENT_S)
    first = line.t
    await line.after(SILENT_S, 10)
    assert [media.comes for media in line.told] == [False, True]
    assert (first.silent, line.t.silent) == (True, False)
    await line.after(SILENT_S, 10)
    assert len(line.asked) == 3


async def test_a_count_that_cannot_be_had_says_nothing() -> None:
    line = Line()
    for _ in range(4):
        await line.after(SILENT_S, None)
    assert line.told == []
    await line.after(SILENT_S)
    assert line.told == []  # the first count


async def test_a_restarted_gateway_counts_anew_and_says_what_has_changed_meanwhile() -> None:
    line = Line(more={"silent": True})
    await line.after(60, 5)
    await line.after(SILENT_S, 155)
    assert [media.comes for media in line.told] == [True]


@pytest.mark.parametrize(
    "fields",
    [
        {"phase": "calling", "target_at": "dialled"}, {"phase": "returning", "target_at": "ending"},
        {"target_at": "gone"}, {"target_at": "away"}, {"answered_at": None}, {"target_leg": "", "target_channel": ""},
    ],
)  # fmt: skip
async def test_who_is_not_there_is_not_asked(fields: dict[str, Any]) -> None:
    line = Line(**fields)
    await line.after(SILENT_S)
    assert line.asked == []


async def test_what_has_ended_is_forgotten_and_another_leg_is_counted_for_itself() -> None:
    line = Line()
    await line.after(SETTLE_S)
    line.t = replace(line.t, target_leg=LegId("gw-t1-2"), target_channel="")
    await line.after(SILENT_S)
    assert line.asked == ["PJSIP/trunk-99", "gw-t1-2"] and line.told == []
    line.running = False
    await line.after(SILENT_S)
    line.running = True
    await line.after(SILENT_S)
    assert line.told == []
