"""From an independent short message centre (Perl's Net::SMPP) to tickets and back, with the real ledger."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.port import Arrived, Inbox, PartOf, Told
from gateway.channels.sms.udh import header
from tests.channels.sms.smpp.smsc import CITIZEN, HOTLINE, PASSWORD, Line, Scene, account, bound, hotline, smsc

LONG = "美兰区人民大道68号小区门口的路灯坏了三天，晚上很不安全，请派人来修。😀" * 6


def ucs2(text: str) -> bytes:
    return text.encode("utf-16-be")


def halves(text: str, bits: Any = 8, reference: int = 7) -> list[bytes]:
    data = ucs2(text)
    bodies = [data[start : start + 132] for start in range(0, len(data), 132)]
    return [header(PartOf(reference, bits, len(bodies), n)) + body for n, body in enumerate(bodies, 1)]


class Away:
    """An inbox that cannot keep the next ``times``: the ledger is away."""

    def __init__(self, inbox: Inbox, times: int) -> None:
        self._inbox, self.times, self.tries = inbox, times, 0

    async def arrived(self, message: Arrived) -> None:
        self._fail()
        await self._inbox.arrived(message)

    async def told(self, report: Told) -> None:
        self._fail()
        await self._inbox.told(report)

    def _fail(self) -> None:
        self.tries += 1
        if self.times > 0:
            self.times -= 1
            raise OSError("the ledger is away")


async def contents(at: Scene) -> list[str]:
    return [ticket.content for ticket in await at.sms.tickets()]


async def kept(at: Scene, count: int) -> list[str]:
    await at.smsc.until(lambda: at.smsc.acknowledged >= count)
    return await contents(at)


async def sent(at: Scene) -> list[Line]:
    """The parts that the centre took, as it told them."""
    return await at.smsc.count("submit", int(at.link.figures()["sms_link_taken"]))


async def test_a_message_becomes_a_ticket_its_receipt_is_sent_and_reported_delivered(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        (one,) = at.smsc.of("bind")
        told = {"status": "0", "system_id": "hn12345", "password": PASSWORD, "system_type": "", "version": "34"}
        assert one.words[0] == "transceiver"
        assert one.fields == told
        await at.smsc.send(ucs2("人民大道路灯坏了😀"))
        assert await kept(at, 1) == ["人民大道路灯坏了😀"]
        await at.sms.deliver()
        parts = await sent(at)
        (ticket,) = await at.sms.tickets()
        text = b"".join(one.octets[6 if one.fields["esm_class"] == "64" else 0 :] for one in parts).decode("utf-16-be")
        assert text.startswith("【海南12345】")
        assert str(ticket.ticket_no) in text
        named = {(one.fields["from"], one.fields["to"], one.fields["registered_delivery"]) for one in parts}
        assert named == {(HOTLINE, CITIZEN, "1")}
        for one in parts:
            await at.smsc.report(one.fields["id"])
        await kept(at, 1 + len(parts))
        await at.sms.channel.sweep()
        (delivery,) = await at.sms.deliveries()
        assert delivery.state == "delivered"


@pytest.mark.parametrize(
    ("spelt", "reported"),
    [("%d", "%d"), ("%X", "%d"), ("%08x", "%d"), ("%d", "%X"), ("%d", "%010d"), ("msg-%d", "MSG-%d")],
)
async def test_a_report_finds_its_message_however_its_id_is_spelt(tmp_path: Path, spelt: str, reported: str) -> None:
    async with hotline(tmp_path, signature="") as at:
        await at.smsc.order("ids", spelt)
        await at.smsc.send(ucs2("路灯坏了"))
        await kept(at, 1)
        await at.sms.deliver()
        parts = await sent(at)
        for one in parts:
            await at.smsc.report(reported % int(one.fields["number"]), "UNDELIV")
        await kept(at, 1 + len(parts))
        (delivery,) = await at.sms.deliveries()
        assert delivery.error == "UNDELIV"


async def test_a_report_is_found_in_the_ledger_after_a_restart_too(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.order("ids", "%X")
        await at.smsc.send(ucs2("路灯坏了"))
        await kept(at, 1)
        await at.sms.deliver()
        parts = await sent(at)
        for one in at.link.carriers:  # what is remembered in memory is gone
            one._speaks.ids._given.clear()  # type: ignore[attr-defined]
        for one in parts:
            await at.smsc.report(one.fields["number"])
        await kept(at, 1 + len(parts))
        await at.sms.channel.sweep()
        (delivery,) = await at.sms.deliveries()
        assert delivery.state == "delivered"


@pytest.mark.parametrize(
    ("coding", "data", "text"),
    [
        (0, b"\x00 light \x1be", "@ light €"),
        (1, b"street light", "street light"),
        (3, "café".encode("latin-1"), "café"),
        (8, ucs2("路灯"), "路灯"),
        (15, "路灯坏了".encode("gb18030"), "路灯坏了"),
        (0xF1, b"class 1", "class 1"),
    ],
)
async def test_texts_are_read_by_the_format_field(tmp_path: Path, coding: int, data: bytes, text: str) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.send(data, coding)
        assert await kept(at, 1) == [text]


async def test_a_payload_and_a_data_sm_are_messages_too(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.send(message_payload=ucs2(LONG))
        await at.smsc.send(command="data_sm", message_payload=ucs2("用data_sm发来"), source_addr="13900000000")
        assert sorted(await kept(at, 2)) == sorted([LONG, "用data_sm发来"])
        assert len(at.smsc.of("data_sm_resp")) == 1


@pytest.mark.parametrize("bits", [8, 16])
async def test_parts_out_of_order_are_one_ticket(tmp_path: Path, bits: int) -> None:
    async with hotline(tmp_path) as at:
        parts = halves(LONG, bits)
        for part in reversed(parts):
            await at.smsc.send(part, esm_class=0x40)
        assert await kept(at, len(parts)) == [LONG]


async def test_parts_by_parameters_are_one_ticket(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        for n, text in ((2, "号楼路灯坏了"), (1, "人民大道三")):
            sar = {"sar_msg_ref_num": b"\1\2", "sar_total_segments": b"\2", "sar_segment_seqnum": bytes((n,))}
            await at.smsc.send(ucs2(text), **sar)
        assert await kept(at, 2) == ["人民大道三号楼路灯坏了"]


async def test_port_addressed_data_opens_no_ticket_and_is_answered(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.send(b"\6\5\4\x0b\x84\x23\xf0push", 4, esm_class=0x40)
        assert await kept(at, 1) == []


async def test_dropped_it_binds_again_and_parts_before_and_after_are_one_ticket(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        first, *others = halves(LONG)
        await at.smsc.send(first, esm_class=0x40)
        await kept(at, 1)
        await at.smsc.order("drop")
        await at.smsc.count("bind", 2)
        for part in others:
            await at.smsc.send(part, esm_class=0x40)
        assert await kept(at, 1 + len(others)) == [LONG]


async def test_long_messages_of_many_shuffled_and_dropped_midway_are_one_ticket_each(tmp_path: Path) -> None:
    people = [f"1380000{n:04d}" for n in range(8)]
    async with hotline(tmp_path) as at:
        parts = [(person, part) for n, person in enumerate(people) for part in halves(f"{n}号楼：{LONG}", reference=7)]
        random.Random(7).shuffle(parts)
        for n, (person, part) in enumerate(parts):
            await at.smsc.send(part, esm_class=0x40, source_addr=person)
            if n in (9, 17):
                await at.smsc.order("drop")
        await at.smsc.until(lambda: at.smsc.acknowledged and at.smsc.of("deliver_sm_resp")[-1].fields["pending"] == "0")
        assert sorted(await contents(at)) == [f"{n}号楼：{LONG}" for n in range(8)]


async def test_what_the_ledger_does_not_keep_is_not_acknowledged_and_comes_again(tmp_path: Path) -> None:
    away: list[Away] = []

    def wrap(inbox: Inbox) -> Away:
        away.append(Away(inbox, 4))
        return away[0]

    async with hotline(tmp_path, wrap, patience_s=0.15) as at:
        await at.smsc.send(ucs2("路灯坏了"))
        await at.smsc.count("unbind", 1)
        await at.smsc.count("bind", 2)
        assert await kept(at, 1) == ["路灯坏了"]
        told = [one.what for one in at.smsc.told]
        assert told.index("unbind") < told.index("deliver_sm_resp")
        assert len(at.smsc.of("deliver_sm_resp")) == 1
        assert away[0].tries > 4


async def test_a_repeat_after_a_lost_answer_is_one_ticket_and_the_same_words_later_are_another(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.send(ucs2("好"))
        await kept(at, 1)
        await at.smsc.order("drop")
        await at.smsc.count("bind", 2)
        await at.smsc.send(ucs2("好"))  # with another sequence number, on another connection
        assert len(await kept(at, 2)) == 1
        at.sms.clock.now += 601
        await at.smsc.send(ucs2("好"))
        await kept(at, 3)
        texts = [message.message.text for ticket in await at.sms.tickets() for message in await at.sms.messages(ticket)]
        assert texts == ["好", "好"]


async def test_the_same_words_after_our_answer_on_the_same_connection_are_heard(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.send(ucs2("1"))
        await kept(at, 1)
        await at.smsc.send(ucs2("1"))  # at once: the network's doing
        await kept(at, 2)
        at.sms.clock.now += 15
        await at.smsc.send(ucs2("1"))
        await kept(at, 3)
        texts = [message.message.text for ticket in await at.sms.tickets() for message in await at.sms.messages(ticket)]
        assert texts == ["1", "1"]


async def test_what_cannot_be_read_is_a_ticket_and_blocks_nobody(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        body = b"\0\1\1" + CITIZEN.encode() + b"\0\1\1" + HOTLINE.encode() + b"\0\0\0\0\0\0\1\0\x08\0\xff" + b"short"
        broken = (16 + len(body)).to_bytes(4) + (5).to_bytes(4) + bytes(4) + (77).to_bytes(4) + body
        await at.smsc.order("raw", broken.hex())
        await at.smsc.send(ucs2("路灯坏了"))
        await kept(at, 2)
        flags = [
            "unreadable" in message.message.flags
            for ticket in await at.sms.tickets()
            for message in await at.sms.messages(ticket)
        ]
        assert sorted(flags) == [False, True]


async def test_what_is_not_served_is_told_so_and_enquiries_are_answered(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.order("raw", "00000010000000030000000000000009")  # query_sm
        (nack,) = await at.smsc.count("generic_nack", 1)
        assert nack.fields == {"seq": "9", "status": "3"}
        await at.smsc.order("enquire")
        await at.smsc.count("enquire_link_resp", 1)


async def test_unbound_by_the_centre_it_binds_again(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.order("unbind")
        await at.smsc.count("unbind_resp", 1)
        await at.smsc.count("bind", 2)


async def test_a_centre_that_does_not_answer_the_bind_is_left_for_a_new_connection(tmp_path: Path) -> None:
    async with smsc() as centre:
        await centre.order("mute", "bind", "1")
        async with account(tmp_path, centre, login_s=0.1):
            await centre.count("bind", 1)
            assert len(centre.of("muted")) == 1


async def test_a_refused_bind_is_said_in_words_and_tried_again(tmp_path: Path) -> None:
    async with smsc() as centre:
        await centre.order("bind", "14", "-1")
        async with account(tmp_path, centre) as sms:
            await centre.count("bind", 2)
            assert "密码错 / invalid password" in sms.link.why
            await centre.order("bind", "0", "0")
            await bound(sms, centre)
            refusals = int(sms.link.figures()["sms_link_refusals"])
            await centre.until(lambda: centre.of("bind")[-1].fields["status"] == "0")
            assert len(centre.of("bind")) == refusals + 1


async def test_silence_is_broken_by_enquire_link(tmp_path: Path) -> None:
    async with hotline(tmp_path, active_s=0.05) as at:
        await at.smsc.count("enquire_link", 2)
        assert len(at.smsc.of("bind")) == 1


async def test_a_transmitter_and_a_receiver_share_the_work(tmp_path: Path) -> None:
    async with hotline(tmp_path, bind="pair") as at:
        assert sorted(one.words[0] for one in at.smsc.of("bind")) == ["receiver", "transmitter"]
        await at.smsc.send(ucs2("路灯坏了"))
        assert await kept(at, 1) == ["路灯坏了"]
        assert len(await at.link.submit(CITIZEN, "hi", "d1")) == 1


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (0x58, Retryable, "限速"),
        (0x14, Retryable, "队列已满"),
        (0x0B, Permanent, "接收号码错"),
        (0x401, Retryable, "自定义"),
    ],
)
async def test_a_refused_message_is_said_in_words(tmp_path: Path, status: int, kind: Any, words: str) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.order("submit", str(status), "1")
        with pytest.raises(kind, match=words) as refused:
            await at.link.submit(CITIZEN, "hi", "d1")
        assert status != 0x58 or refused.value.after_s == 5.0
        assert len(await at.link.submit(CITIZEN, "hi", "d1")) == 1


async def test_long_texts_leave_in_parts_with_a_header_and_short_ones_in_seven_bits(tmp_path: Path) -> None:
    async with hotline(tmp_path, target_prefix="86", target_ton=1) as at:
        assert len(await at.link.submit(CITIZEN, LONG, "d1")) == 4
        assert len(await at.link.submit(CITIZEN, "price [€]", "d2")) == 1
        *long, short = await sent(at)
        assert [one.octets[:3] for one in long] == [b"\5\0\3"] * 4
        assert b"".join(one.octets[6:] for one in long).decode("utf-16-be") == LONG
        assert {one.fields["esm_class"] for one in long} == {"64"}
        assert (short.octets, short.fields["data_coding"]) == (b"price \x1b<\x1be\x1b>", "0")
        assert (short.fields["to"], short.fields["dest_addr_ton"]) == ("86" + CITIZEN, "1")


async def test_a_message_without_an_answer_goes_again_on_the_next_connection(tmp_path: Path) -> None:
    async with hotline(tmp_path) as at:
        await at.smsc.order("mute", "submit", "1")
        sending = asyncio.create_task(at.link.submit(CITIZEN, "hi", "d1"))
        await at.smsc.count("muted", 1)
        await at.smsc.order("drop")
        assert len(await sending) == 1
