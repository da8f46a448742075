"""Records to rows and back. Personal fields leave a record here into its sealed blob and its look-up hashes, and come
back here; everything else is a column of the same name.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from gateway.ledger import tables
from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.texts import dumps, storable
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket

CALL_PERSONAL = ("caller_number", "caller_name")
TICKET_PERSONAL = ("calling_number", "contact_number", "name", "more")
TICKET_FIXED = frozenset({"ticket_no", "id", "revision"})

_CALL_COLUMNS = tuple(tables.calls.columns.keys())
_CALL_PLAIN = tuple(f.name for f in fields(CallRecord) if f.name not in (*CALL_PERSONAL, "stretches"))
_TICKET_COLUMNS = tuple(tables.tickets.columns.keys())
_TICKET_PLAIN = tuple(f.name for f in fields(Ticket) if f.name not in TICKET_PERSONAL)


def _plain(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    row = {}
    for name in names:
        value = getattr(record, name)
        row[name] = storable(value) if type(value) is str else value
    return row


def call_row(call: CallRecord, seal: Seal) -> Params:
    row = _plain(call, _CALL_PLAIN)
    row["stretches"] = dumps(call.stretches).decode()
    row["personal"] = seal.close(f"calls/{row['call_id']}", {name: getattr(call, name) for name in CALL_PERSONAL})
    row["caller_hash"] = seal.number_hash(call.caller_number)
    return row


def call_of(row: Row, seal: Seal) -> CallRecord:
    values = dict(zip(_CALL_COLUMNS, row, strict=True))
    personal = seal.open(f"calls/{values['call_id']}", values.pop("personal"))
    del values["caller_hash"]
    stretches = [Stretch(**one) for one in orjson.loads(values.pop("stretches"))]
    return CallRecord(**values, **personal, stretches=stretches)


def ticket_row(ticket: Ticket, seal: Seal) -> dict[str, Any]:
    """Every column; day and running number are read from the ticket number (``gateway.model.ids.ticket_no``)."""
    row = _plain(ticket, _TICKET_PLAIN)
    _, row["day"], running = ticket.ticket_no.split("-")
    row["running"] = int(running)
    row["personal"] = seal.close(f"tickets/{row['id']}", {name: getattr(ticket, name) for name in TICKET_PERSONAL})
    row["calling_hash"] = seal.number_hash(ticket.calling_number)
    row["contact_hash"] = seal.number_hash(ticket.contact_number)
    return row


def ticket_of(row: Row, seal: Seal) -> Ticket:
    values = dict(zip(_TICKET_COLUMNS, row, strict=True))
    personal = seal.open(f"tickets/{values['id']}", values.pop("personal"))
    for name in ("day", "running", "calling_hash", "contact_hash"):
        del values[name]
    values["is_secret"] = bool(values["is_secret"])
    return Ticket(**values, **personal)


def event_row(event: Event, seal: Seal) -> Params:
    """``data`` is sealed as a whole: a lost call's event carries the citizen's number."""
    return {
        "sequence": event.sequence,
        "id": event.id,
        "type": event.type,
        "subject": storable(event.subject),
        "time": event.time,
        "data": seal.close(f"events/{event.id}", event.data),
    }


def event_of(row: Row, seal: Seal) -> Event:
    sequence, id_, type_, subject, time, data = row
    return Event(sequence, id_, type_, subject, time, seal.open(f"events/{id_}", data))


def account_of(row: Row) -> Account:
    login, name, role, agent_id, disabled = row[:5]
    return Account(login, name, role, agent_id, bool(disabled))


def audit_row(entry: AuditEntry, id_: str) -> Params:
    row = _plain(entry, ("at", "login", "act", "subject", "address"))
    return {**row, "id": id_, "detail": dumps(entry.detail).decode()}


def audit_of(row: Row) -> AuditEntry:
    _, at, login, act, subject, address, detail = row
    return AuditEntry(at, login, act, subject, address, orjson.loads(detail))


class TicketFields:
    """Checks what callers want to set on a ticket: names that exist, values of the field's type."""

    def __init__(self) -> None:
        self._kinds = {name: _kinds_of(hint) for name, hint in get_type_hints(Ticket).items()}

    def check(self, changes: Mapping[str, Any]) -> None:
        """ValueError names the first field that is unknown, not changeable or given a value it cannot hold."""
        for name, value in changes.items():
            if name in TICKET_FIXED or name not in self._kinds:
                why = "is the ledger's own" if name in TICKET_FIXED else "is not a field of a ticket"
                raise ValueError(f"{name} {why}")
            kinds, allowed = self._kinds[name]
            if allowed and value not in allowed:
                raise ValueError(f"{name}: {value!r} is none of {', '.join(map(str, allowed))}")
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise ValueError(f"{name} cannot hold a {type(value).__name__}")


def _kinds_of(hint: Any) -> tuple[tuple[type, ...], tuple[Any, ...]]:
    """The classes that a field's values have, and the values themselves when they are a closed list."""
    origin = get_origin(hint)
    if origin is Literal:
        return (str,), get_args(hint)
    if origin in (Union, types.UnionType):
        return tuple(kind for part in get_args(hint) for kind in _kinds_of(part)[0]), ()
    if supertype := getattr(hint, "__supertype__", None):
        return (supertype,), ()
    if hint is float:
        return (float, int), ()
    return (origin or hint,), ()
