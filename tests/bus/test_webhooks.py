"""Webhooks over a real ledger and real HTTP: in order, at least once, over restarts, outages and changes by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from standardwebhooks import Webhook

from gateway.bus.config import FollowersConfig
from gateway.bus.webhooks import Webhooks, merged
from gateway.ledger import SqlLedger
from gateway.model.messages import Follower
from gateway.model.records import Event
from gateway.tail import FeedTail
from tests.bus.receiver import Got, receiving
from tools.lab import free_port

CONFIG = FollowersConfig(allow_http=True, first_s=0.01, most_s=0.02, save_s=0.02, timeout_s=60)


def encode(event: Event) -> bytes:
    return b'{"subject":"%b","sequence":"%d","type":"%b"}' % (
        event.subject.encode(), event.sequence, event.type.encode(),
    )  # fmt: skip


async def emit(ledger: SqlLedger, *subjects: str, type: str = "hotline.ticket.opened.v1") -> None:
    async def work(tx: Any) -> None:
        for subject in subjects:
            await tx.emit(type, subject, {}, 1.0)

    await ledger.write(work)


@asynccontextmanager
async def webhooks(ledger: SqlLedger, config: FollowersConfig = CONFIG, **more: Any) -> AsyncIterator[Webhooks]:
    tail = FeedTail(ledger, encode)
    async with aiohttp.ClientSession() as http:
        made = Webhooks(ledger, tail, http, config, encode, **more)
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled() or task.exception() is None, task.exception()


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.005)


async def row(ledger: SqlLedger) -> Follower:
    (one,) = await ledger.followers()
    return one


def numbers(count: int) -> list[str]:
    return [str(n) for n in range(1, count + 1)]


async def test_each_event_is_posted_signed_in_order_and_the_cursor_is_kept(ledger: SqlLedger) -> None:
    async with receiving() as receiver, webhooks(ledger) as hooks:
        made = await hooks.acts.create(name="工单系统", url=receiver.url)
        await emit(ledger, *numbers(30))
        await emit(ledger, "31")
        await receiver.until(lambda r: len(r.taken) == 31)
        await until(lambda: hooks.behind == 0)
    assert receiver.subjects == numbers(31)
    for got in receiver.taken:
        headers = {name: value for name, value in got.headers.items() if name.startswith("webhook-")}
        Webhook(made.secrets[0]).verify(got.body.decode(), headers)
    assert len({got.id for got in receiver.taken}) == 31
    assert (await row(ledger)).cursor == 31  # written when it stopped


async def test_a_follower_that_was_away_gets_all_of_it_in_order(ledger: SqlLedger) -> None:
    async with webhooks(ledger) as hooks:
        port = free_port()
        async with receiving(port) as receiver:
            await hooks.acts.create(name="away", url=receiver.url)
            await emit(ledger, *numbers(5))
            await receiver.until(lambda r: len(r.taken) == 5)
            await until(lambda: hooks.posted == 5)  # it has heard the answers: else the fifth is posted again
        await emit(ledger, *(str(n) for n in range(6, 206)))
        await until(lambda: hooks.failing == 1)
        async with receiving(port) as back:
            await back.until(lambda r: len(r.taken) == 200)
        assert receiver.subjects + back.subjects == numbers(205)
    stood = await row(ledger)
    assert (stood.state, stood.failures, stood.error) == ("active", 0, "")


async def test_a_killed_gateway_repeats_only_what_it_had_not_written_under_the_same_ids(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_last_words(_: object) -> None: ...

    async with receiving() as receiver:
        tail = FeedTail(ledger, encode)
        async with aiohttp.ClientSession() as http:
            first = Webhooks(ledger, tail, http, CONFIG.model_copy(update={"save_s": 60.0}), encode)
            monkeypatch.setattr(first, "_last_words", no_last_words)
            await first.acts.create(name="x", url=receiver.url)
            task = asyncio.create_task(first.run())
            await emit(ledger, *numbers(10))
            await receiver.until(lambda r: len(r.taken) == 10)
            task.cancel()
            await asyncio.wait({task})
        assert (await row(ledger)).cursor == 0
        async with webhooks(ledger):
            await receiver.until(lambda r: len(r.taken) == 20)
    ids = [got.id for got in receiver.taken]
    assert ids[:10] == ids[10:] and len(set(ids)) == 10


async def test_slow_and_broken_followers_do_not_hold_the_others_up(ledger: SqlLedger) -> None:
    async with receiving() as good, receiving() as bad, webhooks(ledger) as hooks:
        bad.answer = lambda got: 500
        await hooks.acts.create(name="bad", url=bad.url)
        await hooks.acts.create(name="good", url=good.url, types=["hotline.ticket.*"])
        await emit(ledger, *numbers(50))
        await good.until(lambda r: len(r.taken) == 50)
        await bad.until(lambda r: len(r.got) > 3)
        assert not bad.taken and {got.id for got in bad.got} == {bad.got[0].id}


async def test_failing_and_recovered_are_events_of_the_feed(ledger: SqlLedger) -> None:
    async with receiving() as receiver, webhooks(ledger) as hooks:
        receiver.answer = lambda got: 500
        made = await hooks.acts.create(name="工单系统", url=receiver.url, types=["hotline.ticket.*"])
        await emit(ledger, "1")
        await receiver.until(lambda r: len(r.got) > 4)
        await until(lambda: hooks.failing)
        receiver.answer = lambda got: 200
        await receiver.until(lambda r: len(r.taken) == 1)
        async with asyncio.timeout(60):
            while await ledger.last_sequence() < 3:
                await asyncio.sleep(0.01)
        told = await ledger.events(1)
    assert [(event.type, event.subject) for event in told] == [
        ("hotline.follower.failing.v1", made.id), ("hotline.follower.recovered.v1", made.id),
    ]  # fmt: skip
    assert told[0].data["failures"] == 3 and told[0].data["error"] == "HTTP 500"


async def test_a_dead_letter_is_written_with_the_cursor_listed_and_replayed(ledger: SqlLedger) -> None:
    config = CONFIG.model_copy(update={"refused_s": 0.001})
    async with receiving() as receiver, webhooks(ledger, config) as hooks:
        bad = True

        def answer(got: Got) -> int:
            return 400 if bad and got.events[0]["subject"] == "2" else 200

        receiver.answer, receiver.text = answer, "no"
        made = await hooks.acts.create(name="x", url=receiver.url)
        await emit(ledger, "1", "2", "3")
        await receiver.until(lambda r: r.subjects == ["1", "3"])
        async with asyncio.timeout(60):
            while not await hooks.acts.dead_letters(made.id):
                await asyncio.sleep(0.01)
        (letter,) = await hooks.acts.dead_letters(made.id)
        assert (letter.sequence, letter.error) == (2, "HTTP 400: no")
        assert await hooks.acts.replay(made.id) == (0, 1, "HTTP 400: no")
        bad = False
        assert await hooks.acts.replay(made.id, 2) == (1, 0, "")
        assert receiver.subjects == ["1", "3", "2"] and not await hooks.acts.dead_letters(made.id)


async def test_paused_means_no_post_and_resumed_means_from_where_it_stood(ledger: SqlLedger) -> None:
    async with receiving() as receiver, webhooks(ledger) as hooks:
        made = await hooks.acts.create(name="x", url=receiver.url)
        await emit(ledger, "1", "2")
        await receiver.until(lambda r: len(r.taken) == 2)
        await until(lambda: hooks.posted == 2)  # it has heard the answer: a change during a post posts it again
        await hooks.acts.change(made.id, state="paused")
        await until(lambda: [kept.lane.follower.state for kept in hooks._lanes.values()] == ["paused"])
        await emit(ledger, "3")
        await asyncio.sleep(0.1)
        assert len(receiver.got) == 2
        await hooks.acts.change(made.id, state="active")
        await receiver.until(lambda r: len(r.taken) == 3)
        assert receiver.subjects == ["1", "2", "3"]


async def test_a_cursor_set_back_posts_again_from_there(ledger: SqlLedger) -> None:
    async with receiving() as receiver, webhooks(ledger) as hooks:
        made = await hooks.acts.create(name="x", url=receiver.url, after=0)
        await emit(ledger, *numbers(4))
        await receiver.until(lambda r: len(r.taken) == 4)
        await hooks.acts.change(made.id, cursor=2)
        await receiver.until(lambda r: len(r.taken) == 6)
        assert receiver.subjects == ["1", "2", "3", "4", "3", "4"]


async def test_a_changed_address_is_used_at_once_and_a_removed_follower_gets_nothing(ledger: SqlLedger) -> None:
    async with receiving() as one, receiving() as two, webhooks(ledger) as hooks:
        one.answer = lambda got: 500
        # Tickets only: that it was failing is an event of the feed as well.
        made = await hooks.acts.create(name="x", url=one.url, types=["hotline.ticket.*"])
        await emit(ledger, "1")
        await one.until(lambda r: r.got)
        await hooks.acts.change(made.id, url=two.url, state="active")
        await two.until(lambda r: r.subjects == ["1"])
        await hooks.acts.remove(made.id)
        await until(lambda: not hooks._lanes)
        await emit(ledger, "2")
        await asyncio.sleep(0.1)
        assert two.subjects == ["1"] and not await ledger.followers()


async def test_after_a_rotation_both_secrets_sign_until_the_grace_is_over(ledger: SqlLedger) -> None:
    ahead = 0.0

    def clock() -> float:
        return datetime.now(UTC).timestamp() + ahead

    async with receiving() as receiver, webhooks(ledger, clock=clock) as hooks:
        made = await hooks.acts.create(name="x", url=receiver.url)
        rotated = await hooks.acts.rotate(made.id)
        assert rotated.secrets[1:] == made.secrets and rotated.secrets[0] != made.secrets[0]
        await until(lambda: [kept.lane.follower.secrets for kept in hooks._lanes.values()] == [rotated.secrets])
        await emit(ledger, "1")
        await receiver.until(lambda r: len(r.taken) == 1)
        assert len(receiver.taken[0].headers["webhook-signature"].split()) == 2
        ahead = 2 * 86_400.0
        async with asyncio.timeout(60):
            while (await row(ledger)).secrets != rotated.secrets[:1]:
                await asyncio.sleep(0.02)
        await until(lambda: [kept.lane.follower.secrets for kept in hooks._lanes.values()] == [rotated.secrets[:1]])
        await emit(ledger, "2")
        await receiver.until(lambda r: len(r.taken) == 2)
        assert len(receiver.taken[1].headers["webhook-signature"].split()) == 1


async def test_of_two_gateways_on_one_ledger_one_posts_and_the_other_takes_over(ledger: SqlLedger) -> None:
    async with receiving() as receiver, AsyncExitStack() as stack:
        async with webhooks(ledger, node="a") as one:
            async with asyncio.timeout(60):
                while await ledger.state("lease.followers") is None:
                    await asyncio.sleep(0.005)
            two = await stack.enter_async_context(webhooks(ledger, node="b"))
            await two.acts.create(name="x", url=receiver.url)
            await emit(ledger, *numbers(20))
            await until(lambda: one.posted == 20)
            assert two.posted == 0
        await emit(ledger, "21")
        await until(lambda: two.posted == 1)
    assert receiver.subjects == numbers(21)


async def test_a_write_that_was_under_way_at_the_end_is_no_change_by_somebody_else(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        begun, goes_on, committed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        write, followers = ledger.write, ledger.followers

        async def slow(work: Any) -> Any:
            begun.set()

            async def whole() -> Any:
                await goes_on.wait()
                done = await write(work)
                committed.set()
                return done

            return await asyncio.shield(asyncio.ensure_future(whole()))  # as the writer does: begun is committed

        async def read_when_it_is_committed() -> Any:
            await committed.wait()
            return await followers()

        async with webhooks(ledger) as hooks:
            await hooks.acts.create(name="x", url=receiver.url)
            await until(lambda: hooks._lanes)
            monkeypatch.setattr(ledger, "write", slow)
            await write(lambda tx: tx.emit("hotline.ticket.opened.v1", "1", {}, 1.0))
            await begun.wait()
            await write(lambda tx: tx.emit("hotline.ticket.opened.v1", "2", {}, 1.0))
            await until(lambda: hooks.posted == 2)
            monkeypatch.setattr(ledger, "followers", read_when_it_is_committed)
            goes_on.set()
    monkeypatch.undo()
    assert receiver.subjects == ["1", "2"]
    assert (await row(ledger)).cursor == 2


async def test_a_change_by_another_gateway_is_taken_in_and_not_overwritten(ledger: SqlLedger) -> None:
    async with receiving() as receiver, receiving() as other, webhooks(ledger) as hooks:
        await hooks.acts.create(name="x", url=receiver.url)
        await emit(ledger, "1")
        await receiver.until(lambda r: len(r.taken) == 1)
        await until(lambda: hooks.posted == 1)  # it has heard the answer: a change during a post posts it again
        await until(lambda: not any(kept.dirty for kept in hooks._lanes.values()))
        changed = replace(await row(ledger), url=other.url)
        await ledger.write(lambda tx: tx.save_follower(changed))
        await until(lambda: all(kept.lane.follower.url == other.url for kept in hooks._lanes.values()))
        await emit(ledger, "2")
        await other.until(lambda r: r.subjects == ["2"])
        assert receiver.subjects == ["1"]


@pytest.mark.parametrize(
    ("mine", "row_", "cursor", "url"),
    [
        ({"cursor": 9}, {}, 9, "u"),
        ({"cursor": 9}, {"url": "v"}, 9, "v"),
        ({"cursor": 9}, {"cursor": 2}, 2, "u"),
        ({}, {"cursor": 2, "url": "v"}, 2, "v"),
    ],
)
def test_merging_keeps_our_progress_and_their_changes(
    mine: dict[str, Any], row_: dict[str, Any], cursor: int, url: str
) -> None:
    base = Follower("f", "n", "u", (), cursor=5)
    got = merged(base, replace(base, **mine), replace(base, **row_))
    assert (got.cursor, got.url) == (cursor, url)
