"""Which ticket a mail belongs to, and who may say so."""

from __future__ import annotations

from pathlib import Path

from gateway.channels.email.tags import ReplyTags
from tests.channels.email.email_stage import CITIZEN, OURS, EmailStage, answer_to, mail, open_email

OTHER = "li@example.org"
WORDS = "明珠路12号的路灯坏了三天，晚上很黑。"


async def flags_of(stage: EmailStage, ticket_at: int = -1) -> tuple[str, ...]:
    ticket = (await stage.tickets())[ticket_at]
    return (await stage.messages(ticket))[-1].message.flags


async def test_a_number_in_the_subject_counts_for_the_tickets_own_sender_only(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (first,) = await stage.tickets()
        await stage.receive(mail(f"关于 {first.ticket_no} 的补充", "又坏了两盏路灯。"))
        assert len(await stage.tickets()) == 1
        await stage.receive(mail(f"关于 {first.ticket_no} 的补充", "请把这件事撤销掉。", sender=OTHER), sender=OTHER)
        _, second = await stage.tickets()
        assert second.email == OTHER and first.ticket_no in second.title
        assert "number_unproved" in await flags_of(stage)
        assert len(await stage.messages(first)) == 2


async def test_a_number_that_does_not_exist_opens_a_ticket_that_says_so(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("工单 460000-20261120-0000099 怎么还没有处理", WORDS))
        assert "number_unproved" in await flags_of(stage)


async def test_whoever_answers_our_signed_mail_writes_into_its_ticket_but_is_told_nothing(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (receipt,) = await stage.deliver()
        await stage.receive(answer_to(receipt, "我是他的家人，灯还没有修好。", sender=OTHER), sender=OTHER)
        (ticket,) = await stage.tickets()
        assert len(await stage.messages(ticket)) == 2 and ticket.email == CITIZEN
        assert "other_sender" in await flags_of(stage)
        await stage.receive(mail("", "查询", sender=OTHER), sender=OTHER)  # asks for "my" tickets: has none
        left = await stage.deliver()
        assert all(ticket.ticket_no not in str(one.get_content()) for one in left)


async def test_a_tag_made_with_another_key_or_changed_proves_nothing(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (ticket,) = await stage.tickets()
        forged = ReplyTags("another-key-of-16-characters").address(OURS, ticket.ticket_no)
        await stage.receive(mail("你好", "请问这件事情怎么样了呢？", sender=OTHER, to=forged), sender=OTHER, to=forged)
        assert len(await stage.tickets()) == 2


async def test_a_tag_of_the_envelope_alone_is_enough(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (receipt,) = await stage.deliver()
        await stage.receive(mail("还是不亮", "到现在还没有人来。"), to=str(receipt["Reply-To"]))
        assert len(await stage.tickets()) == 1


async def test_answering_ones_own_mail_goes_on_about_its_ticket(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("路灯坏了", WORDS, Message_ID="<own@example.com>"))
        again = mail("补充", "地点在明珠路和海府路的路口。", In_Reply_To="<own@example.com>")
        await stage.receive(again)
        assert len(await stage.tickets()) == 1
        stranger = mail("补充", "我也来补充一下我的情况。", In_Reply_To="<own@example.com>", sender=OTHER)
        await stage.receive(stranger, sender=OTHER)
        assert len(await stage.tickets()) == 2


async def test_the_same_subject_joins_for_three_days_while_the_ticket_is_open(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("明珠路路灯坏了", WORDS))
        await stage.receive(mail("回复：明珠路路灯坏了", "又坏了两盏路灯。"))
        (first,) = await stage.tickets()
        assert "joined_by_subject" in await flags_of(stage)
        stage.clock.now += 4 * 86_400
        await stage.receive(mail("明珠路路灯坏了", "还有人在楼道里堆放杂物，影响通行。"))
        assert len(await stage.tickets()) == 2
        assert len(await stage.messages(first)) == 2


async def test_a_subject_that_says_little_joins_nothing(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("投诉", WORDS))
        await stage.receive(mail("投诉", "楼下烧烤店每天营业到凌晨三点，油烟很大。"))
        assert len(await stage.tickets()) == 2


async def test_the_same_subject_on_a_closed_ticket_opens_another(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("明珠路路灯坏了", WORDS))
        (first,) = await stage.tickets()
        await stage.stage.set(first, state="closed")
        await stage.receive(mail("明珠路路灯坏了", WORDS + "又来反映。"))
        assert len(await stage.tickets()) == 2
