"""Records to rows and back. Personal fields leave a record here into its sealed blob and its look-up hashes, and come
back here; everything else is a column of the same name. Messages and what goes out: rows_messages.py.
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
from gateway.model.ids import TicketNo
from gateway.model.records import Account, AuditEntry, CallRecord, Event, Stretch, Ticket

CALL_PERSONAL = ("caller_number", "caller_name")
TICKET_PERSONAL = (
    "calling_number",
    "contact_number",
    "name",
    "user_id",
    "email",
    "sex",
    "against",
    "against_number",
    "address",
    "longitude",
    "latitude",
    "more",
)
TICKET_JSON = ("related_nos", "external_nos", "proposed", "flags")
TICKET_FIXED = frozenset({"ticket_no", "id", "revision"})

_CALL_COLUMNS = tuple(tables.calls.columns.keys())
_CALL_PLAIN = tuple(f.name for f in fields(CallRecord) if f.name not in (*CALL_PERSONAL, "stretches"))
_TICKET_COLUMNS = tuple(tables.tickets.columns.keys())
_TICKET_PLAIN = tuple(f.name for f in fields(Ticket) if f.name not in (*TICKET_PERSONAL, *TICKET_JSON))
_TICKET_MARKS = tuple(f.name for f in fields(Ticket) if f.type == "bool")
_TICKET_OURS = ("day", "running", "calling_hash", "contact_hash", "user_hash")
_OPENED_PLAIN = (
    "ticket_no",
    "id",
    "channel",
    "account",
    "area_code",
    "received_at",
    "occurred_at",
    "channel_msg_id",
    "language",
    "kind",
    "category",
    "title",
    "content",
    "urgency",
    "raw_id",
    "query_code",
    "category_scheme",
    "category_version",
    "crs",
    "limit_days",
    "deadline_at",
)
_OPENED_JSON = ("proposed", "flags")
OPENED_FIELDS = frozenset((*_OPENED_PLAIN, *_OPENED_JSON, *TICKET_PERSONAL)) - TICKET_FIXED
"""What nearly every ticket of a written message is opened with, and nothing else: in two columns of three it says what
all the others say, so those stand in the statement (``opened_row``, ``opened_alike``) instead of in each row."""

_FIGURES_PLAIN = (
    "revision",
    "queue",
    "language",
    "wait_s",
    "ring_s",
    "talk_s",
    "hold_s",
    "wrap_s",
    "recording_id",
)
FIGURE_FIELDS = frozenset((*_FIGURES_PLAIN, "more")) - TICKET_FIXED
"""What a call has changed of its ticket by the time that it is over."""
FIGURE_COLUMNS = (*_FIGURES_PLAIN, "personal")


def plain(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    """The named fields of a record as column values."""
    row = {name: getattr(record, name) for name in names}  # two thirds of what attrgetter and zip take
    # One look at all texts together: hardly any needs to be changed.
    texts = "".join([value for value in row.values() if type(value) is str])
    if storable(texts) is not texts:
        row = {name: storable(value) if type(value) is str else value for name, value in row.items()}
    return row


def key_text(key: str, seal: Seal) -> str:
    """A ticket's idempotency key as it is kept: those of calls as they are (ledgers of revision 0001 hold no others),
    the rest as a hash, for a message's key names its sender.
    """
    hashed = None if key.startswith("call:") else seal.text_hash("ticket key", key)
    return f"#{hashed.hex()}" if hashed else storable(key)


def call_row(call: CallRecord, seal: Seal) -> Params:
    row = plain(call, _CALL_PLAIN)
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
    return _ticket_row(ticket, seal, _TICKET_PLAIN, TICKET_JSON)


def opened_row(ticket: Ticket, seal: Seal) -> dict[str, Any]:
    """The columns in which a new ticket that was opened with nothing but ``OPENED_FIELDS`` differs from others."""
    return _ticket_row(ticket, seal, _OPENED_PLAIN, _OPENED_JSON)


def figures_row(ticket: Ticket, seal: Seal) -> dict[str, Any]:
    """The columns of ``FIGURE_FIELDS``, for a ticket in which nothing else has changed."""
    row = plain(ticket, _FIGURES_PLAIN)
    row["personal"] = _sealed(ticket, seal)
    row["number_"] = ticket.ticket_no
    return row


def opened_alike() -> dict[str, Any]:
    """The other columns, with what they hold in every such ticket."""
    blank = Ticket(TicketNo(""), "", 1, "received", "", "", "", "own", "", 0.0, 0.0)
    row = plain(blank, _TICKET_PLAIN) | {name: dumps(getattr(blank, name)).decode() for name in TICKET_JSON}
    ours = {*_OPENED_PLAIN, *_OPENED_JSON}
    return {name: value for name, value in row.items() if name not in ours}


def _ticket_row(ticket: Ticket, seal: Seal, names: tuple[str, ...], lists: tuple[str, ...]) -> dict[str, Any]:
    row = plain(ticket, names)
    _, row["day"], running = ticket.ticket_no.split("-")
    row["running"] = int(running)
    for name in lists:
        value = getattr(ticket, name)
        row[name] = dumps(value).decode() if value else "{}" if type(value) is dict else "[]"
    row["personal"] = _sealed(ticket, seal)
    row["calling_hash"] = seal.number_hash(ticket.calling_number)
    row["contact_hash"] = seal.number_hash(ticket.contact_number)
    row["user_hash"] = seal.text_hash("user", ticket.user_id)
    return row


def _sealed(ticket: Ticket, seal: Seal) -> bytes:
    personal = {
        "calling_number": ticket.calling_number, "contact_number": ticket.contact_number, "name": ticket.name,
        "user_id": ticket.user_id, "email": ticket.email, "sex": ticket.sex, "against": ticket.against,
        "against_number": ticket.against_number, "address": ticket.address, "longitude": ticket.longitude,
        "latitude": ticket.latitude, "more": ticket.more,
    }  # fmt: skip
    return seal.close(f"tickets/{storable(ticket.id)}", personal)


def ticket_of(row: Row, seal: Seal) -> Ticket:
    """Personal fields that a row's sealed part does not know (it is older than they are) have their default."""
    values = dict(zip(_TICKET_COLUMNS, row, strict=True))
    personal = seal.open(f"tickets/{values['id']}", values.pop("personal"))
    for name in _TICKET_OURS:
        del values[name]
    for name in _TICKET_MARKS:
        values[name] = bool(values[name])
    for name in TICKET_JSON:
        values[name] = orjson.loads(values[name])
    return Ticket(**values, **personal)


def event_row(event: Event, sequence: int, seal: Seal) -> dict[str, Any]:
    """The event under the number it has got. ``data`` is sealed as a whole: a lost call's has the citizen's number."""
    return {
        "sequence": sequence,
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
    row = plain(entry, ("at", "login", "act", "subject", "address"))
    return {**row, "id": id_, "detail": dumps(entry.detail).decode()}


def audit_of(row: Row) -> AuditEntry:
    _, at, login, act, subject, address, detail = row
    return AuditEntry(at, login, act, subject, address, orjson.loads(detail))


class TicketFields:
    """Checks what callers want to set on a ticket: names that exist, values of the field's type."""

    def __init__(self) -> None:
        self._kinds = {name: _kinds_of(hint) for name, hint in get_type_hints(Ticket).items()}
        # What nothing but its type can be wrong with: most of what is set.
        self._right = {
            (name, kind)
            for name, (kinds, allowed) in self._kinds.items()
            for kind in kinds
            if not allowed and name not in TICKET_FIXED
        }

    def check(self, changes: Mapping[str, Any]) -> None:
        """ValueError names the first field that is unknown, not changeable or given a value it cannot hold."""
        for name, value in changes.items():
            if (name, type(value)) in self._right:
                continue
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
