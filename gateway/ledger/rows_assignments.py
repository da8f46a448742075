"""Rows of assignments (gateway.model.assignments). Plain is what they are looked for by; the rest is sealed like all
else, though it names no citizen.
"""

from __future__ import annotations

from dataclasses import fields

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.model.assignments import Assignment

_PLAIN = ("ticket_no", "state", "agent", "version")
_SEALED = tuple(f.name for f in fields(Assignment) if f.name not in _PLAIN)


def assignment_row(one: Assignment, seal: Seal) -> Params:
    row = plain(one, _PLAIN)
    row["place"] = float(one.place)
    row["data"] = seal.close(_where(one.ticket_no), {name: getattr(one, name) for name in _SEALED})
    return row


def assignment_of(row: Row, seal: Seal) -> Assignment:
    """A field that came to the record after the row was written has its default."""
    number, state, agent, _, version, data = row
    said = seal.open(_where(number), data)
    kept = {name: said[name] for name in _SEALED if name in said}
    kept["passed"] = tuple(kept.get("passed", ()))
    return Assignment(ticket_no=number, state=state, agent=agent, version=version, **kept)


def _where(number: str) -> str:
    return f"assignments/{number}"
