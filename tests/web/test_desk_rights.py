"""Whose call it is, case by case (over HTTP: test_api_desk.py)."""

from __future__ import annotations

import time
from typing import Any

import pytest

from gateway.model.ids import AgentId, SeatId
from gateway.model.records import Stretch
from gateway.model.transfers import Transfer
from tests.web.desks import DeskSite

POP = "/api/v1/desk/pop/1732200000.15"


@pytest.mark.parametrize(
    ("call", "seat_call", "status"),
    [
        ({}, "1732200000.15", 200),  # it rings at the seat
        ({"agent": AgentId("8001")}, None, 200),  # the agent has had it
        ({"agent": AgentId("8001"), "ended_at": 1.0}, None, 200),
        ({"seat": SeatId("A001")}, None, 200),  # the seat has it, and it lasts
        ({"seat": SeatId("A001"), "ended_at": 1.0}, None, 403),  # whoever sat there before had it
        ({"agent": AgentId("8002")}, None, 403),
        ({}, None, 403),
    ],
)
async def test_a_call_is_its_seats_and_its_agents(
    desk_site: DeskSite, call: dict[str, Any], seat_call: str | None, status: int
) -> None:
    desk_site.rings(at="A002", **call)
    desk_site.hall.change("A002", call_id=None)
    desk_site.hall.change("A001", call_id=seat_call)
    assert (await (await desk_site.logged_in("agent1")).get(POP))[0] == status


async def test_a_call_stays_with_who_had_it_before_it_went_to_another(desk_site: DeskSite) -> None:
    had = Stretch("talking", 1.0, 2.0, agent=AgentId("8001"))
    desk_site.rings(at="A002", agent=AgentId("8002"), stretches=[had])
    assert (await (await desk_site.logged_in("agent1")).get(POP))[0] == 200


@pytest.mark.parametrize(("ended_s_ago", "status"), [(None, 200), (60.0, 200), (86_400.0, 403)])
async def test_a_call_handed_to_a_seat_is_not_of_who_sits_there_another_day(
    desk_site: DeskSite, ended_s_ago: float | None, status: int
) -> None:
    ended_at = None if ended_s_ago is None else time.time() - ended_s_ago
    call = desk_site.rings(at="A002", agent=AgentId("8002"), ended_at=ended_at)
    desk_site.hall.change("A002", call_id=None)
    desk_site.hall.change("A001", call_id=None)
    handed = Transfer("t1", "k", call.call_id, "consult", "A001", SeatId("A002"), AgentId("8002"), 1.0,
                      target_seat=SeatId("A001"), target_kind="seat")  # fmt: skip
    await desk_site.ledger.write(lambda tx: tx.save_transfer(handed))
    assert (await (await desk_site.logged_in("agent1")).get(POP))[0] == status


async def test_without_an_agents_number_no_call_is_ones_own_but_leads_see_all(desk_site: DeskSite) -> None:
    desk_site.rings(agent=AgentId(""))
    assert (await (await desk_site.logged_in("root")).get(POP))[0] == 200
    assert (await (await desk_site.logged_in("agent2")).get(POP))[0] == 403
