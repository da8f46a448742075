from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.model.ids import AgentId, SeatId
from gateway.model.notices import Notice
from gateway.model.records import AuditEntry
from gateway.seats.notices import KEPT_S, Notices, Words
from tests.seats.story import hall, member, tell

NOW = 1_795_300_000.0
WORDS = Words("请就绪", "lead", "陈班长")


class Kept:
    """The ledger's side in memory: a transaction that is its own ledger."""

    def __init__(self) -> None:
        self.rows: dict[str, Notice] = {}
        self.audits: list[AuditEntry] = []

    async def write(self, work: Any) -> Any:
        return await work(self)

    async def save_notice(self, notice: Notice) -> None:
        self.rows[notice.id] = notice

    async def read_notice(self, id: str, agent: AgentId, at: float) -> Notice | None:
        found = self.rows.get(id)
        if found is None or found.agent != agent or found.read_at is not None:
            return None
        self.rows[id] = replace(found, read_at=at)
        return self.rows[id]

    async def drop_notices(self, before: float) -> int:
        old = [id for id, one in self.rows.items() if one.at < before]
        for id in old:
            del self.rows[id]
        return len(old)

    async def audit(self, entry: AuditEntry) -> None:
        self.audits.append(entry)

    async def notices(self, agent: AgentId, at: float, limit: int = 100) -> Sequence[Notice]:
        return [one for one in self.rows.values() if one.agent == agent and one.read_at is None]


class Stage:
    def __init__(self) -> None:
        self.kept, self.hints, self.hall, self.now = Kept(), list[tuple[str, str, int]](), hall(), NOW
        self.notices = Notices(
            self.kept, self.hall, lambda agent, kind, n: self.hints.append((agent, kind, n)), lambda: self.now
        )
        tell(self.hall, member(0))


def test_a_notice_is_for_who_sits_there() -> None:
    stage = Stage()
    assert stage.notices.sitting(None) == {"A001": "1001"}
    assert stage.notices.sitting(["A001", "A002"]) == {"A001": "1001"}
    assert stage.notices.sitting(["A002"]) == {}
    with pytest.raises(LookupError, match="A009"):
        stage.notices.sitting([SeatId("A009")])


async def test_each_agent_is_told_once_and_the_desk_is_hinted_at() -> None:
    stage = Stage()
    entry = AuditEntry(NOW, "lead", "desk.notified", "desk", "")
    sent = await stage.notices.send([AgentId("1001"), AgentId("1002"), AgentId("1001")], WORDS, entry)
    assert [one.agent for one in sent] == ["1001", "1002"] and len({one.id for one in sent}) == 2
    assert stage.kept.audits == [entry]
    assert stage.hints == [("1001", "notice", 1), ("1002", "notice", 1)]
    assert list(await stage.notices.unread(AgentId("1001"))) == sent[:1]


async def test_reading_hints_how_many_are_left() -> None:
    stage = Stage()
    first, second = [(await stage.notices.send([AgentId("1001")], WORDS))[0] for _ in range(2)]
    assert await stage.notices.read(first.id, AgentId("1002")) is None
    read = await stage.notices.read(first.id, AgentId("1001"))
    assert read is not None and read.read_at == NOW
    assert stage.hints[-1] == ("1001", "notice", 1)
    assert await stage.notices.read(first.id, AgentId("1001")) is None
    assert list(await stage.notices.unread(AgentId("1001"))) == [second]


async def test_what_is_a_month_old_goes_with_the_next_that_is_sent() -> None:
    stage = Stage()
    await stage.notices.send([AgentId("1001")], WORDS)
    stage.now += KEPT_S + 1
    (new,) = await stage.notices.send([AgentId("1001")], WORDS)
    assert list(stage.kept.rows) == [new.id]


async def test_a_notice_that_is_committed_is_sent_also_when_the_ledger_cannot_be_read_then() -> None:
    stage = Stage()

    async def away(agent: AgentId, at: float, limit: int = 100) -> Sequence[Notice]:
        raise OSError("the ledger is away")

    stage.kept.notices = away  # type: ignore[method-assign]
    (sent,) = await stage.notices.send([AgentId("1001")], WORDS)
    assert stage.kept.rows == {sent.id: sent} and stage.hints == []
    assert await stage.notices.read(sent.id, AgentId("1001")) is not None
