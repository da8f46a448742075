"""What ``gateway.tickets.ports`` promises about messages, what goes out and followers, on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway.ledger import LedgerConfig, LedgerKeys, SqlLedger, open_ledger
from gateway.model.ids import TicketNo, new_id
from gateway.model.messages import (
    Attachment,
    Conversation,
    DeadLetter,
    Delivery,
    Denial,
    Follower,
    KeptAttachment,
    KeptMessage,
    Message,
    Person,
    Place,
    Raw,
    Reply,
)
from gateway.model.records import Ticket
from gateway.tickets.ports import NotFound, TicketDraft, Tx

KEYS = LedgerKeys(personal=b"p" * 32, lookup=b"l" * 32)
NOON = 1_795_233_600.0
OPENID = "oABCdefGHIjklMNOpqr"
NUMBER = TicketNo("460000-20261121-0000001")
OTHER = TicketNo("460000-20261121-0000002")


class Broken(Exception):
    """Raised by work that is meant to be rolled back."""


def a_raw(**fields: Any) -> Raw:
    values = {"id": "r1", "channel": "wechat", "account": "hainan", "received_at": NOON, "content_type": "text/xml"}
    return Raw(**{**values, "body": b"<xml>\0\xff</xml>", "meta": {"signature": "abc"}, **fields})


def a_message(**fields: Any) -> Message:
    values: dict[str, Any] = {
        "key": f"wechat:hainan:gh_1:{OPENID}:1",
        "channel": "wechat",
        "account": "hainan",
        "kind": "text",
        "occurred_at": NOON - 1,
        "received_at": NOON,
        "conversation": f"wechat:hainan:{OPENID}",
    }
    return Message(**{**values, **fields})


def kept(id: str = "m1", number: str = NUMBER, raw_id: str = "r1", **fields: Any) -> KeptMessage:
    return KeptMessage(id, raw_id, TicketNo(number), a_message(**fields))


def an_attachment(id: str = "a1", due_at: float | None = None, number: str = NUMBER, **fields: Any) -> KeptAttachment:
    attachment = Attachment(id, **{"name": "路灯.jpg", "mime": "image/jpeg", "size": 1234, "sha256": "ab", **fields})
    return KeptAttachment(attachment, "m1", TicketNo(number), "wechat", "hainan", 1, due_at)


def a_delivery(id: str = "d1", **fields: Any) -> Delivery:
    values: dict[str, Any] = {"kind": "reply", "ticket_no": NUMBER, "channel": "wechat", "account": "hainan"}
    return Delivery(id, **{**values, "target": OPENID, "created_at": NOON, **fields})


def a_denial(id: str = "x1", **fields: Any) -> Denial:
    values: dict[str, Any] = {"channel": "wechat", "user_id": OPENID, "reason": "刷屏", "by": "chief", "at": NOON}
    return Denial(id, **{**values, **fields})


async def do(ledger: SqlLedger, *acts: Callable[[Tx], Awaitable[Any]]) -> list[Any]:
    async def work(tx: Tx) -> list[Any]:
        return [await act(tx) for act in acts]

    return await ledger.write(work)


async def put_ticket(ledger: SqlLedger, key: str, at: float = NOON, **fields: Any) -> Ticket:
    draft = TicketDraft("wechat", "460000", at, at, account="hainan", fields=fields)
    ticket, _ = await ledger.write(lambda tx: tx.open_ticket(draft, key))
    return ticket


# Originals and messages ----------------------------------------------------------------------------------------------


async def test_an_original_comes_back_byte_for_byte_and_is_never_replaced(ledger: SqlLedger) -> None:
    await do(ledger, lambda tx: tx.keep_raw(a_raw()))
    await do(ledger, lambda tx: tx.keep_raw(a_raw(body=b"other", meta={})))
    assert await ledger.raw("r1") == a_raw()
    assert await ledger.raw("r2") is None


@pytest.mark.parametrize("fields", [{"body": b""}, {"meta": {}}, {"body": b"", "file": "ab" * 32}, {"body": b"x" * 99}])
async def test_an_original_of_any_shape_comes_back(ledger: SqlLedger, fields: dict[str, Any]) -> None:
    await do(ledger, lambda tx: tx.keep_raw(a_raw(**fields)))
    assert await ledger.raw("r1") == a_raw(**fields)


async def test_a_key_is_claimed_once_and_names_the_first_message(ledger: SqlLedger) -> None:
    assert await do(ledger, lambda tx: tx.claim_message("k", "m1"), lambda tx: tx.claim_message("k", "m2")) == [
        None,
        "m1",
    ]
    assert await do(ledger, lambda tx: tx.claim_message("k", "m3")) == ["m1"]
    assert await do(ledger, lambda tx: tx.claim_message("K", "m4")) == [None]


async def test_a_message_without_a_key_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="key"):
        await do(ledger, lambda tx: tx.claim_message("", "m1"))


async def test_of_two_gateways_that_claim_one_key_exactly_one_has_it(ledger_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        config = LedgerConfig(url=ledger_url, busy_s=20)
        gateways = [await stack.enter_async_context(open_ledger(config, tmp_path, KEYS)) for _ in range(2)]

        async def claim(n: int) -> tuple[str, str | None]:
            async def work(tx: Tx) -> str | None:
                first = await tx.claim_message(f"key{n // 4}", f"m{n}")
                if first is None:
                    await tx.add_message(kept(f"m{n}"))
                return first

            return f"m{n}", await gateways[n % 2].write(work)

        results = await asyncio.gather(*(claim(n) for n in range(40)))
        for group in (results[start : start + 4] for start in range(0, 40, 4)):
            [winner] = [id for id, first in group if first is None]
            assert [first for _, first in group if first is not None] == [winner] * 3
            assert await gateways[0].message(winner) is not None
        assert len(await gateways[1].messages(limit=100)) == 10


async def test_a_key_of_work_that_is_rolled_back_is_free_again(ledger: SqlLedger) -> None:
    async def broken(tx: Tx) -> None:
        await tx.keep_raw(a_raw())
        assert await tx.claim_message("k", "m1") is None
        await tx.add_message(kept())
        await tx.save_attachment(an_attachment())
        await tx.save_conversation(Conversation("c", "wechat", "hainan", OPENID))
        await tx.save_delivery(a_delivery())
        await tx.emit("t", "s", {}, NOON)
        raise Broken

    with pytest.raises(Broken):
        await ledger.write(broken)
    assert (await ledger.raw("r1"), await ledger.message("m1"), await ledger.attachment("a1")) == (None, None, None)
    assert (await ledger.conversation("c"), await ledger.deliveries(), await ledger.events(0)) == (None, [], [])
    assert await do(ledger, lambda tx: tx.claim_message("k", "m2")) == [None]


FULL = a_message(
    kind="form",
    external_id="77",
    person=Person(OPENID, "王小明", "13812345678", "13987654321", "wang@example.cn", "男"),
    title="路灯",
    text="路灯不亮\0\n第二行",
    full_text="> 引用",
    place=Place("国兴大道9号", 110.35, 20.01, "GCJ-02", "460100", "lamp-1"),
    attachments=(Attachment("a1", "1.jpg", source={"media_id": "x"}, state="wanted"), Attachment("a2", "2.jpg")),
    given={"kind": "投诉", "is_secret": True, "tags": ["a", 1, None]},
    reply_to=NUMBER,
    language="zh",
    flags=("charset_guessed",),
    more={"scale": 16},
)


@pytest.mark.parametrize("message", [FULL, a_message()], ids=["full", "bare"])
async def test_a_message_comes_back_as_it_was_added(ledger: SqlLedger, message: Message) -> None:
    one = KeptMessage("m1", "r1", NUMBER, message)
    await do(ledger, lambda tx: tx.add_message(one))
    assert await ledger.message("m1") == one
    assert await do(ledger, lambda tx: tx.message("m1"), lambda tx: tx.message("m2")) == [one, None]


async def test_text_that_json_refuses_does_not_lose_a_message(ledger: SqlLedger) -> None:
    await do(ledger, lambda tx: tx.add_message(kept(text="a\ud800b", person=Person(OPENID, name="\udc00"))))
    found = await ledger.message("m1")
    assert found is not None
    assert (found.message.text, found.message.person) == ("a\ufffdb", Person(OPENID, name="\ufffd"))


async def test_messages_are_found_by_ticket_and_original_oldest_first(ledger: SqlLedger) -> None:
    ids = sorted(new_id() for _ in range(4))
    later = [(ids[2], NUMBER, "r1", 3), (ids[1], OTHER, "r2", 2), (ids[0], NUMBER, "r2", 1), (ids[3], "", "r3", 4)]
    for id, number, raw_id, after in later:
        one = kept(id, number, raw_id, received_at=NOON + after)
        await do(ledger, lambda tx, one=one: tx.add_message(one))

    async def found(**filters: Any) -> list[str]:
        return [one.id for one in await ledger.messages(**filters)]

    assert await found(ticket_no=NUMBER) == [ids[0], ids[2]]
    assert await found(raw_id="r2") == [ids[0], ids[1]]
    assert await found(ticket_no=NUMBER, raw_id="r2") == [ids[0]]
    assert await found() == ids
    assert await found(limit=1) == ids[:1]
    assert await found(limit=1, newest=True) == ids[3:] and await found(limit=3, newest=True) == ids[1:]
    assert await found(ticket_no=NUMBER, limit=1, newest=True) == [ids[2]]
    assert await found(ticket_no="460000-20261121-0000009") == []


async def test_a_message_is_moved_with_its_attachments_and_nothing_else(ledger: SqlLedger) -> None:
    alone = replace(an_attachment("a3"), message_id="m2")
    await do(
        ledger,
        lambda tx: tx.add_message(kept()),
        lambda tx: tx.save_attachment(an_attachment("a1")),
        lambda tx: tx.save_attachment(an_attachment("a2")),
        lambda tx: tx.save_attachment(alone),
        lambda tx: tx.move_message("m1", OTHER),
    )
    assert await ledger.messages(ticket_no=OTHER) == [kept(number=OTHER)]
    assert await ledger.attachments(OTHER) == [an_attachment("a1", number=OTHER), an_attachment("a2", number=OTHER)]
    assert await ledger.attachments(NUMBER) == [alone]
    with pytest.raises(NotFound, match="m9"):
        await do(ledger, lambda tx: tx.move_message("m9", OTHER))


async def test_an_attachment_is_replaced_by_its_id(ledger: SqlLedger) -> None:
    wanted = an_attachment(state="wanted", sha256="", size=0, source={"media_id": "M1"}, due_at=NOON)
    await do(ledger, lambda tx: tx.save_attachment(wanted))
    assert await ledger.attachment("a1") == wanted
    done = an_attachment(sha256="cd", original="ef", note="清理了位置信息")
    await do(ledger, lambda tx: tx.save_attachment(done))
    assert await ledger.attachment("a1") == done
    assert await ledger.attachments(NUMBER) == [done]
    assert await ledger.attachment("a2") is None


async def test_wanted_attachments_come_the_longest_due_first(ledger: SqlLedger) -> None:
    due = {"a1": NOON + 3, "a2": None, "a3": NOON + 1, "a4": NOON + 9}
    for id, at in due.items():
        one = an_attachment(id, due_at=at, state="wanted")
        await do(ledger, lambda tx, one=one: tx.save_attachment(one))
    assert [one.attachment.id for one in await ledger.wanted(NOON + 3)] == ["a3", "a1"]
    assert [one.attachment.id for one in await ledger.wanted(NOON + 99, limit=1)] == ["a3"]
    assert await ledger.wanted(NOON) == []


# Who speaks ----------------------------------------------------------------------------------------------------------


async def test_a_conversation_is_remembered_and_replaced(ledger: SqlLedger) -> None:
    first = Conversation(f"wechat:hainan:{OPENID}", "wechat", "hainan", OPENID)
    assert await ledger.conversation(first.id) is None
    await do(ledger, lambda tx: tx.save_conversation(first))
    then = replace(
        first, ticket_no=NUMBER, last_in_at=NOON, last_out_at=NOON + 1, out_since_in=2, step="where", stopped=True,
        more={"asked": ["照片"]},
    )  # fmt: skip
    assert await do(
        ledger,
        lambda tx: tx.conversation(first.id),
        lambda tx: tx.save_conversation(then),
        lambda tx: tx.conversation(first.id),
    ) == [first, None, then]
    assert await ledger.conversation(first.id) == then
    assert await ledger.conversation(first.id + "x") is None
    assert await ledger.conversation("") is None


async def test_a_conversation_without_an_id_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="id"):
        await do(ledger, lambda tx: tx.save_conversation(Conversation("", "wechat", "hainan", OPENID)))


async def test_a_person_s_tickets_are_found_by_user_id_or_by_any_number_newest_first(ledger: SqlLedger) -> None:
    old = await put_ticket(ledger, "1", NOON - 100, user_id=OPENID)
    by_user = await put_ticket(ledger, "2", NOON, user_id=OPENID, contact_number="13812345678")
    by_contact = await put_ticket(ledger, "3", NOON + 1, user_id="other", contact_number="+86 138-1234-5678")
    by_calling = await put_ticket(ledger, "4", NOON + 2, calling_number="13812345678")
    await put_ticket(ledger, "5", NOON + 3, user_id="nobody", calling_number="13900000000")
    await put_ticket(ledger, "6", NOON + 4)

    async def found(**who: Any) -> list[Ticket]:
        return list((await do(ledger, lambda tx: tx.tickets_of(**who)))[0])

    assert await found(user_id=OPENID, since=0) == [by_user, old]
    assert await found(user_id=OPENID, since=NOON) == [by_user]
    assert await found(number="13812345678", since=0) == [by_calling, by_contact, by_user]
    assert await found(user_id=OPENID, number="13812345678", since=0) == [by_calling, by_contact, by_user, old]
    assert await found(user_id=OPENID, number="13812345678", since=0, limit=2) == [by_calling, by_contact]
    assert await found(since=0) == []
    assert await found(user_id="13812345678", since=0) == []
    assert await found(number=OPENID, since=0) == []


async def test_a_changed_user_id_and_number_are_found_anew(ledger: SqlLedger) -> None:
    ticket = await put_ticket(ledger, "1", user_id=OPENID, contact_number="13812345678")
    changes = {"user_id": "oNEW", "contact_number": ""}
    changed = await ledger.write(lambda tx: tx.update_ticket(ticket.ticket_no, changes))
    assert await do(
        ledger,
        lambda tx: tx.tickets_of(user_id=OPENID, since=0),
        lambda tx: tx.tickets_of(number="13812345678", since=0),
        lambda tx: tx.tickets_of(user_id="oNEW", since=0),
    ) == [[], [], [changed]]


async def test_a_sender_is_denied_from_then_until_it_ends_or_is_lifted(ledger: SqlLedger) -> None:
    denial = a_denial(until=NOON + 60)
    await do(ledger, lambda tx: tx.save_denial(denial))

    async def denied(at: float, channel: str = "wechat", user: str = OPENID) -> Denial | None:
        found: Denial | None = (await do(ledger, lambda tx: tx.denied(channel, user, at)))[0]
        return found

    assert await denied(NOON - 1) is None
    assert await denied(NOON) == denial
    assert await denied(NOON + 59.9) == denial
    assert await denied(NOON + 60) is None
    assert await denied(NOON, channel="weibo") is None
    assert await denied(NOON, user="other") is None
    assert await denied(NOON, user="") is None
    assert await do(ledger, lambda tx: tx.lift_denial("x1"), lambda tx: tx.lift_denial("x1")) == [True, False]
    assert await denied(NOON) is None
    assert await ledger.denials() == []


async def test_a_denial_for_good_holds_and_outlives_a_shorter_one(ledger: SqlLedger) -> None:
    for_good, short = a_denial("x1"), a_denial("x2", at=NOON + 1, until=NOON + 2)
    await do(ledger, lambda tx: tx.save_denial(for_good), lambda tx: tx.save_denial(short))
    assert await do(ledger, lambda tx: tx.denied("wechat", OPENID, NOON + 1.5)) == [short]
    assert await do(ledger, lambda tx: tx.denied("wechat", OPENID, NOON + 9e9)) == [for_good]


async def test_denials_are_listed_newest_first_and_by_channel(ledger: SqlLedger) -> None:
    listed = [a_denial(f"x{n}", at=NOON + n, channel=("web", "wechat")[n % 2], user_id=f"u{n}") for n in range(4)]
    for one in listed:
        await do(ledger, lambda tx, one=one: tx.save_denial(one))
    assert await ledger.denials() == listed[::-1]
    assert await ledger.denials(channel="web") == [listed[2], listed[0]]
    assert await ledger.denials(limit=1) == [listed[3]]
    longer = replace(listed[3], until=NOON + 99, reason="再次")
    await do(ledger, lambda tx: tx.save_denial(longer))
    assert await ledger.denials(limit=1) == [longer]


async def test_a_denial_of_nobody_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(ValueError, match="user_id"):
        await do(ledger, lambda tx: tx.save_denial(a_denial(user_id="")))


# What goes out -------------------------------------------------------------------------------------------------------


async def test_replies_of_a_ticket_come_oldest_first(ledger: SqlLedger) -> None:
    later = Reply("y1", NUMBER, NOON + 1, "chief", "已修好", "closed")
    first = Reply("y2", NUMBER, NOON, "system", "已收到")
    await do(ledger, lambda tx: tx.add_reply(later), lambda tx: tx.add_reply(first))
    assert await ledger.replies(NUMBER) == [first, later]
    assert await ledger.replies(OTHER) == []


async def test_a_delivery_is_replaced_by_its_id(ledger: SqlLedger) -> None:
    waiting = a_delivery(text="已收到", reply_id="y1", due_at=NOON, more={"template": "received"})
    await do(ledger, lambda tx: tx.save_delivery(waiting))
    assert await ledger.deliveries() == [waiting]
    sent = replace(waiting, state="sent", due_at=None, done_at=NOON + 1, attempts=1, external_id="9", error="慢")
    assert await do(
        ledger,
        lambda tx: tx.save_delivery(sent),
        lambda tx: tx.delivery("d1"),
        lambda tx: tx.delivery("d2"),
    ) == [None, sent, None]
    assert await ledger.deliveries() == [sent]
    assert await ledger.due_deliveries(NOON + 99) == []


async def test_a_delivery_is_found_by_the_receiver_s_id_for_it(ledger: SqlLedger) -> None:
    one, two = a_delivery("d1", external_id="9"), a_delivery("d2", external_id="9", channel="sms")
    again = a_delivery("d3", external_id="8", created_at=NOON + 1)
    older = a_delivery("d4", external_id="8")
    for delivery in (one, two, again, older, a_delivery("d5")):
        await do(ledger, lambda tx, delivery=delivery: tx.save_delivery(delivery))

    async def found(channel: str, account: str, external_id: str) -> Delivery | None:
        named = await do(ledger, lambda tx: tx.delivery_by_external(channel, account, external_id))
        delivery: Delivery | None = named[0]
        return delivery

    assert await found("wechat", "hainan", "9") == one
    assert await found("sms", "hainan", "9") == two
    assert await found("wechat", "hainan", "8") == again
    assert await found("wechat", "other", "9") is None
    assert await found("wechat", "hainan", "") is None


async def test_deliveries_are_found_newest_first_by_ticket_state_and_kind(ledger: SqlLedger) -> None:
    made = [
        a_delivery("d1", created_at=NOON + 1),
        a_delivery("d2", created_at=NOON + 2, kind="push", state="sent", ticket_no=OTHER),
        a_delivery("d3", created_at=NOON + 3, kind="push"),
    ]
    for one in made:
        await do(ledger, lambda tx, one=one: tx.save_delivery(one))

    async def found(**filters: Any) -> list[str]:
        return [one.id for one in await ledger.deliveries(**filters)]

    assert await found() == ["d3", "d2", "d1"]
    assert await found(limit=2) == ["d3", "d2"]
    assert await found(ticket_no=NUMBER) == ["d3", "d1"]
    assert await found(state="sent") == ["d2"]
    assert await found(kind="push") == ["d3", "d2"]
    assert await found(kind="push", ticket_no=OTHER, state="sent") == ["d2"]
    assert await found(kind="push", ticket_no=OTHER, state="failed") == []


async def test_due_deliveries_and_unanswered_pushes_come_the_longest_due_first(ledger: SqlLedger) -> None:
    made = [
        a_delivery("d1", due_at=NOON + 2),
        a_delivery("d2", due_at=NOON + 1),
        a_delivery("d3", answer_by=NOON + 5),
        a_delivery("d4", answer_by=NOON + 4),
        a_delivery("d5"),
    ]
    for one in made:
        await do(ledger, lambda tx, one=one: tx.save_delivery(one))
    assert [one.id for one in await ledger.due_deliveries(NOON + 2)] == ["d2", "d1"]
    assert [one.id for one in await ledger.due_deliveries(NOON + 1)] == ["d2"]
    assert [one.id for one in await ledger.due_deliveries(NOON + 9, limit=1)] == ["d2"]
    assert [one.id for one in await ledger.unanswered(NOON + 5)] == ["d4", "d3"]
    assert await ledger.unanswered(NOON + 3) == []


async def test_what_is_due_is_found_and_counted_by_account(ledger: SqlLedger) -> None:
    made = [
        a_delivery("a1", due_at=NOON + 2),
        a_delivery("a2", due_at=NOON + 1),
        a_delivery("a4", due_at=NOON, created_at=NOON - 1),
        a_delivery("a3", due_at=NOON, created_at=NOON - 2),
        a_delivery("a5"),
        a_delivery("b1", due_at=NOON + 1, account="other", target="13900000001"),
        a_delivery("c1", due_at=NOON + 1, channel="sms"),
        a_delivery("c2", due_at=NOON + 9, channel="sms"),
    ]
    for one in made:
        await do(ledger, lambda tx, one=one: tx.save_delivery(one))
    ours, other, sms, gone = ("wechat", "hainan"), ("wechat", "other"), ("sms", "hainan"), ("sms", "gone")

    async def found(at: float, limit: int, *of: tuple[str, str]) -> list[list[str]]:
        """Of each account, in the order in which they came."""
        due = await ledger.due_deliveries(at, limit, of=of)
        return [[one.id for one in due if (one.channel, one.account) == account] for account in of]

    assert await found(NOON + 2, 9, ours, other, sms, gone) == [["a3", "a4", "a2", "a1"], ["b1"], ["c1"], []]
    assert await found(NOON + 1, 2, ours, other, sms) == [["a3", "a4"], ["b1"], ["c1"]]
    assert await found(NOON + 0.5, 9, sms) == [[]]
    assert await ledger.due_deliveries(NOON + 2, 9, of=[other]) == [made[5]]
    assert await ledger.due_deliveries(NOON + 2, 9, of=[]) == []
    many = [("sms", f"account{n}") for n in range(80)]
    assert [one.id for one in await ledger.due_deliveries(NOON + 2, 1, of=[*many, other])] == ["b1"]
    assert await ledger.due_accounts(NOON + 2) == {ours: 4, other: 1, sms: 1}
    assert await ledger.due_accounts(NOON - 1) == {}


async def test_what_was_tried_and_comes_again_is_found_oldest_first(ledger: SqlLedger) -> None:
    again = a_delivery("d1", due_at=NOON + 60, attempts=1, created_at=NOON + 2)
    before = a_delivery("d2", due_at=NOON + 90, attempts=4, created_at=NOON + 1)
    of_none = a_delivery("d3", due_at=NOON + 60, attempts=1, ticket_no="")
    others = [
        a_delivery("d4", due_at=NOON),
        a_delivery("d5", attempts=1, state="sent"),
        a_delivery("d6", due_at=NOON, attempts=1, ticket_no=OTHER),
        a_delivery("d7", due_at=NOON, attempts=1, account="other"),
        a_delivery("d8", due_at=NOON, attempts=1, channel="sms"),
    ]
    for one in (again, before, of_none, *others):
        await do(ledger, lambda tx, one=one: tx.save_delivery(one))
    assert await ledger.tried_deliveries("wechat", "hainan", NUMBER) == [before, again]
    assert await ledger.tried_deliveries("wechat", "hainan", NUMBER, limit=1) == [before]
    assert await ledger.tried_deliveries("wechat", "hainan", TicketNo("")) == [of_none]


async def test_the_next_due_times_are_the_least_of_each(ledger: SqlLedger) -> None:
    assert await ledger.next_due() == (None, None, None)
    follower = Follower("f1", "省平台", "https://example.cn", ("whsec_1",), due_at=NOON + 7)
    await do(
        ledger,
        lambda tx: tx.save_delivery(a_delivery("d1", due_at=NOON + 3)),
        lambda tx: tx.save_delivery(a_delivery("d2", due_at=NOON + 2)),
        lambda tx: tx.save_delivery(a_delivery("d3")),
        lambda tx: tx.save_attachment(an_attachment("a1", due_at=NOON + 5)),
        lambda tx: tx.save_attachment(an_attachment("a2")),
        lambda tx: tx.save_follower(follower),
        lambda tx: tx.save_follower(replace(follower, id="f2", due_at=NOON + 1, state="paused")),
    )
    assert await ledger.next_due() == (NOON + 2, NOON + 5, NOON + 7)


async def test_a_follower_is_kept_replaced_and_removed_with_its_dead_letters(ledger: SqlLedger) -> None:
    one = Follower("f1", "省平台", "https://example.cn/hook", ("whsec_2", "whsec_1"), ("hotline.ticket.*",))
    two = replace(one, id="f2", created_at=NOON, types=())
    await do(ledger, lambda tx: tx.save_follower(two), lambda tx: tx.save_follower(one))
    assert await ledger.followers() == [one, two]
    failing = replace(one, state="failing", cursor=2**40, failures=3, failing_since=NOON, due_at=NOON + 1, error="503")
    letters = [DeadLetter("f1", n, NOON, "410") for n in (1, 2)] + [DeadLetter("f2", 1, NOON, "503")]
    await do(
        ledger,
        lambda tx: tx.save_follower(failing),
        *(lambda tx, letter=letter: tx.add_dead_letter(letter) for letter in letters),
    )
    assert await ledger.followers() == [failing, two]
    assert await do(ledger, lambda tx: tx.remove_follower("f1"), lambda tx: tx.remove_follower("f1")) == [True, False]
    assert await ledger.followers() == [two]
    assert await ledger.dead_letters("f1") == []
    assert await ledger.dead_letters("f2") == letters[2:]


async def test_dead_letters_come_in_sequence_and_are_dropped_one_by_one(ledger: SqlLedger) -> None:
    for n in (3, 1, 2):
        await do(ledger, lambda tx, n=n: tx.add_dead_letter(DeadLetter("f1", n, NOON + n, f"error {n}")))
    await do(ledger, lambda tx: tx.add_dead_letter(DeadLetter("f1", 2, NOON + 9, "again")))
    assert [letter.sequence for letter in await ledger.dead_letters("f1")] == [1, 2, 3]
    assert await ledger.dead_letters("f1", limit=1) == [DeadLetter("f1", 1, NOON + 1, "error 1")]
    assert await do(ledger, lambda tx: tx.remove_dead_letter("f1", 2), lambda tx: tx.remove_dead_letter("f1", 2)) == [
        True,
        False,
    ]
    assert [letter.sequence for letter in await ledger.dead_letters("f1")] == [1, 3]


# Personal data -------------------------------------------------------------------------------------------------------


async def everything_at_rest(url: str) -> bytes:
    """All that the database has written about its rows."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///"))
        return b"".join(part.read_bytes() for part in path.parent.glob(path.name + "*"))
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        dump = [await connection.fetch(f'SELECT t::text, t.* FROM "{name}" t') for (name,) in tables]
    finally:
        await connection.close()
    values = [value for rows in dump for row in rows for value in row]
    return b"\0".join(v if isinstance(v, bytes) else str(v).encode() for v in values)


SECRETS = (
    OPENID, "13812345678", "13987654321", "王小明", "wang@example.cn", "国兴大道9号", "110.35", "路灯不亮",
    "某某物业", "089866666666", "whsec_secret", "https://user:pass@example.cn", "请勿转告他人", "刷屏的人", "<xml>",
)  # fmt: skip


async def test_nothing_personal_is_anywhere_in_plain_on_disk(ledger: SqlLedger, ledger_url: str) -> None:
    key = f"wechat:hainan:gh_1:{OPENID}:1"
    ticket = await put_ticket(
        ledger, key, user_id=OPENID, email="wang@example.cn", sex="男", against="某某物业",
        against_number="089866666666", address="国兴大道9号", longitude=110.35, latitude=20.01,
        name="王小明", contact_number="13987654321",
        department="住建厅",
    )  # fmt: skip
    follower = Follower("f1", "省平台", "https://user:pass@example.cn", ("whsec_secret",))
    await do(
        ledger,
        lambda tx: tx.keep_raw(a_raw(meta={"openid": OPENID})),
        lambda tx: tx.claim_message(key, "m1"),
        lambda tx: tx.add_message(KeptMessage("m1", "r1", ticket.ticket_no, FULL)),
        lambda tx: tx.save_attachment(an_attachment(name=f"{OPENID}.jpg", source={"url": OPENID}, note="王小明")),
        lambda tx: tx.save_conversation(Conversation(f"wechat:hainan:{OPENID}", "wechat", "hainan", OPENID)),
        lambda tx: tx.save_denial(a_denial(reason="刷屏的人")),
        lambda tx: tx.add_reply(Reply("y1", ticket.ticket_no, NOON, "chief", "请勿转告他人")),
        lambda tx: tx.save_delivery(a_delivery(text="请勿转告他人", error=OPENID, more={"to": "13812345678"})),
        lambda tx: tx.save_follower(follower),
        lambda tx: tx.add_dead_letter(DeadLetter("f1", 1, NOON, "https://user:pass@example.cn: 410")),
        lambda tx: tx.emit("t", ticket.ticket_no, {"user_id": OPENID}, NOON),
    )
    rest = await everything_at_rest(ledger_url)
    assert "住建厅".encode() in rest  # the search looks in the right place
    for secret in SECRETS:
        assert secret.encode() not in rest, secret
        assert secret.encode().hex().encode() not in rest, secret
    assert await ledger.ticket(ticket.ticket_no) == ticket
    assert await ledger.ticket_by_key(key) == ticket


# Tickets -------------------------------------------------------------------------------------------------------------

FIELDS: dict[str, Any] = {
    "sent_at": NOON,
    "urge_of": NUMBER,
    "duplicate_of": OTHER,
    "related_nos": [NUMBER, OTHER],
    "external_nos": {"110": "A-1"},
    "user_id": OPENID,
    "email": "wang@example.cn",
    "sex": "女",
    "subject_type": "自然人",
    "is_anonymous": True,
    "is_public": True,
    "need_callback": True,
    "category": "城乡建设/路灯",
    "category_scheme": "GB/T 44192",
    "category_version": "2024",
    "against": "某某物业",
    "against_number": "089866666666",
    "risk_level": 2,
    "address": "国兴大道9号",
    "longitude": 110.35,
    "latitude": 20,
    "crs": "GCJ-02",
    "asset_id": "lamp-1",
    "limit_days": 5,
    "department": "住建厅",
    "result": "已修好\0",
    "satisfaction": 5,
    "proposed": {"kind": {"value": "投诉", "why": "规则一"}},
    "flags": ["unreadable"],
    "query_code": "AB23CD",
}


async def test_every_field_of_a_ticket_comes_back_opened_and_changed(ledger: SqlLedger) -> None:
    opened = await put_ticket(ledger, "k1", **FIELDS)
    found = await ledger.ticket(opened.ticket_no)
    assert found is not None
    assert {name: getattr(found, name) for name in FIELDS} == {**FIELDS, "result": "已修好\ufffd"}
    bare = await put_ticket(ledger, "k2")
    changed = await ledger.write(lambda tx: tx.update_ticket(bare.ticket_no, {**FIELDS, "result": "已修好"}))
    assert await ledger.ticket(bare.ticket_no) == changed
    assert {name: getattr(changed, name) for name in FIELDS} == {**FIELDS, "result": "已修好"}
    cleared = {name: getattr(bare, name) for name in FIELDS}
    emptied = await ledger.write(lambda tx: tx.update_ticket(bare.ticket_no, cleared))
    assert await ledger.ticket(bare.ticket_no) == emptied == replace(bare, revision=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sex": "x"},
        {"is_public": None},
        {"risk_level": "1"},
        {"flags": "a"},
        {"external_nos": []},
        {"limit_days": True},
    ],
)
async def test_a_value_that_a_field_cannot_hold_is_named(ledger: SqlLedger, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        await put_ticket(ledger, "k", **wrong)


async def test_a_ticket_is_found_by_its_idempotency_key(ledger: SqlLedger) -> None:
    ticket, call = await put_ticket(ledger, "partner:110:A-1"), await put_ticket(ledger, "call:1.1")
    assert await ledger.ticket_by_key("partner:110:A-1") == ticket
    assert await ledger.ticket_by_key("call:1.1") == call
    assert await ledger.ticket_by_key("partner:110:A-2") is None
    assert await ledger.ticket_by_key("") is None


async def test_a_citizen_finds_a_ticket_by_number_and_query_code_only(ledger: SqlLedger) -> None:
    ticket, codeless = await put_ticket(ledger, "1", query_code="AB23CD"), await put_ticket(ledger, "2")
    assert await ledger.ticket_by_query_code(ticket.ticket_no, "AB23CD") == ticket
    for number, code in (
        (ticket.ticket_no, "AB23CE"),
        (ticket.ticket_no, ""),
        (ticket.ticket_no, "AB23CDX"),
        (ticket.ticket_no, "ＡＢ２３ＣＤ\ud800"),
        (codeless.ticket_no, ""),
        (TicketNo("460000-20261121-0000009"), ""),
        (TicketNo("460000-20261121-0000009"), "AB23CD"),
    ):
        assert await ledger.ticket_by_query_code(number, code) is None


async def test_tickets_are_found_by_category_and_area(ledger: SqlLedger) -> None:
    async def put(key: str, area: str, category: str) -> Ticket:
        draft = TicketDraft("web", area, NOON, NOON, fields={"category": category})
        return (await ledger.write(lambda tx: tx.open_ticket(draft, key)))[0]

    one, two, three = (
        await put("1", "460100", "路灯"),
        await put("2", "460200", "路灯"),
        await put("3", "460100", "噪音"),
    )
    assert await ledger.tickets(category="路灯") == [two, one]
    assert await ledger.tickets(area_code="460100") == [three, one]
    assert await ledger.tickets(area_code="460100", category="噪音") == [three]
    assert await ledger.tickets(area_code="460300") == []


async def test_work_sees_a_state_that_it_saved(ledger: SqlLedger) -> None:
    assert await do(
        ledger,
        lambda tx: tx.state("cursor"),
        lambda tx: tx.save_state("cursor", {"at": 1}),
        lambda tx: tx.state("cursor"),
    ) == [None, None, {"at": 1}]
