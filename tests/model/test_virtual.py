from __future__ import annotations

from dataclasses import replace

from gateway.model.ids import TicketNo
from gateway.model.virtual import Binding

MADE = Binding("b", "66001", TicketNo("460000-20261121-0000001"), "12328", ("089865321234",), "13812345678", 10.0, 20.0)


def test_a_binding_holds_from_its_beginning_until_its_end() -> None:
    assert [MADE.holds(at) for at in (9.9, 10.0, 19.9, 20.0)] == [False, True, True, False]


def test_one_that_was_ended_is_over_then_and_never_later_than_it_lapses() -> None:
    assert replace(MADE, ended_at=15.0).over_at == 15.0
    assert replace(MADE, ended_at=25.0).over_at == 20.0


def test_what_is_logged_of_it_holds_nobodys_number() -> None:
    assert "13812345678" not in repr(MADE)
    assert "089865321234" not in repr(MADE)
