"""What may be corrected on a ticket after it was opened, and what follows from it.

The way in, the times and the originals are facts and stay; everything that somebody understood of them may be
understood better. Kind, category and limit decide the deadline, so it is computed anew with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway.model.records import Ticket
from gateway.tickets.config import CategoriesConfig
from gateway.tickets.deadlines import Deadlines
from gateway.tickets.ports import Refused
from gateway.tickets.stated import Stated

_STATED = frozenset(
    {
        "kind", "category", "urgency", "title", "name", "sex", "subject_type", "contact_number", "email", "against",
        "against_number", "area_code", "address", "longitude", "latitude", "crs", "asset_id", "language", "risk_level",
        "is_secret", "is_anonymous", "is_public", "need_callback",
    }
)  # fmt: skip
_CLEARABLE = frozenset({"longitude", "latitude", "risk_level"})
_UNSAID = frozenset(
    {
        "kind", "category", "name", "sex", "subject_type", "contact_number", "email", "against", "against_number",
        "address", "crs", "asset_id", "language",
    }
)  # fmt: skip
_LINKS = frozenset({"urge_of", "duplicate_of", "related_nos"})
_TICKETS_NAMED = 20

CHANGEABLE = _STATED | _LINKS | {"content", "agent_id", "limit_days", "department"}
"""The fields that ``change`` is open to."""


class Changes:
    """Checks changes and adds what follows."""

    def __init__(self, categories: CategoriesConfig, deadlines: Deadlines) -> None:
        self._stated = Stated(categories)
        self._scheme = {"category_scheme": categories.scheme, "category_version": categories.version}
        self._deadlines = deadlines
        self._others: dict[str, Callable[[Any], bool]] = {
            "content": lambda value: isinstance(value, str) and len(value) <= 20_000,
            "agent_id": lambda value: isinstance(value, str) and len(value) <= 40,
            "department": lambda value: isinstance(value, str) and len(value) <= 100,
            "urge_of": _is_number,
            "duplicate_of": _is_number,
            "related_nos": lambda value: (
                isinstance(value, list)
                and len(value) <= _TICKETS_NAMED
                and all(_is_number(one) and one for one in value)
            ),
        }

    def checked(self, ticket: Ticket, changes: Mapping[str, Any]) -> dict[str, Any]:
        """What really changes, with the deadline when it moves. Raises Refused naming a field that is not open or a
        value that does not fit."""
        wanted = {name: self._value(name, value) for name, value in changes.items()}
        if "category" in wanted:
            wanted |= self._scheme
        wanted |= self._deadline(ticket, wanted)
        self._no_circle(ticket, wanted)
        return {name: value for name, value in wanted.items() if getattr(ticket, name) != value}

    def _value(self, name: str, value: Any) -> Any:
        if name not in CHANGEABLE:
            raise Refused(f"字段 {name} 不能修改", f"{name} cannot be changed", name)
        if (value is None and name in _CLEARABLE) or (value == "" and name in _UNSAID):
            return value
        if name in self._others:
            if self._others[name](value):
                return value
        elif name == "limit_days":
            if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 120:
                return value
        else:
            try:
                return self._stated.one(name, value)
            except ValueError:
                pass
        raise Refused(f"字段 {name} 的值不合规定", f"{name} has a value that it cannot hold", name)

    def _deadline(self, ticket: Ticket, wanted: Mapping[str, Any]) -> dict[str, Any]:
        kind = wanted.get("kind", ticket.kind)
        category = wanted.get("category", ticket.category)
        if "limit_days" in wanted:
            limit = self._deadlines.limit(kind, category, is_complex=True) or self._deadlines.limit(kind, category)
            if limit is not None and wanted["limit_days"] > limit.longest:
                most = limit.longest
                raise Refused(
                    f"办理时限最长 {most} 个工作日（含一次延期）",
                    f"limit_days: at most {most} working days",
                    "limit_days",
                )
            return {"deadline_at": self._deadlines.after(ticket.received_at, wanted["limit_days"])}
        if wanted.keys() & {"kind", "category"}:
            return self._deadlines.fields(kind, category, ticket.received_at)
        return {}

    def _no_circle(self, ticket: Ticket, wanted: Mapping[str, Any]) -> None:
        for name in _LINKS & wanted.keys():
            others = wanted[name] if isinstance(wanted[name], list) else [wanted[name]]
            if ticket.ticket_no in others:
                raise Refused("工单不能关联自身", f"{name}: a ticket is not linked to itself", name)


def _is_number(value: Any) -> bool:
    """A ticket number by its looks, or "" for none."""
    return isinstance(value, str) and (value == "" or (len(value) == 23 and value.count("-") == 2))
