from __future__ import annotations

import json

import aiohttp
import pytest

from gateway.channels.partner.channel import PartnerChannel
from gateway.channels.partner.gate import MOST_BODY, PartnerGate
from gateway.channels.partner.wire import signed_headers
from tests.channels.door_stage import START, Stage, asked, serving
from tests.channels.partner.partners import partner, police
from tests.fakes.partner import FakePartner

BODY = json.dumps({"caseNumber": "J-1", "caseText": "打架"}).encode()


@pytest.fixture
def gate(stage: Stage) -> PartnerGate:
    one_way = partner(number="119", data="one_way", push={"in_secret": ""})
    unasked = partner(number="12315", push={"in_secret": ""})
    return PartnerGate(
        [
            PartnerChannel(police(), stage.means, http=stage.http, in_secret=FakePartner.in_secret),
            PartnerChannel(one_way, stage.means, http=stage.http, in_secret="x"),
            PartnerChannel(unasked, stage.means, http=stage.http),
        ],
        others=("12388",),
    )


async def enter(gate: PartnerGate, number: str, headers: dict[str, str], body: bytes = BODY, what: str = "tickets"):
    door = next(door for door in gate.doors() if door.path.endswith(what))
    answer = await door.receive(asked("POST", f"/partners/{number}/{what}", body, headers, number=number))
    return answer.status, json.loads(answer.body)


def signed(at: float = START, body: bytes = BODY, secret: str = FakePartner.in_secret) -> dict[str, str]:
    return signed_headers(secret, "hmac-sha256", "msg_1", int(at), body)


@pytest.mark.parametrize("what", ["tickets", "feedback"])
@pytest.mark.parametrize(
    ("number", "status"), [("999", 404), ("", 404), ("12388", 403), ("119", 403), ("12315", 403), ("110", 401)]
)
async def test_who_may_not_come_in_is_told_why(gate, stage, what, number, status):
    assert (await enter(gate, number, {}, what=what))[0] == status
    assert await stage.ledger.last_sequence() == 0


@pytest.mark.parametrize(
    "headers",
    [
        signed(START - 301),
        signed(START + 301),
        signed(body=b"another"),
        signed(secret="another"),
        {**signed(), "webhook-id": "msg_2"},
    ],
)
async def test_a_wrong_or_old_signature_is_401_and_nothing_is_kept(gate, stage, headers):
    status, answer = await enter(gate, "110", headers)
    assert status == 401
    assert FakePartner.in_secret not in json.dumps(answer)
    assert await stage.tickets() == []


async def test_a_replay_within_the_window_does_no_harm(gate, stage):
    answers = [await enter(gate, "110", signed()) for _ in range(3)]
    assert {status for status, _ in answers} == {200}
    assert len(await stage.tickets()) == 1


async def test_the_doors_say_what_they_are(gate):
    tickets, feedback = gate.doors()
    assert (tickets.path, feedback.path) == ("/partners/{number}/tickets", "/partners/{number}/feedback")
    assert all(door.method == "POST" and door.max_body == MOST_BODY and door.summary for door in gate.doors())


async def test_a_partners_platform_speaks_with_us_both_ways(stage: Stage):
    """The whole way on real sockets: they push a case, we push a ticket, they acknowledge it."""
    async with FakePartner(number_field="caseNumber").running() as fake:
        config = police(url=f"{fake.base}/cases")
        channel = PartnerChannel(config, stage.means, http=stage.http, secret=fake.secret, in_secret=fake.in_secret)
        async with serving(PartnerGate([channel]).doors(), stage.clock) as base, aiohttp.ClientSession() as http:
            url, at = f"{base}/partners/110", stage.clock.now
            status, opened = await fake.push(http, f"{url}/tickets", {"caseNumber": "J", "caseText": "打架"}, at, "a")
            assert status == 200
            push = await stage.service.push(opened["ticket_no"], "110", "A001")
            await channel.send(push, None)
            case = fake.taken[push.id]
            assert (case["caseNumber"], case["hotlineNumber"]) == ("J", opened["ticket_no"])
            said = {"hotlineNumber": case["hotlineNumber"], "state": "签收"}
            status, answer = await fake.push(http, f"{url}/feedback", said, at, "b")
            assert (status, answer["state"]) == (200, "acknowledged")
            (delivery,) = await stage.ledger.deliveries(kind="push")
            assert delivery.state == "delivered"
