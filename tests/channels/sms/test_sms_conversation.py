"""What is said by SMS: progress, help, rating; opting out by exact words; no talk with machines."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.port import Permanent
from gateway.channels.sms.conversation import fold
from gateway.channels.sms.split import segments
from gateway.model.messages import Denial
from gateway.tickets.config import RepliesConfig
from gateway.tickets.templates import Templates
from tests.channels.door_stage import CONFIG, START
from tests.channels.sms.sms_stage import CITIZEN, OURS, SmsStage, arrive, open_sms, text_of
from tests.channels.sms.test_sms_channel import a_delivery

REQUEST = "和平大道路灯坏了三天，请派人修理"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SmsStage]:
    async with open_sms(tmp_path) as opened:
        yield opened


async def said(stage: SmsStage) -> list[str]:
    """What has been sent since the last look, without the signature."""
    await stage.deliver()
    texts = [text.removeprefix("【海南12345】") for _, text, _ in stage.link.sent]
    stage.link.sent.clear()
    return texts


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads((CONFIG / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("templates", [_shipped("replies.toml")["templates"], {}], ids=["shipped", "own"])
async def test_a_receipt_and_help_fit_one_sms_with_the_signature(stage: SmsStage, templates: dict[str, str]) -> None:
    words = stage.stage.means.words
    assert isinstance(words, Templates)
    words.use(RepliesConfig(templates=templates))
    signatures = {one.get("signature") or one.get("sign_name") for one in _shipped("channels.toml")["sms"]}
    assert signatures == {"海南12345"}, "the stage's account has it too"
    await arrive(stage, text_of(REQUEST), text_of("帮助", "13900000001"))
    await stage.deliver()
    receipt, help_ = (text for _, text, _ in stage.link.sent)
    assert receipt.startswith("【海南12345】")
    assert "查询码" in receipt
    for text in (receipt, help_):
        assert len(text.encode("utf-16-be")) // 2 <= 70
        assert segments(text, 1).total == 1


async def test_progress_is_told_by_number(stage: SmsStage) -> None:
    await arrive(stage, text_of(REQUEST))
    (ticket,) = await stage.tickets()
    await said(stage)
    await arrive(stage, text_of(f"查询{ticket.ticket_no}"))
    (text,) = await said(stage)
    assert f"工单 {ticket.ticket_no}" in text
    assert "已登记" in text
    assert len(await stage.tickets()) == 1


async def test_anothers_ticket_is_told_only_with_its_code(stage: SmsStage) -> None:
    await arrive(stage, text_of(REQUEST))
    (ticket,) = await stage.tickets()
    await said(stage)
    await arrive(stage, text_of(f"查询 {ticket.ticket_no}", "13900000001"))
    assert "没有查到" in (await said(stage))[0]
    await arrive(stage, text_of(f"查询 {ticket.ticket_no} {ticket.query_code}", "13900000001"))
    assert "已登记" in (await said(stage))[0]


async def test_help_is_an_answer_without_a_ticket(stage: SmsStage) -> None:
    await arrive(stage, text_of("帮助"))
    (text,) = await said(stage)
    assert text.startswith("请直接写下您的诉求")
    assert "110" in text
    (delivery,) = await stage.deliveries()
    assert (delivery.ticket_no, delivery.reply_id, delivery.state) == ("", "", "sent")
    (event,) = await stage.stage.events("hotline.delivery.sent")
    assert event.subject == delivery.id


async def test_a_closed_ticket_is_rated_by_a_figure(stage: SmsStage) -> None:
    await arrive(stage, text_of(REQUEST))
    (ticket,) = await stage.tickets()
    await said(stage)
    await stage.stage.set(ticket, state="closed", closed_at=START)
    await arrive(stage, text_of("5"))
    (ticket,) = await stage.tickets()
    assert ticket.satisfaction == 5
    assert "谢谢" in (await said(stage))[-1]


@pytest.mark.parametrize("text", ["TD", "td", "ＴＤ", " T D ", "退订", "n", "R\n"])
async def test_opting_out_is_confirmed_once_and_ends_what_is_unasked(stage: SmsStage, text: str) -> None:
    await arrive(stage, text_of(REQUEST))
    await said(stage)
    await arrive(stage, text_of(text))
    assert (await said(stage))[0].startswith("您已退订")
    await arrive(stage, text_of("TD"))
    assert await said(stage) == []
    conversation = await stage.stage.ledger.conversation(f"sms:hainan:{CITIZEN}")
    assert conversation is not None
    assert conversation.stopped
    with pytest.raises(Permanent, match="退订"):
        await stage.channel.send(a_delivery(), conversation)
    with pytest.raises(Permanent, match="退订"):
        await stage.channel.send(a_delivery(target=f"+86{CITIZEN}"), None)
    (ticket,) = await stage.tickets()
    _, delivery = await stage.stage.service.reply(ticket.ticket_no, "已修好", "agent1")
    assert delivery is not None
    assert delivery.state == "impossible"


@pytest.mark.parametrize("text", ["退订不了怎么办", "TD回复了没有用", "我要投诉退订无效", "N楼电梯坏了"])
async def test_more_than_the_exact_word_is_a_request(stage: SmsStage, text: str) -> None:
    await arrive(stage, text_of(text))
    (ticket,) = await stage.tickets()
    assert ticket.content == text


async def test_whoever_opted_out_and_asks_is_answered_and_stays_out(stage: SmsStage) -> None:
    await arrive(stage, text_of("退订"))
    await said(stage)
    await arrive(stage, text_of(REQUEST))
    (text,) = await said(stage)
    assert text.startswith("已收到。工单")
    assert "恢复" in text
    conversation = await stage.stage.ledger.conversation(f"sms:hainan:{CITIZEN}")
    assert conversation is not None
    assert conversation.stopped


async def test_opting_in_takes_it_back(stage: SmsStage) -> None:
    await arrive(stage, text_of("退订"), text_of("恢复"), text_of("订阅"))
    assert [text[:4] for text in [*await said(stage), *await said(stage)]] == ["您已退订", "您已恢复"]
    await arrive(stage, text_of(REQUEST))
    assert "恢复" not in (await said(stage))[0]
    assert len(await stage.tickets()) == 1


async def test_opting_out_by_a_repeat_is_not_done_again(stage: SmsStage) -> None:
    out = text_of("退订")
    await arrive(stage, out, text_of("恢复"), out)
    conversation = await stage.stage.ledger.conversation(f"sms:hainan:{CITIZEN}")
    assert conversation is not None
    assert not conversation.stopped


@pytest.mark.parametrize("sender", ["10086", "106575258192144", "95588", "089866668888", OURS, "BANK"])
async def test_machines_are_heard_and_not_answered(stage: SmsStage, sender: str) -> None:
    await arrive(stage, text_of("您的验证码是1234", sender), text_of("TD", sender))
    assert len(await stage.tickets()) == 1
    assert await said(stage) == []


async def test_a_denied_sender_gets_no_answer_but_may_opt_out(stage: SmsStage) -> None:
    denial = Denial("x", "sms", CITIZEN, "骚扰", "admin", START - 1)
    await stage.stage.ledger.write(lambda tx: tx.save_denial(denial))
    await arrive(stage, text_of(REQUEST), text_of("退订"))
    assert await stage.deliveries() == []
    conversation = await stage.stage.ledger.conversation(f"sms:hainan:{CITIZEN}")
    assert conversation is not None
    assert conversation.stopped


async def test_a_number_gets_only_so_many_answers_a_day(tmp_path: Path) -> None:
    async with open_sms(tmp_path, answers_a_day=3) as stage:
        for n in range(5):
            await arrive(stage, text_of(f"补充第{n}点：路灯还是不亮", at=stage.clock.now))
            stage.clock.now += 30
        assert len(await stage.deliveries()) == 3
        stage.clock.now += 86_400
        await arrive(stage, text_of("今天路灯还是不亮", at=stage.clock.now))
        assert len(await stage.deliveries()) == 4


async def test_the_answer_leaves_in_quiet_hours_too(stage: SmsStage) -> None:
    stage.clock.now += 12 * 3600  # midnight
    await arrive(stage, text_of(REQUEST, at=stage.clock.now))
    (delivery,) = await stage.deliveries()
    assert delivery.due_at == stage.clock.now


async def test_guided_accounts_ask_for_what_is_missing(tmp_path: Path) -> None:
    async with open_sms(tmp_path, guided=True) as stage:
        await arrive(stage, text_of("路灯坏了三天没有人修理"))
        assert "在哪里" in (await said(stage))[0]


def test_folding_leaves_the_word_alone() -> None:
    assert fold(" Ｔ d\u3000") == "td"
    assert fold("退订。") == "退订。"
