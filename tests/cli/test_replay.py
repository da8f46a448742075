"""``gateway replay`` as an operator types it, beside a ledger that is open elsewhere: one line an original."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest

from gateway.channels.weibo import read_raw
from gateway.channels.weibo.normalise import unreadable
from gateway.cli.replay import NotDone, moment, originals
from gateway.cli.rules import rules_of
from gateway.ledger import LedgerKeys, SqlLedger, open_ledger
from gateway.model.messages import Raw
from gateway.model.records import Ticket
from gateway.settings import load, load_secrets
from gateway.tickets.intake import Intake
from tests.channels.door_stage import START
from tests.fakes.weibo import UID, created_at
from tests.plugins.typed import Said, Typed
from tools.lab.site import CONFIG

HOLE = "海口市龙华区国贸路的路灯坏了三天"


def original(id: str, user: int = 7, at: float = START, body: bytes = b"") -> Raw:
    fields = {
        "type": "text", "sender_id": user, "receiver_id": UID, "created_at": created_at(at - 5), "text": HOLE,
        "data": {},
    }  # fmt: skip
    return Raw(id, "weibo", "hainan", at, "application/json", body or json.dumps(fields).encode())


@asynccontextmanager
async def opened(typed: Typed) -> AsyncIterator[SqlLedger]:
    settings = load(CONFIG, typed.environ)
    secrets = load_secrets(settings.state_dir, settings)
    keys = LedgerKeys(personal=secrets.data_key, lookup=secrets.lookup_key)
    async with open_ledger(settings.ledger, settings.state_dir, keys, settings.zone) as ledger:
        yield ledger


async def lose(ledger: SqlLedger, *raws: Raw) -> list[Ticket]:
    """Take originals that could not be read when they came."""
    tickets, policy = [], rules_of(None)
    for raw in raws:
        message = unreadable(raw.body, raw.account, raw.received_at, "body: why")
        taken = await Intake(ledger, policy, lambda at=raw.received_at: at).take(raw, message)  # type: ignore[misc]
        assert taken.ticket is not None
        tickets.append(taken.ticket)
    return tickets


def lines(said: Said) -> list[list[str]]:
    return [line.split("\t") for line in said.out.splitlines()]


async def test_an_original_is_mended_while_another_process_has_the_ledger_open(typed: Typed) -> None:
    async with opened(typed) as ledger:
        (lost,) = await lose(ledger, original("r1"))
        said = await asyncio.to_thread(typed.process, "replay", "r1", "--config", CONFIG)
        after = await ledger.ticket(lost.ticket_no)
    assert (said.status, said.err) == (0, "1 originals, 0 not read\n")
    (line,) = lines(said)
    assert line[:3] == ["r1", "mended", lost.ticket_no] and "content" in line[3].split(",")
    assert after is not None and after.content == HOLE and "unreadable" not in after.flags


async def test_one_that_still_cannot_be_read_or_is_not_there_is_told(typed: Typed) -> None:
    async with opened(typed) as ledger:
        await lose(ledger, original("r1", body=b"garbage"), original("r2"))
        said = await asyncio.to_thread(typed, "replay", "r1", "r9", "r2", "r2")
    assert said.status == 1
    assert [line[1].split(":")[0] for line in lines(said)] == ["not read", "not found", "mended"]
    assert "body: is neither JSON nor XML" in said.out and said.err == "3 originals, 2 not read\n"


async def test_originals_of_a_channel_and_time_are_found_and_those_that_were_read_left_out(typed: Typed) -> None:
    async with opened(typed) as ledger:
        await lose(ledger, original("old", 1, START - 90_000), original("a", 2), original("b", 3, START + 60))
        good = original("c", 4, START + 90)
        await Intake(ledger, rules_of(None)).take(good, read_raw(good))
        since = ("--channel", "weibo", "--since", "2026-11-21T12:00")
        first = await asyncio.to_thread(typed, "replay", *since, "--unreadable")
        second = await asyncio.to_thread(typed, "replay", *since)
    assert [line[:2] for line in lines(first)] == [["a", "mended"], ["b", "mended"], ["c", "read before"]]
    assert [line[:2] for line in lines(second)] == [["a", "unchanged"], ["b", "unchanged"], ["c", "unchanged"]]


async def test_the_feed_is_entered_near_the_time_and_every_original_after_it_is_found(typed: Typed) -> None:
    async with opened(typed) as ledger:
        raws = [original(f"r{n:03}", n + 1, START + n * 600, f"x{n}".encode()) for n in range(40)]
        await lose(ledger, *raws)
        for n in (0, 1, 17, 39):
            found = [id async for id in originals(ledger, "weibo", START + n * 600)]
            assert found == [raw.id for raw in raws[n:]]
        assert [id async for id in originals(ledger, "wechat", START)] == []
        assert [id async for id in originals(ledger, "weibo", START + 1e6)] == []


@pytest.mark.parametrize(
    "words",
    [
        (), ("r1", "--channel", "weibo", "--since", "1d"), ("--channel", "weibo"), ("r1", "--since", "1d"),
        ("--channel", "fax", "--since", "1d"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_with_status_2(typed: Typed, words: tuple[str, ...]) -> None:
    said = typed("replay", *words)
    assert said.status == 2 and said.out == "" and "gateway replay" in said.err


def test_a_time_that_is_none_is_told(typed: Typed) -> None:
    said = typed("replay", "--channel", "weibo", "--since", "yesterday")
    assert (said.status, said.out) == (1, "") and "--since: 'yesterday'" in said.err


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90m", START - 5400), ("6h", START - 21_600), ("3d", START - 259_200), ("2026-11-21", START - 43_200),
        ("2026-11-21T12:00", START), ("2026-11-21T04:00Z", START),
    ],
)  # fmt: skip
def test_times_are_the_halls_and_spans_are_before_now(text: str, at: float) -> None:
    assert moment(text, ZoneInfo("Asia/Shanghai"), START) == at


@pytest.mark.parametrize("text", ["", "x", "3w", "-1d", "2026-13-01"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(NotDone):
        moment(text, ZoneInfo("Asia/Shanghai"), START)
