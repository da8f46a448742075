"""Transfers (转接): one hand-over of a citizen's call to a partner, a queue or a person, with a mode and an outcome.

A ``Transfer`` is the durable record and the state of the machine in one: what ``gateway.transfer`` decides follows from
it and from facts, so that a restarted gateway goes on where it was. Legs are named by their Uniqueid; the partner's is
given by us before it is dialled, so that no fact of it comes too early.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.model.ids import AgentId, CallId, LegId, SeatId, TicketNo

TransferMode = Literal["blind", "attended", "consult", "three_way", "queue", "ivr"]
"""释放转, 成功转, 通话转, 三方通话, 转专席, 转流程 (domain.md)."""

TransferOutcome = Literal[
    "completed", "busy", "no_answer", "refused", "unreachable", "cancelled", "caller_left", "partner_left",
    "agent_left", "failed",
]  # fmt: skip
"""How it ended. Only ``completed`` took the citizen to somebody else; else the agent or a queue has them."""

TransferPhase = Literal["calling", "joining", "consulting", "three_way", "released", "returning", "ended"]
"""calling: the target is dialled; joining: it answered, legs are on their way into the room; consulting: agent and
target speak, the citizen hears music; three_way: all three; released: citizen and target, the agent is free;
returning: the citizen is on the way back to the agent or the queue's front; ended: ``outcome`` says how."""

TransferAct = Literal["complete", "cancel", "toggle", "merge", "leave", "drop_partner"]
"""What an agent may press while it runs. complete: hand over and leave; cancel: back to the citizen alone; toggle:
change between citizen and target (consult); merge: all three; leave: the agent leaves the other two; drop_partner."""

TargetKind = Literal["partner", "queue", "flow", "seat"]

LegPlace = Literal["", "start", "dialled", "moving", "room", "hold", "handed", "back", "away", "ending", "gone"]
"""Where a leg is, as far as is known. start: where the press found it, citizen and agent together; dialled: rings;
moving: ordered into the room, not seen there yet; room, hold; handed: ordered to a queue or flow; back: ordered to the
agent or the queue's front; away: left the room, and not by an order of ours; ending: ordered to hang up; gone."""


@dataclass(frozen=True, slots=True)
class Talk:
    """A call at a seat, as it is when a transfer begins. ``interface`` is the seat's as app_queue calls it
    (``PJSIP/8001``); ``queue`` the one that the citizen came by."""

    call_id: CallId
    seat: SeatId
    agent: AgentId
    interface: str
    caller_leg: LegId
    caller_channel: str
    agent_leg: LegId
    agent_channel: str
    queue: str = ""
    entry_number: str = ""
    caller_number: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A ticket that goes with a call. ``external_no`` is the partner's own number for it, "" when it has given none."""

    ticket_no: TicketNo
    external_no: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """``id`` is also the idempotency key's twin: one press, one transfer. ``target`` is what is dialled or the queue or
    flow; ``partner`` the number in partners.toml ("" for a seat or queue). ``with_agent`` tells in consult whom the
    agent hears now: the citizen or the target. ``version`` rises with each step, so that a late write cannot undo one.

    What the machine needs besides: ``due_at`` is when it must look again though nothing has happened (epoch seconds,
    None: not at all); ``goal`` is what a joining leads to; ``tries`` counts orders given again; ``ordered`` is the
    version at which a leg was last ordered somewhere, ``answered`` the last of these that the switch has answered,
    ``moved_at`` when it did.
    """

    id: str
    key: str
    call_id: CallId
    mode: TransferMode
    target: str
    seat: SeatId
    agent: AgentId
    started_at: float
    partner: str = ""
    ticket_no: TicketNo | Literal[""] = ""
    phase: TransferPhase = "calling"
    outcome: TransferOutcome | None = None
    caller_leg: LegId | Literal[""] = ""
    caller_channel: str = ""
    agent_leg: LegId | Literal[""] = ""
    agent_channel: str = ""
    target_leg: LegId | Literal[""] = ""
    target_channel: str = ""
    with_agent: Literal["caller", "target", ""] = ""
    answered_at: float | None = None
    joined_at: float | None = None
    released_at: float | None = None
    ended_at: float | None = None
    cause: int | None = None
    """Q.850 cause of the target's leg when it failed."""
    why: str = ""
    """Words for the desk, Chinese first."""
    version: int = 0
    more: dict[str, Any] = field(default_factory=dict)
    target_kind: TargetKind = "partner"
    target_seat: SeatId | Literal[""] = ""
    interface: str = ""
    """The agent's seat as app_queue calls it: who is rung first when the citizen comes back."""
    endpoint: str = ""
    """What is dialled, as ``DialTarget.endpoint``; "" for a queue or flow."""
    ring_s: int = 30
    caller_at: LegPlace = "start"
    agent_at: LegPlace = "start"
    target_at: LegPlace = ""
    goal: Literal["", "released", "three_way"] = ""
    due_at: float | None = None
    tries: int = 0
    ordered: int = 0
    answered: int = 0
    moved_at: float | None = None
    delivery: str = ""
    """The delivery that pushes the ticket to the partner at the press; "" when there is none, and ``push_why`` says
    why (Chinese / English)."""
    push_why: str = ""

    @property
    def room(self) -> str:
        """The conference room of this transfer."""
        return f"x-{self.id}"

    @property
    def runs(self) -> bool:
        """True while the call cannot take another: until it is released or ended."""
        return self.phase not in ("released", "ended")

    @property
    def silent(self) -> bool:
        """The target has answered, and no audio of it was received since."""
        return bool(self.more.get("silent"))
