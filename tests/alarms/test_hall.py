"""The real hall, as the fast looks see it."""

from __future__ import annotations

from typing import Any

from gateway.alarms.hall import HallEyes, HallLooks, Reason, Trunks
from gateway.alarms.words import texts
from gateway.model.facts import EndpointChanged, Snapshot
from gateway.model.ids import AgentId, CallId, LegId, QueueId, SeatId
from gateway.seats.config import HallConfig, QueueConfig
from gateway.seats.hall import Hall
from gateway.seats.queues import Waiting
from tests.alarms.stage import NOON, rule

HALL = HallConfig.model_validate(
    {
        "id": "haikou", "name": "大厅", "area_code": "460000",
        "rooms": [{"id": "main", "name": "厅", "width": 9, "height": 9}],
        "seat_blocks": [{"prefix": "A", "first_extension": 8001, "count": 4, "room": "main", "queues": ["hotline"]}],
        "rest_reasons": [{"id": "rest", "name": "小休", "max_minutes": 15}, {"id": "meeting", "name": "会议"}],
    }
)  # fmt: skip
QUEUES = [
    QueueConfig(id="hotline", name="综合热线", name_en="Hotline"),
    QueueConfig(id="market", name="市场", answer_within_s=30),
]


class Eyes:
    """A hall with the looks upon it."""

    def __init__(self) -> None:
        self.hall = hall = Hall([HALL], QUEUES, {})
        hall.link, hall.names = "up", {"1001": "王芳"}
        self.trunks = Trunks()
        reasons = {
            ("haikou", one.id): Reason(one.name, one.name_en, one.max_minutes * 60.0) for one in HALL.rest_reasons
        }
        eyes = HallEyes(
            lambda: hall.seats.by_id.values(), lambda: hall.queues.queues.values(), lambda: hall.link,
            lambda: hall.names, lambda: reasons,
        )  # fmt: skip
        self.looks = HallLooks(eyes, self.trunks)

    def see(self, watch: str, at: float = NOON, **fields: Any) -> list[tuple[str, float, str]]:
        one = rule(watch, **fields)
        looks = self.looks.looks([one], at)
        assert [look.rule for look in looks] == ([one] if looks else [])
        return [(it.subject, it.value, texts(one, it)[0]) for look in looks for it in look.readings]

    def waits(self, queue: str, *since: float) -> None:
        for n, at in enumerate(since):
            leg = LegId(f"{queue}.{n}")
            self.hall.queues.queues[QueueId(queue)].join(Waiting(leg, CallId(leg), at, "138****5678", "12345"))

    def sits(self, seat: str, presence: str, reason: str = "", since: float = NOON, *, reachable: bool = True) -> None:
        found = self.hall.seats.by_id[SeatId(seat)]
        found.presence, found.reason, found.presence_since, found.reachable = presence, reason, since, reachable  # type: ignore[assignment]
        found.agent = AgentId("1001")


def test_the_longest_wait_of_each_queue_against_its_own_promise() -> None:
    eyes = Eyes()
    eyes.waits("hotline", NOON - 42, NOON - 16, NOON - 3)
    eyes.waits("market", NOON - 20)
    [(subject, value, text), other] = eyes.see("waited")
    assert (subject, value) == ("queue:hotline", 42.0)
    assert text == "综合热线：2 人等候超过 15 秒，最长 42 秒；空闲座席 0 个"
    assert other[:2] == ("queue:market", 20.0) and "0 人等候超过 30 秒" in other[2]
    assert [it[0] for it in eyes.see("waited", queues=["market"])] == ["queue:market"]


def test_callers_in_a_queue_without_a_seat_and_a_queue_short_of_its_plan() -> None:
    eyes = Eyes()
    assert eyes.see("unstaffed") == [] and eyes.see("short") == []
    eyes.waits("hotline", NOON)
    assert eyes.see("unstaffed") == [("queue:hotline", 1.0, "综合热线：1 人等候，没有座席签入")]
    hotline = eyes.hall.queues.queues[QueueId("hotline")]
    hotline.signed_in, hotline.lines = 1, 3
    assert eyes.see("unstaffed") == []
    assert eyes.see("short") == [("queue:hotline", 2.0, "综合热线：比排班少 2 席（签入 1）")]


def test_rests_against_what_their_reason_allows() -> None:
    eyes = Eyes()
    eyes.sits("A001", "not_ready", "rest", NOON - 960)
    eyes.sits("A002", "not_ready", "meeting", NOON - 9600)
    eyes.sits("A003", "ready", "", NOON - 9600)
    assert eyes.see("rest") == [("seat:A001", 960.0, "座席 A001 王芳 小休 16 分钟，规定 15 分钟")]
    assert [it[0] for it in eyes.see("rest", raise_at=3600)] == ["seat:A001", "seat:A002"]
    assert eyes.see("rest", reasons=["meeting"]) == []


def test_seats_that_do_not_answer_and_telephones_that_are_offline() -> None:
    eyes = Eyes()
    eyes.sits("A001", "not_ready", "system", reachable=False)
    eyes.sits("A002", "signed_out", reachable=False)
    assert eyes.see("no_answer") == [("seat:A001", 1.0, "座席 A001 王芳 连续未接听，系统已强制示忙")]
    assert eyes.see("phone") == [("seat:A001", 1.0, "座席 A001 王芳 已签入，话机（桌面话机）离线")]


def test_trunks_that_do_not_answer_options() -> None:
    eyes = Eyes()
    eyes.trunks.on_fact(EndpointChanged(NOON, "trunk", False, ""))
    eyes.trunks.on_fact(EndpointChanged(NOON, "8001", False, ""))
    assert [it[0] for it in eyes.see("trunk")] == ["trunk:trunk"]
    eyes.trunks.on_fact(EndpointChanged(NOON, "trunk", True, ""))
    assert eyes.see("trunk") == []
    eyes.trunks.on_fact(Snapshot(NOON, 1, unreachable=frozenset({"trunk", "8001"})))
    assert [it[0] for it in eyes.see("trunk")] == ["trunk:trunk"]
    eyes.trunks.on_fact(Snapshot(NOON, 2))
    assert eyes.see("trunk") == []


def test_while_the_link_is_down_nothing_else_is_judged() -> None:
    eyes = Eyes()
    eyes.waits("hotline", NOON - 42)
    assert eyes.see("link") == []
    eyes.hall.link = "down"
    assert [it[:2] for it in eyes.see("link")] == [("link:asterisk", 1.0)]
    assert eyes.looks.looks([rule("waited"), rule("disk")], NOON) == []
