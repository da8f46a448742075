"""The document cannot drift: it has every route of the router, and what it says about answers is so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.web import assets
from gateway.web.openapi import document
from gateway.web.routes import Route
from gateway.web.server import all_routes


async def test_every_route_of_the_router_is_in_the_document_and_no_other(site: Any) -> None:
    _, described, _ = await site.client().get("/api/openapi.json")
    listed = {(method.upper(), path) for path, item in described["paths"].items() for method in item}
    pages = {"/", "/submit", "/receipt", "/progress", "/static/{name}", "/reports/{kind}/{name}"}
    pages |= {*assets.PUBLIC, *assets.STAFF}
    served = {
        (route.method, route.resource.canonical)
        for route in site.server.application().router.routes()
        if route.resource.canonical not in pages and route.method != "HEAD"
    }
    assert served == listed and len(listed) >= 20


def test_every_reference_leads_to_a_schema() -> None:
    made = document(all_routes())
    assert made["openapi"] == "3.1.0"
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(made)))
    assert references and references <= set(made["components"]["schemas"])


def test_operation_ids_are_unique() -> None:
    made = document(all_routes())
    ids = [operation["operationId"] for item in made["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("one", [one for one in all_routes() if one.roles is not None], ids=lambda one: one.path)
async def test_every_route_that_names_roles_refuses_strangers_and_other_roles(site: Any, one: Route) -> None:
    path = re.sub(r"\{\w+\}", "1", one.path)
    assert (await site.client().ask(one.method, path, json={}))[0] == 401
    if "agent" not in (one.roles or ()):
        assert (await (await site.logged_in("agent1")).ask(one.method, path, json={}))[0] == 403
    if "reader" not in (one.roles or ()):
        machine = site.client(token=site.tokens["machine"])
        assert (await machine.ask(one.method, path, json={}))[0] == 403


@pytest.mark.parametrize(
    "one", [one for one in all_routes() if one.roles and one.method == "POST"], ids=lambda o: o.path
)
async def test_every_change_by_cookie_needs_the_csrf_token(site: Any, one: Route) -> None:
    client = await site.logged_in("lead")
    client.csrf = ""
    assert (await client.post(re.sub(r"\{\w+\}", "1", one.path)))[0] == 403
