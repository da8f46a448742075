"""The fair share of written tickets: examples, and what holds whatever happens (hypothesis)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.model.assignments import HELD, Assignment, Writer
from gateway.model.ids import AgentId, TicketNo
from gateway.tickets.config import WrittenConfig
from gateway.tickets.sharing import share, works

NOON = 1_795_233_600.0
RULES = WrittenConfig(limit=2, offer_s=60, gone_s=30)


def ticket(number: int, **fields: Any) -> Assignment:
    made = Assignment(
        TicketNo(f"460000-20261121-{number:07d}"), "wechat", "hainan", "waiting", NOON + number,
        first_at=NOON + number, due_at=NOON + number + 180, last_at=NOON + number, moved_at=NOON + number, unread=1,
    )  # fmt: skip
    return replace(made, **fields)


def agent(number: int, **fields: Any) -> Writer:
    return replace(Writer(AgentId(str(8000 + number)), frozenset({"hotline"})), **fields)


def shared(
    pool: list[Assignment],
    writers: list[Writer],
    held: list[Assignment] | None = None,
    at: float = NOON + 600,
    rules: WrittenConfig = RULES,
) -> dict[int, tuple[str, str]]:
    """Running number -> state and agent, of those that moved."""
    present = frozenset(one.agent for one in writers)
    moves = share(held or [], pool, writers, present, rules, at)
    return {int(one.ticket_no[-7:]): (one.state, one.agent) for one in moves}


def test_each_gets_one_before_anybody_gets_two_and_nobody_more_than_the_limit() -> None:
    given_out = shared([ticket(n) for n in range(1, 6)], [agent(1), agent(2)])
    assert [given_out[n][1] for n in (1, 2, 3, 4)] == ["8001", "8002", "8001", "8002"]
    assert 5 not in given_out


def test_the_soonest_due_is_served_first_whatever_came_first() -> None:
    mail = ticket(1, channel="email", due_at=NOON + 86_400)
    late, soon = ticket(2, due_at=NOON + 900), ticket(3, due_at=NOON + 700)
    assert set(shared([mail, late, soon], [agent(1)])) == {3, 2}


def test_what_was_answered_comes_a_day_later_and_not_never() -> None:
    answered = ticket(1, due_at=None, first_at=None)
    assert answered.place == answered.last_at + 86_400
    newer = ticket(2, channel="email", due_at=answered.place + 1)
    assert set(shared([answered, newer], [agent(1)], rules=WrittenConfig(limit=1))) == {1}


def test_who_was_given_one_longest_ago_comes_first_among_equals() -> None:
    held = [ticket(1, state="taken", agent="8001", moved_at=NOON), ticket(2, state="taken", agent="8002", moved_at=9.0)]
    assert shared([ticket(3)], [agent(1), agent(2)], held)[3] == ("offered", "8002")


def test_the_agent_who_had_the_ticket_comes_first() -> None:
    busy = [ticket(1, state="taken", agent="8002")]
    assert shared([ticket(3, agent="8002")], [agent(1), agent(2)], busy)[3] == ("offered", "8002")
    full = [*busy, ticket(2, state="taken", agent="8002")]
    assert shared([ticket(3, agent="8002")], [agent(1), agent(2)], full)[3] == ("offered", "8001")


def test_an_offer_that_is_not_taken_goes_to_the_next_and_a_taken_one_stays() -> None:
    offered = ticket(1, state="offered", agent="8001", moved_at=NOON)
    taken = ticket(2, state="taken", agent="8001", moved_at=NOON)
    assert shared([], [agent(1), agent(2)], [offered, taken], at=NOON + 59.9) == {}
    assert shared([], [agent(1), agent(2)], [offered, taken], at=NOON + 60) == {1: ("offered", "8002")}


def test_when_all_have_let_it_pass_a_new_round_begins_with_somebody_else() -> None:
    second = ticket(1, state="offered", agent="8002", passed=(AgentId("8001"),), moved_at=NOON)
    (move,) = share([second], [], [agent(1), agent(2)], frozenset({AgentId("8001"), AgentId("8002")}), RULES, NOON + 60)
    assert (move.state, move.agent, move.passed) == ("offered", "8001", ())


def test_one_who_is_alone_is_asked_again_at_once_but_not_what_was_given_back() -> None:
    missed = ticket(1, state="offered", agent="8001", moved_at=NOON)
    assert shared([], [agent(1)], [missed], at=NOON + 60) == {1: ("offered", "8001")}
    back = ticket(1, agent="8001", passed=(AgentId("8001"),), moved_at=NOON)
    assert shared([back], [agent(1)], at=NOON + 59) == {}
    assert shared([back], [agent(1)], at=NOON + 60) == {1: ("offered", "8001")}
    assert shared([back], [agent(1), agent(2)], at=NOON + 1) == {1: ("offered", "8002")}


def test_what_somebody_gone_had_goes_back_with_its_place_and_to_others_at_once() -> None:
    held = [ticket(1, state="taken", agent="8009"), ticket(2, state="offered", agent="8009")]
    assert shared([], [agent(1)], held) == {1: ("offered", "8001"), 2: ("offered", "8001")}
    moves = share(held, [], [], frozenset(), RULES, NOON + 600)
    assert [(one.state, one.place) for one in moves] == [("waiting", one.place) for one in held]


def test_a_channel_that_is_not_shared_stays_where_it_is() -> None:
    assert shared([ticket(1, channel="partner")], [agent(1)]) == {}


def test_who_does_written_work() -> None:
    assert works(agent(1), RULES)
    assert not works(agent(1, presence="signed_out"), RULES)
    assert not works(agent(1, idle=False), RULES)
    assert works(agent(1, idle=False), WrittenConfig(while_talking=True))
    assert works(agent(1, presence="not_ready", reason="paperwork"), RULES)
    assert not works(agent(1, presence="not_ready", reason="meal"), RULES)
    assert not works(agent(1), WrittenConfig(queues=("written",)))
    assert works(agent(1, queues=frozenset({"hotline", "written"})), WrittenConfig(queues=("written",)))


def test_idle_ones_come_before_those_on_a_call() -> None:
    rules = WrittenConfig(while_talking=True)
    held = [ticket(1, state="taken", agent="8002")]
    assert shared([ticket(2)], [agent(1, idle=False), agent(2)], held, rules=rules)[2] == ("offered", "8002")


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 6))
def test_equals_differ_by_one_at_most(tickets: int, agents: int, limit: int) -> None:
    rules = WrittenConfig(limit=limit)
    given_out = shared([ticket(n) for n in range(1, tickets + 1)], [agent(n) for n in range(agents)], rules=rules)
    loads = [sum(who == str(8000 + n) for _, who in given_out.values()) for n in range(agents)]
    assert sum(loads) == min(tickets, agents * limit)
    assert max(loads) - min(loads) <= 1


class Desk(RuleBasedStateMachine):
    """Agents come, go, take, give back, finish and let pass, in any order; the citizens write in between."""

    @initialize(limit=st.integers(1, 3))
    def begin(self, limit: int) -> None:
        self.rules = WrittenConfig(limit=limit, offer_s=60)
        self.at, self.count = NOON, 0
        self.here: dict[AgentId, Writer] = {}
        self.all: dict[str, Assignment] = {}

    @rule(seconds=st.integers(0, 90))
    def wait(self, seconds: int) -> None:
        self.at += seconds

    @rule()
    def write(self) -> None:
        self.count += 1
        one = replace(ticket(self.count), since=self.at, first_at=self.at, due_at=self.at + 180, last_at=self.at)
        self.all[one.ticket_no] = one

    @rule(number=st.integers(1, 4), idle=st.booleans())
    def come(self, number: int, idle: bool) -> None:
        one = agent(number, idle=idle)
        self.here[one.agent] = one

    @rule(number=st.integers(1, 4))
    def go(self, number: int) -> None:
        self.here.pop(agent(number).agent, None)

    @precondition(lambda self: self.some("offered"))
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.some("offered")))
        self.all[one.ticket_no] = replace(one.moved("taken", one.agent, self.at), passed=())

    @precondition(lambda self: self.some("taken"))
    @rule(data=st.data(), back=st.booleans())
    def leave(self, data: st.DataObject, back: bool) -> None:
        one = data.draw(st.sampled_from(self.some("taken")))
        moved = one.moved("waiting" if back else "done", one.agent, self.at)
        self.all[one.ticket_no] = replace(moved, passed=(one.agent,) if back else ())

    @rule()
    def look(self) -> None:
        held = [one for one in self.all.values() if one.state in HELD]
        moves = share(held, self.some("waiting"), list(self.here.values()), frozenset(self.here), self.rules, self.at)
        assert len({one.ticket_no for one in moves}) == len(moves)
        for one in moves:
            before = self.all[one.ticket_no]
            assert before.state != "done"
            assert one.version > before.version
            assert one.place == before.place
            assert not (before.state == "taken" and before.agent in self.here)
            self.all[one.ticket_no] = one
        self.check_looked()

    def check_looked(self) -> None:
        """After a look nobody absent holds anything, and what has rested waits only where nobody may take it."""
        assert all(one.agent in self.here for one in self.all.values() if one.state in HELD)
        free = [w for a, w in self.here.items() if works(w, self.rules) and self.load(a) < self.rules.limit]
        rested = [one for one in self.some("waiting") if self.at >= one.moved_at + self.rules.offer_s]
        assert not (free and rested)
        asked = {(w.agent, one.ticket_no) for w in free for one in self.some("waiting") if w.agent not in one.passed}
        assert not asked

    @invariant()
    def nobody_is_over_the_limit(self) -> None:
        if hasattr(self, "rules"):
            assert all(self.load(AgentId(str(8000 + n))) <= self.rules.limit for n in range(5))

    def some(self, state: str) -> list[Assignment]:
        return [one for one in self.all.values() if one.state == state]

    def load(self, who: AgentId) -> int:
        return sum(one.agent == who and one.state in HELD for one in self.all.values())


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
