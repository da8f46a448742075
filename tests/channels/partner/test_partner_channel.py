from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.channels.partner import channel as channel_module
from gateway.channels.partner.channel import PartnerChannel
from gateway.channels.port import Permanent, Retryable
from gateway.guard import GuardConfig, guarded_session
from gateway.model.messages import Attachment, Delivery, KeptAttachment
from gateway.model.records import Ticket
from gateway.tickets.ports import TicketDraft
from tests.channels.door_stage import START, Stage
from tests.channels.partner.partners import partner, police
from tests.fakes.partner import FakePartner


@pytest.fixture
async def fake() -> AsyncIterator[FakePartner]:
    async with FakePartner(number_field="caseNumber").running() as running:
        yield running


@pytest.fixture
async def channel(stage: Stage, fake: FakePartner) -> PartnerChannel:
    config = police(url=f"{fake.base}/cases")
    return PartnerChannel(config, stage.means, http=stage.http, secret=fake.secret, in_secret=fake.in_secret)


@pytest.fixture
async def ticket(stage: Stage) -> Ticket:
    fields = {"content": "邻居打架", "address": "和平大道1号"}
    draft = TicketDraft("wechat", "460000", START, START, account="hainan", fields=fields)
    opened, _ = await stage.ledger.write(lambda tx: tx.open_ticket(draft, "k"))
    return opened


@pytest.fixture
async def push(stage: Stage, ticket: Ticket) -> Delivery:
    return await stage.service.push(ticket.ticket_no, "110", "A001")


async def test_a_push_is_signed_taken_and_its_number_kept(channel, fake, push, ticket, stage):
    sent = await channel.send(push, None)
    assert (sent.external_id, sent.final) == ("P-0001", False)
    assert fake.taken[push.id]["hotlineNumber"] == ticket.ticket_no
    assert fake.taken[push.id]["caseText"] == "邻居打架"
    after = await stage.ledger.ticket(ticket.ticket_no)
    assert after is not None
    assert after.external_nos == {"110": "P-0001"}
    event = (await stage.events("hotline.ticket.updated"))[-1]
    assert event.data["external_nos"] == {"110": "P-0001"}
    assert event.data["revision"] == after.revision


async def test_a_retry_is_the_same_push_and_changes_nothing(channel, fake, push, ticket, stage):
    await channel.send(push, None)
    before = await stage.ledger.ticket(ticket.ticket_no)
    assert (await channel.send(push, None)).external_id == "P-0001"
    assert fake.tries == [push.id, push.id]
    assert len(fake.taken) == 1
    assert await stage.ledger.ticket(ticket.ticket_no) == before


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
async def test_what_the_partner_refuses_is_permanent(channel, fake, push, status):
    fake.answers.append((status, "{}", {}))
    with pytest.raises(Permanent, match=f"公安报警服务台 answered {status}"):
        await channel.send(push, None)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(channel, fake, push, status):
    fake.answers.append((status, "", {"Retry-After": "9"}))
    with pytest.raises(Retryable) as caught:
        await channel.send(push, None)
    assert caught.value.after_s == 9


async def test_a_redirect_is_not_followed(channel, fake, push):
    fake.answers.append((302, "", {"Location": f"{fake.base}/elsewhere"}))
    with pytest.raises(Permanent, match="answered 302"):
        await channel.send(push, None)
    assert len(fake.tries) == 1


async def test_known_already_with_its_number_counts_as_taken(channel, fake, push):
    fake.answers.append((409, '{"caseNumber": "J-9"}', {}))
    assert (await channel.send(push, None)).external_id == "J-9"


async def test_200_that_says_it_failed_is_tried_again(channel, fake, push):
    fake.answers.append((200, '{"success": false, "msg": "系统繁忙"}', {}))
    with pytest.raises(Retryable):
        await channel.send(push, None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('{"data": {"caseNumber": 77}}', "77"),
        ('{"external_no": "x"}', "x"),
        ("OK", ""),
        ("[1]", ""),
        ('{"caseNumber": true}', ""),
        ('"' + "x" * 100_000 + '"', ""),
    ],
)
async def test_any_answer_that_is_200_is_taken(channel, fake, push, text, number):
    fake.answers.append((200, text, {}))
    assert (await channel.send(push, None)).external_id == number


async def test_a_partner_that_hangs_is_given_up_within_the_limit(channel, fake, push, monkeypatch):
    monkeypatch.setattr(channel_module, "_LIMIT_S", 0.05)
    fake.hang = True
    with pytest.raises(Retryable, match="TimeoutError"):
        await asyncio.wait_for(channel.send(push, None), 60)


async def test_a_partner_that_is_away_is_tried_again(channel, stage, push):
    config = police(url="http://127.0.0.1:1/cases")
    away = PartnerChannel(config, stage.means, http=stage.http, secret="s")
    with pytest.raises(Retryable, match="could not be reached"):
        await away.send(push, None)


async def test_the_address_guard_holds(stage, fake, push):
    async with guarded_session(GuardConfig()) as guarded:
        inside = PartnerChannel(police(url=f"{fake.base}/cases"), stage.means, http=guarded, secret="s")
        with pytest.raises(Permanent, match="loopback"):
            await inside.send(push, None)
    assert fake.tries == []


async def test_nothing_is_sent_without_an_address_or_a_ticket(stage, channel, push):
    without = PartnerChannel(police(), stage.means, http=stage.http)
    with pytest.raises(Permanent, match="no push address"):
        await without.send(push, None)
    with pytest.raises(Permanent, match="there is no ticket"):
        await channel.send(replace(push, ticket_no="460000-20261121-0000099"), None)


async def test_a_reply_to_their_ticket_goes_to_the_feedback_address(stage, fake, ticket):
    config = partner(push={"feedback_url": f"{fake.base}/cases"})
    channel = PartnerChannel(config, stage.means, http=stage.http, secret=fake.secret)
    delivery = Delivery("d1", "reply", ticket.ticket_no, "partner", "95598", "95598", START, text="已恢复供电")
    sent = await channel.send(delivery, None)
    assert (sent.external_id, sent.final) == ("", True)
    assert fake.taken["d1"]["result"] == "已恢复供电"
    with pytest.raises(Permanent, match="no push address"):
        await channel.send(replace(delivery, kind="push"), None)


async def test_their_files_are_fetched(channel, fake):
    def wanted(name: str) -> KeptAttachment:
        file = Attachment("a", name, state="wanted", source={"url": f"{fake.base}/files/{name}"})
        return KeptAttachment(file, "m", "", "partner", "110")

    fetched = await channel.fetch(wanted("77.mp3"))
    assert (fetched.body, fetched.content_type) == (b"bytes of 77.mp3", "audio/mpeg")
    with pytest.raises(Permanent):
        await channel.fetch(wanted("404"))


async def test_it_has_no_doors_of_its_own_and_no_work_in_the_background(channel):
    assert channel.doors() == ()
    await asyncio.wait_for(channel.run(), 30)
