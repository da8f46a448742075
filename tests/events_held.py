"""What an event of the feed must be: of a type that the registry names, with data that its model knows all of."""

from __future__ import annotations

from typing import Any

from gateway.web.event_data import Data
from gateway.web.events import events_by_type


def holds(type: str, data: dict[str, Any]) -> None:
    """The data fits the type's model, and the model knows all of it."""
    model = events_by_type()[type].data
    model.model_validate(data)
    known = {field.alias or name for name, field in model.model_fields.items()}
    known |= set().union(*(set(base.model_fields) for base in _also(type)))
    assert set(data) <= known, f"{type} does not know {sorted(set(data) - known)}"


def _also(type: str) -> list[type[Data]]:
    """An update holds the ticket as it was opened, which its own model need not repeat."""
    return [events_by_type()["hotline.ticket.opened.v1"].data] if type == "hotline.ticket.updated.v1" else []
