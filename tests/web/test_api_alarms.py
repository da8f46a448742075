"""Alarms over HTTP: followers read them, leads act on them, every refusal says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.alarms.stage import Hall

ALARMS = "/api/v1/alarms"


@pytest.fixture
def alarms() -> Hall:
    return Hall()


@pytest.fixture
async def alarm_site(open_site: Any, alarms: Hall) -> AsyncIterator[Any]:
    async with open_site(more={"alarms": alarms.service}) as site:
        yield site


async def test_an_alarm_is_read_by_followers_and_acted_on_by_leads(alarm_site: Any, alarms: Hall) -> None:
    alarm = await alarms.down()
    follower = alarm_site.client(token=alarm_site.tokens["machine"])
    status, page, _ = await follower.get(ALARMS)
    [shown] = page["items"]
    assert (status, shown["id"], shown["level"], shown["title_en"]) == (200, alarm.id, 1, "Trunk down")
    assert (shown["subject"], shown["state"], shown["worst"], shown["notices"]) == ("trunk:trunk", "open", 1.0, [])
    assert (await follower.get(f"{ALARMS}/{alarm.id}"))[1] == shown
    assert (await follower.ask("POST", f"{ALARMS}/{alarm.id}/acknowledge", json={}))[0] == 403

    lead = await alarm_site.logged_in("lead")
    status, taken, _ = await lead.ask("POST", f"{ALARMS}/{alarm.id}/acknowledge", json={})
    assert (status, taken["state"], taken["by"]) == (200, "acknowledged", "lead")
    status, snoozed, _ = await lead.ask("POST", f"{ALARMS}/{alarm.id}/snooze", json={"minutes": 15})
    assert (status, snoozed["state"], snoozed["until"]) == (200, "snoozed", alarms.at + 900)
    assert (await lead.ask("POST", f"{ALARMS}/{alarm.id}/escalate", json={"to": "shift_lead"}))[0] == 200
    assert [it.act for it in alarms.ledger.rows.audits] == ["alarm.acknowledged", "alarm.snoozed", "alarm.escalated"]
    assert {it.login for it in alarms.ledger.rows.audits} == {"lead"}


async def test_agents_neither_read_nor_act(alarm_site: Any, alarms: Hall) -> None:
    alarm, agent = await alarms.down(), await alarm_site.logged_in("agent1")
    for path in (ALARMS, f"{ALARMS}/{alarm.id}", f"{ALARMS}/rules"):
        assert (await agent.get(path))[0] == 403
    assert (await agent.ask("POST", f"{ALARMS}/{alarm.id}/acknowledge", json={}))[0] == 403
    assert alarms.service.open[0].state == "open"


async def test_those_that_are_over_are_in_the_history_alone(alarm_site: Any, alarms: Hall) -> None:
    alarm, lead = await alarms.down(), await alarm_site.logged_in("lead")
    alarms.trunk(up=True)
    await alarms.service.keeper.flush()
    assert (await lead.get(ALARMS))[1] == {"items": []}
    [past] = (await lead.get(f"{ALARMS}?state=all&since={alarms.at - 60}"))[1]["items"]
    assert (past["id"], past["state"], past["cleared_at"]) == (alarm.id, "cleared", alarms.at)
    assert (await lead.ask("POST", f"{ALARMS}/{alarm.id}/acknowledge", json={}))[0] == 404
    assert (await lead.get(f"{ALARMS}?state=all&after={alarm.id}"))[0] == 200


@pytest.mark.parametrize(
    ("act", "body", "status", "field"),
    [
        ("snooze", {"minutes": 0}, 400, "minutes"),
        ("snooze", {"minutes": 1441}, 400, "minutes"),
        ("snooze", {}, 400, "minutes"),
        ("escalate", {"to": "nobody"}, 400, "to"),
        ("escalate", {"to": ""}, 400, "to"),
        ("acknowledge", {"why": "x"}, 400, "why"),
    ],
)
async def test_a_bad_act_names_its_field(
    alarm_site: Any, alarms: Hall, act: str, body: dict[str, Any], status: int, field: str
) -> None:
    alarm, lead = await alarms.down(), await alarm_site.logged_in("lead")
    answer = await lead.ask("POST", f"{ALARMS}/{alarm.id}/{act}", json=body)
    assert (answer[0], answer[1]["field"]) == (status, field) and alarms.service.open[0].state == "open"


@pytest.mark.parametrize("path", ["/a99", "?state=all&after=a99"])
async def test_what_is_not_there_is_not_found(alarm_site: Any, path: str) -> None:
    assert (await (await alarm_site.logged_in("lead")).get(f"{ALARMS}{path}"))[0] == 404


async def test_the_rules_are_shown_with_what_they_mean(alarm_site: Any) -> None:
    status, found, _ = await (await alarm_site.logged_in("lead")).get(f"{ALARMS}/rules")
    assert status == 200 and found["roles"] == ["leader", "shift_lead", "standby"]
    trunk = found["rules"][0]
    assert (trunk["id"], trunk["unit"], trunk["raise_at"], trunk["tell"]) == ("trunk", "yes", 1.0, ["shift_lead"])
    assert trunk["title"] == "中继中断" and trunk["explained_en"]


async def test_a_gateway_without_alarms_says_so(open_site: Any) -> None:
    async with open_site() as site:
        assert (await (await site.logged_in("lead")).get(ALARMS))[0] == 503
