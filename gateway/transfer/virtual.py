"""Virtual numbers, the pure part: which number is bound next, and where a call to one goes.

A number that was bound rests (quarantine) before it is bound again, and of those that may be, the one that was used
the longest ago is taken: whoever calls back late reaches a word of ours and no stranger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.model.dialled import national
from gateway.model.virtual import Binding, Side, VirtualOutcome

_BY_STATUS: Mapping[str, VirtualOutcome] = {"BUSY": "busy", "NOANSWER": "no_answer", "CANCEL": "no_answer"}
_BY_CAUSE: Mapping[int, VirtualOutcome] = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "refused"}


def choose(pool: Iterable[str], free_at: Mapping[str, float], at: float) -> str | None:
    """The number to bind next, None when none is free. ``free_at`` says of those that were ever bound from when on
    they may be bound again. One that never was comes first, in the order of the pool; then the longest unused."""
    best: tuple[float, str] | None = None
    for number in pool:
        since = free_at.get(number)
        if since is None:
            return number
        if since <= at and (best is None or since < best[0]):
            best = (since, number)
    return None if best is None else best[1]


def same_again(bindings: Iterable[Binding], partner: str, callers: tuple[str, ...], at: float) -> Binding | None:
    """The binding that already does what is asked for: asking twice takes no second number."""
    return next(
        (one for one in bindings if one.holds(at) and one.partner == partner and one.callers == callers), None
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """Where a call to a virtual number goes. ``dial``: to ``number``, under the virtual number. ``queue``: to the
    hotline's people (a citizen whose binding has lapsed). ``refused``: a word, and the end.
    """

    kind: Literal["dial", "queue", "refused"]
    number: str = ""
    binding: str = ""
    side: Side | Literal[""] = ""
    why: Literal["", "unknown", "expired", "wrong_caller"] = ""


def route(binding: Binding | None, caller: str, at: float) -> Route:
    """``binding`` is the number's latest, None when it was never bound; ``caller`` is who calls, as the carrier says.

    The citizen's own telephone is looked at first: a department that calls from it would else call itself.
    """
    if binding is None:
        return Route("refused", why="unknown")
    asks = national(caller)
    if asks and asks == binding.citizen:
        if not binding.holds(at):
            return Route("queue", binding=binding.id, side="citizen", why="expired")
        return Route("dial", binding.callers[0], binding.id, "citizen")
    if not asks or asks not in binding.callers:
        return Route("refused", binding=binding.id, why="wrong_caller")
    if not binding.holds(at):
        return Route("refused", binding=binding.id, side="department", why="expired")
    return Route("dial", binding.citizen, binding.id, "department")


def outcome(talk_s: float, status: str, cause: int) -> VirtualOutcome:
    """How a call went, from the dialplan's last word (DIALSTATUS, Q.850 of the leg that was dialled)."""
    if talk_s > 0 or status == "ANSWER":
        return "answered"
    return _BY_STATUS.get(status) or _BY_CAUSE.get(cause, "unreachable")
