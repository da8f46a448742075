"""Deliveries: leased, sent in order, tried again, told, never lost. On a real SQLite ledger with a scripted channel."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.config import DeliveryConfig
from gateway.channels.outgoing import Dispatcher
from gateway.channels.port import Channel, Permanent, Retryable, Sent
from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.model.ids import TicketNo
from tests.channels.outgoing_stage import (
    KEYS,
    NOW,
    Clock,
    CountingLedger,
    Gate,
    ScriptedChannel,
    events,
    ledger_in,
    open_a_ticket,
    put,
    put_conversation,
    row,
    until,
)
from tests.servers import Postgres, fresh_database, postgres_server

__all__ = ["postgres_server"]

CONFIG = DeliveryConfig()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with ledger_in(tmp_path) as opened:
        yield opened


@pytest.fixture
async def ticket(ledger: SqlLedger) -> TicketNo:
    return await open_a_ticket(ledger)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def channel() -> ScriptedChannel:
    return ScriptedChannel()


def _sender(ledger: Any, clock: Clock, *channels: ScriptedChannel, **config: Any) -> Dispatcher:
    by_name: dict[tuple[str, str], Channel] = {(one.name, one.account): one for one in channels}
    made = DeliveryConfig.model_validate(config)
    return Dispatcher(ledger, by_name, made, clock=clock, monotonic=clock, rng=random.Random(1))


async def test_what_is_due_is_sent_once_recorded_and_told(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Sent(external_id="X1", note="subscribe_message")]
    delivery = await put(ledger, ticket, text="已受理", reply_id="R1")
    sender = _sender(ledger, clock, channel)
    await sender.once()
    await sender.once()
    assert channel.told == ["已受理"]
    now = await row(ledger, delivery)
    assert (now.state, now.attempts, now.due_at, now.done_at) == ("sent", 1, None, NOW)
    assert (now.external_id, now.error, now.more["note"]) == ("X1", "", "subscribe_message")
    [event] = await events(ledger, "hotline.delivery.")
    assert (event.type, event.subject) == ("hotline.delivery.sent.v1", ticket)
    assert event.data == {
        "delivery_id": delivery.id, "ticket_no": ticket, "kind": "reply", "channel": "wechat", "account": "hainan",
        "state": "sent", "attempts": 1, "error": "", "reply_id": "R1", "note": "subscribe_message",
    }  # fmt: skip
    assert (sender.sent, sender.in_flight) == (1, 0)


async def test_what_is_not_due_waits(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    await put(ledger, ticket, due_at=NOW + 3600)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    assert channel.told == []
    clock.forward(3600)
    await sender.once()
    assert len(channel.told) == 1


async def test_a_platform_that_will_report_arrival_leaves_it_open_until_it_does(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Sent(external_id="S1", final=False)]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    assert (await row(ledger, delivery)).done_at is None
    clock.forward(5)
    assert await sender.report("wechat", "hainan", "S1", "delivered")
    assert await sender.report("wechat", "hainan", "S1", "delivered"), "a repeat is known and changes nothing"
    assert await sender.report("wechat", "hainan", "S1", "failed", "late bad news")
    now = await row(ledger, delivery)
    assert (now.state, now.done_at, now.error) == ("delivered", NOW + 5, "")
    told = [event.type for event in await events(ledger, "hotline.delivery.")]
    assert told == ["hotline.delivery.sent.v1", "hotline.delivery.delivered.v1"]
    assert not await sender.report("wechat", "hainan", "unknown", "delivered")
    assert sender.delivered == 1


async def test_a_report_of_failure_is_told(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Sent(external_id="S1", final=False)]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    assert await sender.report("wechat", "hainan", "S1", "failed", "空号 / no such number")
    now = await row(ledger, delivery)
    assert (now.state, now.error) == ("failed", "空号 / no such number")
    assert (await events(ledger, "hotline.delivery.failed"))[0].data["error"] == "空号 / no such number"


async def test_a_failure_is_tried_again_later_and_then_goes_out(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("platform says -1"), Sent()]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    now = await row(ledger, delivery)
    assert (now.state, now.attempts, now.error) == ("waiting", 1, "platform says -1")
    assert now.due_at is not None
    assert NOW + CONFIG.first_s / 2 <= now.due_at <= NOW + CONFIG.first_s
    assert not await events(ledger, "hotline.delivery."), "a try that will be repeated is not news"
    clock.now = now.due_at
    await sender.once()
    now = await row(ledger, delivery)
    assert (now.state, now.attempts, now.error) == ("sent", 2, "")
    assert (sender.retried, sender.sent) == (1, 1)


async def test_the_time_that_the_platform_asks_for_is_kept(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("slow down", after_s=7200)]
    delivery = await put(ledger, ticket)
    await _sender(ledger, clock, channel).once()
    assert (await row(ledger, delivery)).due_at == NOW + 7200


async def test_when_the_time_is_up_it_has_failed_and_that_is_told(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("still away")]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    tries = 0
    while (now := await row(ledger, delivery)).due_at is not None:
        clock.now = max(clock.now, now.due_at)
        await sender.once()
        tries += 1
        assert tries < 200
    assert now.state == "failed"
    assert clock.now == NOW + CONFIG.give_up_after_s, "the last try falls on the limit"
    assert now.attempts == tries == len(channel.told) > 12
    [event] = await events(ledger, "hotline.delivery.")
    assert (event.type, event.data["error"]) == ("hotline.delivery.failed.v1", "still away")
    assert sender.failed == 1


async def test_a_refusal_for_good_is_impossible_at_once_with_words_for_the_agent(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Permanent("超过48小时 / past 48 h")]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    now = await row(ledger, delivery)
    assert (now.state, now.error, now.due_at, now.done_at) == ("impossible", "超过48小时 / past 48 h", None, NOW)
    [event] = await events(ledger, "hotline.delivery.failed")
    assert event.data["state"] == "impossible"
    assert sender.impossible == 1


async def test_an_account_that_is_not_configured_is_impossible(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    delivery = await put(ledger, ticket, account="gone")
    await _sender(ledger, clock, channel).once()
    now = await row(ledger, delivery)
    assert now.state == "impossible"
    assert "wechat:gone" in now.error


async def test_a_mistake_of_the_channel_and_a_call_without_end_are_tried_again(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [ZeroDivisionError("oops"), Gate(Sent())]
    delivery = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel, send_limit_s=0.02)
    await sender.once()
    now = await row(ledger, delivery)
    assert (now.state, now.error) == ("waiting", "ZeroDivisionError")
    assert sender.troubles == 1
    clock.now = now.due_at or 0
    await sender.once()
    now = await row(ledger, delivery)
    assert (now.state, now.attempts) == ("waiting", 2)
    assert "0.02 s" in now.error


# -- killed in the middle ----------------------------------------------------------------------------------------------


async def _killed_while(sender: Dispatcher, gate: Gate) -> None:
    running = asyncio.ensure_future(sender.run())
    await gate.entered.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_killed_between_lease_and_result_it_is_sent_again_when_the_lease_is_over(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    gate = Gate(Sent())
    channel.sends = [gate, Sent()]
    delivery = await put(ledger, ticket, text="once")
    await _killed_while(_sender(ledger, clock, channel), gate)
    now = await row(ledger, delivery)
    assert (now.state, now.attempts, now.due_at) == ("waiting", 1, NOW + CONFIG.lease_s), (
        "the lease was committed first"
    )
    reborn = _sender(ledger, clock, channel)
    await reborn.once()
    assert len(channel.told) == 1, "not before the lease is over: the other might still be at it"
    clock.forward(CONFIG.lease_s)
    await reborn.once()
    assert (await row(ledger, delivery)).state == "sent"
    assert len(channel.told) == 2
    assert len(await events(ledger, "hotline.delivery.sent")) == 1


async def test_of_two_gateways_one_sends(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    for n in range(10):
        await put(ledger, ticket, target=f"o{n}", text=f"to {n}")
    one, other = (_sender(ledger, clock, channel, per_account=16) for _ in range(2))
    await asyncio.gather(one.once(), other.once())
    assert sorted(channel.told) == sorted(f"to {n}" for n in range(10))
    assert one.sent + other.sent == 10


@pytest.mark.postgres
async def test_of_two_gateways_on_one_postgresql_each_delivery_is_sent_by_one(
    postgres_server: Postgres, tmp_path: Path, clock: Clock, channel: ScriptedChannel
) -> None:
    config = LedgerConfig(url=await fresh_database(postgres_server))
    async with open_ledger(config, tmp_path, KEYS) as ours, open_ledger(config, tmp_path, KEYS) as theirs:
        ticket = await open_a_ticket(ours)
        for n in range(40):
            await put(ours, ticket, target=f"o{n}", text=f"to {n}")
        one, other = (
            _sender(ledger, clock, channel, concurrency=50, per_account=50, rate_per_s=1000)
            for ledger in (ours, theirs)
        )
        await asyncio.gather(one.once(), other.once())
        assert sorted(channel.told) == sorted(f"to {n}" for n in range(40))
        assert len(await events(ours, "hotline.delivery.sent")) == 40


async def test_a_gateway_that_was_too_slow_does_not_overwrite_what_another_has_done(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock
) -> None:
    gate = Gate(Retryable("too late"))
    slow, quick = ScriptedChannel(sends=[gate]), ScriptedChannel()

    async def fail(what: object) -> Sent:
        await gate(what)
        raise Retryable("too late")

    slow.sends = [fail]
    delivery = await put(ledger, ticket)
    first = asyncio.ensure_future(_sender(ledger, clock, slow).once())
    await gate.entered.wait()
    clock.forward(CONFIG.lease_s)
    await _sender(ledger, clock, quick).once()
    gate.opened.set()
    await first
    now = await row(ledger, delivery)
    assert (now.state, now.attempts, now.error) == ("sent", 2, "")
    assert len(await events(ledger, "hotline.delivery.")) == 1


async def test_what_was_cancelled_while_waiting_is_not_sent(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    delivery = await put(ledger, ticket)
    await ledger.write(lambda tx: tx.save_delivery(replace(delivery, state="cancelled", due_at=None)))
    await _sender(ledger, clock, channel).once()
    assert channel.told == []


async def test_what_was_cancelled_while_it_went_out_is_recorded_as_sent(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    gate = Gate(Sent())
    channel.sends = [gate]
    delivery = await put(ledger, ticket)
    work = asyncio.ensure_future(_sender(ledger, clock, channel).once())
    await gate.entered.wait()
    await ledger.write(lambda tx: tx.save_delivery(replace(delivery, state="cancelled", due_at=None)))
    gate.opened.set()
    await work
    assert (await row(ledger, delivery)).state == "sent"


async def test_an_acknowledgement_that_came_before_our_own_result_stays(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    gate = Gate(Sent(external_id="A-1", final=False))
    channel.sends = [gate]
    delivery = await put(ledger, ticket, kind="push", answer_by=NOW + 60)
    work = asyncio.ensure_future(_sender(ledger, clock, channel).once())
    await gate.entered.wait()
    await ledger.write(
        lambda tx: tx.save_delivery(replace(delivery, state="delivered", due_at=None, done_at=NOW, answer_by=None))
    )
    gate.opened.set()
    await work
    now = await row(ledger, delivery)
    assert (now.state, now.answer_by, now.external_id) == ("delivered", None, "A-1")


class _Sulking:
    """A ledger that is away for the first few results."""

    def __init__(self, ledger: SqlLedger, refuse: int) -> None:
        self._ledger, self.refuse, self.writes = ledger, refuse, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def write(self, work: Any) -> Any:
        self.writes += 1
        if self.writes > 1 and self.refuse > 0:  # the lease is taken, the result is not
            self.refuse -= 1
            raise OSError("disk full")
        return await self._ledger.write(work)


async def test_a_result_waits_for_a_ledger_that_is_away_instead_of_sending_again(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.channels.outgoing._SETTLE_PAUSE_S", 0.001)
    delivery = await put(ledger, ticket)
    sulking = _Sulking(ledger, refuse=3)
    await _sender(sulking, clock, channel).once()
    assert sulking.refuse == 0
    assert (await row(ledger, delivery)).state == "sent"
    assert len(channel.told) == 1


# -- order and limits --------------------------------------------------------------------------------------------------


async def test_one_person_gets_answers_in_order_one_after_the_other(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    for n in (2, 0, 1):
        await put(ledger, ticket, text=str(n), created_at=NOW - 10 + n)
    sender = _sender(ledger, clock, channel)
    running = asyncio.ensure_future(sender.run())
    await until(lambda: sender.sent == 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert channel.told == ["0", "1", "2"]
    assert channel.most == 1


async def test_a_later_answer_waits_while_an_earlier_one_is_tried_again(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("away"), Sent()]
    first = await put(ledger, ticket, text="first", created_at=NOW - 1)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    later = await put(ledger, ticket, text="later")
    await sender.once()
    held, again = await row(ledger, later), await row(ledger, first)
    assert (held.attempts, held.due_at) == (0, again.due_at), "held, and no try of its own is spent"
    clock.now = again.due_at or 0
    await sender.once()
    await sender.once()
    assert channel.told == ["first", "first", "later"]


async def test_an_answer_does_not_wait_for_one_that_is_only_kept_for_the_morning(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    await put(ledger, ticket, text="morning", created_at=NOW - 1, due_at=NOW + 30_000)
    await put(ledger, ticket, text="urgent")
    await _sender(ledger, clock, channel).once()
    assert channel.told == ["urgent"]


async def test_one_that_is_stuck_holds_up_nobody_else(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    gate = Gate(Sent())
    channel.sends = [gate, Sent()]
    await put(ledger, ticket, target="oSTUCK", text="stuck", created_at=NOW - 5)
    await put(ledger, ticket, target="oSTUCK", text="behind", created_at=NOW - 4)
    for n in range(5):
        await put(ledger, ticket, target=f"o{n}", text=f"to {n}")
    sender = _sender(ledger, clock, channel)
    running = asyncio.ensure_future(sender.run())
    await until(lambda: sender.sent == 5)
    assert channel.told[0] == "stuck"
    assert "behind" not in channel.told
    gate.opened.set()
    await until(lambda: sender.sent == 7)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert channel.told[-1] == "behind"


async def test_pushes_of_several_tickets_go_to_a_partner_side_by_side(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock
) -> None:
    gate = Gate(Sent())
    partner = ScriptedChannel("partner", "110", sends=[gate])
    for number in (ticket, await open_a_ticket(ledger)):
        await put(ledger, number, kind="push", channel="partner", account="110", target="110")
    work = asyncio.ensure_future(_sender(ledger, clock, partner).once())
    await until(lambda: partner.now == 2)
    gate.opened.set()
    await work


async def test_no_more_are_under_way_than_allowed_over_all_and_over_one_account(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock
) -> None:
    busy = ScriptedChannel(account="busy", sends=[Gate(Sent())])
    calm = ScriptedChannel(account="calm", sends=[Gate(Sent())])
    for n in range(10):
        await put(ledger, ticket, account="busy", target=f"o{n}", created_at=NOW - 5)
    for n in range(10):
        await put(ledger, ticket, account="calm", target=f"o{n}")
    sender = _sender(ledger, clock, busy, calm, concurrency=5, per_account=3)
    running = asyncio.ensure_future(sender.run())
    await until(lambda: busy.now + calm.now == 5)
    assert (busy.now, calm.now) == (3, 2)
    assert sender.in_flight == 5
    assert sender.waiting == 15
    for gate in (busy.sends[0], calm.sends[0]):
        gate.opened.set()
    await until(lambda: sender.sent == 20)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (busy.most, calm.most <= 3) == (3, True)


async def test_an_account_sends_no_more_a_second_than_it_may(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    quick = ScriptedChannel(account="quick")
    for n in range(12):
        await put(ledger, ticket, target=f"o{n}")
        await put(ledger, ticket, target=f"o{n}", account="quick")
    sender = _sender(ledger, clock, channel, quick, rate_per_s=1000, rates={"wechat:hainan": 4}, concurrency=50)
    for _ in range(3):
        await sender.once()
    assert (len(channel.told), len(quick.told)) == (4, 12)
    clock.forward(0.5)
    await sender.once()
    assert len(channel.told) == 6
    clock.forward(60)
    await sender.once()
    assert len(channel.told) == 10, "what was not used is not saved up"


async def test_the_backlog_of_one_account_does_not_hide_the_others(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    other = ScriptedChannel(account="other")
    for n in range(120):
        await put(ledger, ticket, target=f"o{n}", due_at=NOW - 100)
    await put(ledger, ticket, account="other")
    sender = _sender(ledger, clock, channel, other, rates={"wechat:hainan": 0.001})
    for _ in range(5):
        await sender.once()
    assert len(other.told) == 1


async def test_an_account_with_a_token_at_each_round_does_not_starve_the_others(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    other = ScriptedChannel(account="other")
    for n in range(60):
        await put(ledger, ticket, target=f"o{n}", due_at=NOW - 100, created_at=NOW - 100)
    sender = _sender(ledger, clock, channel, other, rate_per_s=1)
    await sender.once()
    await put(ledger, ticket, account="other")
    clock.forward(1)
    await sender.once()
    assert (len(channel.told), len(other.told)) == (2, 1)


async def test_a_round_with_the_rate_spent_reads_nothing_and_a_backlog_is_read_once(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    for n in range(200):
        await put(ledger, ticket, target=f"o{n}", text=f"{n}", created_at=NOW - 1000 + n)
    counting = CountingLedger(ledger)
    sender = _sender(counting, clock, channel, rate_per_s=5)
    await sender.once()
    counting.reset()
    for _ in range(20):  # as many bells within one moment
        await sender.once()
    assert (len(channel.told), counting.rows, counting.asked) == (5, 0, [])
    for _ in range(32):
        clock.forward(0.125)
        await sender.once()
    assert channel.told == [str(n) for n in range(25)]
    assert counting.rows <= 50, "at 50 a round it would be 1,600"


async def test_an_earlier_answer_whose_time_has_come_goes_before_a_later_one_at_hand(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("away"), Sent()]
    first = await put(ledger, ticket, text="first", created_at=NOW - 10)
    sender = _sender(ledger, clock, channel, rate_per_s=0.2, look_s=60)
    await sender.once()
    due_at = (await row(ledger, first)).due_at
    assert due_at is not None
    assert NOW + 5 < due_at <= NOW + 20, "while the others go out"
    for n in range(4):
        await put(ledger, TicketNo(""), target=f"o{n}", text="others", created_at=NOW - 9)
    await put(ledger, ticket, text="second", created_at=NOW - 8)
    for _ in range(8):
        clock.forward(5)
        await sender.once()
    told = [text for text in channel.told if text != "others"]
    assert told == ["first", "first", "second"]
    assert len(channel.told) == 7


async def test_answers_without_a_ticket_keep_their_order_too(
    ledger: SqlLedger, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Retryable("away"), Sent()]
    first = await put(ledger, TicketNo(""), text="first", created_at=NOW - 1)
    sender = _sender(ledger, clock, channel)
    await sender.once()
    later = await put(ledger, TicketNo(""), text="later")
    other = await put(ledger, TicketNo(""), text="to another", target="oOTHER")
    await sender.once()
    assert channel.told == ["first", "to another"]
    again = await row(ledger, first)
    assert (await row(ledger, later)).due_at == again.due_at
    assert (await row(ledger, other)).state == "sent"


# -- conversations -----------------------------------------------------------------------------------------------------


async def test_a_reply_is_counted_on_the_conversation_and_the_channel_is_given_it(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    before = await put_conversation(ledger, out_since_in=2, step="where")
    await put(ledger, ticket)
    clock.forward(60)
    await _sender(ledger, clock, channel).once()
    assert channel.given == [before]
    assert await ledger.conversation(before.id) == replace(before, out_since_in=3, last_out_at=NOW + 60)


async def test_what_the_platform_does_not_count_is_not_counted(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    channel.sends = [Sent(note="subscribe_message")]
    before = await put_conversation(ledger, out_since_in=5)
    await put(ledger, ticket)
    await _sender(ledger, clock, channel).once()
    assert await ledger.conversation(before.id) == replace(before, last_out_at=NOW)


async def test_a_channel_that_counts_by_itself_is_not_counted_twice(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    before = await put_conversation(ledger)

    async def count(_: object) -> Sent:
        await ledger.write(lambda tx: tx.save_conversation(replace(before, out_since_in=2, last_out_at=NOW)))
        return Sent()

    channel.sends = [count]
    await put(ledger, ticket)
    await _sender(ledger, clock, channel).once()
    now = await ledger.conversation(before.id)
    assert now is not None
    assert now.out_since_in == 2


async def test_a_message_that_came_while_we_answered_is_not_forgotten(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    before = await put_conversation(ledger, out_since_in=4)

    async def interrupted(_: object) -> Sent:
        came = replace(before, last_in_at=NOW + 1, out_since_in=0, step="photo")
        await ledger.write(lambda tx: tx.save_conversation(came))
        return Sent()

    channel.sends = [interrupted]
    await put(ledger, ticket)
    await _sender(ledger, clock, channel).once()
    now = await ledger.conversation(before.id)
    assert now is not None
    assert (now.last_in_at, now.step, now.out_since_in) == (NOW + 1, "photo", 1)


# -- the worker --------------------------------------------------------------------------------------------------------


async def test_a_bell_wakes_it_at_once(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    sender = _sender(ledger, clock, channel, look_s=60)
    running = asyncio.ensure_future(sender.run())
    await until(lambda: not sender._woken.is_set())
    await put(ledger, ticket)
    async with asyncio.timeout(60):
        while not sender.sent:
            sender.wake()
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_another_gateway_wrote_is_found_without_a_bell(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    sender = _sender(ledger, clock, channel, look_s=0.02)
    running = asyncio.ensure_future(sender.run())
    await put(ledger, ticket)
    await until(lambda: sender.sent == 1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_draining_begins_nothing_more_and_lets_what_is_under_way_end(
    ledger: SqlLedger, ticket: TicketNo, clock: Clock, channel: ScriptedChannel
) -> None:
    gate = Gate(Sent())
    channel.sends = [gate]
    first = await put(ledger, ticket)
    sender = _sender(ledger, clock, channel)
    running = asyncio.ensure_future(sender.run())
    await gate.entered.wait()
    assert not await sender.drain(0.01)
    second = await put(ledger, ticket, target="oOTHER")
    sender.wake()
    gate.opened.set()
    assert await sender.drain(60)
    assert (await row(ledger, first)).state == "sent"
    assert (await row(ledger, second)).attempts == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
