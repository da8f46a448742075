"""What ``gateway.alarms.ports`` promises of a ledger, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.bus.lease import Lease
from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.alarms import Alarm, HotTopic, Notice
from gateway.model.ids import AgentId, CallId, QueueId
from gateway.model.records import CallRecord
from gateway.tickets.ports import TicketDraft
from tests.alarms.stage import Hall as AlarmHall
from tests.contracts.conftest import KEYS

NOON = 1_795_233_600.0
HOUR, DAY = 3600.0, 86_400.0


def an_alarm(n: int = 1, **fields: Any) -> Alarm:
    made = Alarm(
        f"alarm-{n}", "waited", "queue:hotline", 2, "等候超时", "Waiting too long", "综合热线：2 人等候", "2 waiting",
        NOON + n, NOON + n, NOON + n, value=17.5, worst=21.0,
    )  # fmt: skip
    return replace(made, **fields)


async def save(ledger: SqlLedger, *saved: Alarm) -> list[bool]:
    return [await ledger.write(lambda tx, it=it: tx.save_alarm(it)) for it in saved]


# -- alarms ------------------------------------------------------------------------------------------------------------


async def test_an_alarm_is_found_as_it_was_saved(ledger: SqlLedger) -> None:
    notices = (Notice("张三", "sms", NOON, "d1"), Notice("leader", "", NOON, "", "none", "无人担任"))
    full = an_alarm(
        subject="seat:*", count=7, state="snoozed", by="lead", until=NOON + 60, members=("seat:A001", "seat:A002"),
        step=2, owed=("leader",), told={"shift_lead/张三/2": NOON}, notices=notices, version=4,
        topic=HotTopic("place", "海垦路", "海垦路", 9, 7200.0, (1, 0, 2)),
    )  # fmt: skip
    assert await save(ledger, full) == [True]
    assert await ledger.alarm("alarm-1") == full
    assert await ledger.write(lambda tx: tx.alarm("alarm-1")) == full
    assert await ledger.alarm("\0") is None


async def test_a_newer_version_replaces_and_an_older_one_changes_nothing(ledger: SqlLedger) -> None:
    first, second = an_alarm(version=2), an_alarm(version=3, state="acknowledged", by="lead")
    assert await save(ledger, first, second, first, replace(second, by="other")) == [True, True, False, False]
    assert await ledger.alarm("alarm-1") == second


async def test_open_ones_recent_ones_and_pages_of_all(ledger: SqlLedger) -> None:
    gone = an_alarm(1, state="cleared", cleared_at=NOON + 10)
    older = an_alarm(2, rule="disk", subject="disk:var")
    newer = an_alarm(3, state="acknowledged", by="lead")
    await save(ledger, newer, gone, older)
    assert list(await ledger.open_alarms()) == [older, newer]
    assert list(await ledger.recent_alarms(NOON)) == [gone]
    assert list(await ledger.recent_alarms(NOON + 5)) == []
    assert list(await ledger.alarms()) == [newer, older, gone]
    assert list(await ledger.alarms(only_open=True, limit=1)) == [newer]
    assert list(await ledger.alarms(after=(newer.since, newer.id))) == [older, gone]
    assert list(await ledger.alarms(rule="disk")) == [older]
    assert list(await ledger.alarms(since=NOON + 2, until=NOON + 3)) == [older]


async def test_only_cleared_alarms_are_forgotten(ledger: SqlLedger) -> None:
    gone, open_ = an_alarm(1, state="cleared", cleared_at=NOON + 1), an_alarm(2)
    await save(ledger, gone, open_)
    assert await ledger.write(lambda tx: tx.drop_alarms(NOON)) == 0
    assert await ledger.write(lambda tx: tx.drop_alarms(NOON + 100)) == 1
    assert list(await ledger.alarms()) == [open_]


async def test_an_alarm_outlives_its_gateway(ledger_url: str, tmp_path: Path) -> None:
    config = LedgerConfig(url=ledger_url)
    async with open_ledger(config, tmp_path, KEYS) as ledger:
        await save(ledger, an_alarm())
    async with open_ledger(config, tmp_path, KEYS) as ledger:
        assert list(await ledger.open_alarms()) == [an_alarm()]


# -- what is watched ---------------------------------------------------------------------------------------------------


async def keep(ledger: SqlLedger, n: int, at: float, **fields: Any) -> None:
    call = CallRecord(CallId(f"{at:.0f}.{n}"), at, caller_number="13812345678", queue=QueueId("hotline"), queued_at=at)
    for name, value in fields.items():
        setattr(call, name, value)
    await ledger.write(lambda tx: tx.save_call(call))


def answered(at: float, wait_s: float, talk_s: float | None = 60.0) -> dict[str, Any]:
    return {"answered_at": at + wait_s, "ended_at": at + 90, "outcome": "answered", "wait_s": wait_s, "talk_s": talk_s}


async def test_calls_are_counted_by_queue_as_the_rates_want_them(ledger: SqlLedger) -> None:
    lost = {"ended_at": NOON + 30, "outcome": "abandoned_queue", "wait_s": 30.0}
    await keep(ledger, 1, NOON, **answered(NOON, 15.0))
    await keep(ledger, 2, NOON, **answered(NOON, 15.1))
    await keep(ledger, 3, NOON, **lost)
    await keep(ledger, 4, NOON, **lost | {"outcome": "no_seat", "queue": QueueId("market")})
    await keep(ledger, 5, NOON, ended_at=NOON + 9, outcome="abandoned_flow", queue=None, queued_at=None)
    await keep(ledger, 6, NOON, **answered(NOON, 1.0), direction="out")
    await keep(ledger, 7, NOON - 1, **answered(NOON - 1, 1.0))
    await keep(ledger, 8, NOON, outcome=None)
    await keep(ledger, 9, NOON, **answered(NOON, 5.0, 0.0))
    await keep(ledger, 10, NOON, answered_at=NOON + 3, wait_s=3.0)
    assert await ledger.served(NOON, 15) == {"hotline": (5, 3, 2), "market": (1, 0, 0)}, "answered is talk > 0"


async def test_callers_who_call_again_are_found_and_named_by_nothing_but_their_hash(ledger: SqlLedger) -> None:
    for n in range(3):
        await keep(ledger, n, NOON + n)
    await keep(ledger, 3, NOON, caller_number="13900000000")
    await keep(ledger, 4, NOON, caller_number="")
    [(hashed, n, call_id)] = await ledger.repeat_callers(NOON, 2)
    assert (n, len(hashed) >= 12, "138" in bytes.fromhex(hashed).decode("latin-1")) == (3, True, False)
    assert (await ledger.call(CallId(call_id))).caller_number == "13812345678"  # type: ignore[union-attr]
    assert list(await ledger.repeat_callers(NOON, 4)) == []


async def ticket(ledger: SqlLedger, at: float, channel: str = "wechat", **fields: Any) -> str:
    draft = TicketDraft(channel, "460000", at, at, fields=fields)
    made, _ = await ledger.write(lambda tx: tx.open_ticket(draft, None))
    return made.ticket_no


async def test_tickets_that_nobody_has_answered(ledger: SqlLedger) -> None:
    oldest = await ticket(ledger, NOON)
    await ticket(ledger, NOON + 60)
    await ticket(ledger, NOON + 120, first_response_at=NOON + 130)
    await ticket(ledger, NOON + 120, state="closed")
    await ticket(ledger, NOON + 120, state="sent")
    mail = await ticket(ledger, NOON + 10, "email")
    found = await ledger.unanswered_tickets(NOON - DAY, NOON + 180)
    assert found == {"wechat": (2, NOON, oldest), "email": (1, NOON + 10, mail)}
    assert await ledger.unanswered_tickets(NOON - DAY, NOON) == {}


async def test_urgent_tickets_and_those_that_were_not_sent_on(ledger: SqlLedger) -> None:
    urgent = await ticket(ledger, NOON, "phone", urgency="紧急", call_id="c1", agent_id=AgentId("8001"))
    await ticket(ledger, NOON, "phone", urgency="特急", sent_at=NOON + 60, state="sent")
    await ticket(ledger, NOON, "phone", urgency="特急", state="closed")
    talking = await ticket(ledger, NOON + 1, "phone", call_id="c2")
    await ledger.write(lambda tx: tx.save_call(CallRecord(CallId("c1"), NOON, ended_at=NOON + 300)))
    await ledger.write(lambda tx: tx.save_call(CallRecord(CallId("c2"), NOON)))
    assert await ledger.urgent_tickets(NOON - DAY, NOON + HOUR) == {"phone": (1, NOON, urgent)}
    assert await ledger.unsent_tickets(NOON - DAY, NOON + 300) == {}, "the time begins with the call's end"
    assert await ledger.unsent_tickets(NOON - DAY, NOON + 301) == {"phone": (1, NOON + 300, urgent)}
    await ledger.write(lambda tx: tx.save_call(CallRecord(CallId("c2"), NOON, ended_at=NOON + 10)))
    assert await ledger.unsent_tickets(NOON - DAY, NOON + 301) == {"phone": (2, NOON + 10, urgent)}, talking


async def test_topics_words_and_mentions(ledger: SqlLedger) -> None:
    assert await ledger.first_ticket_at() is None
    await ticket(ledger, NOON, category="0101", title="海垦路停水", content="阳光小区 100% 停水")
    await ticket(ledger, NOON + 1, category="0101", title="停水", content="海垦路")
    await ticket(ledger, NOON + 2, category="", title="咨询社保")
    assert await ledger.first_ticket_at() == NOON
    assert await ledger.topics(NOON, NOON + 2) == {("0101", "460000"): 2}
    assert await ledger.topics(NOON, NOON + 3) == {("0101", "460000"): 2, ("", "460000"): 1}
    assert list(await ledger.ticket_words(NOON + 1, NOON + 3)) == ["咨询社保\n", "停水\n海垦路"]
    assert await ledger.mentions("海垦路", NOON, NOON + 3) == 2
    assert await ledger.mentions("100%", NOON, NOON + 3) == 1
    assert await ledger.mentions("%", NOON, NOON + 1) == 1
    assert await ledger.mentions("_", NOON, NOON + 3) == 0


async def test_a_database_of_its_own_tells_its_time(ledger: SqlLedger, ledger_url: str) -> None:
    theirs = await ledger.their_clock()
    assert (theirs is None) == ledger_url.startswith("sqlite")
    assert theirs is None or theirs > NOON - 365 * DAY


# -- several gateways --------------------------------------------------------------------------------------------------


async def test_of_two_gateways_on_one_ledger_one_raises_alarms_about_tickets(ledger: SqlLedger) -> None:
    at = [NOON + 700]
    rules = [{"id": "not-sent", "watch": "not_sent", "level": 2}]
    halls = []
    for node in ("a:1", "b:1"):
        lease = Lease(ledger, "alarms", node, lambda: at[0])
        halls.append(AlarmHall(ledger, rules=rules, ours=lease.hold))  # type: ignore[arg-type]
        halls[-1].at = at[0]

    async def round_(*looking: AlarmHall) -> None:
        for hall in looking:
            hall.at = at[0]
            await hall.service.share()
            await hall.service.look_at_records()
            await hall.service.keeper.flush()

    await halls[0].service.resume()
    await halls[1].service.resume()
    number = await ticket(ledger, NOON, "phone")
    for _ in range(3):
        await round_(*halls)
        at[0] += 5
    [alarm] = await ledger.open_alarms()
    raised = [one for one in await ledger.events(0) if one.type == "hotline.alarm.raised.v1"]
    assert len(raised) == 1 and number in alarm.text
    assert [[one.id for one in hall.service.open] for hall in halls] == [[alarm.id], [alarm.id]]
    at[0] += 20  # the first dies; the second goes on with the same alarm
    await halls[1].service.acknowledge(alarm.id, "lead", "::1")
    await round_(halls[1])
    assert [(one.id, one.by) for one in halls[1].service.open] == [(alarm.id, "lead")]
    assert [one.id for one in await ledger.open_alarms()] == [alarm.id]
