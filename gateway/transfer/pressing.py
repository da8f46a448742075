"""From a press to a transfer: who is meant, whether it may be, and the record that the machine begins with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import cast

from gateway.model.ids import AgentId, SeatId, new_id
from gateway.model.transfers import Talk, TargetKind, TicketRef, Transfer, TransferMode
from gateway.transfer.config import NEVER_BLIND, PartnerConfig
from gateway.transfer.numbers import OTHERS, endpoint_of, others_of
from gateway.transfer.ports import Press, Refusal, Talks
from gateway.transfer.pushing import headers_of
from gateway.transfer.registry import Registry

TO_PEOPLE: tuple[TransferMode, ...] = ("attended", "consult", "three_way", "blind")

Names = Callable[[], Collection[str]]


@dataclass(frozen=True, slots=True)
class House:
    """What there is to transfer to besides partners, and how we call. ``caller_id`` is the number that partners see,
    ``seat_ring_s`` how many seconds a colleague is rung. The others are asked anew each time: a reload counts at once.
    """

    queues: Names
    flows: Names
    caller_id: Callable[[], str] = lambda: "12345"
    seat_ring_s: int = 20


@dataclass(frozen=True, slots=True)
class _Meant:
    mode: TransferMode
    target: str
    endpoint: str = ""
    ring_s: int = 30
    partner: str = ""
    kind: TargetKind = "partner"
    seat: SeatId | str = ""
    others: list[dict[str, str]] = field(default_factory=list)


class Desk:
    """Checks presses. Every refusal names what is at fault, with words for the agent."""

    def __init__(self, talks: Talks, registry: Registry, house: House) -> None:
        self._talks, self._registry, self._house = talks, registry, house

    def talk_of(self, seat: SeatId, running: Iterable[Transfer]) -> Talk:
        """The call that the seat speaks on: its own, or one that was transferred to it. Raises Refusal."""
        talk = self._talks.at_seat(seat)
        if talk is not None:
            return talk
        for one in running:
            if one.phase == "released" and one.target_seat == seat and one.target_leg and one.caller_leg:
                return Talk(
                    one.call_id, seat, AgentId(one.more.get("target_agent", "")), one.endpoint, one.caller_leg,
                    one.caller_channel, one.target_leg, one.target_channel, language=one.more.get("language", ""),
                )  # fmt: skip
        if self._talks.interface_of(seat) is None:
            raise Refusal("unknown", f"没有座席 {seat}", f"there is no seat {seat}", "seat")
        raise Refusal("not_now", f"座席 {seat} 没有正在进行的通话", f"seat {seat} is on no call", "seat")

    def transfer(
        self, press: Press, talk: Talk, at: float, ref: TicketRef | None = None, running: Iterable[Transfer] = ()
    ) -> Transfer:
        """The record of a press that may be, before its first step; ``ref`` is the ticket that goes with it, and
        ``running`` are the transfers now. Raises Refusal."""
        meant = self._meant(press, talk, at, running)
        new, more = new_id(), {OTHERS: meant.others} if meant.others else {}
        # A colleague sees who calls; a partner sees us, and a number that is no number (anonymous) nobody.
        own = meant.kind == "seat" and talk.caller_number.isascii() and talk.caller_number.isdigit()
        shown = talk.caller_number if own else self._house.caller_id()
        return Transfer(
            id=new, key=press.key, call_id=talk.call_id, mode=meant.mode, target=meant.target, seat=talk.seat,
            agent=talk.agent, started_at=at, partner=meant.partner,
            ticket_no=ref.ticket_no if ref is not None else "",
            caller_leg=talk.caller_leg, caller_channel=talk.caller_channel, agent_leg=talk.agent_leg,
            agent_channel=talk.agent_channel, interface=talk.interface, endpoint=meant.endpoint, ring_s=meant.ring_s,
            target_kind=meant.kind, target_seat=SeatId(meant.seat) if meant.seat else "",
            more={
                "headers": headers_of(talk, ref, new), "caller_number": shown, "caller_name": "",
                "language": talk.language, "login": press.login, "queue": talk.queue, **more,
            },
        )  # fmt: skip

    def partner_of(self, transfer: Transfer) -> PartnerConfig | None:
        """The partner of a transfer, None when it goes to nobody in the registry."""
        return self._registry.partner(transfer.partner) if transfer.partner else None

    def _meant(self, press: Press, talk: Talk, at: float, running: Iterable[Transfer]) -> _Meant:
        kind = press.target.kind
        if kind == "partner":
            return self._partner(press, at, running)
        if kind == "seat":
            return self._seat(press, talk)
        return self._place(press)

    def _partner(self, press: Press, at: float, running: Iterable[Transfer]) -> _Meant:
        partner = self._registry.partner(press.target.value)
        mode = self._registry.mode_for(partner, press.mode, at)
        if mode == "blind" and partner.number in NEVER_BLIND:  # the configuration refuses it too
            raise Refusal(
                "not_allowed", f"{partner.number} 不得盲转", f"{partner.number} is never released blind", "mode"
            )
        if mode == "queue":
            return _Meant("queue", partner.queue or "", partner=partner.number)
        self._registry.check_room(partner, running)
        endpoint = endpoint_of(partner.number, partner.trunk)
        mode_ = cast(TransferMode, mode)  # readout was refused
        others = others_of(partner)
        return _Meant(mode_, partner.number, endpoint, partner.answer_s, partner.number, others=others)

    def _seat(self, press: Press, talk: Talk) -> _Meant:
        seat, mode = SeatId(press.target.value), press.mode or "attended"
        interface = self._talks.interface_of(seat)
        if interface is None:
            raise Refusal("unknown", f"没有座席 {seat}", f"there is no seat {seat}", "to_seat")
        if seat == talk.seat:
            raise Refusal("not_allowed", "不能转给本座席", "a seat does not transfer to itself", "to_seat")
        if mode not in TO_PEOPLE:
            raise Refusal("not_allowed", "座席之间不支持该方式", "not a mode between seats", "mode")
        if not self._talks.is_free(seat):
            raise Refusal("not_now", f"座席 {seat} 现在不空闲", f"seat {seat} is not free now", "to_seat")
        return _Meant(mode, interface, interface, self._house.seat_ring_s, kind="seat", seat=seat)

    def _place(self, press: Press) -> _Meant:
        kind, value = press.target.kind, press.target.value
        mode: TransferMode = "queue" if kind == "queue" else "ivr"
        there = self._house.queues() if kind == "queue" else self._house.flows()
        if value not in there:
            what = "队列" if kind == "queue" else "流程"
            raise Refusal("unknown", f"没有{what} {value}", f"there is no {kind} {value}", kind)
        if press.mode not in (None, mode):
            raise Refusal("not_allowed", f"只能用 {mode} 方式", f"only the mode {mode}", "mode")
        return _Meant(mode, value, kind=kind)
