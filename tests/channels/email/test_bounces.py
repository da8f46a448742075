"""Returned mails come onto their deliveries: from real Postfix, in words, too early, for nobody."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels.email.bounces import UNMATCHED_S
from gateway.model.messages import Delivery
from tests.channels.email.email_stage import CITIZEN, EmailStage, bounce, mail, open_email
from tests.channels.email.smtp_server import Sink, smtp_server
from tests.mailservers import MakePostfix, make_postfix

__all__ = ["make_postfix"]
WORDS = "明珠路12号的路灯坏了三天，晚上很黑。"


async def sent_receipt(stage: EmailStage) -> Delivery:
    await stage.receive(mail("路灯坏了", WORDS))
    await stage.deliver()
    (delivery,) = await stage.deliveries()
    assert delivery.state == "sent"
    return delivery


async def test_a_report_fails_its_delivery_with_words_and_is_never_a_ticket(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        delivery = await sent_receipt(stage)
        raw = bounce(delivery.external_id)
        for _ in range(2):
            await stage.receive(raw, sender="")
        (failed,) = await stage.deliveries()
        assert failed.state == "failed"
        assert failed.error.startswith("邮件被退回：对方邮箱地址不存在（5.1.1）")
        assert CITIZEN not in failed.error
        (ticket,) = await stage.tickets()
        assert [one.message.kind for one in await stage.messages(ticket)] == ["text", "event"]
        assert len(await stage.stage.events("hotline.delivery.failed")) == 1
        assert stage.channel.figures()["email_bounces"] == 1
        assert await stage.deliver() == []  # no receipt for a bounce


async def test_what_is_late_is_noted_only(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        delivery = await sent_receipt(stage)
        await stage.receive(bounce(delivery.external_id, action="delayed", status="4.4.1"), sender="")
        (same,) = await stage.deliveries()
        assert same.state == "sent" and len(await stage.tickets()) == 1


@pytest.mark.parametrize(
    "id", ["other@example.com", "gw.aaaaaaaaaaaa.uaaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa@x.cn"]
)
async def test_a_bounce_of_nothing_of_ours_is_noted(tmp_path: Path, id: str) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(bounce(id), sender="")
        assert await stage.tickets() == [] and await stage.deliveries() == []
        assert len(await stage.stage.events("hotline.message.noted")) == 1


async def test_a_bounce_in_words_is_found_by_the_address_it_came_to(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await sent_receipt(stage)
        to = stage.sink.taken[0].sender
        words = f"很抱歉，您的邮件被退回：收件人 {CITIZEN} 的邮箱已满 (552 Mailbox full)，邮件无法投递。"
        await stage.receive(
            mail("系统退信", words, sender="PostMaster <mailer-daemon@mx.example.com>", to=to), sender="", to=to
        )
        (failed,) = await stage.deliveries()
        assert failed.state == "failed" and "邮箱已满" in failed.error
        assert len(await stage.tickets()) == 1


async def test_a_bounce_quicker_than_its_sendings_commit_waits_for_it(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        delivery = await sent_receipt(stage)
        early = replace(delivery, state="waiting", external_id="", due_at=stage.clock() + 120, done_at=None)
        await stage.stage.ledger.write(lambda tx: tx.save_delivery(early))
        await stage.receive(bounce(delivery.external_id), sender="")
        assert [one.state for one in await stage.deliveries()] == ["waiting"]
        await stage.stage.ledger.write(lambda tx: tx.save_delivery(delivery))
    async with open_email(tmp_path) as stage:  # killed in between: it is still known
        stage.clock.now += 2
        assert await stage.channel.sweep() == 1
        assert [one.state for one in await stage.deliveries()] == ["failed"]
        stage.clock.now += UNMATCHED_S
        assert await stage.channel.sweep() == 0


async def test_a_bounce_whose_delivery_never_comes_is_given_up(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        delivery = await sent_receipt(stage)
        early = replace(delivery, state="waiting", external_id="", due_at=stage.clock() + 1e6, done_at=None)
        await stage.stage.ledger.write(lambda tx: tx.save_delivery(early))
        await stage.receive(bounce(delivery.external_id), sender="")
        for _ in range(20):
            stage.clock.now += 900
            await stage.channel.sweep()
        assert stage.channel.figures()["email_bounces_unmatched"] == 1
        assert await stage.channel.sweep() == 0


async def test_real_postfix_returns_a_mail_and_its_delivery_fails(tmp_path: Path, make_postfix: MakePostfix) -> None:
    """Our mail goes out through Postfix, whose next server refuses the receiver; Postfix reports to our signed address,
    with the delivery's id asked for by DSN, and delivers that to us by LMTP."""
    citizen = "gone@hotline.example"
    inner = Sink(refuses={citizen: "550 5.1.1 no such user here"})
    arrived = asyncio.Event()
    original = inner.handle_DATA

    async def watched(*args: object) -> str:
        answer = await original(*args)  # type: ignore[arg-type]
        arrived.set()
        return answer

    inner.handle_DATA = watched  # type: ignore[method-assign]
    async with smtp_server(inner, lmtp=True):
        postfix = await asyncio.to_thread(make_postfix, f"inet:127.0.0.1:{inner.port}")
        async with open_email(tmp_path, smtp={"port": postfix.port}) as stage:
            await stage.receive(mail("路灯坏了", WORDS, sender=citizen), sender=citizen)
            await stage.dispatcher.once()
            (delivery,) = await stage.deliveries()
            assert delivery.state == "sent"
            async with asyncio.timeout(60):
                await arrived.wait()
            (returned,) = inner.taken
            assert returned.sender in ("", "<>") and delivery.id.encode() in returned.content  # the envelope's id
            await stage.receive(returned.content, sender="", to=returned.recipients[0])
            (failed,) = await stage.deliveries()
            assert failed.state == "failed" and "5.1.1" in failed.error
            assert len(await stage.tickets()) == 1
