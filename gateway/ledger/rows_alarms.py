"""Rows of alarms (gateway.model.alarms). Plain is what they are looked for by; the rest is sealed."""

from __future__ import annotations

from dataclasses import asdict, fields

from gateway.ledger.driver import Params, Row
from gateway.ledger.personal import Seal
from gateway.ledger.rows import plain
from gateway.model.alarms import Alarm, HotTopic, Notice

_PLAIN = ("id", "rule", "subject", "level", "state", "first_at", "since", "seen_at", "cleared_at", "version")
_SEALED = tuple(f.name for f in fields(Alarm) if f.name not in _PLAIN)


def alarm_row(one: Alarm, seal: Seal) -> Params:
    row = plain(one, _PLAIN)
    said = {name: getattr(one, name) for name in _SEALED} | {"notices": [asdict(notice) for notice in one.notices]}
    said["topic"] = None if one.topic is None else asdict(one.topic)
    row["data"] = seal.close(_where(one.id), said)
    return row


def alarm_of(row: Row, seal: Seal) -> Alarm:
    """A field that came to the record after the row was written has its default."""
    *values, data = row
    known = dict(zip(_PLAIN, values, strict=True))
    said = seal.open(_where(known["id"]), data)
    kept = {name: said[name] for name in _SEALED if name in said}
    for name in ("members", "owed"):
        kept[name] = tuple(kept.get(name, ()))
    topic = kept.get("topic")
    kept["topic"] = None if topic is None else HotTopic(**{**topic, "before": tuple(topic["before"])})
    kept["notices"] = tuple(Notice(**notice) for notice in kept.get("notices", ()))
    return Alarm(**known, **kept)


def _where(id_: str) -> str:
    return f"alarms/{id_}"
