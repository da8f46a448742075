"""The order of fall-back: which outcomes lead to the next number, and that the leg of one is gone before it."""

from __future__ import annotations

import pytest

from gateway.model.facts import LegEnded
from gateway.model.ids import CallId, LegId
from gateway.model.orders import DialTarget
from gateway.transfer.config import PartnerConfig
from gateway.transfer.inputs import Due, NotCarried
from gateway.transfer.numbers import others_of, tried_of
from tests.transfer.script import Script

PARTNER = PartnerConfig.model_validate(
    {
        "number": "110", "name": "公安", "mode": "attended",
        "numbers": [{"number": "1101"}, {"number": "1102", "trunk": "police"}],
    }
)  # fmt: skip


def pressed(mode: str = "attended") -> Script:
    return Script(mode, more={"others": others_of(PARTNER), "headers": {"X-Call-Id": "c1"}})


@pytest.mark.parametrize(
    ("status", "cause", "outcome"), [("busy", 17, "busy"), ("", 19, "no_answer"), ("", 3, "unreachable")]
)
@pytest.mark.parametrize("mode", ["attended", "three_way", "consult", "blind"])
def test_busy_not_answered_and_out_of_reach_lead_to_the_next_number(
    mode: str, status: str, cause: int, outcome: str
) -> None:
    talk = pressed(mode).fail(status, cause)
    assert talk.t.phase == "calling" and talk.t.outcome is None and "备用号码" not in talk.t.why  # it rings already
    assert [order.endpoint for order in talk.phone.dialled] == ["PJSIP/110@trunk", "PJSIP/1101@trunk"]
    first, second = talk.phone.dialled
    assert first.leg != second.leg == talk.t.target_leg and second.headers == first.headers
    assert tried_of(talk.t) == [{"number": "110", "outcome": outcome}]
    talk.answer()
    assert talk.t.phase in ("released", "three_way", "consulting")


def test_the_last_number_that_fails_ends_it_with_its_own_outcome() -> None:
    talk = pressed().fail("busy", 17).fail("busy", 17).fail("", 19)
    assert [order.endpoint for order in talk.phone.dialled][-1] == "PJSIP/1102@police"
    assert (talk.t.phase, talk.t.outcome, talk.phone.company()) == ("ended", "no_answer", "agent")
    assert [one["outcome"] for one in tried_of(talk.t)] == ["busy", "busy"]


def test_a_partner_that_refuses_is_not_called_by_another_number() -> None:
    talk = pressed().fail("", 21)
    assert (talk.t.phase, talk.t.outcome, len(talk.phone.dialled)) == ("ended", "refused", 1)


def test_one_that_answered_and_hung_up_is_not_called_again() -> None:
    talk = pressed().answer()
    talk.hang_up("target")
    assert len(talk.phone.dialled) == 1


def test_a_leg_that_is_merely_not_heard_of_leads_back_to_the_agent() -> None:
    talk = pressed()
    talk.tell(Due(talk.t.due_at or 0.0))
    assert len(talk.phone.dialled) == 1 and talk.t.outcome == "no_answer" and not talk.phone.ringing_or_there
    lost = pressed()
    lost.tell(LegEnded(lost.phone.now, LegId("gw-t1"), CallId("c1"), "", 0, "unseen"))
    assert len(lost.phone.dialled) == 1 and lost.t.outcome == "failed"


def test_a_late_word_of_the_first_number_says_nothing_of_the_second() -> None:
    talk = pressed().fail("busy", 17)
    before = talk.t
    talk.tell(NotCarried(talk.phone.now, talk.phone.dialled[0], 1, "too late"))
    talk.tell(LegEnded(talk.phone.now, LegId("gw-t1"), CallId("c1"), "PJSIP/trunk-90", 17, "busy"))
    assert talk.t == before


def test_each_number_has_its_own_time_to_ring() -> None:
    talk = pressed()
    talk.phone.now += 20
    talk.fail("busy", 17)
    assert talk.t.due_at is not None and talk.t.due_at > talk.phone.now + talk.t.ring_s - 1
    talk.phone.now += 15  # 35 s after the press, but not after the second number was dialled
    talk.tell(LegEnded(talk.phone.now, talk.t.target_leg, CallId("c1"), "", 0, "hung up"))  # type: ignore[arg-type]
    assert (talk.t.phase, talk.t.outcome) == ("ended", "refused")


def test_orders_name_the_number_that_is_dialled() -> None:
    talk = pressed().fail("busy", 17)
    dials = [order for order in talk.phone.orders if isinstance(order, DialTarget)]
    assert [order.transfer for order in dials] == ["t1", "t1"] and talk.t.target == "1101"
