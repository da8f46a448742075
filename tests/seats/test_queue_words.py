"""What a closed queue says, in both languages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from gateway.model.ids import QueueId
from gateway.seats.config import QueueConfig
from gateway.seats.queue_states import Closure
from gateway.seats.queue_words import closed_words, opening

ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_795_320_000.0  # 2026-11-22 12:00 in Haikou
LEGAL = QueueConfig(id="legal", name="法律专席", name_en="Legal advice")


@pytest.mark.parametrize(
    ("ahead", "zh", "en"),
    [
        (2 * 3600, "今天14点", "at 14:00 today"),
        (2.5 * 3600, "今天14点30分", "at 14:30 today"),
        (21 * 3600, "明天9点", "at 09:00 tomorrow"),
        (45 * 3600, "11月24日9点", "on November 24 at 09:00"),
    ],
)
def test_the_opening_is_said_as_people_say_it(ahead: float, zh: str, en: str) -> None:
    assert opening(NOON + ahead, NOON, ZONE) == (zh, en)


def test_it_says_which_queue_why_and_until_when() -> None:
    closure = Closure(QueueId("legal"), "律师开会", "The lawyers are in a meeting.", until=NOON + 7200)
    zh, en = closed_words(LEGAL, closure, NOON, ZONE)
    assert zh == "您好，法律专席现在暂停服务。律师开会。预计今天14点恢复服务。"
    assert en == (
        "Legal advice is closed at present. The lawyers are in a meeting. It opens again at 14:00 today."
    )  # fmt: skip


def test_a_reason_in_chinese_alone_is_said_in_chinese_to_all() -> None:
    zh, en = closed_words(QueueConfig(id="a", name="甲"), Closure(QueueId("a"), "停电！"), NOON, ZONE)
    assert zh == "您好，甲现在暂停服务。停电！"
    assert en == "The service that you have chosen is closed at present. [zh]停电！[en]"


def test_without_a_reason_it_says_that_it_is_closed() -> None:
    zh, en = closed_words(LEGAL, Closure(QueueId("legal")), NOON, ZONE)
    assert (zh, en) == ("您好，法律专席现在暂停服务。", "Legal advice is closed at present.")
