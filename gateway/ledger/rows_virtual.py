"""Rows of virtual numbers (gateway.model.virtual): the two sides' numbers are sealed, ours is plain."""

from __future__ import annotations

from dataclasses import fields

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.model.virtual import Binding, VirtualCall

_PLAIN = ("id", "number", "ticket_no", "partner", "bound_at", "until", "ended_at", "login")
_CALL = tuple(f.name for f in fields(VirtualCall))
_CALL_COLUMNS = (
    "call_id", "binding_id", "ticket_no", "number", "side", "began_at", "answered_at", "ended_at", "outcome", "talk_s",
    "recording_id",
)  # fmt: skip


def binding_row(binding: Binding, seal: Seal) -> Params:
    said = {"callers": list(binding.callers), "citizen": binding.citizen}
    return {**plain(binding, _PLAIN), "data": seal.close(_place(binding.id), said)}


def binding_of(row: Row, seal: Seal) -> Binding:
    *values, data = row
    known = dict(zip(_PLAIN, values, strict=True))
    said = seal.open(_place(known["id"]), data)
    return Binding(**known, callers=tuple(said["callers"]), citizen=said["citizen"])


def virtual_call_row(call: VirtualCall) -> Params:
    return plain(call, _CALL)


def virtual_call_of(row: Row) -> VirtualCall:
    return VirtualCall(**dict(zip(_CALL_COLUMNS, row, strict=True)))


def _place(id_: str) -> str:
    return f"virtual_bindings/{id_}"
