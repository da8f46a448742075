"""The switch: orders of the gateway carried out over AMI's order session.

Asterisk's own "no" and every fault of the link come back as ``OrderRefused`` with words fit for an operator. An order
that asks for what is already so counts as done (a member that is there, or already gone): orders are given again when
their fact is late, and the second must not look like a failure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.errors import ActionRefused, AmiError
from gateway.asterisk.ami.link import Link
from gateway.asterisk.ami.wire import Frame
from gateway.asterisk.dialling import dial_out
from gateway.asterisk.phones import drop_secret, put_secret
from gateway.asterisk.queueing import move_waiting, pick_up, remembering
from gateway.asterisk.supervision import monitor, switch_monitor, take_over
from gateway.asterisk.transfers import PEER, PLACE, dial_target, leaves_behind, move_legs
from gateway.model.orders import (
    AddMember,
    DialOut,
    DialTarget,
    DropSecret,
    Forget,
    Hangup,
    MarkLeg,
    Monitor,
    MoveLegs,
    MoveWaiting,
    MuteLeg,
    NotifyPhone,
    Order,
    OrderRefused,
    PauseMember,
    PickUp,
    PressDigit,
    PutSecret,
    Remember,
    RemoveMember,
    SwitchMonitor,
    TakeOver,
)

_log = structlog.get_logger(__name__)

_ALREADY_SO: dict[type[Any], tuple[str, ...]] = {
    AddMember: ("Unable to add interface: Already there",),
    RemoveMember: ("Unable to remove interface: Not there",),
    DropSecret: ("Database entry not found", "Database entry could not be deleted"),
    Forget: ("Database entry not found", "Database entry could not be deleted"),
}


def action_of(order: Order) -> Action:
    """The AMI action for an order of one action. Raises ValueError naming the value that does not fit."""
    match order:
        case AddMember() | RemoveMember() | PauseMember():
            return _of_a_member(order)
        case Hangup():
            return actions.hangup(order.channel, order.cause)
        case DialTarget():
            return dial_target(order)
        case MarkLeg():
            return actions.set_variable(order.name, order.value, order.channel)
        case MoveWaiting() | PickUp() | Remember() | Forget():
            return _of_a_queue(order)
        case MoveLegs():
            raise ValueError("moves: a move may be more than one action")
        case _:
            return _of_a_phone(order)


def _of_a_member(order: AddMember | RemoveMember | PauseMember) -> Action:
    match order:
        case AddMember():
            return actions.queue_add(
                order.queue,
                order.interface,
                member=order.member,
                penalty=order.penalty,
                paused=order.paused,
                reason=order.reason,
            )
        case RemoveMember():
            return actions.queue_remove(order.queue, order.interface)
        case PauseMember():
            return actions.queue_pause(order.interface, order.paused, queue=order.queue or "", reason=order.reason)


def _of_a_phone(
    order: NotifyPhone | MuteLeg | PressDigit | PutSecret | DropSecret | DialOut | Monitor | SwitchMonitor | TakeOver,
) -> Action:
    match order:
        case Monitor() | SwitchMonitor() | TakeOver():
            return _of_a_supervisor(order)
        case DialOut():
            return dial_out(order)
        case NotifyPhone():
            return actions.pjsip_notify(order.channel, order.event)
        case MuteLeg():
            return actions.mute_audio(order.channel, order.muted)
        case PressDigit():
            return actions.play_dtmf(order.channel, order.digit)
        case PutSecret() | DropSecret():
            return put_secret(order) if isinstance(order, PutSecret) else drop_secret(order)


def _of_a_queue(order: MoveWaiting | PickUp | Remember | Forget) -> Action:
    match order:
        case MoveWaiting():
            return move_waiting(order)
        case PickUp():
            return pick_up(order)
        case Remember() | Forget():
            return remembering(order)


def _of_a_supervisor(order: Monitor | SwitchMonitor | TakeOver) -> Action:
    match order:
        case Monitor():
            return monitor(order)
        case SwitchMonitor():
            return switch_monitor(order)
        case TakeOver():
            return take_over(order)


class AmiSwitch:
    """Implements ``gateway.seats.ports.Switch`` over a Link of the role orders."""

    def __init__(self, link: Callable[[], Link], limit_s: float = 5.0) -> None:
        self._link = link
        self._limit_s = limit_s
        self.orders = 0
        self.refused = 0

    async def carry_out(self, order: Order) -> None:
        """Hand one order to Asterisk; returns when it said yes. Raises OrderRefused."""
        self.orders += 1
        try:
            if isinstance(order, MoveLegs):
                await self._move(order)
            else:
                await self._send(action_of(order))
        except ActionRefused as error:
            if error.message in _ALREADY_SO.get(type(order), ()):
                return
            raise self._refusal(order, error.message) from None
        except (AmiError, ValueError) as error:
            raise self._refusal(order, str(error)) from None

    async def _send(self, action: Action) -> Frame:
        return await self._link().send(action, self._limit_s)

    async def _move(self, order: MoveLegs) -> None:
        """Move the legs; an agent whom a single one leaves behind in app_queue's bridge is let go with it."""
        alone = move_legs(order)
        if behind := await self._behind(leaves_behind(order)):
            try:
                for action in move_legs(order, behind):
                    await self._send(action)
                return
            except ActionRefused:
                _log.info("switch.left_alone", transfer=order.transfer)  # that leg is gone meanwhile
        for action in alone:
            await self._send(action)

    async def _behind(self, channel: str) -> str:
        if not channel or await self._variable(PLACE, channel):
            return ""
        peer = await self._variable(PEER, channel)
        return "" if "," in peer else peer

    async def _variable(self, name: str, channel: str) -> str:
        return (await self._send(actions.get_variable(name, channel))).get("Value", "")

    def _refusal(self, order: Order, why: str) -> OrderRefused:
        self.refused += 1
        _log.warning("switch.refused", order=type(order).__name__, why=why)
        return OrderRefused(order, why)
