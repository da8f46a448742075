"""Queues over AMI: taking a waiting caller out with a word of where to, and what Asterisk is to remember of queues.

The word is QUEUE_WITHDRAW_INFO, an extension of ``gateway.asterisk.templates.queueing``: Asterisk takes the caller out
between two rings and only if no member has answered, so an order can be late but never cost a call (seen on 22.10).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from gateway.asterisk.ami import actions
from gateway.asterisk.ami.actions import Action
from gateway.asterisk.ami.errors import AmiError
from gateway.asterisk.ami.link import Link
from gateway.model.orders import Forget, Memory, MoveWaiting, OrderRefused, PickUp, Remember

_KEY = re.compile(r"[0-9A-Za-z_-]{1,60}")
_SEAT = re.compile(r"PJSIP/([0-9A-Za-z]{1,20})")
_AGENT = re.compile(r"[0-9A-Za-z_-]{0,40}")
_RING = range(1, 121)


def move_waiting(order: MoveWaiting) -> Action:
    """Raises ValueError for a value that does not fit."""
    where = "f" if order.front else "b"
    return actions.queue_withdraw(order.queue, order.channel, f"{where}_{_fit('to', order.to, _KEY)}")


def pick_up(order: PickUp) -> Action:
    """Raises ValueError for a value that does not fit."""
    seat = _SEAT.fullmatch(order.interface)
    if seat is None or order.ring_s not in _RING:
        raise ValueError(f"interface: {order.interface[:80]!r} for {order.ring_s} s is not to be rung")
    agent = _fit("agent", order.agent, _AGENT)
    return actions.queue_withdraw(order.queue, order.channel, f"p_{seat[1]}_{order.ring_s}_{agent}")


def remembering(order: Remember | Forget) -> Action:
    if isinstance(order, Remember):
        return actions.db_put(order.family, order.key, order.text)
    return actions.db_del(order.family, order.key)


class QueueMemory:
    """Implements ``gateway.seats.ports.Memory`` over a Link of the role orders."""

    def __init__(self, link: Callable[[], Link], limit_s: float = 5.0) -> None:
        self._link = link
        self._limit_s = limit_s

    async def kept(self, family: Memory) -> Mapping[str, str]:
        """All that Asterisk has of one family, by key. Raises OrderRefused."""
        try:
            rows = await self._link().send_list(actions.db_tree(family), timeout=self._limit_s)
        except AmiError as error:
            raise OrderRefused(family, str(error)) from None
        return {row["Key"].rpartition("/")[2]: row.get("Val", "") for row in rows if row.get("Key")}


def _fit(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{field}: {value[:80]!r} is not allowed here")
    return value
