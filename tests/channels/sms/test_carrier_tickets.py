"""From the carrier's wire to a ticket and back, with the real ledger: each protocol, all that a carrier does to us."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.carrier import CarrierLink
from gateway.channels.sms.cmpp.config import CmppSms
from gateway.channels.sms.cmpp.link import CmppLink
from gateway.channels.sms.port import Inbox
from gateway.channels.sms.smgp.config import SmgpSms
from gateway.channels.sms.smgp.link import SmgpLink
from tests.channels.sms.carrier_stage import ACCOUNT, EVERY, QUICK, SECRET, logged_in, running
from tests.channels.sms.sms_stage import open_sms
from tests.fakes.ismg import Ismg, Speaks, long_parts

CITIZEN, HOTLINE = "13800000000", "1065812345"
LONG = "美兰区人民大道68号小区门口的路灯坏了三天，晚上很不安全，请派人来修。😀" * 6


@asynccontextmanager
async def hotline(folder: Path, speaks: Speaks, **more: Any) -> AsyncIterator[Any]:
    """A fake carrier, the account with its real ledger, and the link between them, running."""
    async with Ismg(speaks, ACCOUNT, SECRET, resend_s=0.5) as ismg:
        common = {"account": "hainan", "number": HOTLINE, "host": "127.0.0.1", "port": ismg.port, "secret": "env:S"}
        common |= {"signature": "海南12345"} | QUICK | more
        config: Any = (
            SmgpSms(client_id=ACCOUNT, **common)
            if speaks == "smgp"
            else CmppSms(source_addr=ACCOUNT, version=speaks, **common)
        )

        def make_link(inbox: Inbox, means: ChannelMeans) -> CarrierLink:
            kind: Callable[..., CarrierLink] = SmgpLink if speaks == "smgp" else CmppLink
            return kind(config, means, inbox, secret=SECRET)

        async with open_sms(folder, config, make_link) as sms, running(sms.link):
            await logged_in(sms.link)
            yield SimpleNamespace(ismg=ismg, sms=sms)


@pytest.mark.parametrize("speaks", EVERY)
async def test_a_message_becomes_a_ticket_and_its_receipt_arrives(tmp_path: Path, speaks: Speaks) -> None:
    async with hotline(tmp_path, speaks) as at:
        at.ismg.push(at.ismg.deliver("86" + CITIZEN, HOTLINE, "人民大道路灯坏了".encode("gb18030"), 15))
        await at.ismg.until(lambda: at.ismg.kept)
        (ticket,) = await at.sms.tickets()
        assert ticket.content == "人民大道路灯坏了"
        await at.sms.deliver()
        text = "".join(one.text for one in at.ismg.submits)
        assert text.startswith("【海南12345】")
        assert str(ticket.ticket_no) in text
        assert {one.target for one in at.ismg.submits} == {CITIZEN}
        at.ismg.push(*(at.ismg.report_on(one) for one in at.ismg.submits))
        await at.ismg.until(lambda: len(at.ismg.kept) == 1 + len(at.ismg.submits))
        await at.sms.channel.sweep()
        (delivery,) = await at.sms.deliveries()
        assert delivery.state == "delivered"


@pytest.mark.parametrize("speaks", EVERY)
@pytest.mark.parametrize("bits", [8, 16])
async def test_long_messages_out_of_order_with_repeats_and_breaks_are_one_ticket_each(
    tmp_path: Path, speaks: Speaks, bits: int
) -> None:
    people = [f"1380000{n:04d}" for n in range(8)]
    async with hotline(tmp_path, speaks) as at:
        pushed = [
            at.ismg.deliver(person, HOTLINE, part, 8, 1)
            for n, person in enumerate(people)
            for part in long_parts(f"{n}号楼：{LONG}", 100 + n, bits)
        ]
        random.Random(7).shuffle(pushed)
        at.ismg.repeat_each, at.ismg.drop_after = 2, 9
        at.ismg.push(*pushed)
        await at.ismg.until(lambda: len(at.ismg.kept) >= len(pushed) // 2)
        at.ismg.cut()
        await at.ismg.until(lambda: len(at.ismg.kept) == len(pushed))
        tickets = await at.sms.tickets()
        assert sorted(one.content for one in tickets) == [f"{n}号楼：{LONG}" for n in range(8)]


@pytest.mark.parametrize("speaks", EVERY)
async def test_a_poison_delivery_is_a_ticket_with_its_original_and_blocks_nobody(
    tmp_path: Path, speaks: Speaks
) -> None:
    async with hotline(tmp_path, speaks) as at:
        good = at.ismg.deliver(CITIZEN, HOTLINE, "路灯坏了".encode("utf-16-be"))
        poison = at.ismg.deliver("13900000000", HOTLINE, "路灯坏了".encode("utf-16-be"))
        poison.body = poison.body[:30]
        at.ismg.push(poison, good)
        await at.ismg.until(lambda: len(at.ismg.kept) == 2)
        tickets = await at.sms.tickets()
        flags = [message.message.flags for ticket in tickets for message in await at.sms.messages(ticket)]
        assert sorted("unreadable" in one for one in flags) == [False, True]


async def test_sixteen_at_once_share_a_commit(tmp_path: Path) -> None:
    async with hotline(tmp_path, "3.0") as at:
        at.ismg.push(
            *(at.ismg.deliver(f"138000{n:05d}", HOTLINE, f"{n}号路灯坏了".encode("utf-16-be")) for n in range(160))
        )
        await at.ismg.until(lambda: len(at.ismg.kept) == 160)
        assert at.ismg.most_flying == 16
        assert len(await at.sms.tickets()) == 160
