"""Each event of a transfer is told once, and holds what the registry of events says."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.ids import TicketNo
from gateway.transfer.telling import events_between, subject_of, transfer_data
from tests.events_held import holds
from tests.transfer.telephone import a_transfer

BEGUN = a_transfer("three_way")


def kinds(before: object, after: object) -> list[str]:
    return [type_.split(".")[2] for type_, _ in events_between(before, after)]  # type: ignore[arg-type]


def test_a_press_starts_and_each_moment_is_told_when_it_comes() -> None:
    answered = replace(BEGUN, answered_at=1.0)
    joined = replace(answered, joined_at=2.0)
    assert kinds(None, BEGUN) == ["started"]
    assert kinds(BEGUN, answered) == ["answered"] and kinds(answered, joined) == ["joined"]
    assert kinds(joined, joined) == [] and kinds(joined, replace(joined, why="x")) == []
    assert kinds(joined, replace(joined, released_at=3.0, ended_at=3.0)) == ["released", "ended"]


def test_what_is_told_is_what_the_registry_of_events_knows() -> None:
    for type_, data in events_between(None, replace(BEGUN, answered_at=1.0, joined_at=1.0, released_at=1, ended_at=2)):
        holds(type_, data)


def test_a_citizens_number_is_not_told() -> None:
    to_seat = replace(BEGUN, target="PJSIP/8002", target_seat="A002", partner="", target_kind="seat")
    assert (transfer_data(BEGUN)["to"], transfer_data(to_seat)["to"]) == ("110", "A002")


def test_the_subject_is_the_ticket_or_else_the_call() -> None:
    assert subject_of(BEGUN) == "c1"
    assert subject_of(replace(BEGUN, ticket_no=TicketNo("460000-20261121-0000001"))) == "460000-20261121-0000001"
