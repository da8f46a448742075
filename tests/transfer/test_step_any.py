"""Whatever is pressed, happens, is lost or comes twice, in any sequence, with the gateway dead at any moment: the
citizen is never left alone, every transfer ends, and nobody's leg is left behind.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.model.facts import Fact
from gateway.model.orders import DialTarget, Hangup, MoveLegs, Order, OrderRefused
from gateway.model.transfers import Transfer
from gateway.transfer.inputs import Act, Carried, Due, Media, NotCarried
from gateway.transfer.step import Step, begin, reconcile, step
from gateway.transfer.table import TABLE, acts
from tests.transfer.telephone import Telephone, a_transfer

MODES = ("blind", "attended", "consult", "three_way", "queue", "ivr")
ACTS = ("complete", "cancel", "toggle", "merge", "leave", "drop_partner")
LEAVES_ROW = {(row.phase, row.event): set[str]() for row in TABLE}
for _row in TABLE:
    LEAVES_ROW[_row.phase, _row.event] |= set(_row.to)


class AnyTransfer(RuleBasedStateMachine):
    """``kept`` is the ledger: the last version written. Orders go out after it, one after another."""

    @initialize(mode=st.sampled_from(MODES), others=st.integers(0, 2))
    def press(self, mode: str, others: int) -> None:
        self.phone = Telephone()
        self.up = True
        self.blurred = False
        """Something was lost, so that not even facts can tell where everybody is: the dialplan's own limits count."""
        self.orders: deque[tuple[Order, int]] = deque()
        self.answers: deque[Any] = deque()
        self.last: dict[str, Fact] = {}
        more = [{"number": f"11{n}", "endpoint": f"PJSIP/11{n}@trunk"} for n in range(1, others + 1)]
        self.kept: Transfer = a_transfer(mode, more={"others": more} if others else {})
        self.take(begin(self.kept))

    # -- the gateway -------------------------------------------------------------------------------------------------

    def take(self, done: Step) -> None:
        before, after = self.kept, done.transfer
        if done.event and done.event not in ("press", "snapshot") and after.phase != before.phase:
            assert after.phase in LEAVES_ROW[before.phase, done.event], (before.phase, done.event, after.phase)
        assert after.version >= before.version
        self.kept = after
        self.orders.extend((order, after.version) for order in done.orders)
        if after.phase == "ended":
            assert after.outcome is not None and after.ended_at is not None and after.due_at is None

    def tell(self, given: Any) -> None:
        self.take(step(self.kept, given))

    def carry(self, *, lost: bool = False, refused: bool = False) -> None:
        """The next order goes out. A refusal stops those of the same step. ``lost``: done, but the answer is a no."""
        order, version = self.orders.popleft()
        why = "no" if refused else "timeout" if lost else ""
        self.blurred = self.blurred or lost
        if not refused:
            try:
                self.phone.carry_out(order)
            except OrderRefused as no:
                why = no.why
        if not why:
            self.answers.append(Carried(self.phone.now, order, version))
        elif isinstance(order, MoveLegs | DialTarget):
            while self.orders and self.orders[0][1] == version:
                self.orders.popleft()
            self.answers.append(NotCarried(self.phone.now, order, version, why))

    # -- rules -------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.up and self.orders)
    @rule(how=st.sampled_from(["done", "done", "done", "lost", "refused"]))
    def order_goes_out(self, how: str) -> None:
        self.carry(lost=how == "lost", refused=how == "refused")

    @precondition(lambda self: self.up and self.answers)
    @rule()
    def answer_comes(self) -> None:
        self.tell(self.answers.popleft())

    @precondition(lambda self: self.up and any(self.phone.facts.values()))
    @rule(which=st.integers(0, 2), how=st.sampled_from(["told", "told", "told", "lost", "twice"]))
    def fact_comes(self, which: int, how: str) -> None:
        waiting = [leg for leg, facts in self.phone.facts.items() if facts]
        leg = waiting[which % len(waiting)]
        fact = self.phone.facts[leg].popleft()
        if how == "lost":
            self.blurred = True
            return
        for _ in range(2 if how == "twice" else 1):
            self.tell(fact)

    @precondition(lambda self: self.up)
    @rule(act=st.sampled_from(ACTS))
    def somebody_presses(self, act: Any) -> None:
        allowed = act in acts(self.kept) and self.kept.phase != "ended"
        before = self.kept
        self.tell(Act(self.phone.now, act))
        if not allowed:
            assert self.kept == before

    @precondition(lambda self: self.up and self.kept.due_at is not None)
    @rule()
    def time_passes(self) -> None:
        assert self.kept.due_at is not None
        self.phone.now = max(self.phone.now, self.kept.due_at)
        self.tell(Due(self.phone.now))

    @precondition(lambda self: self.up)
    @rule(leg=st.sampled_from(["gw-t1", "gw-t1", "gw-t1-2"]), comes=st.booleans())
    def audio_is_counted(self, leg: str, comes: bool) -> None:
        """At any time, also late: it is said, and neither moves anybody nor keeps the time from coming."""
        before = self.kept
        done = step(before, Media(self.phone.now, leg, comes))
        assert done.known and done.orders == ()
        self.take(done)
        assert (self.kept.phase, self.kept.due_at, self.kept.ordered) == (before.phase, before.due_at, before.ordered)

    @precondition(lambda self: self.up)
    @rule()
    def gateway_dies(self) -> None:
        self.up = False
        self.blurred = self.blurred or bool(self.orders)
        self.orders.clear()
        self.answers.clear()

    @precondition(lambda self: not self.up)
    @rule()
    def gateway_comes_back(self) -> None:
        for facts in self.phone.facts.values():
            facts.clear()
        self.up = True
        self.take(reconcile(self.kept, self.phone.snapshot()))

    @precondition(lambda self: self.phone.target is not None and self.phone.target.where == "ringing")
    @rule(how=st.sampled_from(["answer", "answer", "answer", "busy", "busy", "gone"]))
    def target_reacts(self, how: str) -> None:
        assert self.phone.target
        if how == "answer":
            self.phone.answer(self.kept.room)
        elif how == "busy":
            self.phone.refuse(self.kept.id)
        else:
            self.phone.hang_up(self.phone.target, "target")

    @rule(who=st.sampled_from(["c1", "s1", "gw-t1", "gw-t1-2", "gw-t1-3"]))
    def somebody_hangs_up(self, who: str) -> None:
        leg = self.phone.legs.get(who)
        if leg is not None and leg.where != "ringing":
            self.phone.hang_up(leg, "himself")

    @precondition(
        lambda self: self.phone.caller.where == "lobby" or (self.phone.caller.where == "hold" and not self.up)
    )
    @rule()
    def dialplan_waits_no_longer(self) -> None:
        self.phone.hold_limit()

    # -- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def citizen_is_never_left(self) -> None:
        if not hasattr(self, "kept"):
            return
        company = self.phone.company()
        if company == "gone":
            assert self.phone.caller.ended_by in ("himself", "ordinary", "completed")
            if self.phone.caller.ended_by == "completed":
                assert self.kept.phase in ("released", "ended", "returning")
            return
        if company in ("agent", "somebody", "queue", "flow", "lobby"):
            return
        # Music, or an empty room on the way: somebody must be about to look.
        if self.blurred and company == "hold":
            return
        moving = bool(self.orders or self.answers or any(self.phone.facts.values()))
        assert not self.up or moving or self.kept.due_at is not None, (company, self.kept)

    @invariant()
    def the_citizens_leg_is_never_hung_up_by_us(self) -> None:
        if hasattr(self, "orders"):
            ours = {self.kept.caller_channel, self.kept.caller_leg}
            assert not any(isinstance(order, Hangup) and order.channel in ours for order, _ in self.orders)

    @invariant()
    def one_number_is_dialled_at_a_time(self) -> None:
        if hasattr(self, "kept"):
            assert len(self.phone.ringing_or_there) <= 1

    def teardown(self) -> None:
        """From here on nothing is lost: all comes to rest, and when people have hung up nothing is left."""
        if not hasattr(self, "kept"):
            return
        if not self.up:
            self.gateway_comes_back()
        if self.kept.phase == "ended" and not self.blurred:
            assert self.phone.company() != "hold"
        self.come_to_rest()
        self.take(reconcile(self.kept, self.phone.snapshot()))
        self.come_to_rest()
        self.phone.hold_limit()
        if self.kept.phase == "released":
            assert not self.phone.agent.alive or self.phone.agent.where == "bridge", self.kept
            assert self.phone.company() in ("somebody", "gone"), self.kept
        if self.kept.phase == "ended":
            assert not self.phone.ringing_or_there or self.kept.tries > 4, self.kept
            assert self.phone.company() not in ("alone", "hold"), (self.kept, self.phone)
        for leg in list(self.phone.legs.values()):
            self.phone.hang_up(leg, "himself")
        self.come_to_rest()
        assert self.kept.phase == "ended", self.kept

    def come_to_rest(self) -> None:
        """The service looks at what Asterisk has every now and then."""
        for n in range(60):
            if n % 10 == 9:
                self.take(reconcile(self.kept, self.phone.snapshot()))
            while self.orders or self.answers or any(self.phone.facts.values()):
                if self.orders:
                    self.carry()
                elif self.answers:
                    self.answer_comes()
                else:
                    leg = next(facts for facts in self.phone.facts.values() if facts)
                    self.tell(leg.popleft())
            if self.phone.caller.where == "lobby":
                self.phone.hold_limit()
            elif self.phone.target and self.phone.target.where == "ringing":
                self.phone.refuse(self.kept.id, "no_answer", 19)
            elif self.kept.due_at is not None:
                self.time_passes()
            else:
                return
        raise AssertionError(f"it never rests: {self.kept}")


AnyTransfer.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyTransfer = AnyTransfer.TestCase
