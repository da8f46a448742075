"""Carriers' reports find their delivery by any part, in any order, also when they are quicker than our own commit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.sms.port import Told
from gateway.channels.sms.reports import KEPT_S, UNMATCHED_S
from tests.channels.sms.sms_stage import SmsStage, arrive, open_sms, text_of


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SmsStage]:
    async with open_sms(tmp_path) as opened:
        yield opened


async def answered(stage: SmsStage, per: int = 20) -> list[str]:
    """The ids of the parts of a receipt that went out: three, of ``per`` characters each."""
    stage.link.per = per
    await arrive(stage, text_of("和平大道路灯坏了三天，请派人修理"))
    await stage.deliver()
    ids: list[str] = stage.link.ids[-1]
    return ids


async def state_of(stage: SmsStage) -> tuple[str, str]:
    (delivery,) = await stage.deliveries()
    return delivery.state, delivery.error


async def told(stage: SmsStage, id: str, state: Any = "delivered", code: str = "DELIVRD") -> None:
    await stage.channel.told(Told(id, state, code))


async def test_a_message_of_one_part_is_delivered_by_its_report(stage: SmsStage) -> None:
    (id,) = await answered(stage, per=500)
    await told(stage, id)
    assert await state_of(stage) == ("delivered", "")


async def test_a_message_is_delivered_when_all_parts_are(stage: SmsStage) -> None:
    ids = await answered(stage)
    assert len(ids) >= 2
    for id in reversed(ids):
        assert await state_of(stage) == ("sent", "")
        await told(stage, id)
        await told(stage, id)
    assert await state_of(stage) == ("delivered", "")


async def test_a_message_has_failed_when_one_part_has(stage: SmsStage) -> None:
    ids = await answered(stage)
    assert len(ids) >= 2
    for id in ids[:-1]:
        await told(stage, id)
    await told(stage, ids[-1], "failed", "MK:0013")
    assert await state_of(stage) == ("failed", "MK:0013")
    await told(stage, ids[0])
    assert await state_of(stage) == ("failed", "MK:0013")


async def test_a_carrier_that_still_tries_changes_nothing(stage: SmsStage) -> None:
    (id,) = await answered(stage, per=500)
    await told(stage, id, "waiting", "ACCEPTD")
    await told(stage, "", "failed", "UNDELIV")
    assert await state_of(stage) == ("sent", "")


@pytest.mark.parametrize("per", [500, 20])
async def test_a_report_before_the_result_of_the_sending_is_not_lost(stage: SmsStage, per: int) -> None:
    async def at_once(ids: Sequence[str]) -> None:
        for id in ids:
            await told(stage, id)

    stage.link.then = at_once
    await answered(stage, per)
    assert await state_of(stage) == ("sent", "")
    stage.clock.now += 1
    await stage.channel.sweep()
    await stage.channel.sweep()
    assert await state_of(stage) == ("delivered", "")


async def test_a_report_that_nobody_is_known_for_is_told_again_for_an_hour(stage: SmsStage) -> None:
    await told(stage, "of another sender")
    looks, begun = 0, stage.clock.now
    while stage.clock.now < begun + 2 * UNMATCHED_S + 60:
        looks += await stage.channel.sweep()
        stage.clock.now += 1 + (stage.clock.now - begun) / 10
    assert 8 <= looks <= 16
    assert stage.channel.figures()["sms_reports_unmatched"] == 1
    assert await stage.channel.sweep() == 0


async def test_ids_of_parts_are_forgotten_when_no_report_can_come_any_more(stage: SmsStage) -> None:
    ids = await answered(stage)
    assert len(ids) >= 2
    stage.clock.now += KEPT_S + 1
    assert await stage.channel.sweep() == len(ids)
    assert await stage.channel.sweep() == 0


@dataclass
class Unlucky:
    """A dispatcher whose ledger fails the first time."""

    fails: int = 1
    told: list[tuple[str, ...]] = field(default_factory=list)

    async def report(self, *told: str) -> bool:
        if self.fails:
            self.fails -= 1
            raise OSError("away")
        self.told.append(told)
        return True


async def test_a_report_that_could_not_be_written_is_the_carriers_to_repeat(stage: SmsStage) -> None:
    ids, unlucky = await answered(stage), Unlucky()
    stage.channel._reports._report = unlucky.report
    for id in ids[:-1]:
        await told(stage, id)
    with pytest.raises(OSError, match="away"):
        await told(stage, ids[-1])
    await told(stage, ids[-1])
    assert unlucky.told == [("sms", "hainan", ids[-1], "delivered", "")]
