"""The slow looks: what the ledger, disks and clocks say becomes readings with the numbers in their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.alarms.engine import Engine
from gateway.alarms.ports import Budget
from gateway.alarms.readings import Look
from gateway.alarms.records import Means, RecordLooks
from gateway.alarms.words import texts
from gateway.model.alarms import HotTopic
from gateway.model.ids import CallId
from gateway.model.messages import Follower
from gateway.model.records import CallRecord
from tests.alarms.stage import NOON, FakeLedger, rule

DAY = 86_400.0
BUDGET = Budget(500 * 10**9, 10**12, 500 * 10**9, 400, False, 0.85, 30)


class Records:
    def __init__(self, tmp_path: Path) -> None:
        self.ledger, self.ahead, self.synchronised = FakeLedger(), None, True
        self.recordings: Budget | None = None
        means = Means(
            self.ledger, lambda: [tmp_path], lambda: self.ahead, lambda: NOON,
            lambda kind, code: (f"{kind}{code}", code), synchronised=lambda: self.synchronised,
            recordings=lambda: self.recordings,
        )  # fmt: skip
        self.looks = RecordLooks(means)

    async def see(self, watch: str, **fields: Any) -> list[tuple[str, float, str]]:
        [look] = await self.ask(watch, **fields)
        return [(it.subject, it.value, texts(look.rule, it)[0]) for it in look.readings]

    async def ask(self, watch: str, **fields: Any) -> Sequence[Look]:
        return await self.looks.looks([rule(watch, **fields)])


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


async def test_rates_are_of_the_window_and_the_queues_and_few_requests_say_nothing(records: Records) -> None:
    records.ledger.answers["served"] = {"hotline": (90, 81, 72), "market": (10, 10, 10)}
    [(subject, value, text)] = await records.see("connection_rate")
    assert (subject, value) == ("hotline:all", 0.91) and "91%（91/100），低于 95%" in text
    assert records.ledger.asked == [("served", NOON - DAY, 15)]
    [(_, value, text)] = await records.see("answer_rate", window_s=3600)
    assert value == 0.82 and "近 1 小时 15 秒接听率 82%（82/100）" in text
    [(subject, value, _)] = await records.see("connection_rate", queues=["market"], least=5)
    assert (subject, value) == ("hotline:market", 1.0)
    assert await records.see("connection_rate", least=101) == []


async def test_lost_calls_by_queue(records: Records) -> None:
    records.ledger.answers["served"] = {"hotline": (9, 7, 7), "market": (5, 5, 5), "": (1, 0, 0)}
    found = await records.see("lost", window_s=600)
    assert [(it[0], it[1]) for it in found] == [("queue:hotline", 2.0), ("queue:-", 1.0)]
    assert found[0][2] == "queuehotline：近 10 分钟 呼损 2 个"


async def test_the_oldest_ticket_that_waits_with_how_many(records: Records) -> None:
    records.ledger.answers["unanswered_tickets"] = {
        "sms": (2, NOON - 240, "460000-20261121-0000002"), "phone": (9, NOON - 9000, "x"),
        "wechat": (1, NOON - 600, "460000-20261121-0000001"),
    }  # fmt: skip
    [(subject, value, text)] = await records.see("first_response")
    assert (subject, value) == ("tickets:all", 600.0)
    assert text == "3 件文字诉求未在 3 分钟 内响应，最久 10 分钟（460000-20261121-0000001）"
    assert records.ledger.asked == [("unanswered_tickets", NOON - 7 * DAY, NOON - 180)]
    assert [it[1] for it in await records.see("first_response", channels=["sms"])] == [240.0]
    records.ledger.answers["urgent_tickets"] = {"phone": (1, NOON - 1560, "460000-20261121-0000003")}
    [(_, _, text)] = await records.see("urgent")
    assert text == "1 件紧急诉求已 26 分钟 未处置，时限 30 分钟（460000-20261121-0000003）"
    assert await records.see("not_sent") == []


async def test_repeat_callers_are_named_by_their_masked_number(records: Records) -> None:
    records.ledger.answers["repeat_callers"] = [("ab" * 16, 5, "1.1")]
    records.ledger.answers["call"] = CallRecord(CallId("1.1"), NOON, caller_number="13812345678")
    assert await records.see("repeat_caller") == [
        ("caller:138****5678/ababab", 5.0, "138****5678 近 24 小时 来电 5 次")
    ]
    assert records.ledger.asked[0] == ("repeat_callers", NOON - DAY, 4)


async def test_a_category_that_rises_against_its_own_hours(records: Records) -> None:
    def topics(since: float, _until: float) -> dict[tuple[str, str], int]:
        return (
            {("0101", "a"): 15, ("0101", "b"): 8, ("", "a"): 99, ("02", "a"): 3}
            if since == NOON - 3600
            else {("0101", "a"): 4}
        )

    records.ledger.answers |= {"first_ticket_at": NOON - 30 * DAY, "topics": topics}
    [(subject, value, text)] = await records.see("hot_topic", window_s=3600, least=8)
    assert subject == "category:0101" and value > 6
    assert "近 1 小时 “category0101”诉求 23 件；此前 7 天同时段平均 4.0 件、最多 4 件，偶然出现的概率约 1/" in text
    assert len(records.ledger.asked) == 1 + 8
    [look] = await records.ask("hot_topic", window_s=3600, least=8)
    assert look.readings[0].topic == HotTopic("category", "category0101", "0101", 23, 3600.0, (4,) * 7)
    [(subject, *_)] = await records.see("hot_topic", window_s=3600, least=9, of="area")
    assert subject == "area:a"


async def test_a_place_that_rises_is_found_in_texts(records: Records) -> None:
    def words(_since: float, _until: float) -> list[str]:
        return ["海垦路停水"] * 9 + ["咨询社保"]

    records.ledger.answers |= {"first_ticket_at": NOON - 30 * DAY, "ticket_words": words, "mentions": 1}
    [(subject, value, text)] = await records.see("hot_topic", of="place", window_s=7200, least=5)
    assert subject == "place:海垦路" and value > 3 and "“海垦路”诉求 9 件" in text
    assert [it[1] for it in records.ledger.asked if it[0] == "mentions"] == ["海垦路"] * 7


async def test_without_some_days_of_history_nothing_is_called_usual(records: Records) -> None:
    records.ledger.answers |= {"first_ticket_at": NOON - 2 * DAY, "topics": {("0101", "a"): 500}}
    assert await records.see("hot_topic") == []
    records.ledger.answers["first_ticket_at"] = None
    assert await records.see("hot_topic") == []


async def test_partners_whose_line_fails_as_their_watch_keeps_it(records: Records) -> None:
    assert await records.see("partner") == []
    records.ledger.rows.states["transfers.partners"] = {"told": {"110": NOON}, "known": {"110": {"failures": 3}}}
    assert await records.see("partner") == [("partner:110", 1.0, "partner110 线路故障：连续 3 次未接通")]


async def test_followers_by_how_far_they_are_behind(records: Records) -> None:
    one = Follower("f1", "工单系统", "https://x.example", ("s",), cursor=50)
    others = [replace(one, name="停用", state="paused"), replace(one, name="故障", state="failing", cursor=0)]
    records.ledger.answers |= {"last_sequence": 2000, "followers": [one, *others]}
    found = await records.see("followers")
    assert [it[:2] for it in found] == [("follower:工单系统", 1950.0), ("follower:故障", 2000.0)]
    assert found[1][2] == "故障 落后 2000 个事件，接收失败"


async def test_disks_and_clocks(records: Records, tmp_path: Path) -> None:
    [(subject, value, text)] = await records.see("disk")
    assert subject == f"disk:{tmp_path.name}" and 0 <= value <= 1 and "剩余" in text
    assert await records.see("clock") == []
    records.ahead, records.ledger.answers["their_clock"] = -3.0, NOON - 4.0  # type: ignore[assignment]
    assert [it[:2] for it in await records.see("clock")] == [("clock:asterisk", 3.0), ("clock:ledger", 4.0)]
    assert await records.see("clock_sync") == []
    records.synchronised = False
    assert [it[0] for it in await records.see("clock_sync")] == ["clock:ntp"]


async def test_recordings_are_an_alarm_from_their_own_limits_on_and_a_worse_one_without_room(records: Records) -> None:
    engine = Engine([rule("recordings"), rule("recordings", id="full", raise_at=1, clear_at=0.98)], lambda: "a")

    async def raised(**fields: Any) -> set[str]:
        records.recordings = replace(BUDGET, **fields)
        for one in await records.looks.looks(list(engine._rules.values())):
            engine.take([replace(one, at=one.at + len(seen))])
        seen.append(1)
        return {one.rule for one in engine.alarms}

    seen: list[int] = []
    assert await records.ask("recordings") == [], "nothing was measured yet: no look"
    assert await raised() == set()
    assert await raised(days_left=29) == {"recordings"}
    text = engine.alarms[0].text
    assert text == "录音已用 500.0 GB，为预算 1.0 TB 的 50%；磁盘剩余 500.0 GB，按近两周用量还够 29 天"
    assert await raised(used=850 * 10**9) == {"recordings"}
    assert await raised(used=990 * 10**9, full=True) == {"recordings", "full"}
    assert await raised(used=985 * 10**9) == {"recordings", "full"}, "between the two nothing moves"
    seen += [1] * 7200
    assert await raised(used=970 * 10**9) == {"recordings", "full"}
    seen += [1] * 7200
    assert await raised(used=970 * 10**9) == {"recordings"}, "for two hours better"


async def test_a_ledger_that_is_away_is_an_alarm_and_gives_no_other_look(records: Records) -> None:
    records.ledger.away = True
    looks = await records.looks.looks([rule("lost"), rule("disk"), rule("ledger")])
    assert [(it.rule.watch, len(it.readings)) for it in looks] == [("disk", 1), ("ledger", 1)]
    assert records.looks.troubles == 1
    records.ledger.away = False
    looks = await records.looks.looks([rule("lost"), rule("ledger")])
    assert [(it.rule.watch, len(it.readings)) for it in looks] == [("lost", 0), ("ledger", 0)]


async def test_a_disk_that_is_not_there_and_a_mistake_of_ours_give_no_look(records: Records) -> None:
    assert await records.ask("disk", paths=["/no/such/folder"]) == []
    records.ledger.answers["served"] = None
    assert await records.ask("lost") == []
    assert records.looks.troubles == 2
