"""Drafts over HTTP: kept as typed, last revision wins, each agent's own or the call's."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ledger import LedgerConfig, open_ledger
from tests.web.desks import KEYS, DeskSite

CALL = "1732200000.15"
NEW = "/api/v1/desk/drafts/new"
OF_CALL = f"/api/v1/desk/drafts/{CALL}"
NO_TICKET = "/api/v1/desk/drafts/460000-20261121-0000001"


async def put(client: Any, path: str, revision: int, **fields: Any) -> tuple[int, Any]:
    status, data, _ = await client.ask("PUT", path, json={"fields": fields, "revision": revision})
    return status, data


async def test_what_is_typed_comes_back_as_it_was(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    assert (await agent.get(NEW))[0] == 404
    typed = {"content": "一行\n二行\t13812345678", "urgency": None, "place": {"at": [109.5, 18.25]}, "done": False}
    status, saved = await put(agent, NEW, 7, **typed)
    assert (status, saved["key"], saved["revision"]) == (200, "new", 7)
    _, draft, _ = await agent.get(NEW)
    assert (draft["key"], draft["fields"], draft["author"]) == ("new", typed, "agent1")


async def test_a_saving_that_was_overtaken_is_told_so_and_a_second_try_is_not(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    assert (await put(agent, NEW, 2, a="2"))[0] == 200
    assert (await put(agent, NEW, 2, a="2"))[0] == 200
    for revision, said in ((1, "1"), (2, "x")):
        status, problem = await put(agent, NEW, revision, a=said)
        assert (status, problem["field"], problem["current"], problem["author"]) == (409, "revision", 2, "agent1")
    assert (await agent.get(NEW))[1]["fields"] == {"a": "2"}


async def test_savings_that_race_leave_the_newest(desk_site: DeskSite) -> None:
    agent = await desk_site.logged_in("agent1")
    answers = await asyncio.gather(*(put(agent, NEW, revision, n=revision) for revision in (3, 1, 5, 2, 4)))
    assert {status for status, _ in answers} <= {200, 409}
    assert (await agent.get(NEW))[1]["fields"] == {"n": 5}


async def test_a_new_draft_is_each_agents_own(desk_site: DeskSite) -> None:
    first, second = [await desk_site.logged_in(one) for one in ("agent1", "agent2")]
    await put(first, NEW, 1, a="first")
    assert (await second.get(NEW))[0] == 404


async def test_what_another_typed_at_a_ticket_is_for_who_has_it(desk_site: DeskSite) -> None:
    ticket = await desk_site.earlier(1, agent="8001")
    path = f"/api/v1/desk/drafts/{ticket.ticket_no}"
    first, second, lead = [await desk_site.logged_in(one) for one in ("agent1", "agent2", "lead")]
    assert (await put(second, path, 1, a="second's"))[0] == (await second.get(path))[0] == 200
    assert (await first.get(path))[1]["fields"] == {"a": "second's"}
    assert (await put(first, path, 2, contact_number="13812345678"))[0] == 200
    assert [(await one.get(path))[0] for one in (first, second, lead)] == [200, 403, 200]
    assert (await put(second, path, 3, a="again"))[0] == (await second.ask("DELETE", path, json={}))[0] == 403
    assert (await put(second, NO_TICKET, 1))[0] == (await second.get(NO_TICKET))[0] == 404


async def test_nobody_else_begins_a_draft_of_a_secret_ticket(desk_site: DeskSite) -> None:
    ticket = await desk_site.earlier(1, agent="8001", is_secret=True)
    first, second = [await desk_site.logged_in(one) for one in ("agent1", "agent2")]
    path = f"/api/v1/desk/drafts/{ticket.ticket_no}"
    assert (await put(second, path, 1))[0] == 403
    assert (await put(first, path, 1))[0] == 200


async def test_the_draft_of_a_call_is_for_its_seat_for_who_typed_it_and_for_leads(desk_site: DeskSite) -> None:
    desk_site.rings()
    first, second, lead = [await desk_site.logged_in(one) for one in ("agent1", "agent2", "lead")]
    assert (await put(first, OF_CALL, 1, a="b"))[0] == 200
    assert (await put(second, OF_CALL, 2, a="c"))[0] == (await second.get(OF_CALL))[0] == 403
    assert (await lead.get(OF_CALL))[0] == 200
    desk_site.hall.calls.clear()
    desk_site.hall.change("A001", call_id=None)
    assert (await put(first, OF_CALL, 2, a="d"))[0] == 200  # the call has gone before it was written: who typed goes on
    assert (await put(second, OF_CALL, 3, a="e"))[0] == 404


async def test_my_drafts_are_listed_newest_first_and_dropped(desk_site: DeskSite) -> None:
    desk_site.rings()
    agent = await desk_site.logged_in("agent1")
    await put(agent, NEW, 1)
    await put(agent, OF_CALL, 1)
    assert [one["key"] for one in (await agent.get("/api/v1/desk/drafts"))[1]["items"]] == [CALL, "new"]
    assert (await agent.ask("DELETE", OF_CALL, json={}))[1] == {"dropped": True}
    assert (await agent.ask("DELETE", OF_CALL, json={}))[1] == {"dropped": False}
    assert [one["key"] for one in (await agent.get("/api/v1/desk/drafts"))[1]["items"]] == ["new"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fields"),
        ({"fields": {}}, "revision"),
        ({"fields": {}, "revision": 0}, "revision"),
        ({"fields": [], "revision": 1}, "fields"),
        ({"fields": {"a": "x\0"}, "revision": 1}, "fields.a"),
        ({"fields": {"a\n": "x"}, "revision": 1}, "fields"),
        ({"fields": {"a": "x" * 50_000}, "revision": 1}, "fields"),
        ({"fields": {}, "revision": 1, "x": 1}, "x"),
    ],
)
async def test_a_bad_draft_names_its_field(desk_site: DeskSite, body: dict[str, Any], field: str) -> None:
    status, problem, _ = await (await desk_site.logged_in("agent1")).ask("PUT", NEW, json=body)
    assert (status, problem["field"]) == (400, field)


@pytest.mark.parametrize("key", ["-", "a" * 81, "new%2Fagent2", "a%20b"])
async def test_a_key_that_is_none_is_not_there(desk_site: DeskSite, key: str) -> None:
    assert (await put(await desk_site.logged_in("agent1"), f"/api/v1/desk/drafts/{key}", 1))[0] == 404


async def test_what_was_acknowledged_is_in_the_ledger_when_it_is_opened_again(
    desk_site: DeskSite, tmp_path: Any
) -> None:
    await put(await desk_site.logged_in("agent1"), NEW, 3, content="不能丢")
    async with open_ledger(LedgerConfig(url=f"sqlite:///{tmp_path}/ledger.db"), tmp_path, KEYS) as another:
        kept = await another.draft("new/agent1")
    assert kept is not None and (kept.revision, kept.fields) == (3, {"content": "不能丢"})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["content", "name", "place"]), VALUES))
async def test_anything_that_is_json_comes_back_the_same(desk_site: DeskSite, fields: dict[str, Any]) -> None:
    agent = desk_site.clients[0] if desk_site.clients else await desk_site.logged_in("agent1")
    desk_site.ahead["n"] = desk_site.ahead.get("n", 0) + 1
    assert (await put(agent, NEW, int(desk_site.ahead["n"]), **fields))[0] == 200
    assert (await agent.get(NEW))[1]["fields"] == fields
