"""What a shift lead has switched on before queues: which are closed and why, which broadcast is heard. Pure.

Asterisk keeps it (AstDB, ADR 0033), so that it holds while the gateway is down and survives both. What the dialplan
reads is short, without a word of anybody's (``gateway.asterisk.templates.queueing``); what people wrote lies beside it
as a note in JSON, which only we read. Each value begins with the epoch second at which it ends: nothing has to be
alive to end it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model.ids import QueueId
from gateway.model.orders import Forget, Remember

ALL = "all"
_QUEUE = "q_"
NEVER = 9_999_999_999
"""How "no end" is written (the year 2286)."""
NOTE_BYTES = 1000
"""A line of AMI takes 1,022 bytes (seen on 22.10), the name of its header among them."""

_BEFORE_S = 60.0
"""A note is written before what it belongs to: so long it is not taken for one that was left over."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A queue that takes no new callers until ``until`` (epoch seconds; None: until it is opened). They hear ``why``
    and are sent on to the queue ``to``, or, when that is "", are told to call later. ``sound`` says why ("": the
    dialplan's own words)."""

    queue: QueueId
    why: str = ""
    why_en: str = ""
    to: str = ""
    until: float | None = None
    by: str = ""
    at: float = 0.0
    sound: str = ""

    def holds(self, now: float) -> bool:
        return self.until is None or now < self.until

    def rows(self) -> list[Remember]:
        """What Asterisk is to keep, the note first: what the dialplan acts on has its words. ValueError: too long."""
        note = {"why": self.why, "why_en": self.why_en, "by": self.by, "at": self.at}
        head = f"{NEVER if self.until is None else int(self.until)}:{self.to}:{self.sound}"
        return [_note(f"closed_{self.queue}", note, "why"), Remember("gw-closed", self.queue, head)]


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A broadcast that callers hear before they wait, until ``until`` (epoch seconds). ``queues`` is empty for all.
    ``text`` is what is spoken; ``recording`` the name of what was recorded instead; ``sound`` is Asterisk's file."""

    id: str
    until: float
    queues: tuple[QueueId, ...] = ()
    text: str = ""
    text_en: str = ""
    recording: str = ""
    sound: str = ""
    by: str = ""
    at: float = 0.0

    def holds(self, now: float) -> bool:
        return now < self.until

    @property
    def keys(self) -> list[str]:
        return [f"{_QUEUE}{queue}" for queue in self.queues] or [ALL]

    def rows(self) -> list[Remember]:
        """What Asterisk is to keep, the note first. ValueError: too long."""
        note = {"text": self.text, "text_en": self.text_en, "recording": self.recording, "by": self.by, "at": self.at}
        head = f"{int(self.until)}:{self.id}:{self.sound}"
        return [_note(f"notice_{self.id}", note, "text"), *(Remember("gw-notice", key, head) for key in self.keys)]


def _note(key: str, note: Mapping[str, Any], named: str) -> Remember:
    text = json.dumps({name: value for name, value in note.items() if value}, ensure_ascii=False)
    if len(text.encode()) > NOTE_BYTES:
        raise ValueError(f"{named}: 文字过长 / too long")
    return Remember("gw-note", key, text)


@dataclass(frozen=True, slots=True)
class QueueStates:
    """All that Asterisk keeps of queues, as read at one time, ended or not."""

    closures: Mapping[QueueId, Closure] = field(default_factory=dict)
    broadcasts: Mapping[str, Broadcast] = field(default_factory=dict)
    notes: Mapping[str, float] = field(default_factory=dict)
    """When each note was written, by its key."""

    @classmethod
    def of(cls, closed: Mapping[str, str], notices: Mapping[str, str], notes: Mapping[str, str]) -> QueueStates:
        """From the three families of AstDB. What cannot be read, because somebody wrote it by hand, is left out as the
        dialplan leaves it out: no end that is a number, no effect."""
        closures: dict[QueueId, Closure] = {}
        for key, value in closed.items():
            until, to, sound = _head(value)
            if until:
                words = _words(notes.get(f"closed_{key}"), "why", "why_en", "by")
                end = None if until >= NEVER else until
                closures[QueueId(key)] = Closure(
                    QueueId(key), to=to, until=end, sound=sound, at=_when(notes.get(f"closed_{key}")), **words
                )
        return cls(closures, _broadcasts(notices, notes), {key: _when(note) for key, note in notes.items()})

    def closure(self, queue: str, now: float) -> Closure | None:
        """The closure of a queue that is in force."""
        found = self.closures.get(QueueId(queue))
        return found if found is not None and found.holds(now) else None

    def broadcast(self, queue: str, now: float) -> Broadcast | None:
        """What is heard before a queue: its own broadcast rather than that for all (callers hear both)."""
        held = [one for one in self.broadcasts.values() if one.holds(now)]
        own = next((one for one in held if queue in one.queues), None)
        return own or next((one for one in held if not one.queues), None)

    def in_force(self, now: float) -> list[Broadcast]:
        """Broadcasts that are heard now, the newest first."""
        return sorted((one for one in self.broadcasts.values() if one.holds(now)), key=lambda one: -one.at)

    def next_end(self, now: float) -> float | None:
        """When the next of what is in force ends."""
        ends = [one.until for one in self.closures.values() if one.until is not None]
        ends += [one.until for one in self.broadcasts.values()]
        return min((end for end in ends if end > now), default=None)

    def over(self, now: float) -> list[Forget]:
        """Rows that have no effect any more, and notes that belong to nothing."""
        gone: list[Forget] = [
            Forget("gw-closed", queue) for queue, closure in self.closures.items() if not closure.holds(now)
        ]
        for one in self.broadcasts.values():
            gone += [Forget("gw-notice", key) for key in one.keys if not one.holds(now)]
        kept = {f"closed_{queue}" for queue, closure in self.closures.items() if closure.holds(now)}
        kept |= {f"notice_{id}" for id, one in self.broadcasts.items() if one.holds(now)}
        return gone + [
            Forget("gw-note", key) for key, at in self.notes.items() if key not in kept and at < now - _BEFORE_S
        ]

    @property
    def sounds(self) -> frozenset[str]:
        """Files of Asterisk's that something here plays."""
        played = {one.sound for one in self.closures.values()} | {one.sound for one in self.broadcasts.values()}
        return frozenset(played - {""})


def _broadcasts(notices: Mapping[str, str], notes: Mapping[str, str]) -> dict[str, Broadcast]:
    heads: dict[str, tuple[float, str]] = {}
    queues: dict[str, list[str]] = {}
    for key, value in notices.items():
        until, id, sound = _head(value)
        if until and id:
            heads[id] = (until, sound)
            queues.setdefault(id, []).append(key)
    found: dict[str, Broadcast] = {}
    for id, (until, sound) in heads.items():
        note = notes.get(f"notice_{id}")
        words = _words(note, "text", "text_en", "recording", "by")
        found[id] = Broadcast(id, until, _named(queues[id]), sound=sound, at=_when(note), **words)
    return found


def _named(keys: Iterable[str]) -> tuple[QueueId, ...]:
    """The queues of some keys; none when one of them is for all."""
    keys = sorted(keys)
    return () if ALL in keys else tuple(QueueId(key.removeprefix(_QUEUE)) for key in keys)


def _head(value: str) -> tuple[float, str, str]:
    until, _, rest = value.partition(":")
    middle, _, sound = rest.partition(":")
    return (float(until) if until.isascii() and until.isdigit() and len(until) < 16 else 0.0), middle, sound


def _read(note: str | None) -> dict[str, Any]:
    try:
        found = json.loads(note or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(note: str | None, *names: str) -> dict[str, str]:
    found = _read(note)
    return {name: found[name] for name in names if isinstance(found.get(name), str)}


def _when(note: str | None) -> float:
    at = _read(note).get("at")
    return float(at) if isinstance(at, int | float) and not isinstance(at, bool) else 0.0
