"""The AsyncAPI 3.0 document of the feed, generated from the registry of events: what comes, and by which ways.

The ways are the feed by cursor, the stream (SSE), signed webhooks and a Redis Stream; all carry the same CloudEvents.
"""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web
from pydantic.json_schema import models_json_schema

from gateway import __version__
from gateway.web.asked import Asked, Nothing
from gateway.web.envelope import DATA_TYPE, SPEC
from gateway.web.events import EVENTS, EventKind
from gateway.web.routes import Answer, Route, route

_REF = "#/components/schemas/{model}"
_CHANNELS = {
    "feed": ("/api/v1/feed", "Events after a cursor, as a CloudEvents batch; read on with X-Feed-Cursor."),
    "stream": (
        "/api/v1/feed/stream",
        "Server-sent events as they are committed, each `data:` one CloudEvent; resumes by Last-Event-ID.",
    ),
    "webhook": (
        None,
        "POST to the follower's address, signed after Standard Webhooks; at least once, in order, one in flight. "
        "Content type application/cloudevents+json, or application/cloudevents-batch+json for followers with a batch.",
    ),
    "redis": (
        "gw:feed",
        "Redis Stream: the entry id is `<sequence>-0`, field `p` the CloudEvent; for consumer groups.",
    ),
}


def document() -> dict[str, Any]:
    """The document as JSON data."""
    models = sorted({kind.data for kind in EVENTS}, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    messages = {kind.name: _message(kind) for kind in EVENTS}
    channels = {name: _channel(name, address, what) for name, (address, what) in _CHANNELS.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "12345 热线接入网关事件 / gateway feed",
            "version": __version__,
            "description": (
                "One ordered feed of everything that happens to calls, messages and tickets. `sequence` has no gaps; "
                "it is decimal with leading zeros, so that text order is feed order. Personal data is masked."
            ),
            "license": {"name": "GPL-3.0-or-later"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": {
            f"follow_{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}} for name in _CHANNELS
        },
        "components": {"messages": messages, "schemas": schemas["$defs"]},
    }


def _channel(name: str, address: str | None, what: str) -> dict[str, Any]:
    messages = {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in EVENTS}
    return {"address": address, "title": name, "description": what, "messages": messages}


def _message(kind: EventKind) -> dict[str, Any]:
    """The envelope with this type's data; a sentence in both languages."""
    properties: dict[str, Any] = {
        "specversion": {"const": SPEC},
        "id": {"type": "string", "description": "the same however often and by whichever way it comes"},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"const": kind.name},
        "subject": {"type": "string", "description": kind.subject},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": DATA_TYPE},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
        "data": {"$ref": _REF.format(model=kind.data.__name__)},
    }
    return {
        "name": kind.name,
        "title": kind.zh,
        "summary": f"{kind.zh} / {kind.en}",
        "contentType": "application/cloudevents+json",
        "payload": {"type": "object", "required": list(properties), "properties": properties},
    }


async def _document(asked: Asked[Nothing, Nothing]) -> Answer:
    return web.Response(body=orjson.dumps(document()), content_type="application/json")


def routes() -> list[Route]:
    return [
        route(
            "GET", "/api/asyncapi.json", "The events of the feed, as an AsyncAPI 3.0 document", _document,
            roles=None, body=Nothing, query=Nothing, answer=None,
        )
    ]  # fmt: skip
