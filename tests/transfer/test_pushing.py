"""The ticket that goes with a transfer: which, on the INVITE, and why nothing was sent."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.ids import CallId, SeatId, TicketNo
from gateway.model.transfers import TicketRef, Transfer
from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Press, Refusal, Target
from gateway.transfer.pushing import Pushing, headers_of, lacks_ticket
from tests.transfer.telephone import a_talk, a_transfer

NUMBER = TicketNo("460000-20261121-0000001")
PUSH = {"url": "https://110.example/cases", "secret": "made:partner-110-out"}


def partner(data: str = "both_ways", **push: Any) -> PartnerConfig:
    said = {"number": "110", "name": "公安", "mode": "three_way", "data": data, "push": push}
    return PartnerConfig.model_validate(said)


class Exchange:
    """The tickets' side. ``known`` are the tickets that there are."""

    def __init__(self, known: tuple[str, ...] = (NUMBER,)) -> None:
        self.known, self.pushed, self.woken = known, [], 0  # type: ignore[var-annotated]

    async def ticket_for(self, call: CallId, ticket_no: str, partner: str) -> TicketRef | None:
        number = ticket_no or (self.known[0] if self.known else "")
        return TicketRef(TicketNo(number), f"A-1 of {partner}") if number in self.known else None

    async def push(self, tx: Any, ticket_no: str, partner: str, author: str, call: CallId) -> str:
        self.pushed.append((ticket_no, partner, author, call))
        return "d1" if ticket_no in self.known else ""

    def wake(self) -> None:
        self.woken += 1


class Written:
    """A ledger; ``newer``: it has a newer version of everything."""

    def __init__(self) -> None:
        self.saved, self.newer = [], False  # type: ignore[var-annotated]

    async def write(self, work: Any) -> Any:
        return await work(self)

    async def save_transfer(self, transfer: Transfer) -> bool:
        if not self.newer:
            self.saved.append(transfer)
        return not self.newer


def press(ticket_no: str = "") -> Press:
    return Press("k1", SeatId("A001"), Target("partner", "110"), ticket_no=ticket_no)  # type: ignore[arg-type]


async def test_the_ticket_is_the_one_named_else_the_calls_own() -> None:
    pushing = Pushing(Exchange())
    assert await pushing.ticket(press(NUMBER), a_talk()) == await pushing.ticket(press(), a_talk())
    with pytest.raises(Refusal) as refused:
        await pushing.ticket(press("460000-20261121-0000009"), a_talk())
    assert (refused.value.kind, refused.value.field) == ("unknown", "ticket_no")
    assert await Pushing(Exchange(())).ticket(press(), a_talk()) is None
    assert await Pushing(None).ticket(press(NUMBER), a_talk()) == TicketRef(NUMBER)


@pytest.mark.parametrize(
    ("to", "number", "says"),
    [
        (partner("none"), NUMBER, "不交换"), (partner(), NUMBER, "未配置推送地址"), (partner(**PUSH), "", "尚无工单"),
    ],
)  # fmt: skip
async def test_a_press_without_a_push_says_why(to: PartnerConfig, number: str, says: str) -> None:
    exchange = Exchange()
    tied = await Pushing(exchange).push(None, a_transfer("three_way", ticket_no=number), to, "agent1")
    assert tied.delivery == "" and says in tied.push_why and exchange.pushed == []
    Pushing(exchange).written(tied)
    assert exchange.woken == 0


@pytest.mark.parametrize("data", ["both_ways", "one_way", "copy"])
async def test_every_way_that_sends_sends_and_is_tied(data: str) -> None:
    exchange = Exchange()
    tied = await Pushing(exchange).push(
        None, a_transfer("three_way", ticket_no=NUMBER), partner(data, **PUSH), "agent1"
    )
    assert (tied.delivery, tied.push_why, exchange.pushed) == ("d1", "", [(NUMBER, "110", "agent1", "c1")])
    Pushing(exchange).written(tied)
    assert exchange.woken == 1


async def test_a_ticket_that_has_gone_meanwhile_and_a_gateway_without_pushes_say_so() -> None:
    gone = a_transfer("three_way", ticket_no=TicketNo("460000-20261121-0000009"))
    assert "尚无工单" in (await Pushing(Exchange()).push(None, gone, partner(**PUSH), "agent1")).push_why
    assert "未启用" in (await Pushing(None).push(None, gone, partner(**PUSH), "agent1")).push_why
    assert (await Pushing(None).push(None, gone, None, "agent1")).push_why == ""


async def test_a_transfer_that_went_without_a_ticket_finds_the_one_there_is_by_now() -> None:
    bare = await Pushing(Exchange(())).push(None, a_transfer("three_way"), partner(**PUSH), "agent1")
    to, ledger = partner(**PUSH), Written()
    late: Any = ledger
    assert lacks_ticket(bare) and await Pushing(Exchange(())).push_late(late, bare, to) is None
    assert await Pushing(None).push_late(late, bare, to) is None and ledger.saved == []
    tied = await Pushing(Exchange()).push_late(late, bare, to)
    assert tied is not None and ledger.saved == [tied] and tied.version == bare.version + 1
    assert (tied.ticket_no, tied.delivery, tied.push_why, lacks_ticket(tied)) == (NUMBER, "d1", "", False)
    ledger.newer = True
    assert await Pushing(Exchange()).push_late(late, bare, to) is None, "it has moved on meanwhile"
    unwanted = await Pushing(Exchange()).push(None, a_transfer("three_way"), partner("none"), "agent1")
    assert not lacks_ticket(unwanted) and await Pushing(Exchange()).push_late(late, unwanted, to) is None


def test_the_invite_holds_names_and_nothing_that_could_end_a_header() -> None:
    talk = a_talk()
    assert headers_of(talk, TicketRef(NUMBER, "A-1"), "t1") == {
        "X-Call-Id": "c1", "X-Transfer-Id": "t1", "X-Entry-Number": "12345", "X-Ticket-No": NUMBER, "X-Case-No": "A-1",
    }  # fmt: skip
    for strange in ("A\r\nX: 1", "警情 1", "a,b", ""):
        assert "X-Case-No" not in headers_of(talk, TicketRef(NUMBER, strange), "t1")
    assert "X-Ticket-No" not in headers_of(talk, None, "t1")
