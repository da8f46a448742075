"""An SMS account on a real ledger: one request is one ticket with one receipt, whatever the carrier does."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.port import PartOf
from gateway.channels.sms.reading import read_raw
from gateway.ledger.errors import LedgerUnavailable
from gateway.model.messages import Delivery
from tests.channels.door_stage import START
from tests.channels.sms.sms_stage import CITIZEN, SmsStage, arrive, open_sms, parts_of, text_of

LONG = "海口市美兰区和平大道路口的路灯坏了三天没有人修，晚上过马路很危险，请尽快派人处理。" * 5


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SmsStage]:
    async with open_sms(tmp_path) as opened:
        yield opened


async def kept_of(stage: SmsStage) -> list[Any]:
    """All messages, with or without a ticket."""
    ids = [e.data["message_id"] for e in await stage.stage.events() if "message_id" in e.data]
    return [await stage.stage.ledger.message(id) for id in ids]


# -- one SMS -----------------------------------------------------------------------------------------------------------


async def test_a_text_is_a_ticket_with_a_receipt(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了三天，请派人修理"))
    (ticket,) = await stage.tickets()
    assert (ticket.channel, ticket.calling_number, ticket.content) == (
        "sms", CITIZEN, "和平大道路灯坏了三天，请派人修理",
    )  # fmt: skip
    await stage.deliver()
    ((target, text, _),) = stage.link.sent
    assert target == CITIZEN
    assert text.startswith("【海南12345】已收到。")
    assert ticket.ticket_no in text
    assert ticket.query_code in text


async def test_the_carriers_repeat_is_neither_a_second_ticket_nor_a_second_receipt(stage: SmsStage) -> None:
    text = text_of("和平大道路灯坏了三天，请派人修理")
    await arrive(stage, text, text)
    await arrive(stage, text, text, at_once=True)
    assert len(await stage.tickets()) == 1
    assert len(await stage.deliveries()) == 1


async def test_the_receipt_is_written_with_its_ticket_or_not_at_all(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了三天，请派人修理"))
    (ticket,) = await stage.tickets()
    (delivery,) = await stage.deliveries()
    (reply,) = await stage.stage.ledger.replies(ticket.ticket_no)
    assert (delivery.reply_id, delivery.due_at, delivery.target) == (reply.id, START, CITIZEN)
    assert (reply.author, reply.template) == ("system", "received_sms")
    assert stage.stage.woken


async def test_what_follows_soon_joins_the_ticket(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了三天，请派人修理"))
    stage.clock.now += 60
    await arrive(stage, text_of("就在二十一小学门口", at=stage.clock.now))
    (ticket,) = await stage.tickets()
    assert len(await stage.messages(ticket)) == 2
    assert "二十一小学" in ticket.content


async def test_the_original_is_kept_and_reads_as_before(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了", key="m1", flags=("odd",), meta={"service": "x"}))
    (ticket,) = await stage.tickets()
    raw = await stage.stage.ledger.raw(ticket.raw_id)
    assert raw is not None
    assert raw.body.startswith(b"PDU")
    (kept,) = await stage.messages(ticket)
    assert read_raw(raw) == kept.message


async def test_port_addressed_data_is_kept_and_opens_nothing(stage: SmsStage) -> None:
    pushed = text_of("", data=b"\x01\x06", coding=4, port=2948, part=PartOf(1, 8, 2, 1))
    await arrive(stage, pushed, pushed)
    assert await stage.tickets() == []
    assert await stage.deliveries() == []
    (kept,) = await kept_of(stage)
    assert (kept.message.kind, kept.message.flags) == ("event", ("port_data",))


async def test_the_account_has_an_area(tmp_path: Path) -> None:
    async with open_sms(tmp_path, area_code="460100") as stage:
        await arrive(stage, text_of("和平大道路灯坏了"))
        (ticket,) = await stage.tickets()
        assert ticket.area_code == "460100"


async def test_a_message_without_a_sender_is_a_ticket_without_an_answer(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了", sender=""), text_of("", sender="", text="", flags=("unreadable",)))
    assert len(await stage.tickets()) == 2
    assert await stage.deliveries() == []


# -- long ones ---------------------------------------------------------------------------------------------------------


async def test_a_long_text_out_of_order_with_repeats_is_one_ticket(stage: SmsStage) -> None:
    pieces = parts_of(LONG)
    again = pieces + pieces
    random.Random(5).shuffle(again)
    await arrive(stage, *again)
    (ticket,) = await stage.tickets()
    assert ticket.content == LONG
    assert len(await stage.deliveries()) == 1


async def test_parts_that_come_at_the_same_moment_are_one_ticket(stage: SmsStage) -> None:
    await arrive(stage, *parts_of(LONG), *parts_of(LONG), at_once=True)
    (ticket,) = await stage.tickets()
    assert ticket.content == LONG


async def test_two_long_texts_of_one_person_within_the_window_are_one_ticket(stage: SmsStage) -> None:
    await arrive(stage, *parts_of(LONG, 1), *parts_of("补充一下，" + LONG, 2))
    (ticket,) = await stage.tickets()
    assert len(await stage.messages(ticket)) == 2


async def test_the_original_of_a_long_text_holds_every_part(stage: SmsStage) -> None:
    pieces = parts_of(LONG)
    await arrive(stage, *reversed(pieces))
    (ticket,) = await stage.tickets()
    raw = await stage.stage.ledger.raw(ticket.raw_id)
    (kept,) = await stage.messages(ticket)
    assert raw is not None
    assert read_raw(raw) == kept.message


async def test_a_gap_is_released_after_the_time_limit_with_its_mark(stage: SmsStage) -> None:
    pieces = parts_of("甲" * 67 + "乙" * 67 + "丙" * 9)
    await arrive(stage, pieces[0], pieces[2])
    stage.clock.now += 119
    await stage.channel.sweep()
    assert await stage.tickets() == []
    stage.clock.now += 1
    await stage.channel.sweep()
    (ticket,) = await stage.tickets()
    assert ticket.content == "甲" * 67 + "……[缺第2条]……" + "丙" * 9
    assert "incomplete" in ticket.flags


async def test_a_part_that_comes_after_the_release_joins_the_ticket(stage: SmsStage) -> None:
    pieces = parts_of("甲" * 67 + "乙" * 67 + "丙" * 9)
    await arrive(stage, pieces[0], pieces[2])
    stage.clock.now += 200
    await stage.channel.sweep()
    stage.clock.now += 36_000
    await arrive(stage, pieces[1], pieces[1], *pieces)
    (ticket,) = await stage.tickets()
    _, second = await stage.messages(ticket)
    assert second.message.text == "[第2条] " + "乙" * 67
    assert await stage.channel.sweep() == 0


async def test_a_late_part_before_anybody_has_looked_joins_too(stage: SmsStage) -> None:
    pieces = parts_of("甲" * 67 + "乙" * 67 + "丙" * 9)
    await arrive(stage, pieces[0], pieces[2])
    stage.clock.now += 200
    await arrive(stage, pieces[1])
    (ticket,) = await stage.tickets()
    assert len(await stage.messages(ticket)) == 2


async def test_a_new_message_under_the_same_reference_is_not_mixed_in(stage: SmsStage) -> None:
    old, new = parts_of("甲" * 67 + "乙" * 9), parts_of("丙" * 67 + "丁" * 9)
    new = [text_of("", key=f"new{n}", data=one.data, part=one.part) for n, one in enumerate(new)]
    await arrive(stage, old[0], *new)
    stage.clock.now += 300
    await stage.channel.sweep()
    texts = {m.message.text for t in await stage.tickets() for m in await stage.messages(t)}
    assert texts == {"甲" * 67 + "……[缺第2条]……", "丙" * 67 + "丁" * 9}


@pytest.mark.parametrize("part", [PartOf(1, 8, 0, 0), PartOf(1, 8, 2, 3), PartOf(1, 16, 3, 0)])
async def test_an_impossible_part_stands_alone_with_a_flag(stage: SmsStage, part: PartOf) -> None:
    await arrive(stage, text_of("和平大道路灯坏了", part=part))
    (ticket,) = await stage.tickets()
    assert "part_impossible" in ticket.flags


async def test_a_part_of_one_is_whole(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了", part=PartOf(1, 8, 1, 1)))
    (ticket,) = await stage.tickets()
    assert ticket.flags == []


async def test_what_was_joined_is_forgotten_after_three_days(stage: SmsStage) -> None:
    await arrive(stage, *parts_of(LONG))
    stage.clock.now += 3 * 86_400 + 1
    assert await stage.channel.sweep() == 1
    assert await stage.channel.sweep() == 0


# -- killed and unlucky ------------------------------------------------------------------------------------------------


async def test_a_complete_message_that_was_not_taken_is_taken_at_the_next_look(
    stage: SmsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if killed between the part's commit and the message's."""
    take = stage.stage.means.intake.take

    async def away(*args: Any) -> Any:
        raise LedgerUnavailable("disk full")

    monkeypatch.setattr(stage.stage.means.intake, "take", away)
    pieces = parts_of(LONG)
    await arrive(stage, *pieces[:-1])
    with pytest.raises(OSError, match="disk full"):
        await stage.channel.arrived(pieces[-1])
    with pytest.raises(OSError, match="disk full"):
        await stage.channel.sweep()
    monkeypatch.setattr(stage.stage.means.intake, "take", take)
    assert await stage.channel.sweep() == 1
    await arrive(stage, *pieces)
    (ticket,) = await stage.tickets()
    assert ticket.content == LONG


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_before_or_after_its_commit_each_message_is_one_ticket(
    stage: SmsStage, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """A carrier repeats what was not acknowledged; every second write fails, half of them only after the commit."""
    rng, write = random.Random(seed), stage.stage.ledger.write

    async def unlucky(work: Any) -> Any:
        luck = rng.random()
        if luck < 0.25:
            raise LedgerUnavailable("before the commit")
        done = await write(work)
        if luck < 0.5:
            raise LedgerUnavailable("after the commit")
        return done

    monkeypatch.setattr(stage.stage.ledger, "write", unlucky)
    texts = {f"1391234567{n}": f"{n}号楼漏水，" * (20 + 15 * n) for n in range(3)}
    queue = [piece for sender, text in texts.items() for piece in parts_of(text, sender=sender)]
    while queue:
        piece = queue.pop(rng.randrange(len(queue)))
        try:
            await stage.channel.arrived(piece)
        except OSError:
            queue.append(piece)
        if rng.random() < 0.1:
            queue.append(piece)
    monkeypatch.setattr(stage.stage.ledger, "write", write)
    stage.clock.now += 400
    await stage.channel.sweep()
    tickets = {ticket.calling_number: ticket for ticket in await stage.tickets()}
    assert len(await stage.tickets()) == len(tickets) == 3
    for sender, text in texts.items():
        (kept,) = await stage.messages(tickets[sender])
        assert kept.message.text == text
    assert len(await stage.deliveries()) == 3


async def test_our_own_mistake_is_kept_as_an_unreadable_ticket(
    stage: SmsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr("gateway.channels.sms.normalise.single", broken)
    monkeypatch.setattr("gateway.channels.sms.normalise.joined", broken)
    await arrive(stage, text_of("路灯坏了"))
    with monkeypatch.context() as context:
        context.setattr(stage.channel._conversing, "hear", broken)
        await arrive(stage, text_of("路灯又坏了", sender="13900000001"))
    assert stage.channel.unread == 2
    assert [ticket.flags for ticket in await stage.tickets()] == [["unreadable"], ["unreadable"]]


async def test_a_whole_that_we_fail_on_is_taken_unread_and_stops_nothing(
    stage: SmsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*args: Any) -> Any:
        raise RuntimeError("a bug")

    with monkeypatch.context() as context:
        context.setattr(stage.channel._conversing, "hear", broken)
        await arrive(stage, *parts_of(LONG))
    assert await stage.channel.sweep() == 0
    (ticket,) = await stage.tickets()
    assert "unreadable" in ticket.flags


async def test_a_ledger_that_is_away_is_told_to_the_carrier(stage: SmsStage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(work: Any) -> Any:
        raise LedgerUnavailable("disk full")

    monkeypatch.setattr(stage.stage.ledger, "write", away)
    for piece in (text_of("路灯坏了"), parts_of(LONG)[0]):
        with pytest.raises(OSError, match="disk full"):
            await stage.channel.arrived(piece)


# -- out ---------------------------------------------------------------------------------------------------------------


def a_delivery(**fields: Any) -> Delivery:
    values = {"id": "d1", "kind": "reply", "ticket_no": "", "channel": "sms", "account": "hainan", "target": CITIZEN}
    return Delivery(**{**values, "created_at": START, "text": "已办结", **fields})


async def test_a_reply_goes_to_who_wrote_and_not_to_a_number_in_the_text(stage: SmsStage) -> None:
    await arrive(stage, text_of("老板13987654321欠薪三个月不给"))
    await stage.deliver()
    (ticket,) = await stage.tickets()
    await stage.stage.service.reply(ticket.ticket_no, "已转人社局", "agent1")
    await stage.deliver()
    assert [target for target, _, _ in stage.link.sent] == [CITIZEN, CITIZEN]


async def test_a_telephone_ticket_is_answered_by_sms_without_a_conversation(stage: SmsStage) -> None:
    sent = await stage.channel.send(a_delivery(), None)
    assert (stage.link.sent[0][0], stage.link.sent[0][1]) == (CITIZEN, "【海南12345】已办结")
    assert (sent.external_id, sent.final) == ("id1-1", False)


@pytest.mark.parametrize("target", ["0898-66668888", "12345", "", "95588"])
async def test_nothing_is_sent_to_what_cannot_receive(stage: SmsStage, target: str) -> None:
    with pytest.raises(Permanent, match="收不到短信"):
        await stage.channel.send(a_delivery(target=target), None)
    assert stage.link.sent == []


async def test_an_empty_reply_is_refused_and_a_links_refusal_handed_on(stage: SmsStage) -> None:
    with pytest.raises(Permanent, match="为空"):
        await stage.channel.send(a_delivery(text="  "), None)
    stage.link.fails = [Retryable("busy", 5.0)]
    with pytest.raises(Retryable, match="busy"):
        await stage.channel.send(a_delivery(), None)
    with pytest.raises(Permanent, match="附件"):
        await stage.channel.fetch(None)  # type: ignore[arg-type]


async def test_the_ledger_being_away_after_the_sending_does_not_send_again(
    stage: SmsStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(work: Any) -> Any:
        raise LedgerUnavailable("disk full")

    monkeypatch.setattr(stage.stage.ledger, "write", away)
    sent = await stage.channel.send(a_delivery(text="好" * 100), None)
    assert sent.external_id == "id1-2"


async def test_the_time_to_answer_is_measured_against_three_minutes(stage: SmsStage) -> None:
    await arrive(stage, text_of("和平大道路灯坏了"))
    stage.clock.now += 12
    await stage.deliver()
    await arrive(stage, text_of("凤翔路井盖丢了", sender="13900000001", at=stage.clock.now))
    stage.clock.now += 181
    await stage.deliver()
    figures = stage.channel.figures()
    assert (figures["sms_answers_in_time"], figures["sms_answers_late"]) == (1, 1)
    assert figures["sms_answer_seconds"] == pytest.approx(193)
