"""A mail account end to end: real reading, ledger, intake, dispatcher and SMTP server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels.email.channel import EmailChannel
from gateway.channels.email.tags import ReplyTags
from gateway.channels.port import Permanent
from gateway.ledger.errors import LedgerUnavailable
from gateway.model.messages import Attachment, KeptAttachment
from tests.channels.email.email_stage import CITIZEN, KEY, answer_to, body, bounce, mail, open_email
from tests.channels.email.smtp_server import Sink


async def test_a_mail_opens_a_ticket_and_gets_one_receipt_that_threads(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。", Message_ID="<first@example.com>"))
        (ticket,) = await stage.tickets()
        (receipt,) = await stage.deliver()
        assert receipt["To"] == CITIZEN
        assert receipt["Subject"] == f"Re: 路灯坏了 [{ticket.ticket_no}]"
        assert receipt["In-Reply-To"] == receipt["References"] == "<first@example.com>"
        assert (receipt["Auto-Submitted"], receipt["Precedence"]) == ("auto-replied", "auto_reply")
        assert receipt["From"].addresses[0].display_name == "海南12345热线"
        assert ticket.ticket_no in body(receipt) and ticket.query_code in body(receipt)
        assert ReplyTags(KEY).ticket_of(str(receipt["Reply-To"])) == ticket.ticket_no
        assert ReplyTags(KEY).ticket_of(stage.sink.taken[0].sender) == ticket.ticket_no
        (delivery,) = await stage.deliveries()
        assert f"<{delivery.external_id}>" == receipt["Message-ID"]
        assert (delivery.state, delivery.done_at is not None) == ("sent", True)
        assert await stage.deliver() == []


async def test_repeats_and_restarts_make_one_ticket_and_one_receipt(tmp_path: Path) -> None:
    first = mail("路灯坏了", "明珠路12号的路灯坏了三天。")
    async with open_email(tmp_path) as stage:
        await stage.receive(first)
        await stage.receive(first, sender=None)
    async with open_email(tmp_path) as stage:
        await stage.receive(first)
        assert len(await stage.tickets()) == 1 and len(await stage.deliveries()) == 1
        assert len(await stage.deliver()) == 1
    async with open_email(tmp_path) as stage:
        await stage.receive(first)
        assert await stage.deliver() == []


@pytest.mark.parametrize(("by_tag", "by_id"), [(True, True), (True, False), (False, True), (False, False)])
async def test_an_answer_joins_its_ticket_by_tag_message_id_or_number(
    tmp_path: Path, by_tag: bool, by_id: bool
) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        (receipt,) = await stage.deliver()
        stage.clock.now += 5 * 86_400
        answer = answer_to(receipt, "现在又好了两盏。", by_tag=by_tag, by_id=by_id)
        await stage.receive(answer)
        (ticket,) = await stage.tickets()
        assert [one.message.text for one in await stage.messages(ticket)] == [
            "明珠路12号的路灯坏了三天。",
            "现在又好了两盏。",
        ]
        assert await stage.deliver() == []  # no receipt for what joined


async def test_an_agents_reply_answers_the_citizens_last_mail(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。", Message_ID="<one@example.com>"))
        (receipt,) = await stage.deliver()
        await stage.receive(answer_to(receipt, "还没有修好。", Message_ID="<two@example.com>"))
        (ticket,) = await stage.tickets()
        await stage.stage.service.reply(ticket.ticket_no, "已派人处理。", "0101")
        (reply,) = await stage.deliver()
        assert reply["In-Reply-To"] == "<two@example.com>"
        assert str(reply["References"]).split() == [str(receipt["Message-ID"]), "<two@example.com>"]
        assert reply["Subject"] == f"Re: 路灯坏了 [{ticket.ticket_no}]"
        assert "已派人处理。" in body(reply)
        assert reply["Auto-Submitted"] is None


async def test_a_notice_of_ours_says_that_it_is_automatic(tmp_path: Path) -> None:
    async with open_email(tmp_path, footer="海南12345\n地址：海口市") as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        (ticket,) = await stage.tickets()
        await stage.stage.service.report(ticket.ticket_no, "closed", "0101", result="已修好")
        (notice,) = await stage.deliver()
        assert notice["Auto-Submitted"] == "auto-generated"
        assert body(notice).endswith("\n-- \n海南12345\n地址：海口市\n")


async def test_an_answer_to_a_closed_ticket_opens_one_that_is_linked(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        (receipt,) = await stage.deliver()
        (first,) = await stage.tickets()
        await stage.stage.set(first, state="closed")
        await stage.receive(answer_to(receipt, "昨天晚上又全部不亮了，请再来看看是怎么回事。"))
        _, second = await stage.tickets()
        assert first.ticket_no in (*second.related_nos, second.urge_of, second.duplicate_of)


async def test_a_rating_by_mail_is_taken(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        (ticket,) = await stage.tickets()
        await stage.stage.service.report(ticket.ticket_no, "closed", "0101", result="已修好")
        (notice,) = await stage.deliver()
        await stage.receive(answer_to(notice, "5"))
        (ticket,) = await stage.tickets()
        assert ticket.satisfaction == 5


async def test_two_mails_in_a_minute_are_two_matters(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.receive(mail("咨询社保", "请问灵活就业社保怎么办理？"))
        assert len(await stage.tickets()) == 2
        assert len(await stage.deliver()) == 2


async def test_a_mail_and_its_mailboxs_cursor_are_one_transaction(tmp_path: Path) -> None:
    name, place = "imap:hainan:imap.example:12345:INBOX", {"uidvalidity": 7, "uid": 42}
    async with open_email(tmp_path) as stage:
        assert await stage.channel.cursor(name) is None
        await stage.receive(mail("路灯坏了", "路灯坏了三天。"), sender=None, cursor=(name, place))
        assert await stage.channel.cursor(name) == place
        known = stage.handed(
            mail("自动回复", "我在休假", Auto_Submitted="auto-replied"), cursor=(name, {**place, "uid": 43})
        )
        await stage.channel.take(known)
        assert (await stage.channel.cursor(name) or {})["uid"] == 43
        await stage.channel.keep_cursor(name, {**place, "uid": 50})
        assert (await stage.channel.cursor(name) or {})["uid"] == 50
        assert len(await stage.tickets()) == 1


async def test_an_out_of_office_answer_is_noted_beside_its_ticket_and_not_answered(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        (receipt,) = await stage.deliver()
        await stage.receive(answer_to(receipt, "我正在休假，下周一回来。", Auto_Submitted="auto-replied"))
        (ticket,) = await stage.tickets()
        assert [one.message.kind for one in await stage.messages(ticket)] == ["text", "event"]
        assert "休假" not in ticket.content
        assert await stage.deliver() == []
        await stage.stage.service.reply(ticket.ticket_no, "已派人处理。", "0101")
        (reply,) = await stage.deliver()
        assert reply["In-Reply-To"] == receipt["In-Reply-To"]  # the citizen's mail, not the machine's


async def test_bulk_mail_opens_a_flagged_ticket_without_receipt(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("系统通知", "明珠路12号的路灯坏了三天。", Precedence="bulk"))
        (ticket,) = await stage.tickets()
        (kept,) = await stage.messages(ticket)
        assert "bulk" in kept.message.flags
        assert await stage.deliver() == []


async def test_an_unreadable_mail_is_a_ticket(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        handed = stage.handed(mail("x", "y"))
        broken = stage.reader.unreadable(handed.raw.body, stage.clock(), "broken")
        await stage.channel.take(type(handed)(handed.raw, broken, None))
        assert len(await stage.tickets()) == 1
        assert await stage.deliver() == []


async def test_without_a_server_mail_comes_in_and_replies_are_impossible(tmp_path: Path) -> None:
    async with open_email(tmp_path, smtp=None) as stage:
        stage.channel.outgoing.relay = None
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        (delivery,) = await stage.deliveries()
        assert delivery.state == "impossible" and "发信服务器" in delivery.error


async def test_greylisted_mail_arrives_later_under_the_same_message_id(tmp_path: Path) -> None:
    async with open_email(tmp_path, Sink(rcpt=["450 4.2.0 Greylisted, try again in 300 seconds"])) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        assert await stage.deliver() == []
        (waiting,) = await stage.deliveries()
        assert waiting.due_at is not None and waiting.due_at >= stage.clock() + 300
        stage.clock.now = waiting.due_at
        (receipt,) = await stage.deliver()
        (sent,) = await stage.deliveries()
        assert (sent.state, f"<{sent.external_id}>") == ("sent", receipt["Message-ID"])


async def test_a_mail_whose_fate_is_unknown_leaves_again_as_the_same_mail(tmp_path: Path) -> None:
    """The connection breaks after the server has the whole mail: it may be taken or not."""
    async with open_email(tmp_path, Sink(data=["drop"])) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        (waiting,) = await stage.deliveries()
        assert waiting.state == "waiting" and waiting.due_at is not None
        stage.clock.now = waiting.due_at
        (receipt,) = await stage.deliver()
        (ticket,) = await stage.tickets()
        assert ReplyTags(KEY).ours(str(receipt["Message-ID"])) == (ticket.ticket_no, waiting.id)


async def test_figures_only_rise_and_there_are_no_doors_or_files_to_fetch(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        before = stage.channel.figures()
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        after = stage.channel.figures()
        assert {name for name in after if after[name] > before[name]} == {
            "email_sent", "email_smtp_connections", "email_answers",
        }  # fmt: skip
        assert stage.channel.doors() == ()
        with pytest.raises(Permanent):
            await stage.channel.fetch(KeptAttachment(Attachment("a", "a.pdf"), "m", "", "email", "hainan"))


async def test_a_short_reply_key_is_named_at_the_start(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        with pytest.raises(ValueError, match="reply_key"):
            EmailChannel(stage.config, stage.stage.means, reply_key="short", report=stage.dispatcher.report)


async def test_what_the_ledger_cannot_keep_stays_with_its_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_email(tmp_path) as stage:
        first = mail("路灯坏了", "明珠路12号的路灯坏了三天。")

        async def away(_: object) -> None:
            raise LedgerUnavailable("disk full")

        with monkeypatch.context() as broken:
            broken.setattr(stage.stage.ledger, "write", away)
            with pytest.raises(OSError, match="disk full"):
                await stage.receive(first)
        await stage.receive(first)
        assert len(await stage.tickets()) == 1 and len(await stage.deliver()) == 1


async def test_the_background_tells_bounces_and_ends_when_cancelled(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", "明珠路12号的路灯坏了三天。"))
        await stage.deliver()
        (delivery,) = await stage.deliveries()
        early = replace(delivery, state="waiting", external_id="", due_at=stage.clock() + 120, done_at=None)
        await stage.stage.ledger.write(lambda tx: tx.save_delivery(early))
        await stage.receive(bounce(delivery.external_id), sender="")
        await stage.stage.ledger.write(lambda tx: tx.save_delivery(delivery))
        stage.clock.now += 5
        task = asyncio.create_task(stage.channel.run())
        async with asyncio.timeout(60):
            while stage.channel.figures()["email_bounces"] == 0:
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [one.state for one in await stage.deliveries()] == ["failed"]
