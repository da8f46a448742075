"""Several gateways on one ledger: what they share is one's to look after; the others show it, and the next goes on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.alarms.service import NoAlarm
from tests.alarms.stage import NOON, RULES, FakeLedger, Hall

SHARED = {"id": "not-sent", "watch": "not_sent", "level": 2, "tell": ["shift_lead"], "again_s": 900}
WAITS = {"phone": (1, NOON - 700, "2026112100001")}
OWN = [one["id"] for one in RULES if one["id"] != "lost"]


class Several:
    """Gateways a and b on one ledger, of which ``holder`` has the lease; one ticket waits to be sent on."""

    def __init__(self) -> None:
        self.ledger, self.holder = FakeLedger(), "a"
        self.ledger.answers["unsent_tickets"] = WAITS
        self.a, self.b = self.gateway("a"), self.gateway("b")

    def gateway(self, name: str) -> Hall:
        async def ours() -> bool:
            return self.holder == name

        return Hall(self.ledger, rules=[*RULES, SHARED], ours=ours)

    async def round(self, *halls: Hall) -> None:
        """Each renews its lease, looks at the records and keeps what came of it."""
        for hall in halls or (self.a, self.b):
            await hall.service.share()
            await hall.service.look_at_records()
            await hall.service.keeper.flush()

    def events(self) -> list[str]:
        return [type_.split(".")[2] for type_, _, _ in self.ledger.rows.events]


@pytest.fixture
async def several() -> Several:
    made = Several()
    for hall in (made.a, made.b):
        await hall.service.resume()
    return made


def stands(hall: Hall) -> Sequence[tuple[str, str]]:
    return [(one.rule, one.state) for one in hall.service.open]


async def test_one_raises_and_tells_and_the_other_shows(several: Several) -> None:
    await several.round()
    await several.round()
    assert several.events() == ["raised"] and len(several.ledger.rows.alarms) == 1
    assert stands(several.a) == stands(several.b) == [("not-sent", "open")]
    assert several.a.service.open[0].id == several.b.service.open[0].id
    assert [one.state for one in several.b.shown] == ["open"], "what does not move is not shown again"
    assert (await several.b.service.notify(), await several.a.service.notify()) == (0, 1)
    assert [one[0] for one in several.ledger.asked].count("unsent_tickets") == 2, "b never looks"


async def test_what_is_of_one_gateway_stays_its_own(several: Several) -> None:
    several.b.trunk(up=False)
    await several.round()
    await several.round()
    assert stands(several.a) == [("not-sent", "open")]
    assert stands(several.b) == [("trunk", "open"), ("not-sent", "open")], "the worst level first"


async def test_what_is_done_at_the_other_reaches_who_looks_after_it(several: Several) -> None:
    await several.round()
    alarm = several.a.service.open[0]
    taken = await several.b.service.acknowledge(alarm.id, "lead", "::1")
    assert (taken.state, taken.by) == ("acknowledged", "lead") == (stands(several.b)[0][1], "lead")
    assert [one.act for one in several.ledger.rows.audits] == ["alarm.acknowledged"]
    await several.round()
    assert stands(several.a) == [("not-sent", "acknowledged")] and several.a.shown[-1].by == "lead"
    assert await several.a.service.notify() == 0, "it was taken on before anybody was told"
    await several.b.service.escalate(alarm.id, "leader", "lead", "::1")
    await several.round()
    assert several.a.service.open[0].owed == ("leader",)


async def test_of_two_acts_in_one_moment_the_one_that_the_ledger_took_holds(several: Several) -> None:
    await several.round()
    id_ = several.a.service.open[0].id
    await several.b.service.acknowledge(id_, "first", "::1")
    await several.a.service.snooze(id_, 5, "second", "::1")  # the ledger has this version already, by the first
    await several.round()
    assert [(one.state, one.by) for hall in (several.a, several.b) for one in hall.service.open] == [
        ("acknowledged", "first")
    ] * 2


async def test_the_next_goes_on_with_the_same_alarm_and_ends_it(several: Several) -> None:
    await several.round()
    await several.b.service.acknowledge(several.b.service.open[0].id, "lead", "::1")
    several.holder = "b"  # a hangs, and its lease runs out
    several.a.at = several.b.at = NOON + 60
    await several.round(several.b)
    assert stands(several.b) == [("not-sent", "acknowledged")] and several.events() == ["raised", "acknowledged"]
    several.ledger.answers["unsent_tickets"] = {}
    await several.round(several.b)
    assert stands(several.b) == [] and several.events()[-1] == "cleared"
    assert stands(several.a) == [("not-sent", "open")], "a has not heard of any of it"
    await several.round(several.a)
    assert stands(several.a) == [] and several.a.shown[-1].state == "cleared"
    several.ledger.answers["unsent_tickets"] = WAITS
    await several.round()
    assert several.events()[-1] == "raised" and several.b.service.open[0].count == 2, "the same one once more"
    assert len(several.ledger.rows.alarms) == 1
    with pytest.raises(NoAlarm):
        await several.a.service.acknowledge("nobody", "lead", "::1")


async def test_what_both_raised_in_one_moment_becomes_one(several: Several) -> None:
    several.b.service._others.ours = True  # the seconds in which both believe that the lease is theirs
    for hall in (several.a, several.b):
        await hall.service.look_at_records()
        await hall.service.keeper.flush()
    assert several.events() == ["raised", "raised"] and len(await several.ledger.open_alarms()) == 2
    await several.round()
    await several.round()
    [left] = await several.ledger.open_alarms()
    assert [one.id for hall in (several.a, several.b) for one in hall.service.open] == [left.id, left.id]


async def test_one_that_is_over_meanwhile_is_nobodys_to_act_on(several: Several) -> None:
    await several.round()
    id_ = several.b.service.open[0].id
    several.ledger.answers["unsent_tickets"] = {}
    await several.round(several.a)
    with pytest.raises(NoAlarm):
        await several.b.service.snooze(id_, 5, "lead", "::1")
    assert stands(several.b) == []


async def test_a_restart_takes_up_only_what_is_its_own_and_a_ledger_away_changes_nothing(several: Several) -> None:
    several.a.trunk(up=False)
    await several.round()
    again = several.gateway("b")
    await again.service.resume()
    assert ("not-sent", "open") in stands(again)
    assert {one.rule for one in again.service._engine.alarms} <= set(OWN), "what is shared is a's"
    several.ledger.away = True
    with pytest.raises(OSError, match="away"):
        await again.service.share()
    assert ("not-sent", "open") in stands(again)


async def test_alarms_of_a_rule_that_is_gone_are_cleared_once(several: Several) -> None:
    await several.round()
    for hall in (several.a, several.b):
        hall.config = hall.config.model_copy(update={"rule": tuple(one for one in hall.config.rule if one.id in OWN)})
        hall.service.adopt()
        hall.service.look()
    await several.round()
    await several.round()
    assert several.events() == ["raised", "cleared"] and stands(several.a) == stands(several.b) == []
