"""Joining the parts of long messages, as pure steps on what the ledger remembers of one reference.

A reference (account, sender, receiver, number, bits, total) is used again by the same telephone, so under one key there
is a line of groups, oldest first: at most the last one is ``open`` (waits for parts), ``ready`` ones are to be taken
(all parts are there, or the time is up, or a new message began), ``taken`` ones have become messages and remember for
three days which parts they had, so that a carrier's repeat opens nothing.

    no open group ── part ──> open ── last part ──> ready ── message committed ──> taken ── 3 days ──> forgotten
                               │ time is up, or other octets at the same number: ready, with gaps

A part that fills a gap of the last taken group is ``late``: it joins that group's ticket as a message of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gateway.channels.sms.originals import from_json, to_json
from gateway.channels.sms.port import Arrived, PartOf
from gateway.channels.tidy import digest_of

REMEMBERED_S = 3 * 86_400.0
MOST_GROUPS = 16
"""Groups remembered under one reference; of more the oldest taken ones are forgotten early."""

Fate = Literal["kept", "repeat", "late"]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of one message. ``until`` is when an open one is released and a taken one forgotten (epoch seconds).

    ``seen`` are key and digest of each part that came, by its number; ``parts`` is empty once the message is taken.
    """

    id: str
    total: int
    until: float
    state: Literal["open", "ready", "taken"] = "open"
    parts: Mapping[int, Arrived] = field(default_factory=dict)
    seen: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    taken_at: float = 0.0
    ticket_no: str = ""
    reused: bool = False

    @property
    def key(self) -> str:
        """The message's key: the same parts always give the same one."""
        known = [f"{n}:{key}" for n, (key, _) in sorted(self.seen.items())]
        return f"long-{digest_of(*known)[:40]}"


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a part: the groups as they are now, its fate, and the group that it belongs to."""

    groups: tuple[Group, ...]
    fate: Fate
    group: Group


def is_possible(part: PartOf) -> bool:
    """False for a part that can belong to no message (number 0, or beyond the total)."""
    return 1 <= part.n <= part.total <= 255


def reference_key(account: str, sender: str, receiver: str, part: PartOf) -> str:
    """What the parts of a message have in common. Texts carry their length, so that no two references are alike."""
    whose = "".join(f"{len(text)}:{text}," for text in (account, sender, receiver))
    return f"parts:{whose}{part.reference}/{part.bits}/{part.total}"


def content_of(piece: Arrived) -> str:
    """A digest of what a part says, whatever it is called: the carrier's repeat under another key has the same."""
    said = piece.text if piece.text is not None else piece.data
    return digest_of(str(piece.coding), "text" if piece.text is not None else "data", said)[:32]


def put(groups: Sequence[Group], piece: Arrived, now: float, join_s: float, new_id: str) -> Put:
    """Put a part where it belongs. ``new_id`` names the group that it opens, if it opens one."""
    assert piece.part is not None
    n, digest = piece.part.n, content_of(piece)
    groups = tuple(group for group in released(groups, now) if group.state != "taken" or group.until > now)
    for group in reversed(groups):
        if n in group.seen and group.seen[n][0] == piece.key:
            return Put(groups, "repeat", group)
    last = groups[-1] if groups else None
    if last is not None and n in last.seen and last.seen[n][1] == digest and _is_soon(last, now, join_s):
        return Put(groups, "repeat", last)
    if last is not None and n not in last.seen:
        if last.state != "open":
            return Put(groups, "late", last)
        fuller = _with(last, n, piece, digest)
        return Put((*groups[:-1], fuller), "kept", fuller)
    if last is not None and last.state == "open":
        groups = (*groups[:-1], replace(last, state="ready", reused=True))
    opened = _with(Group(new_id, piece.part.total, now + join_s), n, piece, digest)
    return Put(_bounded((*groups, opened)), "kept", opened)


def _is_soon(group: Group, now: float, join_s: float) -> bool:
    """Same octets under another key are the carrier's repeat while the group waits and for as long after it was taken;
    later the same person has sent the same words again."""
    return group.state != "taken" or now < group.taken_at + join_s


def _with(group: Group, n: int, piece: Arrived, digest: str) -> Group:
    parts, seen = {**group.parts, n: piece}, {**group.seen, n: (piece.key, digest)}
    return replace(group, parts=parts, seen=seen, state="ready" if len(parts) == group.total else "open")


def _bounded(groups: tuple[Group, ...]) -> tuple[Group, ...]:
    surplus = len(groups) - MOST_GROUPS
    forget = [group.id for group in groups if group.state == "taken"][: max(0, surplus)]
    return tuple(group for group in groups if group.id not in forget)


def released(groups: Sequence[Group], now: float) -> tuple[Group, ...]:
    """The groups at a time: an open one whose time is up is ready, with its gaps."""
    return tuple(
        replace(group, state="ready") if group.state == "open" and group.until <= now else group for group in groups
    )


def taken(groups: Sequence[Group], id: str, ticket_no: str, now: float) -> tuple[Group, ...]:
    """The groups after the message of one was committed: its content goes, what it was made of stays known."""
    return tuple(
        replace(group, state="taken", parts={}, taken_at=now, until=now + REMEMBERED_S, ticket_no=ticket_no)
        if group.id == id and group.state != "taken"
        else group
        for group in groups
    )


def noticed(groups: Sequence[Group], id: str, piece: Arrived) -> tuple[Group, ...]:
    """The groups after a late part was committed as a message: its repeat is known."""
    assert piece.part is not None
    seen = {piece.part.n: (piece.key, content_of(piece))}
    return tuple(replace(one, seen={**seen, **one.seen}) if one.id == id else one for one in groups)


def remembered(groups: Sequence[Group], now: float) -> tuple[Group, ...]:
    """The groups without those whose time to be remembered is over."""
    return tuple(group for group in groups if group.state != "taken" or group.until > now)


def due_at(groups: Sequence[Group], now: float) -> float:
    """When they must be looked at next."""
    return min((now if group.state == "ready" else group.until for group in groups), default=now)


# -- as the ledger keeps them ------------------------------------------------------------------------------------------


def value_of(groups: Sequence[Group]) -> dict[str, Any]:
    """The groups as plain JSON."""
    return {"groups": [_json(group) for group in groups]}


def groups_of(value: Mapping[str, Any]) -> tuple[Group, ...]:
    """The other way; none for an empty value."""
    return tuple(_group(one) for one in value.get("groups", ()))


def _json(group: Group) -> dict[str, Any]:
    return {
        "id": group.id, "total": group.total, "until": group.until, "state": group.state,
        "parts": {str(n): to_json(piece) for n, piece in group.parts.items()},
        "seen": {str(n): list(known) for n, known in group.seen.items()},
        "taken_at": group.taken_at, "ticket_no": group.ticket_no, "reused": group.reused,
    }  # fmt: skip


def _group(value: Mapping[str, Any]) -> Group:
    parts = {int(n): from_json(one) for n, one in value["parts"].items()}
    seen = {int(n): (key, digest) for n, (key, digest) in value["seen"].items()}
    return Group(**{**value, "parts": parts, "seen": seen})
