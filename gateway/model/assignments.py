"""Assignments: which agent has, or is offered, which written ticket; and the agents as the rule of sharing sees them.

A written ticket (WeChat, SMS, mail, web ...) that waits for a person has one ``Assignment`` from its first message on.
It waits in the pool, is offered to one agent, is taken by one, and is done when nobody need do anything about it until
the citizen writes again. Times are epoch seconds. Nothing here is personal: texts stay with the messages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from gateway.model.ids import AgentId, TicketNo
from gateway.model.value import value

AssignmentState = Literal["waiting", "offered", "taken", "done"]

HELD: frozenset[AssignmentState] = frozenset({"offered", "taken"})
"""States in which a ticket counts among an agent's."""

NOBODY = AgentId("")
_ANSWERED_LAST_S = 86_400.0


@value
class Assignment:
    """One written ticket at the desk. ``agent`` has it, or is offered it; in the pool and when done, who had it last.

    ``due_at`` is when a person must have answered (None: answered); ``first_at`` the first message that waits for it.
    ``passed`` were offered it in this round and did not take it. ``sequence`` is the last event of the feed that was
    counted, so that one read again counts once; ``version`` rises with every change, so that two who decide at the same
    time do not both win.
    """

    ticket_no: TicketNo
    channel: str
    account: str
    state: AssignmentState
    since: float
    agent: AgentId = NOBODY
    first_at: float | None = None
    due_at: float | None = None
    last_at: float = 0.0
    moved_at: float = 0.0
    unread: int = 0
    passed: tuple[AgentId, ...] = ()
    sequence: int = 0
    version: int = 1

    @property
    def place(self) -> float:
        """The place in the pool: the soonest due first; one that was answered is due a day after its last message, so
        that newer ones cannot keep it waiting for ever."""
        return self.due_at if self.due_at is not None else max(self.since, self.last_at) + _ANSWERED_LAST_S

    def moved(self, state: AssignmentState, agent: AgentId, at: float) -> Assignment:
        """The next version, with another state or agent."""
        return replace(self, state=state, agent=agent, moved_at=at, version=self.version + 1)


@value
class Writer:
    """An agent who is signed in, with the queues of the seat. ``idle``: not on a call, ringing or wrapping one up;
    ``reason`` is why the agent rests, when ``presence`` is not_ready."""

    agent: AgentId
    queues: frozenset[str] = frozenset()
    presence: str = "ready"
    reason: str = ""
    idle: bool = True
