"""Notices (通知): what a shift lead tells agents at their desks, kept until it has been read."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model.ids import AgentId


@dataclass(frozen=True, slots=True)
class Notice:
    """One for one agent. ``login`` is the author's account, ``name`` what the agent sees of them; ``until`` the moment
    from which on it is of no use any more, None for none; ``read_at`` when the agent has acknowledged it. Epoch
    seconds.
    """

    id: str
    agent: AgentId
    at: float
    login: str
    name: str
    text: str = field(repr=False)
    until: float | None = None
    read_at: float | None = None
