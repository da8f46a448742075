"""The states of a ticket and who may move it: one table, one pure step.

    received ──> accepted ──> sent ──> acknowledged ──> closed
       │            │  ^       │            │              │
       │            │  └─ returned <────────┘              │ (reopened: an agent, or a citizen who is not
       └────────────┴──────────┴──── closed ───────────────┘  satisfied, within the days of the configuration)

received 已登记, accepted 已受理, sent 已转办, acknowledged 承办单位已签收, returned 已退回 (it is not theirs: it goes
back to accepted, or is sent elsewhere), closed 已办结. A state reported again is no change of state: a second "sent" is
a new department, a second "closed" a better result.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal, get_args

State = Literal["received", "accepted", "sent", "acknowledged", "returned", "closed"]
STATES: tuple[State, ...] = get_args(State)

Role = Literal["staff", "partner", "system", "citizen"]
"""staff: whoever has a login, agents and downstream systems alike; partner: a hotline or platform by its number;
system: our own rules; citizen: the one who asked."""

NAMES: MappingProxyType[str, tuple[str, str]] = MappingProxyType(
    {
        "received": ("已登记", "received"),
        "accepted": ("已受理", "accepted"),
        "sent": ("已转办", "sent to a department"),
        "acknowledged": ("承办单位已签收", "acknowledged by the department"),
        "returned": ("已退回", "returned"),
        "closed": ("已办结", "closed"),
    }
)
"""What citizens and agents read, Chinese and English."""

_WORK: frozenset[Role] = frozenset({"staff", "system"})
_ALL: frozenset[Role] = frozenset({"staff", "system", "partner"})

MOVES: MappingProxyType[tuple[State, State], frozenset[Role]] = MappingProxyType(
    {
        ("received", "accepted"): _ALL,
        ("received", "sent"): _WORK,
        ("received", "acknowledged"): _ALL,
        ("received", "returned"): _ALL,
        ("received", "closed"): _ALL,
        ("accepted", "sent"): _WORK,
        ("accepted", "acknowledged"): _ALL,
        ("accepted", "returned"): _ALL,
        ("accepted", "closed"): _ALL,
        ("sent", "accepted"): _WORK,
        ("sent", "acknowledged"): _ALL,
        ("sent", "returned"): _ALL,
        ("sent", "closed"): _ALL,
        ("acknowledged", "sent"): _WORK,
        ("acknowledged", "returned"): _ALL,
        ("acknowledged", "closed"): _ALL,
        ("returned", "accepted"): _WORK,
        ("returned", "sent"): _WORK,
        ("returned", "acknowledged"): _ALL,
        ("returned", "closed"): _WORK,
        ("closed", "accepted"): frozenset({"staff", "system", "citizen"}),
    }
)
"""(from, to) -> who may. What is not here nobody may: a ticket is never "received" again."""

SAME: MappingProxyType[State, frozenset[Role]] = MappingProxyType(
    {
        "received": frozenset(),
        "accepted": _ALL,
        "sent": _WORK,
        "acknowledged": _ALL,
        "returned": _ALL,
        "closed": _WORK,
    }
)
"""Who may report a state again, with another department or result."""

Verdict = Literal["moves", "same", "unknown", "impossible", "not_allowed"]


def step(state: str, to: str, role: Role) -> Verdict:
    """What happens when ``role`` reports ``to`` on a ticket in ``state``: only moves and same are allowed."""
    if to not in STATES:
        return "unknown"
    if state == to:
        return "same" if role in SAME.get(to, ()) else "not_allowed"
    roles = MOVES.get((state, to))  # type: ignore[arg-type]
    if roles is None:
        return "impossible"
    return "moves" if role in roles else "not_allowed"


def reachable(state: str, role: Role) -> tuple[State, ...]:
    """The states that a role may report next, for the buttons of a page."""
    return tuple(to for to in STATES if step(state, to, role) in ("moves", "same"))


def may_reopen(closed_at: float | None, at: float, days: int) -> bool:
    """True within ``days`` (calendar days) of the closing: later a new ticket is the way."""
    return closed_at is not None and at - closed_at <= days * 86_400
