"""Kannel for real, with Debian's fakesmsc as the carrier: its messages become tickets over HTTP, our receipts and
replies reach the citizen, and the carrier's report comes back onto the delivery."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.channels.sms.http.config import HttpSms
from gateway.channels.sms.http.link import HttpLink
from gateway.model.http import Door, HttpAnswer, HttpAsked
from tests.channels.door_stage import serving
from tests.channels.sms.inboxes import SECRET
from tests.channels.sms.sms_stage import SmsStage, open_sms
from tests.kannel import PASSWORD, USER, Kannel, kannel, ucs2, until
from tools.lab import Ports

CITIZEN, OURS = "13800138000", "12345"
PARAMS = {
    "username": USER, "password": "{password}", "from": "{from}", "to": "{to}", "text": "{text}", "charset": "utf-8",
    "coding": "{coding}", "dlr-mask": "27", "dlr-url": "{report_url}",
}  # fmt: skip


@dataclass
class Scene:
    kannel: Kannel
    sms: SmsStage
    away: list[int]
    """How many of the next callbacks find the ledger away."""


def _failing(door: Door, away: list[int]) -> Door:
    async def receive(asked: HttpAsked) -> HttpAnswer:
        if away[0] > 0:
            away[0] -= 1
            return HttpAnswer(503)
        return await door.receive(asked)

    return Door(door.method, door.path, receive, door.name, door.summary)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    away, ports = [0], Ports()
    our_port = ports.take()
    with kannel(tmp_path) as carrier:
        config = HttpSms.model_validate({
            "account": "hainan", "path": "env:P", "password": "env:K", "number": OURS, "signature": "海南12345",
            "codings": {"0": "text", "1": 8, "2": 8}, "our_base": f"http://127.0.0.1:{our_port}",
            "send": {"url": carrier.sendsms, "params": PARAMS},
        })  # fmt: skip
        make = lambda inbox, means: HttpLink(config, means, inbox, path=SECRET, password=PASSWORD)  # noqa: E731
        async with open_sms(tmp_path, config, make) as sms:
            doors = [_failing(door, away) for door in sms.channel.doors()]
            async with serving(doors, sms.clock, our_port) as base:
                await carrier.start(f"{base}/in/sms/hainan/{SECRET}")
                yield Scene(carrier, sms, away)
    ports.close()


async def tickets(scene: Scene, count: int) -> list[str]:
    """The contents of the tickets, once there are so many."""

    async def there() -> bool:
        return len(await scene.sms.tickets()) >= count

    await until(there)
    return [ticket.content for ticket in await scene.sms.tickets()]


async def test_a_citizens_message_is_a_ticket_and_the_receipt_is_reported_delivered(scene: Scene) -> None:
    await scene.kannel.say(CITIZEN, OURS, "ucs2", ucs2("人民路的路灯坏了😀"))
    assert await tickets(scene, 1) == ["人民路的路灯坏了😀"]
    (ticket,) = await scene.sms.tickets()
    await scene.sms.deliver()
    await until(lambda: bool(scene.kannel.heard()))
    ((sender, to, text),) = scene.kannel.heard()
    assert (sender, to) == (OURS, CITIZEN)
    assert text.startswith("【海南12345】")
    assert ticket.ticket_no in text

    async def reported() -> bool:
        return [one.state for one in await scene.sms.deliveries()] == ["delivered"]

    await until(reported)


async def test_an_agents_reply_reaches_the_citizen_in_one_piece(scene: Scene) -> None:
    await scene.kannel.say(CITIZEN, OURS, "text", "streetlight broken")
    await tickets(scene, 1)
    (ticket,) = await scene.sms.tickets()
    reply = "您反映的路灯问题已由市政部门修复。" * 8
    await scene.sms.stage.service.reply(ticket.ticket_no, reply, "agent1")

    async def reported() -> bool:
        await scene.sms.deliver()
        return [one.state for one in await scene.sms.deliveries()] == ["delivered", "delivered"]

    await until(reported)
    await until(lambda: sum(reply in text for _, _, text in scene.kannel.heard()) == 1)


async def test_parts_cut_in_the_middle_of_a_character_are_one_ticket(scene: Scene) -> None:
    text = "小区门口的井盖丢失，晚上很危险，请尽快处理。"
    octets = text.encode("utf-16-be")
    halves = {1: octets[:21], 2: octets[21:]}
    for n in (2, 1):
        body = "".join(f"%{octet:02X}" for octet in halves[n])
        await scene.kannel.say(CITIZEN, OURS, "udh-data", f"%05%00%03%2A%02%{n:02X}", body)
    assert await tickets(scene, 1) == [text]


async def test_a_message_that_could_not_be_kept_is_sent_again_and_is_one_ticket(scene: Scene) -> None:
    scene.away[0] = 2
    await scene.kannel.say(CITIZEN, OURS, "ucs2", ucs2("噪音扰民"))
    assert await tickets(scene, 1) == ["噪音扰民"]
    assert scene.away[0] == 0
