"""The watch list over HTTP: leads write it, nobody's number leaves, each act is audited."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.web.desks import NUMBER, DeskSite

WATCH = "/api/v1/watch"
NOTE = {"number": NUMBER, "level": "alert", "note": "多次辱骂\n请班长旁听"}


async def test_a_note_is_set_listed_replaced_and_lifted(desk_site: DeskSite) -> None:
    lead = await desk_site.logged_in("lead")
    status, set_, _ = await lead.ask("PUT", WATCH, json=NOTE)
    assert (status, set_["number"], set_["note"], set_["until"]) == (200, "138****5678", NOTE["note"], None)
    status, again, _ = await lead.ask("PUT", WATCH, json={**NOTE, "level": "care", "until": time.time() + 60})
    assert again["id"] == set_["id"] and again["level"] == "care"
    assert (await lead.get(WATCH))[1] == {"items": [again]}
    assert (await lead.ask("DELETE", f"{WATCH}/{set_['id']}", json={}))[0] == 200
    assert (await lead.ask("DELETE", f"{WATCH}/{set_['id']}", json={}))[0] == 404
    assert (await lead.get(WATCH))[1] == {"items": []}
    entries = [one for one in await desk_site.ledger.audits() if one.act.startswith("watch.")]
    assert [one.act for one in entries] == ["watch.lifted", "watch.set", "watch.set"]
    assert all(one.login == "lead" and one.detail["number"] == "138****5678" for one in entries)


async def test_agents_neither_read_nor_write_it(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    assert (await agent.get(WATCH))[0] == (await agent.ask("PUT", WATCH, json=NOTE))[0] == 403
    assert await desk_site.ledger.watches() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": "abc"}, "number"),
        ({"level": "hot"}, "level"),
        ({"note": " "}, "note"),
        ({"note": "x" * 501}, "note"),
        ({"until": 1.0}, "until"),
        ({"until": "never"}, "until"),
    ],
)
async def test_a_bad_note_names_its_field(desk_site: DeskSite, change: dict[str, Any], field: str) -> None:
    status, problem, _ = await (await desk_site.logged_in("lead")).ask("PUT", WATCH, json={**NOTE, **change})
    assert (status, problem["field"]) == (400, field) and await desk_site.ledger.watches() == []
