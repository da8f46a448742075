"""Rows of transfers (gateway.model.transfers). Plain is what a search or a report needs, none of which names a person;
the rest is sealed, the target above all: a citizen's number when they are called back.
"""

from __future__ import annotations

from dataclasses import fields

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.model.transfers import Transfer

_PLAIN = (
    "id", "key", "call_id", "ticket_no", "partner", "mode", "seat", "agent", "phase", "outcome", "started_at",
    "ended_at", "version",
)  # fmt: skip
_SEALED = tuple(f.name for f in fields(Transfer) if f.name not in _PLAIN)


def transfer_row(transfer: Transfer, seal: Seal) -> Params:
    row = plain(transfer, _PLAIN)
    row["data"] = seal.close(_place(transfer.id), {name: getattr(transfer, name) for name in _SEALED})
    return row


def transfer_of(row: Row, seal: Seal) -> Transfer:
    """A field that came to the record after the row was written has its default."""
    *values, data = row
    known = dict(zip(_PLAIN, values, strict=True))
    said = seal.open(_place(known["id"]), data)
    return Transfer(**known, **{name: said[name] for name in _SEALED if name in said})


def _place(id_: str) -> str:
    return f"transfers/{id_}"
