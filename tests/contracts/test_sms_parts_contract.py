"""Long SMS on each database: parts that come at the same moment, over two connections or to two gateways, join."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp

from gateway.channels.port import ChannelMeans
from gateway.channels.sms.channel import SmsChannel
from gateway.channels.sms.config import SmsBase
from gateway.ledger import LedgerConfig, SqlLedger, open_ledger
from gateway.tickets.config import RepliesConfig
from gateway.tickets.intake import Intake
from gateway.tickets.templates import Templates
from tests.channels.door_stage import Clock, MemoryFiles, policy
from tests.channels.sms.sms_stage import RecordingLink, parts_of
from tests.contracts.conftest import KEYS

TEXTS = {f"139000000{n:02}": f"{n}号楼漏水，物业一直不管，请派人来看。" * (6 + n) for n in range(8)}


async def nobody(*told: str) -> bool:
    return True


def channel_on(ledger: SqlLedger, http: aiohttp.ClientSession) -> SmsChannel:
    clock = Clock()
    means = ChannelMeans(
        ledger, Intake(ledger, policy(), clock), None, MemoryFiles(), Templates(RepliesConfig()), http,  # type: ignore[arg-type]
        ZoneInfo("Asia/Shanghai"), lambda: None, clock,
    )  # fmt: skip
    return SmsChannel(SmsBase(account="hainan", answer_s=30), means, lambda _: RecordingLink(), nobody)


async def test_each_long_message_is_one_ticket_whoever_takes_its_parts(ledger_url: str, tmp_path: Path) -> None:
    rng = random.Random(7)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        gateways = 1 if ledger_url.startswith("sqlite") else 2
        opened = [
            await stack.enter_async_context(open_ledger(LedgerConfig(url=ledger_url), tmp_path, KEYS))
            for _ in range(gateways)
        ]
        channels = [channel_on(one, http) for one in opened]
        pieces = [piece for sender, text in TEXTS.items() for piece in parts_of(text, sender=sender)] * 2
        rng.shuffle(pieces)
        await asyncio.gather(*(rng.choice(channels).arrived(piece) for piece in pieces))
        tickets = await opened[0].tickets()
        said = {
            one.calling_number: [m.message.text for m in await opened[0].messages(ticket_no=one.ticket_no)]
            for one in tickets
        }
        assert len(tickets) == len(TEXTS)
        assert said == {sender: [text] for sender, text in TEXTS.items()}
        assert len(await opened[0].deliveries(limit=100)) == len(TEXTS)
