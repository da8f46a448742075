"""Parts join whatever their order, repeats and the moments at which we are killed; nothing is joined that does not
belong together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.channels.sms.parts import (
    MOST_GROUPS,
    REMEMBERED_S,
    Group,
    due_at,
    groups_of,
    is_possible,
    noticed,
    put,
    reference_key,
    released,
    remembered,
    taken,
    value_of,
)
from gateway.channels.sms.port import Arrived, PartOf

NOW, JOIN_S = 1_795_233_600.0, 180.0


def piece(n: int, body: bytes = b"", key: str = "", total: int = 3, **fields: Any) -> Arrived:
    body = body or f"part {n}".encode()
    return Arrived(
        key or f"k{n}", b"PDU", "", "13812345678", "12345", NOW, data=body, part=PartOf(7, 8, total, n), **fields
    )


def after(*pieces: Arrived, at: float = NOW) -> tuple[Group, ...]:
    groups: tuple[Group, ...] = ()
    for one in pieces:
        groups = put(groups, one, at, JOIN_S, f"g{len(groups)}").groups
    return groups


def test_parts_in_any_order_make_one_ready_group() -> None:
    (group,) = after(piece(3), piece(1), piece(2))
    assert (group.state, sorted(group.parts)) == ("ready", [1, 2, 3])


def test_the_key_is_of_the_parts_and_not_of_their_order() -> None:
    (one,), (other,) = after(piece(3), piece(1), piece(2)), after(piece(1), piece(2), piece(3))
    assert one.key == other.key
    assert after(piece(1), piece(2), piece(3, key="another"))[0].key != one.key


def test_repeats_change_nothing() -> None:
    groups = after(piece(1), piece(2))
    for again in (piece(1), piece(2, key="carrier gave a new id")):
        done = put(groups, again, NOW + 1, JOIN_S, "new")
        assert (done.fate, done.groups) == ("repeat", groups)


def test_a_repeat_after_the_message_was_taken_opens_nothing_for_three_days() -> None:
    groups = taken(after(piece(1), piece(2), piece(3)), "g0", "T-1", NOW)
    assert groups[0].parts == {}
    for later in (1.0, REMEMBERED_S - 1):
        done = put(groups, piece(2), NOW + later, JOIN_S, "new")
        assert (done.fate, done.group.ticket_no) == ("repeat", "T-1")
    assert put(groups, piece(2), NOW + REMEMBERED_S, JOIN_S, "new").fate == "kept"


def test_the_same_words_much_later_are_a_new_message() -> None:
    groups = taken(after(piece(1), piece(2), piece(3)), "g0", "T-1", NOW)
    assert put(groups, piece(1, key="x"), NOW + JOIN_S - 1, JOIN_S, "new").fate == "repeat"
    done = put(groups, piece(1, key="x"), NOW + JOIN_S, JOIN_S, "new")
    assert (done.fate, done.group.id, done.group.state) == ("kept", "new", "open")


def test_a_new_message_under_a_used_reference_ends_the_old_one() -> None:
    done = put(after(piece(1), piece(2)), piece(1, b"other words", "x"), NOW + 5, JOIN_S, "new")
    old, new = done.groups
    assert (old.state, old.reused, sorted(old.parts)) == ("ready", True, [1, 2])
    assert (new.state, done.group.id, sorted(new.parts)) == ("open", "new", [1])


def test_a_group_is_released_when_its_time_is_up_and_what_comes_then_is_late() -> None:
    groups = after(piece(1), piece(3))
    assert released(groups, NOW + JOIN_S - 1) == groups
    (ready,) = released(groups, NOW + JOIN_S)
    assert (ready.state, sorted(ready.parts)) == ("ready", [1, 3])
    done = put(groups, piece(2), NOW + JOIN_S, JOIN_S, "new")
    assert (done.fate, done.group.id, done.group.state) == ("late", "g0", "ready")


def test_a_late_part_is_known_afterwards() -> None:
    groups = taken(released(after(piece(1), piece(3)), NOW + 200), "g0", "T-1", NOW + 200)
    assert put(groups, piece(2), NOW + 300, JOIN_S, "new").fate == "late"
    groups = noticed(groups, "g0", piece(2))
    assert put(groups, piece(2), NOW + 400, JOIN_S, "new").fate == "repeat"


def test_taking_twice_is_once() -> None:
    once = taken(after(piece(1), piece(2), piece(3)), "g0", "T-1", NOW)
    assert taken(once, "g0", "", NOW + 9) == once


def test_what_need_not_be_remembered_is_forgotten() -> None:
    groups = taken(after(piece(1), piece(2), piece(3)), "g0", "T-1", NOW)
    assert remembered(groups, NOW + REMEMBERED_S - 1) == groups
    assert remembered(groups, NOW + REMEMBERED_S) == ()


def test_groups_under_one_reference_are_bounded_and_no_waiting_one_is_dropped() -> None:
    groups: tuple[Group, ...] = ()
    for n in range(3 * MOST_GROUPS):
        done = put(groups, piece(1, f"words {n}".encode(), f"x{n}"), NOW, JOIN_S, f"g{n}")
        groups = taken(done.groups, f"g{n - 1}", "T", NOW)
    assert len(groups) <= MOST_GROUPS
    assert groups[-1].state == "open"


def test_impossible_parts_are_known() -> None:
    assert is_possible(PartOf(7, 8, 3, 3))
    assert not any(is_possible(PartOf(7, 8, total, n)) for total, n in ((0, 0), (0, 1), (3, 0), (3, 4)))


def test_references_of_others_are_others() -> None:
    part = PartOf(7, 8, 3, 1)
    keys = {
        reference_key("a", "1", "23", part), reference_key("a", "12", "3", part), reference_key("b", "1", "23", part),
        reference_key("a", "1", "23", PartOf(7, 16, 3, 1)), reference_key("a", "1", "23", PartOf(7, 8, 4, 1)),
        reference_key("a", "1", "23", PartOf(8, 8, 3, 1)),
    }  # fmt: skip
    assert len(keys) == 6
    assert reference_key("a", "1", "23", PartOf(7, 8, 3, 2)) in keys


def test_ready_groups_are_due_at_once_and_waiting_ones_when_their_time_is_up() -> None:
    assert due_at(after(piece(1)), NOW) == NOW + JOIN_S
    assert due_at(after(piece(1), piece(2), piece(3)), NOW + 1) == NOW + 1
    assert due_at(taken(after(piece(1), piece(2), piece(3)), "g0", "", NOW), NOW) == NOW + REMEMBERED_S


def test_groups_survive_the_ledger() -> None:
    groups = after(piece(1, text="好", flags=("x",), meta={"a": "b"}, sent_at=NOW), piece(2), piece(2, b"other", "y"))
    assert groups_of(value_of(groups)) == groups
    assert groups_of({}) == ()


class Carrier(RuleBasedStateMachine):
    """A carrier that hands over the parts of messages in any order, again and again until acknowledged, to a gateway
    that is killed between any two commits. ``stored`` is what is committed; ``tickets`` the messages taken."""

    @initialize(totals=st.lists(st.integers(2, 5), min_size=1, max_size=3))
    def begin(self, totals: list[int]) -> None:
        self.now = NOW
        self.stored: dict[str, Any] = {}
        self.tickets: dict[str, list[tuple[str, ...]]] = {}
        self.keys: set[tuple[str, str]] = set()
        self.pieces = [
            replace(piece(n, f"{ref}/{n}".encode(), f"{ref}-{n}", total), part=PartOf(ref, 8, total, n))
            for ref, total in enumerate(totals)
            for n in range(1, total + 1)
        ]
        self.unanswered = set(range(len(self.pieces)))
        self.ids = 0

    def _put(self, at: int) -> tuple[str, Any]:
        one = self.pieces[at]
        assert one.part is not None
        key = reference_key("a", one.sender, one.receiver, one.part)
        self.ids += 1
        done = put(groups_of(self.stored.get(key, {})), one, self.now, JOIN_S, f"g{self.ids}")
        self.stored[key] = value_of(done.groups)
        return key, done

    def _take(self, key: str, group: Group) -> None:
        """One transaction: the message under its key, and the mark."""
        if (key, group.key) not in self.keys:
            self.keys.add((key, group.key))
            self.tickets.setdefault(key, []).append(tuple(group.parts[n].data.decode() for n in sorted(group.parts)))
        self.stored[key] = value_of(taken(groups_of(self.stored[key]), group.id, "T", self.now))

    @rule(data=st.data(), killed=st.sampled_from(["no", "after the part", "before the answer"]))
    def hand_over(self, data: st.DataObject, killed: str) -> None:
        at = data.draw(st.sampled_from(range(len(self.pieces))))
        key, done = self._put(at)
        if killed == "after the part":
            return
        for group in done.groups:
            if group.state == "ready":
                self._take(key, group)
        assert done.fate != "late"
        if killed == "no":
            self.unanswered.discard(at)

    @rule()
    def restart(self) -> None:
        for key, value in list(self.stored.items()):
            for group in released(groups_of(value), self.now):
                if group.state == "ready":
                    self._take(key, group)

    @rule(seconds=st.floats(0.1, 5.0))
    def wait(self, seconds: float) -> None:
        if self.now + seconds < NOW + JOIN_S:
            self.now += seconds

    @invariant()
    def no_message_twice_and_none_in_pieces(self) -> None:
        for made in getattr(self, "tickets", {}).values():
            assert len(made) == 1

    def teardown(self) -> None:
        """At last the carrier gets through with all that was never acknowledged."""
        if not hasattr(self, "pieces"):
            return
        for at in sorted(self.unanswered):
            key, done = self._put(at)
            for group in done.groups:
                if group.state == "ready":
                    self._take(key, group)
        self.restart()
        said = {text for (text,) in self.tickets.values()}
        refs = {one.part.reference for one in self.pieces if one.part is not None}
        assert said == {
            tuple(one.data.decode() for one in self.pieces if one.part is not None and one.part.reference == ref)
            for ref in refs
        }


Carrier.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestCarrier = Carrier.TestCase
