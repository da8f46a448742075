"""What the gateway says by mail by itself, and to whom it says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.channels.email.answers import command_in, spoken
from gateway.channels.email.belonging import Belonging
from gateway.model.messages import Attachment, Message
from gateway.tickets.config import IntakeConfig
from gateway.tickets.intake import Intake
from gateway.tickets.policy import IntakePolicy
from tests.channels.door_stage import ZONE, categories, in_days
from tests.channels.email.email_stage import OURS, answer_to, body, mail, open_email

WORDS = "明珠路12号的路灯坏了三天，晚上很黑。"
NUMBER = "460000-20261121-0000001"


@pytest.mark.parametrize(
    "sender",
    ["noreply@example.com", "mailer-daemon@example.com", "postmaster@example.com", "list-request@example.com",
     "王@example.com"],
)  # fmt: skip
async def test_nobody_is_answered_behind_whom_nobody_reads(tmp_path: Path, sender: str) -> None:
    async with open_email(tmp_path) as stage:
        handed = stage.handed(mail("路灯坏了", WORDS))
        person = replace(handed.message.person, email=sender, user_id=sender)
        conversation = f"email:hainan:{sender}"
        await stage.channel.take(
            replace(handed, message=replace(handed.message, person=person, conversation=conversation))
        )
        assert len(await stage.tickets()) == 1
        assert await stage.deliveries() == []


async def test_no_receipts_where_they_are_switched_off(tmp_path: Path) -> None:
    async with open_email(tmp_path, receipt=False) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        assert len(await stage.tickets()) == 1 and await stage.deliveries() == []


async def test_one_address_gets_so_many_automatic_mails_a_day(tmp_path: Path) -> None:
    async with open_email(tmp_path, automatic_per_day=2) as stage:
        for n in range(5):
            await stage.receive(mail(f"第{n}件事情要反映", f"{n}号楼的电梯坏了，已经第{n}天。"))
        assert len(await stage.tickets()) == 5 and len(await stage.deliver()) == 2
        stage.clock.now += 86_400
        await stage.receive(mail("再反映一件事情", "小区停水。"))
        assert len(await stage.deliver()) == 1


@pytest.mark.parametrize("sign", ["headers", "bare", "bare with a new reply address each"])
async def test_two_gateways_that_answer_each_other_end(tmp_path: Path, sign: str) -> None:
    """Each is the other's citizen; a server in between takes away what tells a machine, and the thread."""
    theirs = "12345@other.example"
    async with open_email(tmp_path / "a") as ours, open_email(tmp_path / "b", address=theirs) as other:
        await ours.receive(mail("路灯坏了", WORDS, sender=theirs), sender=theirs)
        sent = 0
        for _ in range(30):
            for here, there, address in ((ours, other, OURS), (other, ours, theirs)):
                for made in await here.deliver():
                    sent += 1
                    raw = made.as_bytes()
                    if sign != "headers":
                        more = {"Reply_To": str(made["Reply-To"])} if "each" in sign else {}
                        words = f"第{sent}次来信\n{body(made)}"
                        raw = mail(f"第{sent}次来信", words, sender=address, **more)
                    await there.receive(raw, sender=address)
        assert sent == (1 if sign == "headers" else 10)
        assert await ours.deliver() == [] and await other.deliver() == []


async def test_progress_is_told_by_number_and_only_to_whom_it_concerns(tmp_path: Path) -> None:
    async with open_email(tmp_path, automatic_per_day=100) as stage:
        await stage.receive(mail("路灯坏了", WORDS))
        (ticket,) = await stage.tickets()
        await stage.deliver()
        for subject, text in (
            (f"查询 {ticket.ticket_no}", ""),
            ("", f"查询 {ticket.ticket_no}\n谢谢！"),
            ("查询进度", "查询"),
        ):
            await stage.receive(mail(subject, text))
            (told,) = await stage.deliver()
            assert "当前状态" in body(told) and told["Auto-Submitted"] == "auto-replied"
        other = "li@example.org"
        await stage.receive(mail("", f"查询 {ticket.ticket_no}", sender=other), sender=other)
        (told,) = await stage.deliver()
        assert "没有查到" in body(told)
        await stage.receive(mail("", f"查询 {ticket.ticket_no} {ticket.query_code}", sender=other), sender=other)
        (told,) = await stage.deliver()
        assert "当前状态" in body(told)
        assert len(await stage.tickets()) == 1


async def test_help_is_answered_without_a_ticket_and_threads(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("帮助", "", Message_ID="<help@example.com>"))
        (told,) = await stage.deliver()
        assert told["In-Reply-To"] == "<help@example.com>" and told["Subject"] == "Re: 帮助"
        assert "直接写下您的诉求" in body(told) and await stage.tickets() == []


async def test_a_word_under_a_subject_that_tells_a_matter_is_a_request(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("我家的房子被违法强拆", "帮助"))
        await stage.receive(mail("小区三号楼电梯坏了", "谢谢"))
        first, second = await stage.tickets()
        assert "强拆" in first.content and "电梯" in second.content


async def test_thanks_for_a_closed_ticket_are_noted_without_an_answer(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        courteous = IntakePolicy.of(IntakeConfig(courtesies=("谢谢",)), categories(), {}, in_days, "460000", ZONE)
        assert isinstance(stage.stage.means.intake, Intake)
        stage.stage.means.intake.use(courteous)
        await stage.receive(mail("路灯坏了", WORDS))
        (receipt,) = await stage.deliver()
        (ticket,) = await stage.tickets()
        await stage.stage.set(ticket, state="closed")
        await stage.receive(answer_to(receipt, "谢谢"))
        assert await stage.deliver() == []
        await stage.receive(mail("小区三号楼电梯坏了", "谢谢"))
        assert len(await stage.tickets()) == 2


async def test_danger_told_in_a_later_mail_is_answered_at_once(tmp_path: Path) -> None:
    async with open_email(tmp_path) as stage:
        await stage.receive(mail("楼道里堆放杂物", "三号楼楼道里堆满了纸箱。"))
        (receipt,) = await stage.deliver()
        (ticket,) = await stage.tickets()
        await stage.stage.set(ticket, urgency="特急")
        await stage.receive(answer_to(receipt, "纸箱越堆越多，现在更加严重。"))
        (told,) = await stage.deliver()
        assert "119" in body(told)


def message(text: str, title: str = "", **changes: object) -> Message:
    return replace(Message("k", "email", "hainan", "text", 0, 0, title=title, text=text), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "text", "heard"),
    [
        ("", f"查询 {NUMBER}", f"查询 {NUMBER}"),
        (f"查询 {NUMBER}", "", f"查询 {NUMBER}"),
        ("帮助", "", "帮助"),
        ("路灯坏了", "", ""),
        ("路灯坏了", "见标题", "路灯坏了\n见标题"),
        ("路灯坏了三天", "路灯坏了", "路灯坏了三天"),
        ("取消订单", "取消", "取消订单"),
        ("", f"查询 {NUMBER}\n谢谢", f"查询 {NUMBER}"),
        (
            "",
            f"查询 {NUMBER}\n" + "而且我还有一件事情要反映：" * 5,
            f"查询 {NUMBER}\n" + "而且我还有一件事情要反映：" * 5,
        ),
        ("投诉", "明珠路12号的路灯坏了三天。", "明珠路12号的路灯坏了三天。"),
    ],
)
def test_what_the_talk_hears_of_a_mail(title: str, text: str, heard: str) -> None:
    assert spoken(message(text, title), Belonging()).text == heard


def test_a_mail_with_files_is_never_a_command() -> None:
    made = spoken(message("帮助", "强拆", attachments=(Attachment("a", "a.jpg"),)), Belonging())
    assert made.text == "强拆\n帮助" and command_in(made) is None
