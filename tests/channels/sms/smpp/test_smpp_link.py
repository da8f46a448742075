"""The link around its connections: what it refuses to start with, and what it tells of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.channels.port import Retryable
from gateway.channels.sms.smpp.link import SmppLink
from tests.channels.sms.carrier_stage import RecordingInbox
from tests.channels.sms.means import means_of
from tests.channels.sms.smpp.smsc import CITIZEN, account, bound, config_of, smsc


async def test_a_password_that_cannot_be_sent_is_refused_at_the_start() -> None:
    async with means_of(lambda: 1.0) as means:
        with pytest.raises(ValueError, match="password"):
            SmppLink(config_of(2775), means, RecordingInbox(), password="密码")


async def test_without_a_centre_a_message_waits_and_says_why(tmp_path: Path) -> None:
    async with smsc() as centre:
        port = centre.port
    async with account(tmp_path, centre) as sms:
        assert centre.port == port
        sms.link.sending._submit_limit_s = 0.2
        with pytest.raises(Retryable, match="not connected"):
            await sms.link.sending.submit(CITIZEN, "hi", "d1")
        async with asyncio.timeout(60):
            while "cannot connect" not in sms.link.why:
                await asyncio.sleep(0.01)


async def test_figures_are_of_both_connections(tmp_path: Path) -> None:
    async with smsc() as centre, account(tmp_path, centre, bind="pair") as sms:
        await bound(sms, centre)
        await sms.link.submit(CITIZEN, "hi", "d1")
        await centre.send("路灯坏了".encode("utf-16-be"))
        await centre.count("deliver_sm_resp", 1)
        figures = sms.link.figures()
        told = {name: figures[f"sms_link_{name}"] for name in ("up", "sessions", "messages", "submitted", "taken")}
        assert told == {"up": 2, "sessions": 2, "messages": 1, "submitted": 1, "taken": 1}
        assert (sms.link.why, sms.link.doors()) == ("", ())
