"""Rows of partner contexts (gateway.model.contexts). Who calls and what about is sealed; numbers and references of
either side are found again by keyed hash, because a partner's case number may name a person.
"""

from __future__ import annotations

from dataclasses import fields

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.model.contexts import PartnerContext

_PLAIN = ("id", "partner", "source", "at", "until", "call_id", "ticket_no")
_SEALED = tuple(f.name for f in fields(PartnerContext) if f.name not in _PLAIN)


def reference_hash(partner: str, text: str, seal: Seal) -> bytes | None:
    """The keyed hash of a partner's reference or case number; None for an empty one."""
    return seal.text_hash("partner reference", f"{partner}:{text}") if text else None


def context_row(context: PartnerContext, seal: Seal) -> Params:
    row = plain(context, _PLAIN)
    row["number_hash"] = seal.number_hash(context.number)
    row["ref_hash"] = reference_hash(context.partner, context.ref, seal)
    row["case_hash"] = reference_hash(context.partner, context.external_no, seal)
    said = {name: getattr(context, name) for name in _SEALED} | {"fields": dict(context.fields)}
    row["data"] = seal.close(_place(context.id), said)
    return row


def context_of(row: Row, seal: Seal) -> PartnerContext:
    """A field that came to the record after the row was written has its default."""
    values = dict(zip((*_PLAIN, "number_hash", "ref_hash", "case_hash", "data"), row, strict=True))
    said = seal.open(_place(values["id"]), values["data"])
    known = {name: values[name] for name in _PLAIN}
    return PartnerContext(**known, **{name: said[name] for name in _SEALED if name in said})


def _place(id_: str) -> str:
    return f"partner_contexts/{id_}"
