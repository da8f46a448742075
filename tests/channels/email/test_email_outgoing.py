"""A delivery becomes a mail: whom it names, when it must wait, what is refused before any server is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.channels.email.tags import ReplyTags
from gateway.channels.port import Permanent, Retryable
from gateway.ledger.errors import LedgerUnavailable
from gateway.model.ids import TicketNo
from gateway.model.messages import Delivery
from tests.channels.door_stage import START
from tests.channels.email.email_stage import CITIZEN, KEY, OURS, body, mail, open_email, parsed

NUMBER = TicketNo("460000-20261121-0000001")
WORDS = "明珠路12号的路灯坏了三天，晚上很黑。"


def delivery(target: str = CITIZEN, text: str = "已派人处理。", **changes: object) -> Delivery:
    values = {"id": "01a201dd-bfab-73a6-8dc3-a4f57af756b0", "ticket_no": NUMBER, **changes}
    return Delivery(
        kind="reply", channel="email", account="hainan", target=target, created_at=START, text=text, **values
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "text"),
    [(OURS, "x"), ("12345+tag@hotline.example", "x"), ("王@example.com", "x"), ("", "x"), (CITIZEN, " \n"),
     ("wang@example.com\r\nBcc: x@y.cn", "x")],
)  # fmt: skip
async def test_what_can_never_leave_is_refused_at_once(tmp_path: Path, target: str, text: str) -> None:
    async with open_email(tmp_path) as stage:
        with pytest.raises(Permanent):
            await stage.channel.send(delivery(target, text), None)
        assert stage.sink.connections == 0


async def test_a_domain_gets_no_more_a_minute_than_it_likes(tmp_path: Path) -> None:
    async with open_email(tmp_path, domain=[{"domain": "qq.com", "per_minute": 1}]) as stage:
        await stage.channel.send(delivery("1@qq.com"), None)
        with pytest.raises(Retryable) as later:
            await stage.channel.send(delivery("2@QQ.com"), None)
        assert later.value.after_s is not None and 0 < later.value.after_s <= 60
        await stage.channel.send(delivery("3@163.com"), None)
        assert [one.recipients for one in stage.sink.taken] == [("1@qq.com",), ("3@163.com",)]


async def test_where_plus_addresses_do_not_arrive_the_message_id_ties_alone(tmp_path: Path) -> None:
    async with open_email(tmp_path, plus=False) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (receipt,) = await stage.deliver()
        (ticket,) = await stage.tickets()
        assert receipt["Reply-To"] is None and stage.sink.taken[0].sender == OURS
        found = ReplyTags(KEY).ours(str(receipt["Message-ID"]))
        assert found is not None and found[0] == ticket.ticket_no


async def test_each_try_of_a_delivery_is_the_same_mail(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        first = await stage.channel.send(delivery(), None)
        stage.clock.now += 86_400
        assert await stage.channel.send(delivery(), None) == first
        assert first.final and first.external_id


async def test_a_reply_of_many_lines_and_signs_arrives_as_it_was_written(tmp_path: Path) -> None:
    text = "您好：\n.\n..点\nFrom 明天\n\n" + "很长的一行" * 400 + "\n😀 done"
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("=?utf-8?B?Zm9v?= 路灯", WORDS))
        (ticket,) = await stage.tickets()
        await stage.deliver()
        await stage.channel.send(delivery(text=text, ticket_no=ticket.ticket_no), None)
        assert body(parsed(stage.sink.taken[-1].content)) == text + "\n"


async def test_a_server_that_offers_reports_is_asked_for_those_of_failures(tmp_path: Path) -> None:
    """aiosmtpd offers none and refuses what it does not know: nothing is asked there (Postfix: test_bounces)."""
    async with open_email(tmp_path) as stage:
        await stage.channel.send(delivery(), None)
        assert all(not option.upper().startswith(("RET", "ENVID")) for option in stage.sink.taken[0].options)


async def test_while_the_ledger_is_away_the_mail_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_email(tmp_path) as stage:

        async def away(**_: object) -> None:
            raise LedgerUnavailable("disk full")

        monkeypatch.setattr(stage.stage.ledger, "messages", away)
        with pytest.raises(Retryable):
            await stage.channel.send(delivery(), None)
        assert not stage.sink.taken
