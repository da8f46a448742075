"""A repeat or a second message: by octets, time, and what was answered on the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels.sms.port import Told
from gateway.channels.sms.smpp.ids import MessageIds
from gateway.channels.sms.smpp.repeats import AGAIN, Answered, Naming, knowing
from tests.channels.door_stage import Stage, open_stage
from tests.channels.sms.carrier_stage import RecordingInbox
from tests.channels.sms.sms_stage import text_of

HAO = text_of("好", key="digest")


class Scene:
    def __init__(self, stage: Stage) -> None:
        self.stage, self.inbox = stage, RecordingInbox()
        self.naming = self.again()

    def again(self, account: str = "hainan") -> Naming:
        """As after a restart: nothing in memory."""
        ledger = self.stage.ledger
        ids = MessageIds("auto", knowing(ledger, account))
        return Naming(self.inbox, ids, ledger, account, 600.0, self.stage.clock)

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.inbox.messages]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_stage(tmp_path) as stage:
        yield Scene(stage)


async def test_within_the_time_it_is_a_repeat_after_a_restart_too(scene: Scene) -> None:
    await scene.naming.arrived(HAO)
    scene.stage.clock.now += 599
    await scene.again().arrived(HAO)
    first, second = scene.keys
    assert first == second
    assert first.startswith("digest-")


async def test_the_time_runs_from_the_first_and_then_it_is_a_new_message(scene: Scene) -> None:
    for _ in range(4):
        await scene.naming.arrived(HAO)
        scene.stage.clock.now += 300
    assert scene.keys[0] == scene.keys[1] != scene.keys[2] == scene.keys[3]


async def test_what_was_answered_before_on_its_connection_is_new_at_once(scene: Scene) -> None:
    await scene.naming.arrived(HAO)
    scene.stage.clock.now += 15
    await scene.naming.arrived(replace(HAO, meta={AGAIN: "1"}))
    await scene.naming.arrived(HAO)  # a repeat, of the second
    first, second, third = scene.keys
    assert first != second == third


async def test_others_words_and_other_accounts_are_no_repeats(scene: Scene) -> None:
    await scene.naming.arrived(HAO)
    await scene.naming.arrived(replace(HAO, key="other"))
    await scene.again("sanya").arrived(HAO)
    assert scene.keys[0] == scene.keys[2]  # one digest at one time; the message's key holds the account
    assert await scene.stage.ledger.gathering("same:sanya:digest") is not None


async def test_a_clock_set_back_makes_no_message_a_repeat(scene: Scene) -> None:
    await scene.naming.arrived(HAO)
    scene.stage.clock.now -= 3600
    await scene.naming.arrived(HAO)
    assert scene.keys[0] != scene.keys[1]


async def test_what_waits_is_passed_over_and_reports_get_the_id_of_the_answer(scene: Scene) -> None:
    await scene.naming.told(Told("A1", "waiting"))
    await scene.naming.told(Told("A1", "delivered"))
    assert [one.external_id for one in scene.inbox.reports] == ["a1"]


def test_answers_are_remembered_by_connection_and_only_the_last() -> None:
    answered = Answered()
    answered.note("a", 100.0)
    assert [answered.is_again("a", at) for at in (105.0, 110.0, 110.1)] == [False, False, True]
    assert not answered.is_again("b", 200.0)
    for n in range(4096):
        answered.note(str(n), 101.0)
    assert not answered.is_again("a", 200.0)
