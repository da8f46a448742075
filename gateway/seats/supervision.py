"""What shift leads do to a conversation: listen (侦听), whisper (耳语), barge in (插入), take over (拦截), end it.

Checks first, then one order. An act comes in two steps, so that whoever asks is on record before anybody is listened
to: ``Plan`` is what may be done now, ``carry_out`` does it. Nothing moves here; that a seat is monitored, that a
citizen has moved on, is told by Asterisk's facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.model.ids import AgentId, CallId, LegId, SeatId, new_id
from gateway.model.orders import Hangup, Monitor, MonitorMode, Order, SwitchMonitor, TakeOver
from gateway.seats.hall import Hall
from gateway.seats.map import Seat, SeatLeg
from gateway.seats.ports import Switch
from gateway.seats.watching import PREFIX, Watch, is_supervisors

RefusalKind = Literal["unknown", "not_now"]


class LeadRefused(Exception):
    """It cannot be done. ``zh`` and ``en`` are fit for users; unknown: there is no such seat or call."""

    def __init__(self, zh: str, en: str, kind: RefusalKind = "not_now", field: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.kind, self.field = zh, en, kind, field


@dataclass(frozen=True, slots=True)
class Plan:
    """An act that may be done now: its order, and whom it is about. ``phone`` is the supervisor's seat, "" for none."""

    order: Order
    seat: SeatId | Literal[""] = ""
    agent: AgentId | Literal[""] = ""
    call: CallId | Literal[""] = ""
    phone: SeatId | Literal[""] = ""


class Supervision:
    """Acts of shift leads on seats and calls. The plans raise LeadRefused, ``carry_out`` raises OrderRefused."""

    def __init__(self, hall: Hall, switch: Switch) -> None:
        self._hall, self._switch = hall, switch

    async def carry_out(self, plan: Plan) -> None:
        """Give the order; returns when Asterisk has accepted it."""
        await self._switch.carry_out(plan.order)

    # -- listen, whisper, barge --------------------------------------------------------------------------------------

    def monitor(self, seat_id: str, mode: MonitorMode, asker: str, by: str | None) -> Plan:
        """Monitor the seat's conversation, or go on doing so in another way or at another seat. ``asker`` is the
        supervisor's agent number ("" for none), ``by`` the seat whose telephone rings, None for where they sit.
        """
        seat = self._seat(seat_id)
        leg, known = self._conversation(seat)
        if mode == "barge" and known.room == "three_way":
            raise LeadRefused("三方通话中不能插入", "no barging into a call of three")
        phone = self._phone(seat, asker, by)
        call = self._call_of(seat, known)
        watch = self._hall.watches.at_phone(SeatId(phone.config.id))
        if watch is not None:
            order: Order = SwitchMonitor(watch.leg, leg, mode, asker)
        else:
            self._check_free(phone)
            order = Monitor(LegId(f"{PREFIX}{new_id()}"), phone.interface, leg, mode, asker)
        return Plan(order, SeatId(seat_id), seat.agent, call, SeatId(phone.config.id))

    def stop(self, seat_id: str, asker: str) -> Plan:
        """End the asker's own monitoring of the seat."""
        seat = self._seat(seat_id)
        watch = self._own(seat, asker)
        return Plan(Hangup(str(watch.leg)), SeatId(seat_id), seat.agent, phone=watch.phone)

    def take_over(self, seat_id: str, asker: str) -> Plan:
        """Lead the seat's citizen to the telephone by which the asker monitors it."""
        seat = self._seat(seat_id)
        watch = self._own(seat, asker)
        if any(known.room for known in seat.legs.values()):
            raise LeadRefused("该座席正在转接, 请待转接结束", "a transfer is under way at this seat")
        agent_leg = watch.watching.watched
        known = seat.legs.get(agent_leg)
        live = self._hall.calls.live.get(known.call) if known is not None and not known.dialled else None
        if live is None or live.leg == agent_leg:
            raise LeadRefused("该座席没有可接管的市民来电", "no citizen's call to take over at this seat")
        phone = self._seat(watch.phone)
        order = TakeOver(live.leg, agent_leg, watch.leg, phone.interface, seat.interface, asker)
        return Plan(order, SeatId(seat_id), seat.agent, live.record.call_id, watch.phone)

    # -- hang up -----------------------------------------------------------------------------------------------------

    def hang_up_seat(self, seat_id: str) -> Plan:
        """End what the seat speaks on, or what rings there."""
        seat = self._seat(seat_id)
        ranked = sorted(
            ((leg, known) for leg, known in seat.legs.items() if not known.monitors),
            key=lambda one: ("up", "held", "ringing", "reserved").index(one[1].state),
        )
        if not ranked:
            raise LeadRefused(f"座席 {seat_id} 没有通话", f"seat {seat_id} is on no call")
        leg, known = ranked[0]
        live = self._hall.calls.live.get(known.call) if is_supervisors(leg) else None
        # Who has taken a citizen over and is cut off would be taken for a lost telephone: the citizen is let go.
        ends = live.leg if live is not None else leg
        return Plan(Hangup(str(ends)), SeatId(seat_id), seat.agent, self._call_of(seat, known))

    def hang_up_call(self, call_id: str) -> Plan:
        """End a call, wherever it is: the citizen's own leg is let go."""
        live = self._hall.calls.live.get(CallId(call_id))
        if live is None:
            raise LeadRefused("该通话已结束", "this call is over", "unknown")
        record = live.record
        return Plan(Hangup(str(live.leg)), record.seat or "", record.agent or "", record.call_id)

    # -- whom and by what --------------------------------------------------------------------------------------------

    def _seat(self, seat_id: str) -> Seat:
        seat = self._hall.seats.by_id.get(SeatId(seat_id))
        if seat is None:
            raise LeadRefused(f"没有座席 {seat_id}", f"there is no seat {seat_id}", "unknown")
        return seat

    def _conversation(self, seat: Seat) -> tuple[LegId, SeatLeg]:
        """The seat's leg in its conversation; one that speaks comes before one on hold."""
        for state in ("up", "held"):
            for leg, known in seat.legs.items():
                if known.state == state and not known.monitors:
                    return leg, known
        seat_id = seat.config.id
        raise LeadRefused(f"座席 {seat_id} 没有正在进行的通话", f"nobody talks at seat {seat_id}")

    def _call_of(self, seat: Seat, known: SeatLeg) -> CallId:
        return known.call if known.call in self._hall.calls.live else (seat.call or known.call)

    def _phone(self, target: Seat, asker: str, by: str | None) -> Seat:
        """Where the supervisor is rung: where they are signed in, or a telephone of a seat that nobody else has."""
        phone = self._seat(by) if by else (self._hall.seats.by_agent(asker) if asker else None)
        if phone is None:
            raise LeadRefused("请先签入座席, 或选择一部空闲话机", "sign in, or choose a free telephone", field="by")
        if phone is target:
            raise LeadRefused("不能用该座席自己的话机", "not by the telephone of the same seat", field="by")
        if phone.agent and phone.agent != asker:
            raise LeadRefused("该话机的座席已有人签入", "another agent sits at this telephone", field="by")
        return phone

    def _check_free(self, phone: Seat) -> None:
        if any(known.monitors for known in phone.legs.values()):
            raise LeadRefused("您的话机正在振铃, 请接听", "your telephone is ringing: take it up", field="by")
        if phone.legs:
            raise LeadRefused("您的话机正在通话", "your telephone is in use", field="by")
        if not phone.reachable:
            raise LeadRefused("您的话机不在线", "your telephone is not there", field="by")

    def _own(self, seat: Seat, asker: str) -> Watch:
        """The asker's own monitoring of a seat; without a number of their own, that of whoever has none either."""
        for watch in seat.monitored_by:
            if watch.watching.agent == asker:
                return watch
        raise LeadRefused("请先侦听、耳语或插入该座席", "listen, whisper or barge at this seat first")
