"""Customer service end to end: notices, pulls by cursor, answers; a fake Tencent and a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from wechatpy.crypto import PrpCrypto, WeChatCrypto

from gateway.channels.port import Permanent, Retryable
from gateway.channels.wecom import WecomChannel
from gateway.model.messages import Delivery
from tests.fakes.gate import Gate, wecom_of
from tests.fakes.tencent import sign

HOLE = "海口市龙华区国贸路的路灯坏了三天，晚上很黑"


async def send_due(gate: Gate, channel: WecomChannel) -> None:
    """What the dispatcher does with deliveries that are due."""
    for delivery in await gate.ledger.due_deliveries(gate.clock()):
        conversation = await gate.ledger.conversation(f"wechat:{channel.account}:{delivery.target}")
        await channel.send(delivery, conversation)
        done = Delivery(**{**{f: getattr(delivery, f) for f in delivery.__slots__}, "state": "sent", "due_at": None})
        await gate.ledger.write(lambda tx, done=done: tx.save_delivery(done))


async def test_a_pull_makes_tickets_once_and_moves_the_cursor(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    gate.tencent.kf_write("wmB", content="小区停水两天了，什么时候来水")
    assert await channel.pull() == 2
    assert await channel.pull() == 0
    tickets = await gate.tickets()
    assert [(t.user_id, t.channel, t.account) for t in tickets] == [
        ("wmA", "wechat", "kefu"),
        ("wmB", "wechat", "kefu"),
    ]
    assert await gate.ledger.state("wecom.cursor.kefu") == {"all": "2"}


async def test_many_pages_are_pulled_to_the_end(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.page = 3
    for n in range(10):
        gate.tencent.kf_write(f"wm{n}", content=HOLE)
    assert await channel.pull() == 10
    assert len(await gate.tickets()) == 10
    assert gate.tencent.asked.count("/cgi-bin/kf/sync_msg") == 4


async def test_a_page_that_broke_off_is_pulled_again_without_doubles(
    gate: Gate, channel: WecomChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        gate.tencent.kf_write(f"wm{n}", content=HOLE)
    take, calls = gate.intake.take, 0

    async def breaks(raw: Any, message: Any, also: Any = None) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError("disk full")
        return await take(raw, message, also)

    monkeypatch.setattr(gate.intake, "take", breaks)
    with pytest.raises(OSError, match="disk full"):
        await channel.pull()
    assert await gate.ledger.state("wecom.cursor.kefu") is None
    assert await channel.pull() == 4
    assert [ticket.user_id for ticket in await gate.tickets()] == ["wm0", "wm1", "wm2", "wm3"]


async def test_a_notice_wakes_the_puller_and_missed_ones_are_made_good(
    gate: Gate, serve: Callable[[Gate, Any], Awaitable[str]]
) -> None:
    channel = wecom_of(gate, pull_every_s=3600)
    url = await serve(gate, channel) + "/in/wecom/kefu"
    gate.tencent.kf_write("wmMissed", content=HOLE)
    running = asyncio.create_task(channel.run())
    try:
        async with asyncio.timeout(60):
            while channel.pulled < 1:
                await asyncio.sleep(0.01)
            gate.tencent.kf_write("wmNew", content=HOLE)
            status, _ = await gate.tencent.post(url, *gate.tencent.kf_callback())
            assert status == 200
            while channel.pulled < 2:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [ticket.user_id for ticket in await gate.tickets()] == ["wmMissed", "wmNew"]


async def test_a_failing_platform_is_tried_again(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    gate.tencent.fail("/cgi-bin/kf/sync_msg", -1)
    running = asyncio.create_task(channel.run())
    try:
        async with asyncio.timeout(60):
            while channel.pulled < 1:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert channel.failures == 1


async def test_an_ended_notice_token_is_left_out(gate: Gate, channel: WecomChannel) -> None:
    channel._notice = "old"
    gate.tencent.kf_write("wmA", content=HOLE)
    gate.tencent.fail("/cgi-bin/kf/sync_msg", 95007)
    assert await channel.pull() == 1


async def test_the_receipt_is_queued_with_the_message_and_sent_once(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    await channel.pull()
    (ticket,) = await gate.tickets()
    await send_due(gate, channel)
    (sent,) = gate.tencent.kf_sent
    assert (sent["touser"], sent["open_kfid"]) == ("wmA", gate.tencent.corp.kf)
    assert ticket.ticket_no in sent["text"]["content"]
    assert gate.woken
    await send_due(gate, channel)
    assert len(gate.tencent.kf_sent) == 1


async def test_trying_a_delivery_again_cannot_send_it_twice(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    await channel.pull()
    (delivery,) = await gate.ledger.due_deliveries(gate.clock())
    conversation = await gate.ledger.conversation("wechat:kefu:wmA")
    first = await channel.send(delivery, conversation)
    assert await channel.send(delivery, conversation) == first
    assert len(gate.tencent.kf_sent) == 1


async def test_windows_hold_and_say_why(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    await channel.pull()
    for n in range(6):
        delivery = Delivery(f"d{n}", "reply", "n", "wechat", "kefu", "wmA", 0.0, text="回复")  # type: ignore[arg-type]
        conversation = await gate.ledger.conversation("wechat:kefu:wmA")
        if n < 5:
            await channel.send(delivery, conversation)
            continue
        with pytest.raises(Permanent, match="5条"):
            await channel.send(delivery, conversation)
    gate.clock.now += 48 * 3600
    with pytest.raises(Permanent, match="48小时"):
        await channel.send(delivery, await gate.ledger.conversation("wechat:kefu:wmA"))
    assert len(gate.tencent.kf_sent) == 5


async def test_the_platforms_own_no_is_believed(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content=HOLE)
    await channel.pull()
    delivery = Delivery("d", "reply", "n", "wechat", "kefu", "wmA", 0.0, text="回复")  # type: ignore[arg-type]
    conversation = await gate.ledger.conversation("wechat:kefu:wmA")
    gate.tencent.fail("/cgi-bin/kf/send_msg", 95002, 95001, -1)
    for code in ("95002", "95001"):
        with pytest.raises(Permanent, match=code):
            await channel.send(delivery, conversation)
    with pytest.raises(Retryable):
        await channel.send(delivery, conversation)


async def test_questions_that_open_no_ticket_are_answered(gate: Gate, channel: WecomChannel) -> None:
    gate.tencent.kf_write("wmA", content="帮助")
    gate.tencent.kf_write("wmA", content="人工")
    await channel.pull()
    assert await gate.tickets() == []
    assert ["12345" in one["text"]["content"] for one in gate.tencent.kf_sent] == [True, True]


async def test_who_opens_the_chat_is_greeted_while_the_code_is_good(gate: Gate, channel: WecomChannel) -> None:
    event = {
        "event_type": "enter_session", "open_kfid": gate.tencent.corp.kf, "external_userid": "wmA", "welcome_code": "W",
    }  # fmt: skip
    gate.tencent.kf_write("wmA", "event", origin=4, **event)
    await channel.pull()
    (greeted,) = gate.tencent.kf_welcomed
    assert greeted["code"] == "W"
    assert greeted["text"]["content"]
    gate.tencent.kf_write("wmB", "event", origin=4, **event)
    gate.clock.now += 30
    await channel.pull()
    assert len(gate.tencent.kf_welcomed) == 1


async def test_a_file_is_wanted_and_fetched(gate: Gate, channel: WecomChannel) -> None:
    media = gate.tencent.add_media(b"%PDF-", "application/pdf", "kf-材料.pdf")
    gate.tencent.kf_write("wmA", "file", media_id=media)
    await channel.pull()
    (wanted,) = await gate.ledger.wanted(gate.clock())
    assert (await channel.fetch(wanted)).body == b"%PDF-"


async def test_the_address_is_verified_and_bad_notices_are_refused(gate: Gate, serve: Any) -> None:
    channel = wecom_of(gate)
    url = await serve(gate, channel) + "/in/wecom/kefu"
    corp, stamp = gate.tencent.corp, str(int(gate.clock()))
    sealed = (
        PrpCrypto(WeChatCrypto(corp.token, corp.key, corp.corp_id).key).encrypt("5838479218", corp.corp_id).decode()
    )
    query = {"timestamp": stamp, "nonce": "1", "echostr": sealed, "msg_signature": sign(corp.token, stamp, "1", sealed)}
    async with aiohttp.ClientSession() as http:
        async with http.get(url, params=query) as answer:
            assert (answer.status, await answer.text()) == (200, "5838479218")
        async with http.get(url, params=query | {"msg_signature": "0" * 40}) as answer:
            assert answer.status == 401
    query, body = gate.tencent.kf_callback()
    assert (await gate.tencent.post(url, query | {"msg_signature": "0" * 40}, body))[0] == 401
    assert (await gate.tencent.post(url, query, b"<xml>"))[0] == 400
    gate.clock.now += 301
    assert (await gate.tencent.post(url, query, body))[0] == 401
    assert channel.refused == 4
