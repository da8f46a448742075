"""The registry serves what it describes: answers have the shape of their model."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.web.routes import Route
from gateway.web.server import all_routes

ABSENT = {
    *("/api/v1/figures", "/api/v1/figures/calls", "/api/v1/figures/live", "/api/v1/whatif", "/api/v1/alarms"),
    *("/api/v1/alarms/rules", "/api/v1/broadcasts", "/api/v1/recordings", "/api/v1/recordings/storage"),
    *("/api/v1/recordings/holds", "/api/v1/roster", "/api/v1/roster/now", "/api/v1/handovers"),
}
NEEDED = {"/api/v1/whatif": "queue=hotline&"}
READS = [one for one in all_routes() if one.method == "GET" and one.answer and "{" not in one.path and not one.many]


@pytest.mark.parametrize(
    "one",
    [one for one in READS if one.content_type == "application/json" and one.status == 200],
    ids=lambda one: one.path,
)
async def test_answer_of_every_plain_read_is_its_model(site: Any, fakes: Any, one: Route) -> None:
    """The site of these tests has no parts of a shift lead's; their own tests read them, and schemathesis on a node."""
    site.ledger.rows.calls["1.1"] = fakes.call()
    ticket = fakes.ticket()
    site.ledger.rows.tickets[ticket.ticket_no] = ticket
    status, data, response = await (await site.logged_in("root")).get(f"{one.path}?{NEEDED.get(one.path, '')}")
    if one.path in ABSENT:
        assert status in (404, 503) and data["detail"]
        return
    assert (status, response.content_type) == (200, one.content_type)
    assert one.answer is not None
    assert one.answer.model_validate(data).model_dump(mode="json") == data


async def test_get_takes_no_unknown_parameter_anywhere(site: Any) -> None:
    client = await site.logged_in("root")
    for one in READS:
        status, problem, _ = await client.get(f"{one.path}?{NEEDED.get(one.path, '')}unheard=of")
        assert (status, problem["field"]) == (400, "unheard"), one.path
