"""A new reading of an original: the ticket is mended where nobody has touched it, once, and never doubled."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.weibo import read_raw
from gateway.channels.weibo.normalise import unreadable
from gateway.cli.mending import Mender, Outcome, is_unreadable
from gateway.model.messages import Message, Raw
from gateway.model.records import Ticket
from gateway.tickets.ports import Taken
from tests.channels.door_stage import START, Stage, open_stage, policy
from tests.fakes.weibo import UID, created_at

HOLE = "海口市龙华区国贸路的路灯坏了三天，投诉，电话13812345678"


@dataclass
class Bench:
    stage: Stage
    mender: Mender

    async def take(self, raw: Raw, message: Message) -> Taken:
        return await self.stage.means.intake.take(raw, message)

    async def lost(self, raw: Raw) -> Ticket:
        """Take an original that could not be read when it came."""
        taken = await self.take(raw, unreadable(raw.body, raw.account, raw.received_at, "body: why"))
        assert taken.ticket is not None
        return taken.ticket

    async def mend(self, raw: Raw, message: Message | None = None) -> Outcome:
        kept = await self.stage.ledger.messages(raw_id=raw.id)
        return await self.mender.mend(raw, kept, message or read_raw(raw))

    async def ticket(self) -> Ticket:
        (only,) = await self.stage.tickets()
        return only


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_stage(tmp_path) as stage:
        yield Bench(stage, Mender(stage.ledger, policy(), "cli:test"))


def original(id: str = "r1", user: int = 7, text: str = HOLE, kind: str = "text", **data: Any) -> Raw:
    fields = {
        "type": kind, "sender_id": user, "receiver_id": UID, "created_at": created_at(START - 5), "text": text,
        "data": data,
    }  # fmt: skip
    return Raw(id, "weibo", "hainan", START, "application/json", json.dumps(fields).encode())


async def test_an_unreadable_ticket_gets_what_its_original_says(bench: Bench) -> None:
    raw = original()
    before = await bench.lost(raw)
    outcome = await bench.mend(raw)
    after = await bench.ticket()
    assert (outcome.became, outcome.ticket_no) == ("mended", before.ticket_no)
    assert (after.content, after.user_id, after.contact_number) == (HOLE, "7", "13812345678")
    assert after.title.startswith("海口市龙华区国贸路") and after.occurred_at == START - 5
    assert "unreadable" not in after.flags and "contact_from_text" in after.flags
    assert after.proposed["category"]["name"] == "市政设施"
    assert (after.query_code, after.raw_id, after.revision) == (before.query_code, raw.id, before.revision + 1)
    assert set(outcome.changed) >= {"title", "content", "flags", "user_id"}


async def test_both_readings_stay_and_the_repeat_of_the_platform_is_known(bench: Bench) -> None:
    raw = original()
    await bench.lost(raw)
    await bench.mend(raw)
    kept = await bench.stage.ledger.messages(raw_id=raw.id)
    assert [one.message.kind for one in kept] == ["unreadable", "text"] and not is_unreadable(kept)
    again = await bench.take(replace(raw, id="r2"), read_raw(raw))
    assert again.outcome == "known" and len(await bench.stage.tickets()) == 1


async def test_it_is_told_in_the_feed_and_audited(bench: Bench) -> None:
    raw = original()
    await bench.lost(raw)
    await bench.mend(raw)
    (event,) = await bench.stage.events("hotline.ticket.updated")
    assert "content" in event.data["changed"] and HOLE not in str(event.data)
    (entry,) = await bench.stage.ledger.audits(subject=raw.id)
    assert (entry.login, entry.act, entry.detail["became"]) == ("cli:test", "raw.replay", "mended")


async def test_a_second_time_changes_nothing(bench: Bench) -> None:
    raw = original()
    await bench.lost(raw)
    await bench.mend(raw)
    after = await bench.ticket()
    assert (await bench.mend(raw)).became == "unchanged"
    assert await bench.ticket() == after
    assert len(await bench.stage.ledger.audits(subject=raw.id)) == 1


async def test_what_people_have_corrected_and_added_since_stays(bench: Bench) -> None:
    raw = original(text="路灯坏了")
    lost = await bench.lost(raw)
    await bench.stage.set(lost, title="坐席写的标题", contact_number="089812345", flags=[*lost.flags, "mine"],
                          content=lost.content + "\n补充 12:30：又坏了")  # fmt: skip
    outcome = await bench.mend(raw)
    after = await bench.ticket()
    assert (after.title, after.contact_number) == ("坐席写的标题", "089812345")
    assert after.content == "路灯坏了\n补充 12:30：又坏了" and after.flags == ["mine"]
    assert "title" not in outcome.changed


async def test_a_content_that_was_written_anew_stays(bench: Bench) -> None:
    raw = original()
    await bench.stage.set(await bench.lost(raw), content="坐席听电话记下的")
    await bench.mend(raw)
    assert (await bench.ticket()).content == "坐席听电话记下的"


async def test_one_whose_repeat_was_taken_in_the_meantime_is_left_alone(bench: Bench) -> None:
    raw = original()
    lost = await bench.lost(raw)
    other = await bench.take(replace(raw, id="r2"), read_raw(raw))
    assert other.outcome == "opened" and other.ticket is not None
    assert await bench.mend(raw) == Outcome("known", other.ticket.ticket_no)
    assert (await bench.stage.ledger.ticket(lost.ticket_no)) == lost


async def test_one_that_only_joined_a_ticket_puts_its_words_in_place_of_the_old(bench: Bench) -> None:
    await bench.take(original(), read_raw(original()))
    raw = original("r2", text="就在天桥下面")
    odd = replace(read_raw(raw), text="（无法识别）", flags=("odd",))
    joined = await bench.take(raw, odd)
    assert joined.outcome == "joined"
    outcome = await bench.mend(raw)
    after = await bench.ticket()
    assert outcome.became == "mended" and "content" in outcome.changed
    assert after.content.count("就在天桥下面") == 1 and "无法识别" not in after.content


async def test_a_file_is_wanted_once(bench: Bench) -> None:
    raw = original(text="", kind="image", tovfid=5)
    await bench.lost(raw)
    await bench.mend(raw)
    (wanted,) = await bench.stage.ledger.wanted(2e9)
    assert wanted.ticket_no == (await bench.ticket()).ticket_no
    assert (await bench.mend(raw)).became == "unchanged"


async def test_the_person_goes_on_about_the_mended_ticket(bench: Bench) -> None:
    raw = original()
    lost = await bench.lost(raw)
    await bench.mend(raw)
    more = original("r2", text="就在天桥下面，晚上看不见")
    taken = await bench.take(more, read_raw(more))
    assert taken.outcome == "joined" and taken.ticket is not None and taken.ticket.ticket_no == lost.ticket_no


async def test_what_was_only_noted_and_is_a_request_now_opens_a_ticket(bench: Bench) -> None:
    raw = original()
    noted = replace(read_raw(raw), kind="event", more={"event": "odd"})
    assert (await bench.take(raw, noted)).outcome == "noted"
    first, second = await bench.mend(raw), await bench.mend(raw)
    assert (first.became, second.became) == ("opened", "unchanged")
    assert (await bench.ticket()).content == HOLE
    (entry,) = await bench.stage.ledger.audits(subject=raw.id)
    assert entry.detail["became"] == "opened"


async def test_a_command_and_a_sender_who_is_not_heard_open_nothing(bench: Bench) -> None:
    asked = original(text="查询")
    await bench.take(asked, replace(read_raw(asked), kind="event", more={"event": "command", "act": "progress"}))
    assert (await bench.mend(asked)).became == "noted"
    denied = original("r2", 8)

    event = replace(read_raw(denied), kind="event", flags=("denied",), more={"event": "odd"})
    await bench.take(denied, event)
    assert (await bench.mend(denied)).became == "denied"
    assert await bench.stage.tickets() == []


async def test_an_original_without_any_message_is_taken_as_new(bench: Bench) -> None:
    raw = original()
    await bench.stage.ledger.write(lambda tx: tx.keep_raw(raw))
    assert is_unreadable(await bench.stage.ledger.messages(raw_id=raw.id))
    assert (await bench.mend(raw)).became == "opened"


async def test_the_mark_of_a_message_meant_for_another_account_stays(bench: Bench) -> None:
    raw = original()
    message = read_raw(raw)
    await bench.take(raw, replace(message, flags=("other_account",)))
    assert (await bench.mend(raw, message)).became == "unchanged"
