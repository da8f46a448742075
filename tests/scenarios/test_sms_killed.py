"""A fake carrier's gateway (CMPP) sends long Chinese messages out of order and with repeats while we are killed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from accounts import QUICK, SMS_ACCOUNT, SMS_NUMBER, SMS_SECRET, cmpp_account
from office import LOOPBACK, Office, office_on, with_channels

from tests.fakes.ismg import Ismg, Pushed, long_parts
from tests.plugins.lab import MakeSite

CITIZENS = 60


def words_of(n: int) -> str:
    """What citizen n writes: two or three short messages long."""
    return (
        f"第{n}小区{'一二三四五六七八九十'[n % 10]}号楼的路灯坏了三天，晚上很不安全，请尽快派人来修。😀编号{n:03d}。"
        * (2 + n % 3)
    )


def said(ismg: Ismg) -> list[Pushed]:
    """All parts of all messages in any order: 8- and 16-bit references, cut wherever 134 octets end."""
    pushed = [
        ismg.deliver(f"1380000{n:04d}", SMS_NUMBER, part, 8, 1)
        for n in range(CITIZENS)
        for part in long_parts(words_of(n), 40_000 + n, 16 if n % 2 else 8)
    ]
    random.Random(12345).shuffle(pushed)
    return pushed


async def test_each_long_message_is_one_ticket_whatever_is_killed(make_site: MakeSite, quick_config: Path) -> None:
    async with Ismg("3.0", SMS_ACCOUNT, SMS_SECRET, resend_s=2.0) as ismg:
        text, secrets = cmpp_account(ismg)
        site = await make_site(
            config_dir=with_channels(quick_config, text),
            overrides=LOOPBACK | QUICK | secrets,
            start=False,
        )
        async with office_on(site) as office:
            pushed = said(ismg)
            ismg.repeat_each = 2
            ismg.push(*pushed)
            for share in (len(pushed) // 4, len(pushed) * 2 // 3):
                await ismg.until(lambda share=share: len(ismg.kept) >= share, 60)
                assert len(ismg.kept) < len(pushed), "everything was over before the kill"
                office.kill()
                await office.start()
            await ismg.until(lambda: len(ismg.kept) == len(pushed), 60)

            tickets = await office.until(lambda: all_of(office), "a ticket for each")
            texts = Counter([message["text"] for one in tickets for message in one["messages"]])
            assert texts == Counter(words_of(n) for n in range(CITIZENS))
            opened = Counter(event["subject"] for event in await office.feed("ticket.opened"))
            assert opened == Counter(one["ticket_no"] for one in tickets)
            await told_each_their_number(office, ismg, tickets)
            await office.told()


async def all_of(office: Office) -> list[dict]:
    """Every ticket with its messages, once there are as many as citizens."""
    listed = await office.tickets()
    return [await office.ticket(one["ticket_no"]) for one in listed] if len(listed) >= CITIZENS else []


async def told_each_their_number(office: Office, ismg: Ismg, tickets: list[dict]) -> None:
    """Each citizen has their receipt, and no other: one that was out when we were killed may have come twice."""
    numbers = {message["text"]: one["ticket_no"] for one in tickets for message in one["messages"]}
    await office.until(lambda: len({one.target for one in ismg.submits}) == CITIZENS, "a receipt for each")
    for n in range(CITIZENS):
        got = "".join(one.text for one in ismg.submits if one.target == f"1380000{n:04d}")
        assert numbers[words_of(n)] in got
        assert not any(number in got for text, number in numbers.items() if text != words_of(n))
