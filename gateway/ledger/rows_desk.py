"""Rows of the desk's drafts and of the watch list (gateway.model.desk): what was typed and who is watched is sealed."""

from __future__ import annotations

from typing import Any, cast

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.texts import storable
from gateway.model.desk import Draft, Watch


def draft_row(draft: Draft, seal: Seal) -> Params:
    key = storable(draft.key)
    return {
        "key": key,
        "author": storable(draft.author),
        "revision": draft.revision,
        "at": float(draft.at),
        "data": seal.close(f"drafts/{key}", {"fields": dict(draft.fields)}),
    }


def draft_of(row: Row, seal: Seal) -> Draft:
    key, author, revision, at, data = row
    return Draft(key, author, revision, at, seal.open(f"drafts/{key}", data)["fields"])


def watch_row(watch: Watch, seal: Seal) -> dict[str, Any]:
    """Raises ValueError for a watch of no number."""
    hashed = seal.number_hash(watch.number)
    if hashed is None:
        raise ValueError("number: a watch is about one")
    return {
        "number": hashed,
        "id": watch.id,
        "level": watch.level,
        "author": storable(watch.author),
        "at": float(watch.at),
        "until": watch.until,
        "data": seal.close(_place(hashed), {"number": watch.number, "note": watch.note}),
    }


def watch_of(row: Row, seal: Seal) -> Watch:
    hashed, id_, level, author, at, until, data = row
    said = cast("dict[str, str]", seal.open(_place(bytes(hashed)), data))
    return Watch(id_, said["number"], level, said["note"], author, at, until)


def _place(hashed: bytes) -> str:
    return f"watches/{hashed.hex()}"
