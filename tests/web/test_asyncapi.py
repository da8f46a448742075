"""The AsyncAPI document is whole (every reference leads somewhere) and true (real events fit its schemas)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError

from gateway.model.records import Event
from gateway.tickets.calls import call_data
from gateway.tickets.telling import ticket_data
from gateway.web.asyncapi import document
from gateway.web.envelope import envelope
from gateway.web.events import EVENTS


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [one for inner in node.values() for one in references(inner)]
    return [one for inner in node for one in references(inner)] if isinstance(node, list) else []


def test_every_reference_leads_somewhere() -> None:
    made = document()
    for reference in references(made):
        place: Any = made
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    assert set(made["components"]["messages"]) == {kind.name for kind in EVENTS}
    for operation in made["operations"].values():
        assert operation["action"] == "send"


async def test_the_document_is_served_to_anybody(site: Any) -> None:
    status, served, _ = await site.client().get("/api/asyncapi.json")
    assert status == 200 and served["asyncapi"] == "3.0.0" and served == json.loads(json.dumps(document()))


def checked(event: Event) -> None:
    made = document()
    schema = {**made["components"]["messages"][event.type]["payload"], "components": made["components"]}
    Draft202012Validator(schema).validate(json.loads(envelope(event, "urn:hotline:12345")))


def test_real_events_fit_their_schemas(fakes: Any) -> None:
    checked(Event(1, "01J0", "hotline.call.ended.v1", "1732200000.15", 1.5, call_data(fakes.call())))
    checked(Event(2, "01J1", "hotline.ticket.opened.v1", "460000-20261121-0000001", 1.5, ticket_data(fakes.ticket())))
    checked(Event(3, "01J2", "hotline.line.lost.v1", "line", 1.5, {"epoch": 3, "why": "reset"}))
    with pytest.raises(ValidationError, match="why"):
        checked(Event(4, "01J3", "hotline.line.lost.v1", "line", 1.5, {"epoch": 3}))
