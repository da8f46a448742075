"""A fans service account end to end: a fake Weibo pushes and is called, the ledger is real."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.weibo import WeiboChannel
from gateway.model.messages import Attachment, Conversation, Delivery, KeptAttachment
from tests.channels.door_stage import serving
from tests.channels.weibo.conftest import Scene, channel_of
from tests.fakes.weibo import UID, created_at, signed

HOLE = "海口市龙华区国贸路的路灯坏了三天，晚上很黑"
HOUR = 3600


def delivery(text: str = "已安排维修", id: str = "d1") -> Delivery:
    return Delivery(id, "reply", "460000-20261121-0000001", "weibo", "hainan", "7", 0.0, text=text)  # type: ignore[arg-type]


async def talked(scene: Scene, user: str = "7") -> Conversation | None:
    return await scene.stage.ledger.conversation(f"weibo:hainan:{user}")


async def send(scene: Scene, text: str = "已安排维修", id: str = "d1") -> None:
    await scene.channel.send(delivery(text, id), await talked(scene))


@pytest.mark.parametrize("xml", [False, True])
async def test_a_push_is_answered_with_its_ticket_number_in_its_own_format(scene: Scene, xml: bool) -> None:
    pushed = await scene.weibo.push(scene.url, scene.weibo.message(7, HOLE), xml)
    (ticket,) = await scene.stage.tickets()
    assert ticket.ticket_no in pushed.text and ticket.query_code in pushed.text
    assert (ticket.content, ticket.user_id, ticket.channel, ticket.account) == (HOLE, "7", "weibo", "hainan")
    reply = pushed.reply
    if xml:
        assert (reply["ToUserName"], reply["FromUserName"], reply["MsgType"]) == ("7", str(UID), "text")
    else:
        assert (reply["receiver_id"], reply["sender_id"], reply["type"], reply["result"]) == (7, UID, "text", True)


async def test_the_same_message_three_times_is_one_ticket_and_one_answer(scene: Scene) -> None:
    message = scene.weibo.message(7, HOLE)
    texts = [(await scene.weibo.push(scene.url, message)).text for _ in range(3)]
    assert len(await scene.stage.tickets()) == 1
    assert texts[0] and texts == [texts[0]] * 3


async def test_a_repeat_under_the_same_nonce_is_answered_and_another_body_is_not(scene: Scene) -> None:
    query, body = signed(scene.stage.clock(), "n"), json.dumps(scene.weibo.message(7, HOLE)).encode()
    first, again = [await scene.weibo.post(scene.url, query, body) for _ in range(2)]
    assert first == again and first[0] == 200
    forged = json.dumps(scene.weibo.message(8, HOLE)).encode()
    assert (await scene.weibo.post(scene.url, query, forged))[0] == 401
    assert [ticket.user_id for ticket in await scene.stage.tickets()] == ["7"]


async def test_wrong_signatures_and_old_timestamps_are_401_and_leave_nothing(scene: Scene) -> None:
    now, body = scene.stage.clock(), json.dumps(scene.weibo.message(7, HOLE)).encode()
    queries = [{}, signed(now, "n", "other"), signed(now - 301, "n"), signed(now + 301, "n")]
    assert [(await scene.weibo.post(scene.url, query, body))[0] for query in queries] == [401] * 4
    assert await scene.stage.tickets() == [] and scene.channel.refused == 4


@pytest.mark.parametrize("body", [b"garbage", b"{}", b"<xml>", b"[1]" * 30_000])
async def test_what_was_signed_and_cannot_be_read_is_400_and_a_ticket_with_its_original(
    scene: Scene, body: bytes
) -> None:
    for n in "ab":
        status, _ = await scene.weibo.post(scene.url, signed(scene.stage.clock(), n), body)
        assert status == 400
    (ticket,) = await scene.stage.tickets()
    raw = await scene.stage.ledger.raw(ticket.raw_id)
    assert "unreadable" in ticket.flags and raw is not None and raw.body == body


async def test_a_message_of_an_unknown_type_is_a_flagged_ticket(scene: Scene) -> None:
    pushed = await scene.weibo.push(scene.url, scene.weibo.message(7, "路灯坏了", "hologram"))
    (ticket,) = await scene.stage.tickets()
    assert pushed.statuses == [200] and ticket.ticket_no in pushed.text and "unknown_type" in ticket.flags


async def test_the_address_is_verified_by_its_echo(scene: Scene) -> None:
    query = signed(scene.stage.clock(), "n") | {"echostr": "abc"}
    async with scene.stage.http.get(scene.url, params=query) as answer:
        assert (answer.status, await answer.text()) == (200, "abc")
    async with scene.stage.http.get(scene.url, params=query | {"signature": "0"}) as answer:
        assert answer.status == 401


async def test_following_is_welcomed_and_other_events_are_noted_without_a_word(scene: Scene) -> None:
    follow = await scene.weibo.push(scene.url, scene.weibo.message(7, "", "event", subtype="follow"))
    assert "12345" in follow.text
    for subtype in ("subscribe", "view", "unsubscribe", "unfollow"):
        pushed = await scene.weibo.push(scene.url, scene.weibo.message(7, "", "event", subtype=subtype))
        assert (pushed.statuses, pushed.body) == ([200], b"")
    assert await scene.stage.tickets() == []


async def test_progress_is_told_to_whose_ticket_it_is(scene: Scene) -> None:
    await scene.weibo.push(scene.url, scene.weibo.message(7, HOLE))
    (ticket,) = await scene.stage.tickets()
    asked = f"查询 {ticket.ticket_no}"
    own = await scene.weibo.push(scene.url, scene.weibo.message(7, asked))
    other = await scene.weibo.push(scene.url, scene.weibo.message(8, asked))
    assert "当前状态" in own.text
    assert "当前状态" not in other.text and ticket.ticket_no in other.text
    assert len(await scene.stage.tickets()) == 1
    assert "查询" in (await scene.weibo.push(scene.url, scene.weibo.message(7, "帮助"))).text


async def test_a_slow_ledger_leaves_the_push_unanswered_and_its_repeat_is_taken(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = channel_of(scene.stage, scene.weibo, answer_s=0.2)
    write, slow = scene.stage.ledger.write, [5.0]

    async def sometimes_slow(work: Any) -> Any:
        if slow:
            channel._answer_s = 60.0  # for the repeat, which a slow machine may take its time for
            await asyncio.sleep(slow.pop())
        return await write(work)

    monkeypatch.setattr(scene.stage.ledger, "write", sometimes_slow)
    async with serving(channel.doors(), scene.stage.clock) as base:
        pushed = await scene.weibo.push(f"{base}/in/weibo/hainan", scene.weibo.message(7, HOLE))
    assert pushed.statuses == [503, 200]
    assert len(await scene.stage.tickets()) == 1 and channel.unanswered == 1


async def test_a_message_meant_for_another_account_is_flagged_and_the_accounts_area_is_set(scene: Scene) -> None:
    channel = channel_of(scene.stage, scene.weibo, uid="42", area_code="460100")
    async with serving(channel.doors(), scene.stage.clock) as base:
        await scene.weibo.push(f"{base}/in/weibo/hainan", scene.weibo.message(7, HOLE))
    (ticket,) = await scene.stage.tickets()
    assert "other_account" in ticket.flags and ticket.area_code == "460100"


# -- out ---------------------------------------------------------------------------------------------------------------


async def test_a_reply_reaches_the_citizen_within_48_hours_and_says_why_not_after(scene: Scene) -> None:
    await scene.weibo.push(scene.url, scene.weibo.message(7, HOLE))
    scene.stage.clock.now += 48 * HOUR - 1
    await send(scene)
    assert scene.weibo.sent == [("7", "已安排维修")]
    scene.stage.clock.now += 1
    with pytest.raises(Permanent, match="48小时"):
        await send(scene)
    assert len(scene.weibo.sent) == 1


async def test_a_tap_opens_the_window_again_and_unfollowing_closes_it(scene: Scene) -> None:
    await scene.weibo.push(scene.url, scene.weibo.message(7, HOLE))
    scene.stage.clock.now += 50 * HOUR
    await scene.weibo.push(scene.url, scene.weibo.message(7, "", "event", subtype="click", key="X"))
    await send(scene)
    await scene.weibo.push(scene.url, scene.weibo.message(7, "", "event", subtype="unfollow"))
    with pytest.raises(Permanent, match="取消关注"):
        await send(scene)


async def test_a_mention_is_answered_once_until_the_person_writes(scene: Scene) -> None:
    mention = scene.weibo.message(7, f"@海口12345 {HOLE}", "mention", subtype="status", key="1")
    pushed = await scene.weibo.push(scene.url, mention)
    assert (await scene.stage.tickets())[0].ticket_no in pushed.text
    with pytest.raises(Permanent, match="@了本账号"):
        await send(scene)
    await scene.weibo.push(scene.url, scene.weibo.message(7, "就在天桥下面"))
    await send(scene)
    assert len(await scene.stage.tickets()) == 1 and len(scene.weibo.sent) == 1


async def test_a_long_reply_goes_out_in_parts_and_a_retry_goes_on_after_the_last(scene: Scene) -> None:
    await scene.weibo.push(scene.url, scene.weibo.message(7, HOLE))
    text = "一" * 250 + "\n" + "二" * 250 + "\n" + "三" * 50
    scene.weibo.faults = [(200, {"result": True}), (500, "oops")]
    with pytest.raises(Retryable):
        await send(scene, text)
    await send(scene, text)
    assert [said[0] for _, said in scene.weibo.sent] == ["二", "三"]


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, {"error_code": 21327, "error": "expired_token"}, Retryable, "access_token"),
        (400, {"error_code": "21332", "error": "invalid_access_token"}, Retryable, "access_token"),
        (403, {"error_code": 10014, "error": "Insufficient app permissions!"}, Retryable, "权限"),
        (403, {"error_code": 10023, "error": "User requests out of rate limit!"}, Retryable, "10023"),
        (403, {"error_code": 20003, "error": "User does not exists!"}, Permanent, "用户不存在"),
        (403, {"error_code": 21999, "error": "no message quota"}, Permanent, "48小时"),
        (403, {"error_code": 21888, "error": "something new"}, Retryable, "21888"),
        (400, {"error_code": "odd", "error": None}, Retryable, "-1"),
        (200, {"error_code": 10001, "error": "System error"}, Retryable, "10001"),
        (200, {"result": False}, Retryable, "200"), (200, "not json", Retryable, "JSON"), (502, "", Retryable, "502"),
    ],
)  # fmt: skip
async def test_what_the_platform_answers_decides_whether_it_is_tried_again(
    scene: Scene, status: int, body: Any, error: type[Exception], words: str
) -> None:
    scene.weibo.faults = [(status, body)]
    with pytest.raises(error, match=words):
        await scene.channel.send(delivery(), None)


async def test_a_token_that_was_refused_is_not_tried_again_at_once_and_is_never_named(scene: Scene) -> None:
    scene.weibo.token = "another"
    with pytest.raises(Retryable) as refused:
        await scene.channel.send(delivery(), None)
    assert refused.value.after_s == 3600 and "2.00-access-token" not in refused.value.why


async def test_a_platform_that_is_away_is_tried_again(scene: Scene) -> None:
    channel = channel_of(scene.stage, scene.weibo, api_base="http://127.0.0.1:9")
    with pytest.raises(Retryable, match="cannot be reached"):
        await channel.send(delivery(), None)


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_an_empty_reply_is_permanent(scene: Scene, text: str) -> None:
    with pytest.raises(Permanent, match="为空"):
        await scene.channel.send(delivery(text), None)


# -- files -------------------------------------------------------------------------------------------------------------


async def wanted(scene: Scene) -> KeptAttachment:
    (kept,) = await scene.stage.ledger.wanted(scene.stage.clock())
    return kept


async def test_a_picture_is_fetched_by_the_receivers_id(scene: Scene) -> None:
    fid = scene.weibo.add_file(b"\xff\xd8picture")
    await scene.weibo.push(scene.url, scene.weibo.message(7, "发了一张图片", "image", vfid=1, tovfid=int(fid)))
    found = await scene.channel.fetch(await wanted(scene))
    assert (found.body, found.content_type, found.name) == (b"\xff\xd8picture", "image/jpeg", "图片.jpg")
    assert scene.stage.woken


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (403, {"error_code": 21332, "error": "invalid_access_token"}, Retryable),
        (200, {"error_code": 20101, "error": "target does not exist"}, Permanent), (404, "gone", Permanent),
        (200, "", Retryable), (200, "<html>busy", Retryable), (500, "", Retryable),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_had_says_whether_it_may_be_later(
    scene: Scene, status: int, body: Any, error: type[Exception]
) -> None:
    scene.weibo.faults = [(status, body)]
    with pytest.raises(error):
        await scene.channel.fetch(kept("1000"))


async def test_a_file_that_is_too_large_or_has_no_id_is_permanent(scene: Scene) -> None:
    channel: WeiboChannel = channel_of(scene.stage, scene.weibo, largest_media=1024)
    with pytest.raises(Permanent, match="过大"):
        await channel.fetch(kept(scene.weibo.add_file(b"x" * 1025)))
    with pytest.raises(Permanent, match="编号"):
        await channel.fetch(kept(""))


def kept(fid: str) -> KeptAttachment:
    return KeptAttachment(Attachment("a", "图片.jpg", source={"fid": fid}), "m", "", "weibo", "hainan")


def test_the_fake_writes_times_as_weibo_does() -> None:
    assert created_at(1342433360) == "Mon Jul 16 18:09:20 +0800 2012"
