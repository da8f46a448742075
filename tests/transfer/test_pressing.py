"""From a press to the record that the machine begins with (what is refused: test_service.py, test_registry.py)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.ids import CallId, SeatId, TicketNo
from gateway.model.transfers import Talk, TicketRef
from gateway.transfer.config import PartnerConfig
from gateway.transfer.ports import Press, Refusal, Target
from gateway.transfer.pressing import Desk, House
from gateway.transfer.registry import Registry
from tests.transfer.telephone import T0, a_talk, a_transfer

PARTNERS = (
    PartnerConfig(number="961017", name="扶贫", mode="consult", trunk="county", answer_s=45),
    PartnerConfig(number="12348", name="法律", mode="queue", queue="legal"),
)


class Talks:
    def __init__(self, talk: Talk | None) -> None:
        self.talk = talk

    def at_seat(self, seat: SeatId) -> Talk | None:
        return self.talk

    def seat_of_call(self, call: CallId) -> SeatId | None:
        return None

    def interface_of(self, seat: SeatId) -> str | None:
        return f"PJSIP/80{seat[-2:]}"

    def is_free(self, seat: SeatId) -> bool:
        return True


def desk(talk: Talk | None = None) -> Desk:
    house = House(lambda: {"legal"}, lambda: {"night"}, caller_id=lambda: "0898", seat_ring_s=15)
    return Desk(Talks(talk), Registry(PARTNERS, lambda _name, _at: True), house)


def made(kind: Any, value: str, talk: Talk | None = None, **fields: Any) -> Any:
    return desk().transfer(Press("k", SeatId("A001"), Target(kind, value), **fields), talk or a_talk(), T0)


def test_a_partner_is_dialled_over_its_trunk_under_our_number() -> None:
    one = made("partner", "961017", login="agent1")
    assert (one.mode, one.endpoint, one.ring_s, one.partner) == ("consult", "PJSIP/961017@county", 45, "961017")
    assert one.more["caller_number"] == "0898" and one.more["login"] == "agent1" and one.started_at == T0
    assert "X-Ticket-No" not in one.more["headers"]


def test_a_partner_in_a_queue_of_ours_is_no_telephone() -> None:
    one = made("partner", "12348")
    assert (one.mode, one.target, one.partner, one.endpoint) == ("queue", "legal", "12348", "")


@pytest.mark.parametrize(("number", "shown"), [("13812345678", "13812345678"), ("anonymous", "0898"), ("", "0898")])
def test_a_colleague_sees_who_calls(number: str, shown: str) -> None:
    one = made("seat", "A002", a_talk(caller_number=number))
    assert (one.mode, one.endpoint, one.target_seat, one.ring_s) == ("attended", "PJSIP/8002", "A002", 15)
    assert one.more["caller_number"] == shown


def test_queue_and_flow_have_their_own_modes() -> None:
    assert (made("queue", "legal").mode, made("flow", "night").mode) == ("queue", "ivr")


def test_a_call_that_was_transferred_to_a_seat_can_be_transferred_on() -> None:
    before = a_transfer(
        "attended", phase="released", target_seat=SeatId("A002"), target_leg="gw-t1", target_channel="PJSIP/8002-9",
        endpoint="PJSIP/8002",
    )  # fmt: skip
    talk = desk().talk_of(SeatId("A002"), [before])
    assert (talk.caller_leg, talk.agent_leg, talk.agent_channel) == ("c1", "gw-t1", "PJSIP/8002-9")
    with pytest.raises(Refusal, match="on no call"):
        desk().talk_of(SeatId("A003"), [before])


def test_the_ticket_and_the_partners_further_numbers_go_with_the_press() -> None:
    numbers = [{"number": "9610171"}, {"number": "9610172", "trunk": "county"}]
    partner = PartnerConfig.model_validate(PARTNERS[0].model_dump() | {"numbers": numbers})
    one = desk()
    one._registry.use((partner,))
    press = Press("k", SeatId("A001"), Target("partner", "961017"))
    begun = one.transfer(press, a_talk(), T0, TicketRef(TicketNo("460000-20261121-0000001"), "A-1"))
    assert (begun.ticket_no, begun.more["headers"]["X-Case-No"]) == ("460000-20261121-0000001", "A-1")
    assert begun.more["headers"]["X-Transfer-Id"] == begun.id
    assert [other["endpoint"] for other in begun.more["others"]] == ["PJSIP/9610171@trunk", "PJSIP/9610172@county"]
    assert one.partner_of(begun) == partner and one.partner_of(made("queue", "legal")) is None


def test_a_partner_whose_lines_are_taken_is_not_dialled() -> None:
    one = desk()
    one._registry.use((PARTNERS[0].model_copy(update={"lines": 1}),))
    press = Press("k", SeatId("A001"), Target("partner", "961017"))
    running = a_transfer("consult", partner="961017")
    with pytest.raises(Refusal, match="all 1 lines of 961017 are taken"):
        one.transfer(press, a_talk(), T0, None, [running])
    assert one.transfer(press, a_talk(), T0, None, []).partner == "961017"
