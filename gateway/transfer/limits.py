"""How long each step of a transfer may take, in seconds. Ours where no other source is named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``join_s``: from the target's answer, or the order to move somebody, to the room (design of the lead).
    ``return_s``: for the citizen's way back before it is ordered again. ``ring_grace_s`` is added to a target's own
    ring limit, which Asterisk counts. ``hold_s``: how long the citizen hears music while the agent consults, before
    the agent has them back; the dialplan's own limit (gw-hold) must be longer. ``order_s``: a switch that has not
    answered by then has refused. ``tries``: how often an order is given again before it is left to the dialplan.
    """

    join_s: float = 3.0
    return_s: float = 4.0
    ring_grace_s: float = 3.0
    hold_s: float = 120.0
    order_s: float = 6.0
    tries: int = 4
