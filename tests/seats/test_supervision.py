"""What shift leads may do to a conversation and when: checks, orders, and what Asterisk's facts make of the seats."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.model.facts import LegCreated, LegRang, MonitorBegan, MonitorEnded, OutboundBegun, SeatCompleted, Watching
from gateway.model.ids import CallId, LegId, SeatId
from gateway.model.orders import Hangup, Monitor, Order, SwitchMonitor, TakeOver
from gateway.seats.hall import Hall
from gateway.seats.map import Seat
from gateway.seats.supervision import LeadRefused, Supervision
from tests.seats.story import (
    ANSWERED_CALL,
    CALL,
    HOTLINE,
    LEAD,
    LEAD_CHANNEL,
    LEAD_PHONE,
    LEG,
    LISTENING,
    NUMBER,
    PHONE,
    SEAT_LEG,
    SPY,
    T0,
    THREE_WAY,
    citizen_image,
    completed,
    ended,
    hall,
    member,
    monitors,
    seat_ended,
    seat_image,
    snapshot,
    spy_created,
    spy_ended,
    spy_up,
    taken,
    tell,
)


class Obeys:
    def __init__(self) -> None:
        self.orders: list[Order] = []

    async def carry_out(self, order: Order) -> None:
        self.orders.append(order)


class Stage:
    """A001 speaks with a citizen; the lead sits at A002."""

    def __init__(self, *facts: object) -> None:
        self.hall: Hall = hall(wrap_up_s=20)
        self.switch = Obeys()
        self.acts = Supervision(self.hall, self.switch)
        tell(self.hall, member(-1), member(-1, phone=LEAD_PHONE, agent=LEAD), *ANSWERED_CALL, *facts)

    def seat(self, seat_id: str = "A001") -> Seat:
        return self.hall.seats.by_id[SeatId(seat_id)]

    def view(self, seat_id: str = "A001") -> dict[str, Any]:
        return self.seat(seat_id).view({"1002": "陈班长"})

    def refuses(self, act: str, *arguments: Any) -> LeadRefused:
        with pytest.raises(LeadRefused) as refused:
            getattr(self.acts, act)(*arguments)
        return refused.value


async def test_the_leads_own_telephone_is_rung_into_the_seats_own_leg() -> None:
    stage = Stage()
    plan = stage.acts.monitor("A001", "whisper", LEAD, None)
    assert isinstance(plan.order, Monitor)
    assert plan.order.leg.startswith("spy-")
    rung = (plan.order.interface, plan.order.watched, plan.order.mode, plan.order.agent)
    assert rung == (LEAD_PHONE, SEAT_LEG, "whisper", LEAD)
    assert (plan.seat, plan.agent, plan.call, plan.phone) == ("A001", "1001", CALL, "A002")
    await stage.acts.carry_out(plan)
    assert stage.switch.orders == [plan.order]


def test_a_seat_shows_who_monitors_it_only_when_asterisk_has_told() -> None:
    stage = Stage(spy_created(10), LegRang(T0 + 10.1, SPY, CallId(SPY), LEAD_CHANNEL))
    assert (stage.seat("A002").activity, stage.view()["monitored_by"]) == ("ringing", [])
    tell(stage.hall, spy_up(11))
    assert (stage.seat("A002").activity, stage.view()["monitored_by"]) == ("reserved", [])
    stage.hall.take_diff(T0)
    tell(stage.hall, monitors(11.1))
    told = stage.hall.take_diff(T0)
    assert told is not None and [seat["id"] for seat in told["seats"]] == ["A001", "A002"]
    assert stage.view()["monitored_by"] == [{"agent": LEAD, "name": "陈班长", "mode": "listen", "seat": "A002"}]
    assert stage.view("A002")["monitoring"] == {"seat": "A001", "mode": "listen"}
    assert stage.seat().activity == "talking"
    tell(stage.hall, MonitorEnded(T0 + 12, SPY), monitors(12.1, "barge"))
    assert [one["mode"] for one in stage.view()["monitored_by"]] == ["barge"]
    tell(stage.hall, spy_ended(13))  # ChanSpyStop is not told of by every end
    assert (stage.view()["monitored_by"], stage.view("A002")["monitoring"]) == ([], None)
    assert stage.seat("A002").activity == "idle"


def test_a_lead_who_listens_is_on_no_call_and_not_free_either() -> None:
    stage = Stage(*LISTENING)
    assert list(stage.hall.calls.live) == [CALL]
    queue = stage.hall.queues.queues[HOTLINE]
    assert (queue.talking, queue.ready, queue.signed_in) == (1, 0, 2)
    assert stage.seat("A002").call is None


def test_a_second_request_goes_on_with_the_same_leg_in_another_way() -> None:
    stage = Stage(*LISTENING)
    plan = stage.acts.monitor("A001", "barge", LEAD, None)
    assert plan.order == SwitchMonitor(SPY, SEAT_LEG, "barge", LEAD)
    assert stage.acts.stop("A001", LEAD).order == Hangup(str(SPY))


def test_monitoring_is_found_again_by_a_snapshot() -> None:
    stage = Stage()
    image = citizen_image(60, "b1"), seat_image(50, "b1")
    looking = Watching(SEAT_LEG, "whisper", LEAD)
    from_list = seat_image(5)
    spying = type(from_list)(SPY, CallId(SPY), LEAD_CHANNEL, "Up", "", "", "", 5.0, watching=looking)
    everybody = (member(60), member(60, phone=LEAD_PHONE, agent=LEAD))
    tell(stage.hall, snapshot(60, legs=(*image, spying), members=everybody))
    assert [one["mode"] for one in stage.view()["monitored_by"]] == ["whisper"]
    assert (stage.seat("A002").activity, stage.seat().activity) == ("reserved", "talking")
    tell(stage.hall, snapshot(70, legs=image, members=everybody, epoch=2))
    assert stage.view()["monitored_by"] == [] and stage.seat("A002").activity == "idle"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("A009", "listen", LEAD, None), "no seat A009"),
        (("A002", "listen", "1001", None), "nobody talks"),
        (("A001", "listen", "9999", None), "sign in"),
        (("A001", "listen", "", None), "sign in"),
        (("A001", "listen", "9999", "A002"), "another agent"),
        (("A001", "listen", "1001", "A001"), "the same seat"),
        (("A001", "listen", LEAD, "A009"), "no seat A009"),
    ],
)  # fmt: skip
def test_what_cannot_be_monitored_is_refused_in_words(arguments: tuple[Any, ...], word: str) -> None:
    refused = Stage().refuses("monitor", *arguments)
    assert word in refused.en and refused.zh
    assert refused.kind == ("unknown" if "no seat" in word else "not_now")


def test_a_leads_telephone_must_be_there_and_free() -> None:
    stage = Stage(member(9, phone=LEAD_PHONE, agent=LEAD, device=5))
    assert "not there" in stage.refuses("monitor", "A001", "listen", LEAD, None).en
    stage = Stage(spy_created(10))
    assert "take it up" in stage.refuses("monitor", "A001", "listen", LEAD, None).en
    other = CallId("9.1")
    stage = Stage(LegCreated(T0 + 10, LegId(other), other, LEAD_CHANNEL, True, "", "", "110", "from-seats"))
    assert "in use" in stage.refuses("monitor", "A001", "listen", LEAD, None).en


def test_nobody_barges_into_a_call_of_three_but_listens_to_it() -> None:
    stage = Stage(*THREE_WAY)
    assert stage.seat().activity == "three_way"
    assert "call of three" in stage.refuses("monitor", "A001", "barge", LEAD, None).en
    assert stage.acts.monitor("A001", "listen", LEAD, None).order.watched == SEAT_LEG  # type: ignore[union-attr]


def test_only_who_monitors_takes_over() -> None:
    stage = Stage()
    assert "first" in stage.refuses("take_over", "A001", LEAD).en
    assert "first" in stage.refuses("stop", "A001", LEAD).en
    tell(stage.hall, *LISTENING)
    assert "first" in stage.refuses("take_over", "A001", "1003").en
    plan = stage.acts.take_over("A001", LEAD)
    assert plan.order == TakeOver(LEG, SEAT_LEG, SPY, LEAD_PHONE, PHONE, LEAD)
    assert (plan.call, plan.phone, plan.agent) == (CALL, "A002", "1001")


def test_no_taking_over_while_a_transfer_is_under_way_or_of_a_call_out() -> None:
    stage = Stage(*LISTENING, *THREE_WAY)
    assert "transfer" in stage.refuses("take_over", "A001", LEAD).en
    out, leg = CallId("out-1"), LegId("out-1")
    stage = Stage(completed(20), seat_ended(20), ended(20))
    channel = "PJSIP/8001-09"
    tell(
        stage.hall,
        LegCreated(T0 + 30, leg, out, channel, False, "", "", "s", "from-seats"),
        OutboundBegun(T0 + 31, leg, out, channel, NUMBER, "12345", "1001"),
        spy_created(32), spy_up(33),
        MonitorBegan(T0 + 33.1, SPY, LEAD_CHANNEL, channel, Watching(leg, "listen", LEAD)),
    )  # fmt: skip
    assert "citizen's call" in stage.refuses("take_over", "A001", LEAD).en


@pytest.mark.parametrize("first", [0, 1])
def test_a_call_that_is_taken_over_is_the_leads_and_the_agent_wraps_up(first: int) -> None:
    """app_queue's word and the dialplan's come in either order."""
    facts: list[Any] = [completed(20, "agent"), taken(20.001)]
    stage = Stage(*LISTENING, *(facts if first == 0 else facts[::-1]), seat_ended(20.01))
    record = stage.hall.calls.live[CALL].record
    assert (record.seat, record.agent, record.ended_by, record.ended_at) == ("A002", LEAD, "", None)
    stretches = [(s.kind, s.seat, s.agent) for s in record.stretches if s.kind in ("talking", "wrap_up")]
    assert set(stretches) == {("talking", "A001", "1001"), ("talking", "A002", LEAD), ("wrap_up", "A001", "1001")}
    assert (stage.seat().presence, stage.seat("A002").activity, stage.seat("A002").call) == ("wrap_up", "talking", CALL)
    assert (stage.view()["monitored_by"], stage.view("A002")["monitoring"]) == ([], None)
    assert stage.hall.queues.queues[HOTLINE].answered_today == 1
    over = SeatCompleted(T0 + 40, LEG, CALL, HOTLINE, LEAD_PHONE, LEAD, 0.0, 0.0, "caller")
    changes = stage.hall.apply(over) + stage.hall.apply(ended(40)) + stage.hall.apply(spy_ended(40))
    (change,) = changes
    assert (change.kind, record.ended_by, record.outcome) == ("ended", "caller", "answered")
    assert stage.seat("A002").activity == "idle"


def test_a_snapshot_knows_a_lead_who_has_taken_over_from_one_who_listens() -> None:
    stage = Stage(*LISTENING, taken(20), completed(20), seat_ended(20))
    image = seat_image(5)
    speaking = type(image)(SPY, CALL, LEAD_CHANNEL, "Up", "", "", "", 5.0, "b2")
    everybody = (member(60), member(60, phone=LEAD_PHONE, agent=LEAD))
    tell(stage.hall, snapshot(60, legs=(citizen_image(60, "b2"), speaking), members=everybody))
    assert (stage.seat("A002").activity, stage.seat("A002").call) == ("talking", CALL)
    assert [s.seat for s in stage.hall.calls.live[CALL].record.stretches if s.kind == "talking"] == ["A001", "A002"]


def test_a_lead_ends_what_a_seat_speaks_on_and_a_call_by_its_name() -> None:
    stage = Stage(*LISTENING)
    assert stage.acts.hang_up_seat("A001").order == Hangup(str(SEAT_LEG))
    assert "on no call" in stage.refuses("hang_up_seat", "A002").en  # who listens is on none
    plan = stage.acts.hang_up_call(str(CALL))
    assert (plan.order, plan.seat, plan.agent, plan.call) == (Hangup(str(LEG)), "A001", "1001", CALL)
    assert stage.refuses("hang_up_call", "7.7").kind == "unknown"
    tell(stage.hall, taken(20), completed(20), seat_ended(20))
    assert stage.acts.hang_up_seat("A002").order == Hangup(
        str(LEG)
    )  # the lead's leg alone would bring the citizen back
