"""The walls' counts: read once a minute for all walls, and kept while the ledger is away."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from gateway.web.live import LiveHub
from gateway.web.wall import COUNTED_EVERY_S, WallCounts, WallStream
from tests.web.walls import AREAS, Book

ZONE = ZoneInfo("Asia/Shanghai")
NOON = 1_795_320_000.0


async def test_counts_are_read_once_a_minute_from_midnight_and_the_most_come_first() -> None:
    book, now = Book(), [0.0]
    counts = WallCounts(lambda: now[0])
    for _ in range(3):
        found = await counts.of(book, lambda by: AREAS if by == "area" else {}, NOON, ZONE)
    assert [wanted.by for wanted in book.asked] == ["area", "category"]
    assert book.asked[0].since == 1_795_276_800.0, "midnight in the hall"
    assert [one.name for one in found["area"][:2]] == ["海口市", "三亚市"]
    assert [one.count for one in found["area"]] == sorted((one.count for one in found["area"]), reverse=True)
    assert "" not in [one.id for one in found["category"]]
    now[0] = COUNTED_EVERY_S
    await counts.of(book, lambda by: {}, NOON, ZONE)
    assert len(book.asked) == 4


async def test_last_counts_stay_while_the_ledger_is_away() -> None:
    book, now = Book(), [0.0]
    counts = WallCounts(lambda: now[0])
    before = dict(await counts.of(book, lambda by: {}, NOON, ZONE))
    book.fails, now[0] = OSError("away"), COUNTED_EVERY_S
    assert await counts.of(book, lambda by: {}, NOON, ZONE) == before


def test_stream_costs_nothing_while_no_wall_looks() -> None:
    asked: list[int] = []

    def snapshot() -> dict[str, Any]:
        asked.append(1)
        return {}

    hub = LiveHub(snapshot)
    WallStream(snapshot, hub)
    assert not hub.followed
    hub.publish({"type": "diff"})  # would fail on a message that is not whole, if it were looked at
    assert asked == []
