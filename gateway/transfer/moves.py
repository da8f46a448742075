"""The way there: the press, into the room, consulting, three-way, release. Pure; the rows of the table name these.

Whoever is with whom follows from the places of the three legs (``LegPlace``). The agent is let go in one place,
``_release``, and only when the citizen and the target have been seen in the room together.
"""

from __future__ import annotations

from gateway.model.ids import LegId
from gateway.transfer.inputs import Input, Party
from gateway.transfer.returning import give_back
from gateway.transfer.words import say, say_outcome
from gateway.transfer.work import COMPLETED, Going, Work, dial, guard, seen

_AGENT_TOO: tuple[Going, ...] = (("agent", "room", ""),)

# The press --------------------------------------------------------------------------------------------------------


def begin(w: Work) -> None:
    """The orders of the press, by mode. ``target`` has been checked."""
    t = w.t
    if t.mode in ("queue", "ivr"):
        w.set(phase="joining", why=say("handed"))
        guard(w)
        w.move(("caller", "queue" if t.mode == "queue" else "flow", t.target))
        w.wait(w.limits.order_s)
        return
    w.set(phase="calling", why=say("calling"), target_leg=LegId(f"gw-{t.id}"), target_at="dialled")
    # The guard comes before all: an agent who hangs up in the moment of the press leaves nobody without a way back.
    guard(w)
    if t.mode in ("blind", "consult"):  # else nobody is moved before the target answers
        w.move(("caller", "hold", ""), *(_AGENT_TOO if t.mode == "consult" else ()))
    dial(w)
    w.wait(t.ring_s + w.limits.ring_grace_s)


# On the way into the room -------------------------------------------------------------------------------------------


def _target_in(w: Work, given: Input) -> None:
    seen(w, given, "target")
    w.set(answered_at=w.t.answered_at or w.at)


def join(w: Work, given: Input) -> None:
    """The target has answered: the citizen goes to it; in a three-way call the agent with them."""
    _target_in(w, given)
    both = w.t.mode == "three_way"
    w.set(phase="joining", goal="three_way" if both else "released", why=say("joining"))
    w.move(("caller", "room", ""), *(_AGENT_TOO if both else ()))


def consult(w: Work, given: Input) -> None:
    _target_in(w, given)
    w.set(phase="consulting", with_agent="target", joined_at=w.at, why=say("consulting"))
    w.wait(w.limits.hold_s)


def caller_arrives(w: Work, given: Input) -> None:
    seen(w, given, "caller")
    _arrive(w)


def agent_arrives(w: Work, given: Input) -> None:
    seen(w, given, "agent")
    _arrive(w)


def target_arrives(w: Work, given: Input) -> None:
    seen(w, given, "target")
    _arrive(w)


def agent_leaves_early(w: Work, _given: Input) -> None:
    w.place("agent", "gone")
    w.set(goal="released")
    _arrive(w)


def _arrive(w: Work) -> None:
    """Go on when all who belong there are in the room."""
    if not (w.where("caller") == w.where("target") == "room"):
        return
    w.set(joined_at=w.t.joined_at or w.at)
    if w.t.goal == "released" or w.where("agent") == "gone":
        _release(w)
    elif w.where("agent") == "room":
        w.set(phase="three_way", with_agent="", tries=0, why=say("three_way"))
        w.wait(None)


def overdue(w: Work, given: Input) -> None:
    """Somebody has not come. Without the agent the others can speak; without one of them nothing can come of it."""
    if w.where("caller") == w.where("target") == "room":
        _release(w)
    else:
        give_back(w, "failed")


def release(w: Work, _given: Input) -> None:
    _release(w)


def _release(w: Work) -> None:
    """The citizen and the target have each other: from now on their call ends when one of them ends it."""
    w.mark(COMPLETED)
    w.hang_up("agent")
    w.set(phase="released", outcome="completed", released_at=w.at, tries=0, why=say("released"))
    w.wait(None if w.where("agent") == "gone" else w.limits.return_s)


# Consulting ---------------------------------------------------------------------------------------------------------


def toggle(w: Work, _given: Input) -> None:
    _swap(w)


def hold_over(w: Work, _given: Input) -> None:
    _swap(w)
    w.set(why=say("hold_over"))


def _swap(w: Work) -> None:
    if w.t.with_agent == "target":
        w.move(("caller", "room", ""), ("target", "hold", ""))
        w.set(with_agent="caller", why=say("with_caller"))
    else:
        w.move(("caller", "hold", ""), ("target", "room", ""))
        w.set(with_agent="target", why=say("consulting"))
    w.wait(w.limits.hold_s)


def not_swapped(w: Work, given: Input) -> None:
    """They are as before, as far as can be known: the one who was to leave the room has not told of it."""
    back = w.t.with_agent == "caller"
    w.set(
        with_agent="target" if back else "caller", caller_at="hold" if back else "room",
        target_at="room" if back else "hold", why=say("not_moved"),
    )  # fmt: skip
    w.wait(w.limits.hold_s)


def merge(w: Work, _given: Input) -> None:
    _gather(w, "three_way")


def hand_over(w: Work, _given: Input) -> None:
    _gather(w, "released")


def _gather(w: Work, goal: str) -> None:
    w.set(phase="joining", goal=goal, why=say("joining"))
    two: tuple[Party, ...] = ("caller", "target")
    out: list[Going] = [(party, "room", "") for party in two if w.where(party) not in ("room", "gone")]
    if out:
        w.move(*out)
    else:
        _arrive(w)


def caller_gone_on(w: Work, _given: Input) -> None:
    """The citizen is gone; agent and target may finish what they have to say."""
    w.set(phase="consulting", caller_at="gone", outcome="caller_left", with_agent="target", why=say("caller_gone"))
    w.wait(None)


# Released -----------------------------------------------------------------------------------------------------------


def over(w: Work, _given: Input) -> None:
    """The dialplan ends the citizen's call; if it has not, they came into the room after the target had left it."""
    w.place("target", "gone")
    if w.where("caller") in ("gone", "handed"):
        _end_released(w)
    else:
        w.wait(w.limits.join_s)


def caller_done(w: Work, _given: Input) -> None:
    w.place("caller", "gone")
    if w.where("target") in ("", "gone"):
        _end_released(w)
        return
    w.hang_up("target")
    w.wait(w.limits.return_s)


def _end_released(w: Work) -> None:
    w.hang_up("agent")
    w.set(phase="ended", ended_at=w.at, why=say_outcome("completed"))
    w.wait(None)


def taken_on(w: Work, _given: Input) -> None:
    """The citizen is with others (a further transfer, a queue): this one is over."""
    w.place("caller", "handed")
    _end_released(w)


def agent_is_free(w: Work, _given: Input) -> None:
    w.place("agent", "gone")
    if w.where("caller") == w.where("target") == "room":
        w.wait(None)


def look_again(w: Work, _given: Input) -> None:
    """Whoever should be gone is told again. A citizen who left the room and is not known to be gone may have been taken
    on by others: nobody is hung up for that."""
    w.set(tries=w.t.tries + 1)
    caller, target = w.where("caller"), w.where("target")
    if target == "gone" and caller == "room":
        w.set(outcome=None, tries=0)
        give_back(w, "partner_left")
        return
    if target == "gone" or (w.t.tries > w.limits.tries and caller == "gone"):
        _end_released(w)
        return
    if w.where("agent") != "gone" and w.t.tries <= w.limits.tries:
        w.hang_up("agent")
    if w.where("caller") == "gone" or w.where("target") == "away":
        w.hang_up("target")
    settled = w.where("agent") == "gone" and w.where("caller") != "gone" and w.where("target") != "ending"
    w.wait(None if settled or w.t.tries > w.limits.tries else w.limits.return_s)


def unsettled(w: Work, _given: Input) -> None:
    """Three-way: somebody left the room, and nothing more was heard of them."""
    if w.where("caller") == "away":
        give_back(w, "failed")
    elif w.where("target") == "away":
        give_back(w, "partner_left")
    elif w.where("agent") == "away":
        _release(w)
    else:
        w.wait(None)
