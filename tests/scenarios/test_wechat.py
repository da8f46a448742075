"""Citizens write by WeChat while the gateway is killed, and are answered the way they came."""

from __future__ import annotations

import asyncio
import io
import os
import re
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from office import LOOPBACK, Office, office_on, wechat_account, with_channels

from tests.fakes.tencent import FakeTencent
from tests.plugins.lab import MakeSite

CITIZENS = 200
TICKET_NO = re.compile(r"460000-\d{8}-\d{7}")
BUSY_S = 1.5
PUSHES = 3
COMES_BACK_S = 180.0
"""Two starts of the gateway and all that it then has to take."""


@asynccontextmanager
async def office_with(tencent: FakeTencent, make_site: MakeSite, config: Path) -> AsyncIterator[Office]:
    accounts, secrets = wechat_account(tencent)
    site = await make_site(config_dir=with_channels(config, accounts), overrides=LOOPBACK | secrets, start=False)
    async with office_on(site) as office:
        yield office


def words_of(n: int) -> str:
    """What citizen n writes: nobody else writes it."""
    return f"第{n}小区{'一二三四五六七八九十'[n % 10]}号楼的路灯坏了，编号{n:03d}"


async def citizen(tencent: FakeTencent, url: str, n: int, door: asyncio.Semaphore) -> tuple[int, set[str]]:
    """One citizen's message, pushed three times and on until one push was answered; the answers' ticket numbers."""
    fields = tencent.message(f"oCitizen{n:04d}", Content=words_of(n))
    answers: set[str] = set()
    answered = pushed = 0
    end = time.monotonic() + COMES_BACK_S
    while pushed < PUSHES or not answered:
        async with door:
            got = await tencent.push(url, fields, tries=1)
        pushed += 1
        if got.answered:
            answered += 1
            answers |= set(TICKET_NO.findall(got.text))
        await asyncio.sleep(0.2)
        assert time.monotonic() < end, "the gateway did not come back"
    return n, answers


async def test_each_message_of_two_hundred_citizens_is_in_one_ticket_whatever_is_killed(
    make_site: MakeSite, quick_config: Path
) -> None:
    async with FakeTencent().running() as tencent, office_with(tencent, make_site, quick_config) as office:
        url = f"{office.url}/in/wechat/hainan"
        door = asyncio.Semaphore(20)
        async with asyncio.TaskGroup() as street:
            citizens = [street.create_task(citizen(tencent, url, n, door)) for n in range(CITIZENS)]
            for share in (CITIZENS // 5, CITIZENS * 3 // 5):
                await office.until(lambda share=share: opened_in(office) >= share or all_done(citizens), "some are in")
                assert not all_done(citizens), "everything was over before the kill"
                office.kill()
                await office.start()
        told = dict(task.result() for task in citizens)

        tickets = await office.tickets()
        assert len(tickets) == CITIZENS
        where = {}
        for ticket in tickets:
            (message,) = (await office.ticket(ticket["ticket_no"]))["messages"]
            where[message["text"]] = ticket["ticket_no"]
        assert where.keys() == {words_of(n) for n in range(CITIZENS)}
        for n, numbers in told.items():
            assert numbers == {where[words_of(n)]}, "an answer named another ticket than the one with the message"
        opened = Counter(event["subject"] for event in await office.feed("ticket.opened"))
        assert opened == Counter(where.values())
        sequences = [int(event["sequence"]) for event in await office.feed()]
        assert sequences == list(range(1, len(sequences) + 1))


def opened_in(office: Office) -> int:
    """How many tickets the ledger holds, asked at the file itself: the gateway is busy."""
    with sqlite3.connect(office.site.state_dir / "ledger.db", timeout=60) as ledger:
        return int(ledger.execute("SELECT count(*) FROM tickets").fetchone()[0])


def all_done(citizens: list[asyncio.Task[tuple[int, set[str]]]]) -> bool:
    return all(task.done() for task in citizens)


async def test_an_agents_reply_reaches_the_citizen_once_and_after_two_days_says_why_it_cannot(
    make_site: MakeSite, quick_config: Path
) -> None:
    async with FakeTencent().running() as tencent, office_with(tencent, make_site, quick_config) as office:
        got = await tencent.push(
            f"{office.url}/in/wechat/hainan", tencent.message("oWang", Content="海甸五西路的路灯不亮了三天")
        )
        assert got.answered
        (ticket,) = await office.tickets()
        assert ticket["ticket_no"] in got.text

        path = f"/api/v1/tickets/{ticket['ticket_no']}/replies"
        await office.ask("POST", path, {"text": "已派人维修，今晚恢复照明。"})
        await office.until(lambda: tencent.sent, "the citizen has the reply")
        await office.until(lambda: delivery_is(office, ticket["ticket_no"], 0, "sent"), "the delivery is recorded")
        ((openid, text),) = tencent.sent
        assert openid == "oWang"
        assert "已派人维修" in text

        now = tencent.clock
        tencent.clock = lambda: now() + 49 * 3600  # the platform's window has closed
        await office.ask("POST", path, {"text": "维修已经完成。"})
        late = await office.until(lambda: delivery_is(office, ticket["ticket_no"], 0, "impossible"), "it says so")
        assert "48" in late["error"]
        assert len(tencent.sent) == 1
        (failed,) = await office.feed("delivery.failed")
        assert failed["subject"] == ticket["ticket_no"]


async def delivery_is(office: Office, number: str, at: int, state: str) -> dict[str, str] | None:
    """The ticket's delivery (0: the newest) once it is in a state."""
    deliveries = (await office.ticket(number))["deliveries"]
    return deliveries[at] if len(deliveries) > at and deliveries[at]["state"] == state else None


async def test_what_cannot_be_trusted_or_read_is_answered_and_the_gateway_stays_quick(
    make_site: MakeSite, quick_config: Path
) -> None:
    async with FakeTencent().running() as tencent, office_with(tencent, make_site, quick_config) as office:
        url = f"{office.url}/in/wechat/hainan"
        tencent.cut_s = 60.0  # what is asked here is what it answers, not when
        good = "<xml><ToUserName>gh_12345</ToUserName></xml>"
        now, before = tencent.clock(), _worked_s(office)

        query, body = tencent.official.signed(now, good)
        assert (await tencent.post(url, query | {"msg_signature": "0" * 40}, body))[0] == 401
        query, body = tencent.official.signed(now - 3600, good)
        assert (await tencent.post(url, query, body))[0] == 401
        query, body = tencent.official.signed(now, good)
        assert (await tencent.post(url, query, b"<xml><Encrypt>garbage</Encrypt></xml>"))[0] in (400, 401)
        bomb = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 20))
        bomb = f'<!DOCTYPE xml [<!ENTITY l0 "ha">{bomb}]><xml><Content>&l19;</Content></xml>'
        query, body = tencent.official.signed(now, bomb)
        assert (await tencent.post(url, query, body))[0] in (200, 400)
        assert (await tencent.post(url, query, bomb.encode()))[0] == 400
        query, body = tencent.official.signed(now, good)
        assert await post_large(office, url, query) in (413, 0)

        strange = tencent.message("oLi", "hologram", Content="x")
        assert (await tencent.push(url, strange)).answered
        (ticket,) = [t for t in await office.tickets() if "unknown_type" in t["flags"]]
        assert "unreadable" in ticket["flags"]
        detail = await office.ticket(ticket["ticket_no"])
        assert detail["messages"][0]["raw_id"]

        assert _worked_s(office) - before < BUSY_S, "something of it kept the gateway busy"
        assert "Traceback" not in office.log()


def _worked_s(office: Office) -> float:
    """Seconds of processor that the gateway has used: what a clock on the wall says depends on the neighbours."""
    assert office.child is not None
    fields = Path(f"/proc/{office.child.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def post_large(office: Office, url: str, query: dict[str, str]) -> int:
    """The status for 50 MB; 0 when the gateway hung up on it, as it may once it has said 413."""
    try:
        async with office.http.post(url, params=query, data=io.BytesIO(b"x" * 50_000_000)) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0
