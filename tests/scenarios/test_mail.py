"""Citizens write mails through a real Postfix and into a real Dovecot, and are answered in their own mailbox; what is
killed, restarted or poisonous on the way costs no mail and doubles none.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from accounts import (
    AREA,
    HOTLINE,
    QUICK,
    Town,
    answer_to,
    answered_at,
    by_lmtp,
    mail_account,
    photo,
    qq_mail,
    town,
    words_in,
)
from office import LOOPBACK, Office, office_on, wechat_account, with_channels
from PIL import Image

from tests.fakes.tencent import FakeTencent
from tests.mailservers import Dovecot, dovecot
from tests.plugins.lab import MakeSite
from tools.lab import Ports

WANG, NOBODY = "wang2026@qq.example", "gone@qq.example"
WORDS = "海口市龙华区明珠路12号门前的路灯不亮已有三天，晚上行人经过很危险。\n请尽快派人修好，谢谢！"
MAILS = 60
LATE = 6
"""Mails that are written only after the last kill: all cannot be over before it."""
PATIENCE_S = 60.0


@pytest.fixture
def lmtp() -> Iterator[int]:
    """The port on which the gateway takes mail, the same over restarts."""
    ports = Ports()
    yield ports.take()
    ports.close()


@pytest.fixture
def servers(lmtp: int) -> Iterator[Town]:
    with town(lmtp, NOBODY) as made:
        yield made


@pytest.fixture
def hotlines_box() -> Iterator[Dovecot]:
    """The hotline's own mailbox."""
    with dovecot() as server:
        yield server


@asynccontextmanager
async def office_with(
    account: tuple[str, dict[str, str]], make_site: MakeSite, config: Path, more: str = ""
) -> AsyncIterator[Office]:
    """An office whose mailroom works."""
    text, secrets = account
    site = await make_site(
        config_dir=with_channels(config, text + more), overrides=LOOPBACK | QUICK | secrets, start=False
    )
    async with office_on(site) as office:
        await mailroom_up(office)
        yield office


async def mailroom_up(office: Office, mailboxes: int = 0) -> None:
    async def up() -> bool:
        return await office.figure("mailroom_up") == 1 and await office.figure("mail_mailboxes_up") == mailboxes

    await office.until(up, "the mailroom works", PATIENCE_S)


async def only_ticket(office: Office, messages: int = 1) -> dict[str, Any]:
    """The one ticket that there is, once it has so many messages."""

    async def there() -> dict[str, Any] | None:
        listed = await office.tickets()
        found = await office.ticket(listed[0]["ticket_no"]) if len(listed) == 1 else None
        return found if found is not None and len(found["messages"]) >= messages else None

    return dict(await office.until(there, f"one ticket with {messages} messages", PATIENCE_S))


async def deliveries_are(office: Office, number: str, *states: str) -> list[dict[str, Any]]:
    """The ticket's deliveries, newest first, once they are in these states."""

    async def so() -> list[dict[str, Any]] | None:
        found = (await office.ticket(number))["deliveries"]
        return found if [one["state"] for one in found] == list(states) else None

    return list(await office.until(so, f"deliveries {states}", PATIENCE_S))


# A conversation -------------------------------------------------------------------------------------------------------


async def test_a_mail_with_a_photo_becomes_a_ticket_and_its_writer_and_an_agent_speak_in_one_thread(
    make_site: MakeSite, quick_config: Path, lmtp: int, servers: Town
) -> None:
    async with office_with(mail_account(lmtp, servers.postfix.port), make_site, quick_config) as office:
        await servers.send(qq_mail("路灯坏了", WORDS, WANG, photo=photo(), Message_ID="<first@qq.com>"), WANG)
        ticket = await only_ticket(office)
        number = ticket["ticket_no"]
        assert (ticket["title"], ticket["content"]) == ("路灯坏了", WORDS)
        assert (ticket["channel"], ticket["account"], ticket["area_code"]) == ("email", "hainan", AREA)
        assert [one["text"] for one in ticket["messages"]] == [WORDS]
        await kept_photo(office, ticket)

        (receipt,) = await servers.until(len)
        check_receipt(receipt, number, "first@qq.com")
        (sent,) = await deliveries_are(office, number, "sent")
        assert f"<{sent['external_id']}>" == receipt["Message-ID"]

        more = "补充一下：是三号楼北面第二根灯杆，旁边有个报刊亭。"
        await servers.send(answer_to(receipt, more, WANG, Message_ID="<second@qq.com>"), WANG, answered_at(receipt))
        ticket = await only_ticket(office, messages=2)
        assert [one["text"] for one in ticket["messages"]] == [WORDS, more]
        assert "原始邮件" not in ticket["content"] and more in ticket["content"]

        await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "已派人维修，今晚恢复照明。"})
        _, reply = await servers.until(lambda found: len(found) > 1)
        assert "已派人维修，今晚恢复照明。" in words_in(reply) and number in str(reply["Subject"])
        assert (reply["In-Reply-To"], reply["Auto-Submitted"]) == ("<second@qq.com>", None)
        assert reply["References"].split() == ["<first@qq.com>", receipt["Message-ID"], "<second@qq.com>"]
        await deliveries_are(office, number, "sent", "sent")

        await servers.send(out_of_office(reply), WANG, answered_at(reply))
        await servers.drained()
        ticket = await only_ticket(office, messages=3)
        assert ticket["messages"][2]["kind"] == "event" and "度假" not in ticket["content"]
        await servers.drained()
        assert len(await servers.mails()) == 2, "an answer to a machine, or the reply twice"
        await office.told()
        assert WANG not in office.log() and WANG not in str(await office.feed())


def check_receipt(receipt: Any, number: str, answers: str) -> None:
    assert (receipt["In-Reply-To"], receipt["References"]) == (f"<{answers}>", f"<{answers}>")
    assert (receipt["Auto-Submitted"], receipt["To"]) == ("auto-replied", WANG)
    assert receipt["From"].addresses[0].addr_spec == HOTLINE
    assert str(receipt["Subject"]) == f"Re: 路灯坏了 [{number}]"
    assert f"工单编号：{number}" in words_in(receipt) and "查询码" in words_in(receipt)
    answered_at(receipt)


async def kept_photo(office: Office, ticket: dict[str, Any]) -> None:
    (kept,) = ticket["attachments"]
    assert (kept["state"], kept["mime"], kept["name"]) == ("kept", "image/jpeg", "路灯.jpg")
    body = await office.download(f"/api/v1/attachments/{kept['id']}")
    assert Image.open(BytesIO(body)).size == (800, 600) and b"CameraOfTheCitizen" not in body


def out_of_office(ours: Any) -> bytes:
    """What a program on holiday answers."""
    return answer_to(ours, "我正在度假，下周一回复您。", WANG, Auto_Submitted="auto-replied", X_Autoreply="yes")


async def test_what_postfix_returns_ends_on_its_delivery_and_opens_no_ticket(
    make_site: MakeSite, quick_config: Path, lmtp: int, servers: Town
) -> None:
    async with office_with(mail_account(lmtp, servers.postfix.port), make_site, quick_config) as office:
        await servers.send(qq_mail("噪音扰民", "楼下工地夜间施工，噪音很大。", NOBODY), NOBODY)
        number = (await only_ticket(office))["ticket_no"]
        await deliveries_are(office, number, "failed")
        await office.ask("POST", f"/api/v1/tickets/{number}/replies", {"text": "已责令停工。"})
        for failed in await deliveries_are(office, number, "failed", "failed"):
            assert "邮件被退回" in failed["error"] and "5.1.1" in failed["error"]
        await servers.drained()
        assert "status=bounced" in servers.postfix.log.read_text()

        failures = [event for event in await office.told() if event["type"] == "hotline.delivery.failed.v1"]
        assert [event["subject"] for event in failures] == [number, number]
        assert NOBODY not in str(failures), "whom we wrote to is nobody's business in the feed"
        ticket = await only_ticket(office, messages=3)
        assert [one["kind"] for one in ticket["messages"]] == ["text", "event", "event"]
        assert await servers.mails() == []


# Both ways, while things are killed -----------------------------------------------------------------------------------


def sender_of(n: int) -> str:
    return f"citizen{n:02d}@qq.example"


def request(n: int) -> bytes:
    """What citizen n writes, and nobody else; every fourth with a photo."""
    text = f"第{n}小区{'一二三四五六七八九十'[n % 10]}号楼的路灯坏了三天，请尽快派人来修。编号{n:03d}。"
    return qq_mail(f"请修路灯{n:03d}", text, sender_of(n), photo=photo((500, 400)) if n % 4 == 0 else b"",
                   Message_ID=f"<request-{n}@qq.com>")  # fmt: skip


async def write(servers: Town, box: Dovecot, numbers: range) -> None:
    """Citizens write: a third through Postfix, a third into the mailbox, a third (the same mail) both ways."""
    for n in numbers:
        mail = request(n)
        if n % 3 != 1:
            await servers.send(mail, sender_of(n))
        if n % 3 != 0:
            await asyncio.to_thread(box.deliver, mail)


def ids_in(office: Office) -> set[str]:
    """Message-IDs of the mails that have tickets, asked at the ledger's file itself."""
    with sqlite3.connect(office.site.state_dir / "ledger.db", timeout=60) as ledger:
        return {row[0] for row in ledger.execute("SELECT channel_msg_id FROM tickets")}


async def killed_at(office: Office, servers: Town, share: int) -> None:
    """kill -9 once so many tickets are there; what Postfix has been answered 250 for by then is among them."""
    end = time.monotonic() + PATIENCE_S
    while len(ids_in(office)) < share:
        assert time.monotonic() < end, f"{share} tickets did not come"
        await asyncio.sleep(0.01)
    office.kill()
    there = ids_in(office)
    assert set(servers.given()) <= there
    await office.start()


async def test_sixty_mails_by_both_ways_are_a_ticket_each_whatever_is_killed(
    make_site: MakeSite, quick_config: Path, lmtp: int, hotlines_box: Dovecot
) -> None:
    with town(lmtp) as servers:
        account = mail_account(lmtp, servers.postfix.port, hotlines_box)
        text, secrets = account
        site = await make_site(
            config_dir=with_channels(quick_config, text), overrides=LOOPBACK | QUICK | secrets, start=False
        )
        async with office_on(site) as office:
            await mailroom_up(office, mailboxes=1)
            hotlines_box.deliver(request(0))  # read by IDLE: the next look without would be in an hour
            await only_ticket(office)
            async with asyncio.TaskGroup() as street:
                street.create_task(write(servers, hotlines_box, range(1, MAILS // 2)))
                await killed_at(office, servers, 8)
            await asyncio.to_thread(hotlines_box.stop)
            async with asyncio.TaskGroup() as street:
                street.create_task(write(servers, hotlines_box, range(MAILS // 2, MAILS - LATE)))
                await asyncio.to_thread(hotlines_box.start)
                await killed_at(office, servers, MAILS // 2 + 3)
            await write(servers, hotlines_box, range(MAILS - LATE, MAILS))
            await all_there(office, servers)
            await each_has_its_receipt(office, servers)


async def all_there(office: Office, servers: Town) -> None:
    await office.until(lambda: len(ids_in(office)) >= MAILS, "a ticket for each", PATIENCE_S)
    await servers.drained()
    await mailroom_up(office, mailboxes=1)
    through_postfix = {f"request-{n}@qq.com" for n in range(1, MAILS) if n % 3 != 1}
    assert set(servers.given()) == through_postfix
    tickets = [await office.ticket(one["ticket_no"]) for one in await office.tickets()]
    assert Counter(one["channel_msg_id"] for one in tickets) == Counter(f"request-{n}@qq.com" for n in range(MAILS))
    assert {one["title"] for one in tickets} == {f"请修路灯{n:03d}" for n in range(MAILS)}
    assert {len(one["messages"]) for one in tickets} == {1}
    assert sum(len(one["attachments"]) for one in tickets) == MAILS // 4
    opened = Counter(event["subject"] for event in await office.told() if event["type"] == "hotline.ticket.opened.v1")
    assert opened == Counter(one["ticket_no"] for one in tickets)


async def each_has_its_receipt(office: Office, servers: Town) -> None:
    """Nobody is without, and what came twice (it was out when we were killed) is the same mail by its Message-ID."""
    numbers = {one["title"]: one["ticket_no"] for one in await office.tickets()}
    receipts = await servers.until(lambda found: len({str(one["To"]) for one in found}) == MAILS)
    assert len({one["Message-ID"] for one in receipts}) == MAILS
    for one in receipts:
        n = int(str(one["To"])[len("citizen") :][:2])
        assert numbers[f"请修路灯{n:03d}"] in words_in(one)


# Poison ---------------------------------------------------------------------------------------------------------------


def garbage() -> bytes:
    """Bytes that are no mail; behind the first, none that a client of SMTP or a server of IMAP writes otherwise."""
    noise = random.Random(12345).randbytes(200_000)
    return b"\0\xff\xfe" + noise.translate(None, delete=b"\0\r\n") + b"\r\n"


def huge() -> bytes:
    """30 MB of words."""
    line = ("路灯坏了，请尽快修好。" * 8 + "\r\n").encode("gb18030")
    head = b"From: li@qq.example\r\nSubject: huge\r\nMessage-ID: <huge@qq.com>\r\n"
    return head + b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + line * (30_000_000 // len(line))


def bomb(depth: int = 20) -> bytes:
    """A mail within a mail within a mail, each with a crowd of parts."""
    inner = b"Subject: innermost\r\n\r\nthe end\r\n"
    for n in range(depth):
        edge = b"b%d" % n
        crowd = b"".join(b"--%s\r\nContent-Type: text/plain\r\n\r\nx\r\n" % edge for _ in range(100))
        inner = (
            b"From: bomb@qq.example\r\nSubject: bomb %d\r\nMessage-ID: <bomb-%d@qq.com>\r\n"
            b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n%s"
            b"--%s\r\nContent-Type: message/rfc822\r\n\r\n%s\r\n--%s--\r\n"
        ) % (n, n, edge, crowd, edge, inner, edge)  # fmt: skip
    return inner


async def chat(tencent: FakeTencent, office: Office, over: asyncio.Event) -> list[float]:
    """Citizens write by WeChat until it is over: how long each waited for the answer, within the platform's tries."""
    waits = list[float]()
    while not over.is_set() or len(waits) < 20:
        began = time.monotonic()
        words = f"第{len(waits)}小区的井盖丢了，编号{len(waits):03d}"
        got = await tencent.push(f"{office.url}/in/wechat/hainan", tencent.message(f"oChat{len(waits)}", Content=words))
        assert got.answered, "no answer in the five seconds that the platform waits, three times"
        waits.append(time.monotonic() - began)
        await office.until(lambda: ledger_ready(office), "the ledger is ready")
    return waits


async def ledger_ready(office: Office) -> bool:
    """What it says within a second: on a loaded machine that may be too soon once."""
    async with office.http.get(f"{office.url}/readyz") as answer:
        return bool((await answer.json())["parts"]["ledger"]["ready"])


async def test_poison_is_kept_with_its_original_and_nobody_behind_it_waits(
    make_site: MakeSite, quick_config: Path, lmtp: int, hotlines_box: Dovecot
) -> None:
    with town(lmtp) as servers:
        async with FakeTencent().running() as tencent:
            text, secrets = mail_account(lmtp, servers.postfix.port, hotlines_box)
            wechat, more = wechat_account(tencent)
            site = await make_site(
                config_dir=with_channels(quick_config, text + wechat),
                overrides=LOOPBACK | QUICK | secrets | more,
                start=False,
            )
            async with office_on(site) as office:
                await mailroom_up(office, mailboxes=1)
                over = asyncio.Event()
                async with asyncio.TaskGroup() as street:
                    chatting = street.create_task(chat(tencent, office, over))
                    await poisoned(office, servers, hotlines_box, lmtp)
                    over.set()
                waits = sorted(chatting.result())
                assert waits[len(waits) // 2] < 2, (
                    "half of those who chatted waited for mails that they know nothing of"
                )
                for name in ("mailroom_restarts", "mail_broken", "mail_set_aside"):
                    assert await office.figure(name) == 0, name
                await office.told()


async def poisoned(office: Office, servers: Town, box: Dovecot, lmtp: int) -> None:
    """Poison comes by all ways, and an ordinary mail behind each; until all is in, and as it should be."""
    async with asyncio.TaskGroup() as ways:
        ways.create_task(asyncio.to_thread(by_lmtp, lmtp, garbage(), "x@qq.example"))
        ways.create_task(servers.send(huge(), "li@qq.example"))
        ways.create_task(servers.send(bomb(), "bomb@qq.example"))
        for mail in (garbage()[50_000:], bomb(19), request(1)):
            await asyncio.to_thread(box.deliver, mail)
    await servers.send(request(2), sender_of(2))
    expected = {"request-1@qq.com", "request-2@qq.com", "huge@qq.com", "bomb-19@qq.com", "bomb-18@qq.com"}
    await office.until(lambda: expected <= ids_in(office), "all mails that can be told apart", 2 * PATIENCE_S)
    await servers.drained()
    found = [await office.ticket(one["ticket_no"]) for one in await office.tickets() if one["channel"] == "email"]
    by_id = {one["channel_msg_id"]: one for one in found}
    assert by_id["request-1@qq.com"]["flags"] == by_id["request-2@qq.com"]["flags"] == []
    unreadable = [await original(office, one) for one in found if "unreadable" in one["flags"]]
    assert sorted(unreadable, key=len) == [garbage()[50_000:], garbage()]
    assert len(found) == len(expected) + 2
    for id, flag in (("huge@qq.com", "truncated"), ("bomb-19@qq.com", "truncated"), ("bomb-18@qq.com", "truncated")):
        assert flag in by_id[id]["flags"], by_id[id]["flags"]
    words = (await original(office, by_id["huge@qq.com"])).partition(b"\r\n\r\n")[2]
    assert len(words) > 29_000_000 and words == huge().partition(b"\r\n\r\n")[2]
    assert b"innermost" in await original(office, by_id["bomb-19@qq.com"])


async def original(office: Office, ticket: dict[str, Any]) -> bytes:
    return await office.download(f"/api/v1/tickets/{ticket['ticket_no']}/raws/{ticket['messages'][0]['raw_id']}")
