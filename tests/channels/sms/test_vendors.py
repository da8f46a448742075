"""Aliyun and Tencent through the whole channel: pushed messages become tickets, receipts go out by their signed calls,
and their reports come back onto the delivery. The vendors are fakes; the ledger, the intake and the doors are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.channels.sms.aliyun.config import AliyunSms
from gateway.channels.sms.aliyun.link import AliyunLink
from gateway.channels.sms.tencent.config import TencentSms
from gateway.channels.sms.tencent.link import TencentLink
from tests.channels.door_stage import Clock, serving
from tests.channels.sms.inboxes import SECRET
from tests.channels.sms.sms_stage import SmsStage, open_sms
from tests.fakes import aliyun_sms, tencent_sms

ALIYUN = {
    "account": "hainan", "path": "env:P", "access_key_id": aliyun_sms.KEY_ID, "access_key_secret": "env:K",
    "sign_name": "海口12345", "template": "SMS_154950909", "params": ["a", "b", "c"],
}  # fmt: skip
TENCENT = {
    "account": "hainan", "path": "env:P", "secret_id": tencent_sms.SECRET_ID, "secret_key": "env:K",
    "app_id": tencent_sms.APP_ID, "sign_name": "海口12345", "template": "1110", "params": 4,
}  # fmt: skip


@pytest.fixture
async def aliyun(tmp_path: Path) -> AsyncIterator[tuple[SmsStage, aliyun_sms.FakeAliyunSms, str]]:
    clock = Clock()
    async with aliyun_sms.FakeAliyunSms(clock).running() as fake:
        config = AliyunSms.model_validate(ALIYUN | {"api_base": fake.base})
        make = lambda inbox, means: AliyunLink(  # noqa: E731
            config, means, inbox, path=SECRET, access_key_secret=aliyun_sms.KEY_SECRET
        )
        async with open_sms(tmp_path, config, make) as sms, serving(sms.channel.doors(), clock) as base:
            yield sms, fake, f"{base}/in/sms/hainan/{SECRET}"


async def test_aliyuns_messages_become_tickets_and_receipts_are_reported(
    aliyun: tuple[SmsStage, aliyun_sms.FakeAliyunSms, str],
) -> None:
    sms, fake, url = aliyun
    first, second = fake.up("13800138000", "人民路的路灯坏了"), fake.up("+8613900139000", "二楼漏水，影响生活")
    assert (await fake.push(url, first, second)).statuses == [200]
    assert (await fake.push(url, first, second)).statuses == [200], "a repeat is taken and changes nothing"
    tickets = await sms.tickets()
    assert sorted(ticket.content for ticket in tickets) == ["二楼漏水，影响生活", "人民路的路灯坏了"]
    await sms.deliver()
    assert {sent.phone for sent in fake.sent} == {"13800138000", "13900139000"}
    for ticket in tickets:
        assert any(ticket.ticket_no in sent.text for sent in fake.sent)
    reports = [fake.report(sent) for sent in fake.sent]
    assert (await fake.push(f"{url}/report", *reports)).statuses == [200]
    assert {one.state for one in await sms.deliveries()} == {"delivered"}


async def test_a_poison_item_is_kept_and_those_around_it_are_tickets(
    aliyun: tuple[SmsStage, aliyun_sms.FakeAliyunSms, str],
) -> None:
    sms, fake, url = aliyun
    poison = {"phone_number": ["x"], "content": {"a": 1}}
    assert (
        await fake.push(url, fake.up("13800138000", "一号楼停水"), poison, fake.up("13900139000", "二号楼停电"))
    ).statuses == [200]
    tickets = await sms.tickets()
    assert len(tickets) == 3
    (unread,) = [ticket for ticket in tickets if "unreadable" in ticket.flags]
    (message,) = await sms.messages(unread)
    raw = await sms.stage.ledger.raw(message.raw_id)
    assert raw is not None
    assert b'"content": {"a": 1}' in raw.body


@pytest.mark.parametrize("body", [b"<xml>\xff</xml>", b"{", b"content=x"])
async def test_what_nobody_can_read_is_a_ticket_with_its_original(
    aliyun: tuple[SmsStage, aliyun_sms.FakeAliyunSms, str], body: bytes
) -> None:
    sms, _, url = aliyun
    for _ in range(2):
        async with sms.stage.http.post(url, data=body) as response:
            assert response.status == 200
    (ticket,) = await sms.tickets()
    (message,) = await sms.messages(ticket)
    raw = await sms.stage.ledger.raw(message.raw_id)
    assert raw is not None
    assert (message.message.kind, raw.body) == ("unreadable", body)


async def test_repeats_at_the_same_moment_are_one_ticket(
    aliyun: tuple[SmsStage, aliyun_sms.FakeAliyunSms, str],
) -> None:
    sms, fake, url = aliyun
    one = fake.up("13800138000", "噪音扰民")
    await asyncio.gather(*(fake.push(url, one) for _ in range(5)))
    assert len(await sms.tickets()) == 1


async def test_tencents_replies_become_tickets_and_receipts_are_reported(tmp_path: Path) -> None:
    clock = Clock()
    async with tencent_sms.FakeTencentSms(clock).running() as fake:
        config = TencentSms.model_validate(TENCENT | {"api_base": fake.base})
        make = lambda inbox, means: TencentLink(  # noqa: E731
            config, means, inbox, path=SECRET, secret_key=tencent_sms.SECRET_KEY
        )
        async with open_sms(tmp_path, config, make) as sms, serving(sms.channel.doors(), clock) as base:
            url, reply = f"{base}/in/sms/hainan/{SECRET}", fake.reply("13800138000", "人民路的路灯坏了")
            assert (await fake.push(url, reply)).statuses == [200]
            assert (await fake.push(url, reply)).statuses == [200]
            (ticket,) = await sms.tickets()
            await sms.deliver()
            assert ticket.ticket_no in "".join(sent.text for sent in fake.sent)
            reports = [fake.report(sent, success=n > 0) for n, sent in enumerate(fake.sent)]
            assert (await fake.push(f"{url}/report", reports)).statuses == [200]
            (delivery,) = await sms.deliveries()
            assert (delivery.state, "UNDELIV" in delivery.error) == ("failed", True)
