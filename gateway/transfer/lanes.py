"""Orders on their way to the switch: one lane a transfer, in sequence; lanes do not wait for each other.

The first order to move or dial that is refused ends its step's orders, because those behind it were made for the case
that it is carried out. What a refused Hangup or mark would have done is seen to later (``Transfer.due_at``).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import structlog

from gateway.model.orders import DialTarget, MoveLegs, Order, OrderRefused
from gateway.transfer.inputs import Carried, NotCarried
from gateway.transfer.ports import Switch

_log = structlog.get_logger(__name__)

Tell = Callable[[str, Carried | NotCarried], Awaitable[None]]


class Lanes:
    """``tell`` gets what became of each order to move or dial; ``limit_s`` is how long one may take."""

    def __init__(self, switch: Switch, tell: Tell, clock: Callable[[], float], limit_s: float) -> None:
        self._switch, self._tell, self._clock, self._limit_s = switch, tell, clock, limit_s
        self._waiting: dict[str, deque[tuple[int, Sequence[Order]]]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self.carried = 0
        self.refused = 0

    def use(self, tasks: asyncio.TaskGroup) -> None:
        """Where lanes run; before the first ``give``."""
        self._tasks = tasks

    def idle(self, transfer: str) -> bool:
        """True when nothing of the transfer is on its way."""
        return transfer not in self._waiting

    def give(self, transfer: str, version: int, orders: Sequence[Order]) -> None:
        """Carry out the orders of a step, after those given before."""
        if not orders:
            return
        lane = self._waiting.get(transfer)
        if lane is not None:
            lane.append((version, orders))
            return
        assert self._tasks is not None
        self._waiting[transfer] = deque([(version, orders)])
        self._tasks.create_task(self._run(transfer), name=f"transfer-{transfer}")

    async def _run(self, transfer: str) -> None:
        lane = self._waiting[transfer]
        try:
            while lane:
                version, orders = lane.popleft()
                await self._step(transfer, version, orders)
        finally:
            del self._waiting[transfer]

    async def _step(self, transfer: str, version: int, orders: Sequence[Order]) -> None:
        for order in orders:
            why = await self._carry(order)
            counts = isinstance(order, MoveLegs | DialTarget)
            if why is None:
                self.carried += 1
                if counts:
                    await self._tell(transfer, Carried(self._clock(), order, version))
                continue
            self.refused += 1
            tell = _log.warning if counts else _log.debug  # a leg that is gone already is hung up often enough
            tell("transfer.refused", transfer=transfer, order=type(order).__name__, why=why)
            if counts:
                await self._tell(transfer, NotCarried(self._clock(), order, version, why))
                return

    async def _carry(self, order: Order) -> str | None:
        """None when it was accepted, else why not."""
        try:
            async with asyncio.timeout(self._limit_s):
                await self._switch.carry_out(order)
        except OrderRefused as refused:
            return refused.why
        except TimeoutError:
            return "交换机没有应答 / the switch did not answer"
        return None
