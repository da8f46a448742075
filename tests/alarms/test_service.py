"""The service: what moved is shown at once, kept, told to people, and taken up again; a trouble ends nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.alarms.config import AlarmsConfig
from gateway.alarms.service import NoAlarm, NoRole
from gateway.model.alarms import Alarm
from gateway.model.facts import EndpointChanged
from tests.alarms.stage import NOON, Hall, rule


async def test_what_moves_is_shown_kept_and_told_in_the_feed() -> None:
    hall = Hall()
    alarm = await hall.down()
    assert [it.state for it in hall.shown] == ["open"] and hall.ledger.rows.alarms[alarm.id] == alarm
    hall.at += 1
    hall.trunk(up=True)
    await hall.service.keeper.flush()
    assert [it.state for it in hall.shown] == ["open", "cleared"] and hall.service.open == []
    assert [it[0].split(".")[2] for it in hall.ledger.rows.events] == ["raised", "cleared"]
    assert (await hall.service.kept(alarm.id)).state == "cleared"  # type: ignore[union-attr]


async def test_it_is_shown_also_while_the_ledger_is_away_and_kept_when_it_is_back() -> None:
    hall = Hall()
    hall.ledger.away = True
    hall.trunk(up=False)
    with pytest.raises(OSError, match="away"):
        await hall.service.acknowledge(hall.service.open[0].id, "lead", "127.0.0.1")
    assert [it.state for it in hall.shown] == ["open", "acknowledged"]
    hall.ledger.away = False
    await hall.service.keeper.flush()
    assert len(hall.ledger.rows.audits) == 1 and next(iter(hall.ledger.rows.alarms.values())).by == "lead"


async def test_acts_are_audited_and_what_is_over_is_nobodys_to_act_on() -> None:
    hall = Hall()
    alarm = await hall.down()
    assert (await hall.service.acknowledge(alarm.id, "lead", "::1")).state == "acknowledged"
    snoozed = await hall.service.snooze(alarm.id, 30, "lead", "::1")
    assert (snoozed.state, snoozed.until) == ("snoozed", NOON + 1800)
    await hall.service.escalate(alarm.id, "leader", "lead", "::1")
    assert [it.act for it in hall.ledger.rows.audits] == ["alarm.acknowledged", "alarm.snoozed", "alarm.escalated"]
    assert hall.ledger.rows.audits[-1].detail["to"] == "leader"
    with pytest.raises(NoRole):
        await hall.service.escalate(alarm.id, "nobody", "lead", "::1")
    with pytest.raises(NoAlarm):
        await hall.service.acknowledge("a99", "lead", "::1")
    hall.trunk(up=True)
    with pytest.raises(NoAlarm):
        await hall.service.snooze(alarm.id, 30, "lead", "::1")


async def test_an_alarm_is_told_once_and_committed_as_a_delivery() -> None:
    hall = Hall()
    alarm = await hall.down()
    assert await hall.service.notify() == 1
    [delivery] = hall.ledger.rows.deliveries.values()
    assert (delivery.target, delivery.account, hall.woken) == ("13812345678", "hainan", 1)
    [notice] = hall.ledger.rows.alarms[alarm.id].notices
    assert (notice.to, notice.delivery_id) == ("张三", delivery.id)
    assert await hall.service.notify() == 0


async def test_the_end_is_told_to_who_was_told_also_after_a_restart() -> None:
    hall = Hall()
    await hall.down()
    await hall.service.notify()
    hall.trunk(up=True)
    await hall.service.keeper.flush()
    assert await hall.service.notify() == 0, "not yet: it may come again"
    again = Hall(hall.ledger)
    again.at = NOON + 2000
    await again.service.resume()
    again.service.look()
    assert await again.service.notify() == 1
    assert "已恢复" in list(hall.ledger.rows.deliveries.values())[-1].text
    again.service.look()
    assert again.service._engine.known == []


async def test_one_that_is_acknowledged_in_time_is_told_to_nobody() -> None:
    hall = Hall()
    alarm = await hall.down()
    await hall.service.acknowledge(alarm.id, "lead", "::1")
    assert await hall.service.notify() == 0 and hall.ledger.rows.deliveries == {}


@pytest.mark.parametrize("notify", [{"enabled": False}, {"accounts": {}}])
async def test_notices_that_are_switched_off_are_not_made(notify: dict[str, Any]) -> None:
    hall = Hall(**notify)
    await hall.down()
    assert await hall.service.notify() == 0


async def test_a_roster_that_cannot_be_read_is_asked_again() -> None:
    hall = Hall()
    alarm = await hall.down()
    await hall.service.escalate(alarm.id, "standby", "lead", "::1")
    assert await hall.service.notify() == 1
    assert hall.service.open[0].owed == ("standby",) and hall.service.troubles == 1


@pytest.mark.parametrize(("state", "error"), [("failed", "busy"), ("impossible", "退订")])
async def test_a_notice_that_did_not_arrive_is_an_alarm_that_is_shown(state: Any, error: str) -> None:
    hall = Hall()
    await hall.down()
    await hall.service.notify()
    [sent] = hall.ledger.rows.deliveries.values()
    await hall.service.look_at_records()
    assert len(hall.service.open) == 1
    hall.ledger.rows.deliveries[sent.id] = replace(sent, state=state, error=error)
    await hall.service.look_at_records()
    failed = next(it for it in hall.service.open if it.rule == "notice")
    assert failed.subject == "notice:张三/sms" and error in failed.text and failed.owed == ()
    assert next(it for it in hall.service.open if it.rule == "trunk").notices[0].state == state
    hall.trunk(up=True)
    hall.at += 60
    await hall.service.look_at_records()
    assert hall.service.open == []


async def test_a_server_that_names_the_receiver_is_quoted_masked() -> None:
    hall = Hall()
    await hall.down()
    await hall.service.notify()
    [sent] = hall.ledger.rows.deliveries.values()
    why = "550 <zhang@12345.example.cn> 13812345678 unknown"
    hall.ledger.rows.deliveries[sent.id] = replace(sent, state="failed", error=why)
    await hall.service.look_at_records()
    await hall.service.keeper.flush()
    told = str([*hall.service.open, *hall.ledger.rows.events, *hall.shown])
    assert "550" in told and "13812345678" not in told and "zhang@12345" not in told


async def test_nobody_to_tell_is_an_alarm_as_well() -> None:
    hall = Hall()
    alarm = await hall.down()
    await hall.service.escalate(alarm.id, "leader", "lead", "::1")
    await hall.service.notify()
    await hall.service.look_at_records()
    assert {it.subject for it in hall.service.open if it.rule == "notice"} == {"notice:leader"}


async def test_what_stands_is_taken_up_after_a_restart_with_who_was_told() -> None:
    hall = Hall()
    alarm = await hall.down()
    await hall.service.notify()
    again = Hall(hall.ledger)
    await again.service.resume()
    assert [it.id for it in again.service.open] == [alarm.id]
    assert await again.service.notify() == 0
    assert await again.service.history() == again.service.open


async def test_a_lost_call_pokes_the_slow_look_alone_for_lost_calls() -> None:
    hall = Hall()
    hall.ledger.answers["served"] = {"hotline": (1, 0, 0)}
    await hall.service.look_at_records(only_lost=True)
    assert [it.rule for it in hall.service.open] == ["lost"]
    hall.lost = 1
    hall.service.look()
    assert hall.service._poked.is_set()


async def test_old_alarms_are_forgotten_once_a_day() -> None:
    hall = Hall()
    gone = Alarm("old", "trunk", "trunk:x", 1, "t", "t", "t", "t", 1.0, 2.0, state="cleared", cleared_at=2.0)
    hall.ledger.rows.alarms["old"] = gone
    await hall.service.look_at_records()
    assert "old" not in hall.ledger.rows.alarms
    hall.ledger.rows.alarms["old"] = gone
    await hall.service.look_at_records()
    assert "old" in hall.ledger.rows.alarms


async def test_a_text_that_moves_each_second_is_shown_now_and_then() -> None:
    hall = Hall()
    hall.config = AlarmsConfig(rule=(rule("lost", window_s=600),))
    hall.service.adopt()
    for n in range(1, 12):
        hall.ledger.answers["served"] = {"hotline": (n, 0, 0)}
        hall.at += 1
        await hall.service.look_at_records(only_lost=True)
    assert [it.value for it in hall.shown] == [1, 6, 11]


async def test_it_runs_and_a_look_that_fails_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.alarms.service._FAST_S", 0.001)
    hall, shown = Hall(), asyncio.Event()
    failures = [RuntimeError("a mistake"), OSError("away")]
    look = hall.service.look

    def fails_twice() -> None:
        if failures:
            raise failures.pop()
        look()
        if hall.shown:
            shown.set()

    monkeypatch.setattr(hall.service, "look", fails_twice)
    hall.trunks.on_fact(EndpointChanged(NOON, "trunk", False, ""))
    running = asyncio.get_running_loop().create_task(hall.service.run())
    await asyncio.wait_for(shown.wait(), 60)
    running.cancel()
    await asyncio.wait([running])
    assert hall.service.troubles == 2 and [it.rule for it in hall.service.open] == ["trunk"]
