"""Rows of gatherings (gateway.model.gatherings). Their key names a number: it is hashed, and sealed with the value."""

from __future__ import annotations

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.texts import storable
from gateway.model.gatherings import Gathering


def gathering_key(key: str, seal: Seal) -> bytes:
    """The keyed hash that a gathering is found by. Raises ValueError for an empty key."""
    hashed = seal.text_hash("gathering", key)
    if hashed is None:
        raise ValueError("key: a gathering has one")
    return hashed


def gathering_row(gathering: Gathering, seal: Seal) -> Params:
    hashed = gathering_key(gathering.key, seal)
    return {
        "key": hashed,
        "channel": storable(gathering.channel),
        "account": storable(gathering.account),
        "due_at": float(gathering.due_at),
        "data": seal.close(_place(hashed), {"key": gathering.key, "value": dict(gathering.value)}),
    }


def gathering_of(row: Row, seal: Seal) -> Gathering:
    hashed, channel, account, due_at, data = row
    said = seal.open(_place(bytes(hashed)), data)
    return Gathering(said["key"], channel, account, due_at, said["value"])


def _place(hashed: bytes) -> str:
    return f"gatherings/{hashed.hex()}"
