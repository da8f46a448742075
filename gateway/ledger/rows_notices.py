"""Rows of notices (gateway.model.notices): what is said in one, and the author's name, is sealed."""

from __future__ import annotations

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.ledger.texts import storable
from gateway.model.notices import Notice

_PLAIN = ("id", "agent", "at", "login", "until", "read_at")


def notice_row(notice: Notice, seal: Seal) -> Params:
    said = {"name": storable(notice.name), "text": storable(notice.text)}
    return {**plain(notice, _PLAIN), "data": seal.close(_place(notice.id), said)}


def notice_of(row: Row, seal: Seal) -> Notice:
    *values, data = row
    known = dict(zip(_PLAIN, values, strict=True))
    said = seal.open(_place(known["id"]), data)
    return Notice(**known, name=said["name"], text=said["text"])


def _place(id_: str) -> str:
    return f"notices/{id_}"
