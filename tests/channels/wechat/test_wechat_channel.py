"""An official account end to end: a fake Tencent pushes and is called, the ledger is real."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.wechat import WechatChannel
from gateway.model.messages import Conversation, Delivery, KeptAttachment
from gateway.tickets.ports import Taken
from tests.fakes.gate import Gate, channel_of
from tests.fakes.tencent import Mode, sign, xml_of

HOLE = "海口市龙华区国贸路的路灯坏了三天，晚上很黑"
SUBSCRIBE = {"template_id": "tpl-0123456789", "fields": {"character_string1": "ticket_no", "thing2": "text"}}


def delivery(text: str = "已安排维修", number: str = "460000-20261121-0000001", **more: Any) -> Delivery:
    return Delivery("d1", "reply", number, "wechat", "hainan", "oA", 0.0, text=text, **more)  # type: ignore[arg-type]


async def talked(gate: Gate, user: str = "oA") -> Conversation | None:
    return await gate.ledger.conversation(f"wechat:hainan:{user}")


@pytest.mark.parametrize("mode", ["plain", "compatible", "encrypted"])
async def test_a_push_is_answered_with_its_ticket_number_in_every_mode(
    gate: Gate, serve: Callable[[Gate, Any], Awaitable[str]], mode: Mode
) -> None:
    url = await serve(gate, channel_of(gate, mode=mode)) + "/in/wechat/hainan"
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE), mode)
    (ticket,) = await gate.tickets()
    assert pushed.statuses == [200]
    assert ticket.ticket_no in pushed.text
    assert ticket.query_code in pushed.text
    assert (pushed.reply["ToUserName"], pushed.reply["FromUserName"]) == ("oA", gate.tencent.official.gh)
    assert (ticket.content, ticket.user_id, ticket.channel, ticket.account) == (HOLE, "oA", "wechat", "hainan")


async def test_the_same_message_three_times_is_one_ticket_and_one_answer(gate: Gate, url: str) -> None:
    message = gate.tencent.message("oA", Content=HOLE)
    texts = [(await gate.tencent.push(url, message)).text for _ in range(3)]
    assert len(await gate.tickets()) == 1
    assert texts[0]
    assert texts == [texts[0]] * 3


async def test_the_same_message_at_the_same_moment_is_one_ticket(gate: Gate, url: str) -> None:
    message = gate.tencent.message("oA", Content=HOLE)
    pushed = await asyncio.gather(*(gate.tencent.push(url, message) for _ in range(3)))
    assert len(await gate.tickets()) == 1
    assert len({one.text for one in pushed}) == 1


async def test_equal_message_ids_of_two_citizens_are_two_tickets(gate: Gate, url: str) -> None:
    first = gate.tencent.message("oA", Content=HOLE)
    await gate.tencent.push(url, first)
    await gate.tencent.push(url, {**first, "FromUserName": "oB"})
    assert [ticket.user_id for ticket in await gate.tickets()] == ["oA", "oB"]


async def test_the_answer_comes_only_after_the_commit(gate: Gate, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = asyncio.Event()
    write = gate.ledger.write

    async def held(work: Any) -> Any:
        await open_now.wait()
        return await write(work)

    monkeypatch.setattr(gate.ledger, "write", held)
    async with asyncio.TaskGroup() as group:
        push = group.create_task(gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE)))
        await asyncio.sleep(0.2)
        assert not push.done()
        open_now.set()
    assert push.result().answered
    assert len(await gate.tickets()) == 1


async def test_a_slow_ledger_leaves_the_push_unanswered_and_its_repeat_is_taken(
    gate: Gate, serve: Callable[[Gate, Any], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = channel_of(gate, answer_s=0.2)
    url = await serve(gate, channel) + "/in/wechat/hainan"
    write = gate.ledger.write
    slow = [5.0]

    async def sometimes_slow(work: Any) -> Any:
        if slow:
            channel._answer_s = 60.0  # for the repeat, which a slow machine may take its time for
            await asyncio.sleep(slow.pop())
        return await write(work)

    monkeypatch.setattr(gate.ledger, "write", sometimes_slow)
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    assert pushed.statuses == [503, 200]
    assert len(await gate.tickets()) == 1
    assert channel.unanswered == 1


async def test_a_failing_ledger_acknowledges_nothing(
    gate: Gate, channel: WechatChannel, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(work: Any) -> Any:
        raise OSError("disk full")

    monkeypatch.setattr(gate.ledger, "write", full)
    query, body = gate.tencent.official.signed(gate.clock(), xml_of(gate.tencent.message("oA", Content=HOLE)))
    status, answer = await gate.tencent.post(url, query, body)
    assert status == 503
    assert b"success" not in answer
    assert b"disk" not in answer


async def test_wrong_signatures_and_old_timestamps_are_401_and_leave_nothing(gate: Gate, url: str) -> None:
    official, clock = gate.tencent.official, gate.clock
    body = xml_of(gate.tencent.message("oA", Content=HOLE))
    query, sealed = official.signed(clock(), body)
    old, sealed_old = official.signed(clock() - 301, body)
    ahead, sealed_ahead = official.signed(clock() + 301, body)
    plain, unsealed = official.signed(clock(), body, "plain")
    tries = {
        "signature": (query | {"signature": "0" * 40}, sealed),
        "msg_signature": (query | {"msg_signature": "0" * 40}, sealed),
        "no msg_signature": ({k: v for k, v in query.items() if k != "msg_signature"}, sealed),
        "none": ({}, sealed),
        "other body": (query, official.signed(clock(), body)[1]),
        "old": (old, sealed_old),
        "ahead": (ahead, sealed_ahead),
        "not sealed": (plain, unsealed),
    }
    answers = {name: (await gate.tencent.post(url, *what))[0] for name, what in tries.items()}
    assert answers == dict.fromkeys(tries, 401)
    assert await gate.tickets() == []


async def test_what_was_signed_but_cannot_be_opened_is_400_and_kept_with_its_original(gate: Gate, url: str) -> None:
    token, stamp = gate.tencent.official.token, str(int(gate.clock()))
    body = b"<xml><Encrypt><![CDATA[Z2FyYmFnZQ==]]></Encrypt></xml>"
    query = {"timestamp": stamp, "nonce": "1", "signature": sign(token, stamp, "1")}
    query["msg_signature"] = sign(token, stamp, "1", "Z2FyYmFnZQ==")
    status, answer = await gate.tencent.post(url, query, body)
    (ticket,) = await gate.tickets()
    assert status == 400
    assert b"Encrypt" in answer
    assert "unreadable" in ticket.flags
    raw = await gate.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert raw.body == body
    assert "msg_signature" in raw.meta["query"]
    assert (await gate.tencent.post(url, query, body))[0] == 400
    assert len(await gate.tickets()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<xml><MsgType>text</MsgType>",
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><xml><Content>&b;</Content></xml>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><MsgType>text</MsgType></xml>',
        b"<xml>" * 5000,
        b"\xff\xfe\x00<",
    ],
)
async def test_garbage_and_xml_bombs_are_400(gate: Gate, url: str, body: bytes) -> None:
    query, _ = gate.tencent.official.signed(gate.clock(), "", "plain")
    status, answer = await gate.tencent.post(url, query, body)
    assert status == 400
    assert b"body" in answer
    assert await gate.tickets() == []


async def test_the_platform_verifies_the_address(gate: Gate, url: str) -> None:
    query, _ = gate.tencent.official.signed(gate.clock(), "", "plain")
    async with aiohttp.ClientSession() as http:
        async with http.get(url, params=query | {"echostr": "5838479218"}) as answer:
            assert (answer.status, await answer.text()) == (200, "5838479218")
        async with http.get(url, params=query | {"echostr": "5838479218", "signature": "0" * 40}) as answer:
            assert answer.status == 401
        async with http.get(url, params=query | {"echostr": "<script>\n"}) as answer:
            assert answer.status == 400


async def test_an_unknown_type_becomes_a_ticket_with_a_flag(gate: Gate, url: str) -> None:
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", "hologram", Depth=3))
    (ticket,) = await gate.tickets()
    assert pushed.answered
    assert ticket.ticket_no in pushed.text
    assert {"unreadable", "unknown_type"} <= set(ticket.flags)


async def test_a_picture_is_wanted_at_once_and_fetched(gate: Gate, channel: WechatChannel, url: str) -> None:
    media = gate.tencent.add_media(b"\xff\xd8jpeg", "image/jpeg", "x.jpg")
    await gate.tencent.push(url, gate.tencent.message("oA", "image", MediaId=media, PicUrl="http://mmbiz.qpic.cn/1"))
    (wanted,) = await gate.ledger.wanted(gate.clock())
    assert gate.woken
    found = await channel.fetch(wanted)
    assert (found.body, found.content_type) == (b"\xff\xd8jpeg", "image/jpeg")


async def test_a_video_is_fetched_by_the_address_that_the_platform_names(
    gate: Gate, channel: WechatChannel, url: str
) -> None:
    media = gate.tencent.add_media(b"\0\0\0 ftypmp42", "video/mp4", "v.mp4")
    await gate.tencent.push(url, gate.tencent.message("oA", "video", MediaId=media, ThumbMediaId="t"))
    (wanted,) = await gate.ledger.wanted(gate.clock())
    assert (await channel.fetch(wanted)).body == b"\0\0\0 ftypmp42"


async def wanted_of(gate: Gate, url: str, **source: str) -> KeptAttachment:
    await gate.tencent.push(url, gate.tencent.message("oA", "image", **source))
    return (await gate.ledger.wanted(gate.clock()))[0]


async def test_an_expired_file_is_permanent_and_its_address_must_be_the_platforms(
    gate: Gate, channel: WechatChannel, url: str
) -> None:
    with pytest.raises(Permanent, match="40007"):
        await channel.fetch(await wanted_of(gate, url, MediaId="gone"))
    wanted = await wanted_of(gate, url, MediaId="gone")
    inside = replace(wanted.attachment, source={"media_id": "gone", "url": "http://169.254.169.254/latest"})
    with pytest.raises(Permanent, match="not one of the platform's"):
        await channel.fetch(replace(wanted, attachment=inside))


async def test_a_file_beyond_the_limit_is_permanent(gate: Gate, serve: Any) -> None:
    channel = channel_of(gate, largest_media=2048)
    url = await serve(gate, channel) + "/in/wechat/hainan"
    with pytest.raises(Permanent, match="too large"):
        await channel.fetch(await wanted_of(gate, url, MediaId=gate.tencent.add_media(b"x" * 4096)))


# -- replies ----------------------------------------------------------------------------------------------------------


async def test_a_reply_reaches_the_citizen_once_and_is_counted(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    await channel.send(delivery("已安排维修😀"), await talked(gate))
    assert gate.tencent.sent == [("oA", "已安排维修😀")]
    after = await talked(gate)
    assert after is not None
    assert (after.out_since_in, after.last_out_at) == (1, gate.clock())


async def test_after_48_hours_it_says_why_it_cannot(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    gate.clock.now += 48 * 3600 + 1
    with pytest.raises(Permanent, match=r"48小时.*未配置订阅消息模板"):
        await channel.send(delivery(), await talked(gate))
    assert gate.tencent.sent == []
    assert "/cgi-bin/message/custom/send" not in gate.tencent.asked


async def test_after_48_hours_a_subscribe_message_goes_out_cut_to_the_templates_limits(gate: Gate, serve: Any) -> None:
    channel = channel_of(gate, subscribe=SUBSCRIBE)
    url = await serve(gate, channel) + "/in/wechat/hainan"
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    (ticket,) = await gate.tickets()
    gate.clock.now += 48 * 3600 + 1
    text = "您反映的路灯问题已经安排市政维修，\n预计三天内完成，谢谢"
    with pytest.raises(Permanent, match=r"48小时.*43101"):
        await channel.send(delivery(text, ticket.ticket_no), await talked(gate))
    gate.tencent.agreed.add("oA")
    sent = await channel.send(delivery(text, ticket.ticket_no), await talked(gate))
    assert sent.note == "subscribe_message"
    assert sent.external_id
    (data,) = [one["data"] for one in gate.tencent.subscribed]
    assert data["character_string1"]["value"] == ticket.ticket_no
    assert data["thing2"]["value"] == "您反映的路灯问题已经安排市政维修， 预…"


async def test_five_messages_an_inbound_message_then_no_more(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    for n in range(5):
        await channel.send(delivery(f"第{n}条"), await talked(gate))
    with pytest.raises(Permanent, match="5条"):
        await channel.send(delivery("第6条"), await talked(gate))
    await gate.tencent.push(url, gate.tencent.message("oA", Content="还没修好"))
    await channel.send(delivery("第7条"), await talked(gate))
    assert len(gate.tencent.sent) == 6


async def test_the_platforms_own_no_is_believed(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    gate.tencent.fail("/cgi-bin/message/custom/send", 45047, 45015, 40003, -1, 45009)
    for code in ("45047", "45015", "40003"):
        with pytest.raises(Permanent, match=code):
            await channel.send(delivery(), await talked(gate))
    for code, after in (("-1", 5.0), ("45009", 3600.0)):
        with pytest.raises(Retryable, match=code) as caught:
            await channel.send(delivery(), await talked(gate))
        assert caught.value.after_s == after
    assert gate.tencent.sent == []


async def test_a_menu_click_opens_a_minute_for_three_messages(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", "event", Event="CLICK", EventKey="k"))
    conversation = await talked(gate)
    gate.tencent._last["oA"] = gate.clock()
    await channel.send(delivery(), conversation)
    gate.clock.now += 61
    with pytest.raises(Permanent, match="48"):
        await channel.send(delivery(), await talked(gate))


async def test_who_unsubscribed_is_not_written_to(gate: Gate, channel: WechatChannel, url: str) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    await gate.tencent.push(url, gate.tencent.message("oA", "event", Event="unsubscribe", EventKey=""))
    with pytest.raises(Permanent, match="取消关注"):
        await channel.send(delivery(), await talked(gate))
    await gate.tencent.push(url, gate.tencent.message("oA", "event", Event="subscribe", EventKey=""))
    assert not (await talked(gate)).stopped  # type: ignore[union-attr]


async def test_a_long_reply_goes_out_in_parts_and_goes_on_where_it_stopped(
    gate: Gate, channel: WechatChannel, url: str
) -> None:
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    text = "一二三四五六七八九十" * 150
    send = channel.api.send_text
    calls = 0

    async def breaks_at_the_second(openid: str, part: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Retryable("away")
        await send(openid, part)

    channel.api.send_text = breaks_at_the_second  # type: ignore[method-assign]
    with pytest.raises(Retryable):
        await channel.send(delivery(text), await talked(gate))
    await channel.send(delivery(text), await talked(gate))
    assert "".join(part for _, part in gate.tencent.sent) == text
    assert all(len(part.encode()) <= 2048 for _, part in gate.tencent.sent)


async def test_a_hanging_platform_is_retryable_within_the_limit(gate: Gate, serve: Any) -> None:
    channel = channel_of(gate, call_s=0.2)
    url = await serve(gate, channel) + "/in/wechat/hainan"
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    gate.tencent.fail("/cgi-bin/message/custom/send", "hang")
    with pytest.raises(Retryable, match=r"0\.2 s"):
        await channel.send(delivery(), await talked(gate))


# -- the talk ---------------------------------------------------------------------------------------------------------


async def test_a_guided_talk_fills_the_ticket_and_stays_one(gate: Gate, url: str) -> None:
    tencent = gate.tencent

    async def say(kind: str = "text", **fields: Any) -> str:
        gate.clock.now += 20
        return (await tencent.push(url, tencent.message("oA", kind, **fields))).text

    assert "发生在哪里" in await say(Content="有人乱倒建筑垃圾，很臭")
    assert "照片" in await say("location", Location_X=20.03, Location_Y=110.32, Scale=15, Label="海口市国贸路1号")
    assert "电话" in await say("image", MediaId=tencent.add_media(b"x"), PicUrl="")
    assert "谢谢" in await say(Content="0898-66778899")
    (ticket,) = await gate.tickets()
    assert (ticket.address, ticket.longitude, ticket.latitude, ticket.crs) == (
        "海口市国贸路1号",
        110.32,
        20.03,
        "GCJ-02",
    )
    assert ticket.contact_number == "089866778899"
    assert (await talked(gate)).step == ""  # type: ignore[union-attr]


async def test_questions_can_be_ignored_skipped_and_ended(gate: Gate, url: str) -> None:
    tencent = gate.tencent

    async def say(text: str, user: str = "oA") -> str:
        return (await tencent.push(url, tencent.message(user, Content=text))).text

    await say("有人乱倒建筑垃圾，很臭")
    assert "照片" in await say("已经一个多月没人管了")
    assert "电话" in await say("跳过")
    await say("算了")
    (ticket,) = await gate.tickets()
    assert ticket.content.startswith("有人乱倒建筑垃圾，很臭")
    assert "已经一个多月没人管了" in ticket.content
    assert "算了" not in ticket.content
    assert (await talked(gate)).step == ""  # type: ignore[union-attr]


async def test_progress_is_told_to_its_citizen_and_to_who_knows_the_code(gate: Gate, url: str) -> None:
    tencent = gate.tencent
    await tencent.push(url, tencent.message("oA", Content=HOLE))
    (ticket,) = await gate.tickets()
    number = ticket.ticket_no

    async def say(user: str, text: str) -> str:
        return (await tencent.push(url, tencent.message(user, Content=text))).text

    assert "已登记" in await say("oA", f"查询 {number}")
    assert "已登记" in await say("oA", "查询")
    assert "已登记" in await say("oA", f"查询{number.replace('-', '')}")
    assert "没有查到" in await say("oB", f"查询 {number}")
    assert "没有查到" in await say("oB", f"查询 {number} WRONG2")
    assert "已登记" in await say("oB", f"查询 {number} {ticket.query_code.lower()}")
    assert len(await gate.tickets()) == 1


async def test_codes_cannot_be_tried_out(gate: Gate, url: str) -> None:
    tencent = gate.tencent
    await tencent.push(url, tencent.message("oA", Content=HOLE))
    (ticket,) = await gate.tickets()
    for n in range(5):
        await tencent.push(url, tencent.message("oB", Content=f"查询 {ticket.ticket_no} WRONG{n}"))
    right = await tencent.push(url, tencent.message("oB", Content=f"查询 {ticket.ticket_no} {ticket.query_code}"))
    assert "没有查到" in right.text
    gate.clock.now += 3601
    right = await tencent.push(url, tencent.message("oB", Content=f"查询 {ticket.ticket_no} {ticket.query_code}"))
    assert "已登记" in right.text


async def test_help_person_greeting_and_welcome_open_no_ticket(gate: Gate, url: str) -> None:
    tencent = gate.tencent
    said = [
        (await tencent.push(url, tencent.message("oA", Content="帮助"))).text,
        (await tencent.push(url, tencent.message("oA", Content="人工"))).text,
        (await tencent.push(url, tencent.message("oA", Content="你好"))).text,
        (await tencent.push(url, tencent.message("oA", "event", Event="subscribe", EventKey="qrscene_7"))).text,
    ]
    assert "12345" in said[1]
    assert all(said)
    viewed = await tencent.push(url, tencent.message("oA", "event", Event="VIEW", EventKey="https://a.cn"))
    assert viewed.answered
    assert viewed.text == ""
    assert await gate.tickets() == []


async def test_danger_is_told_to_dial_first_and_asked_nothing(gate: Gate, url: str) -> None:
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", Content="楼下着火了，快来人"))
    assert pushed.text.index("119") < pushed.text.index("工单编号")
    assert (await talked(gate)).step == ""  # type: ignore[union-attr]


async def test_a_closed_ticket_is_rated_once_and_a_number_otherwise_is_a_message(gate: Gate, url: str) -> None:
    tencent = gate.tencent
    await tencent.push(url, tencent.message("oA", Content=HOLE))
    (ticket,) = await gate.tickets()
    await gate.ledger.write(
        lambda tx: tx.update_ticket(ticket.ticket_no, {"state": "closed", "closed_at": gate.clock()})
    )
    rating = tencent.message("oA", Content="５分")
    assert "谢谢" in (await tencent.push(url, rating)).text
    await tencent.push(url, rating)
    assert {score for _, score in gate.ratings.given} == {5}
    assert (await gate.tickets())[0].satisfaction == 5
    await tencent.push(url, tencent.message("oA", Content="5"))
    assert [one.content for one in await gate.tickets()] == [HOLE, "5"]


async def test_a_menu_button_may_stand_for_a_command(gate: Gate, serve: Any) -> None:
    url = await serve(gate, channel_of(gate, menu={"MY_TICKETS": "progress"})) + "/in/wechat/hainan"
    await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    clicked = await gate.tencent.push(url, gate.tencent.message("oA", "event", Event="CLICK", EventKey="MY_TICKETS"))
    assert "当前状态" in clicked.text


async def test_a_denied_sender_is_told_so_and_opens_nothing(
    gate: Gate, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def deny(raw: Any, message: Any, also: Any) -> Taken:
        taken = Taken("denied", "m1", None, "骚扰")
        await gate.ledger.write(lambda tx: also(tx, taken))
        return taken

    monkeypatch.setattr(gate.intake, "take", deny)
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", Content=HOLE))
    assert "骚扰" in pushed.text


async def test_words_that_would_close_the_xml_come_back_as_words(gate: Gate, serve: Any) -> None:
    evil = "]]></Content><MsgType>x</MsgType>"
    url = await serve(gate, channel_of(gate, human=evil)) + "/in/wechat/hainan"
    pushed = await gate.tencent.push(url, gate.tencent.message("oA", Content="人工"))
    assert pushed.text == evil
    assert pushed.reply["MsgType"] == "text"


async def test_a_megabyte_of_xml_does_not_hold_the_loop(
    gate: Gate, channel: WechatChannel, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop turns while it is opened: not by the clock, which on a loaded machine tells of the load."""
    query, _ = gate.tencent.official.signed(gate.clock(), "", "plain")
    opening, turned, real = threading.Event(), threading.Event(), channel._wire.open

    def watched(*work: Any) -> Any:
        opening.set()
        assert turned.wait(60), "the loop stands still"
        return real(*work)

    async def turns() -> None:
        while not opening.is_set():
            await asyncio.sleep(0.005)
        turned.set()

    monkeypatch.setattr(channel._wire, "open", watched)
    monkeypatch.setattr(channel, "_answer_s", 60.0)
    megabyte = b"<xml>" + b"<a/>" * 250_000 + b"</xml>"
    async with asyncio.TaskGroup() as group, aiohttp.ClientSession() as patient:
        group.create_task(turns())
        async with patient.post(url, params=query, data=megabyte) as answer:
            assert answer.status == 400
