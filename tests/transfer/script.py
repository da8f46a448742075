"""A transfer played on the exchange with nothing lost: presses, what people do, and then all that follows of it."""

from __future__ import annotations

from collections import deque
from typing import Any

from gateway.model.orders import DialTarget, MoveLegs, Order, OrderRefused
from gateway.model.transfers import Transfer
from gateway.transfer.inputs import Act, Carried, Due, NotCarried
from gateway.transfer.step import Step, begin, reconcile, step
from tests.transfer.telephone import Telephone, a_transfer


class Script:
    """``t`` is the transfer as it stands. Every method ends when all has come to rest."""

    def __init__(self, mode: str, **fields: Any) -> None:
        self.phone = Telephone()
        self.orders: deque[tuple[Order, int]] = deque()
        self.unknown: list[str] = []
        self.t: Transfer = a_transfer(mode, **fields)
        self.take(begin(self.t))
        self.rest()

    def take(self, done: Step) -> None:
        self.t = done.transfer
        self.orders.extend((order, self.t.version) for order in done.orders)
        if not done.known:
            self.unknown.append(f"{self.t.phase}: {done.event}")

    def tell(self, given: Any) -> Script:
        self.take(step(self.t, given))
        self.rest()
        return self

    def rest(self) -> None:
        while self.orders or any(self.phone.facts.values()):
            if self.orders:
                self._carry()
            else:
                facts = next(facts for facts in self.phone.facts.values() if facts)
                self.take(step(self.t, facts.popleft()))

    def _carry(self) -> None:
        order, version = self.orders.popleft()
        counts = isinstance(order, MoveLegs | DialTarget)
        try:
            self.phone.carry_out(order)
        except OrderRefused as refused:
            if counts:
                self.take(step(self.t, NotCarried(self.phone.now, order, version, refused.why)))
            return
        if counts:
            self.take(step(self.t, Carried(self.phone.now, order, version)))

    # -- what people do ------------------------------------------------------------------------------------------------

    def press(self, act: Any) -> Script:
        return self.tell(Act(self.phone.now, act))

    def answer(self) -> Script:
        self.phone.answer(self.t.room)
        self.rest()
        return self

    def fail(self, status: str, cause: int) -> Script:
        self.phone.refuse(self.t.id, status, cause)
        self.rest()
        return self

    def hang_up(self, who: str) -> Script:
        leg = {"caller": self.phone.caller, "agent": self.phone.agent, "target": self.phone.target}[who]
        assert leg is not None
        self.phone.hang_up(leg, "himself")
        self.rest()
        return self

    def wait(self) -> Script:
        """Until the transfer must look again."""
        assert self.t.due_at is not None
        self.phone.now = max(self.phone.now, self.t.due_at)
        return self.tell(Due(self.phone.now))

    def restart(self) -> Script:
        """The gateway was away: facts of that time are lost, and a snapshot comes."""
        for facts in self.phone.facts.values():
            facts.clear()
        self.take(reconcile(self.t, self.phone.snapshot()))
        self.rest()
        return self

    def ends(self) -> tuple[str | None, str]:
        """The outcome of an ended transfer, and with whom the citizen is."""
        assert self.t.phase == "ended", self.t
        return self.t.outcome, self.phone.company()
