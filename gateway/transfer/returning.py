"""The way back: what is done when a transfer comes to nothing, or to its end. Pure; the rows of the table name these.

``give_back`` takes the citizen back whatever went wrong. ``settle`` ends a transfer only when the target's leg is known
to be gone and the citizen to be with somebody. An order may be refused or be lost with us: ``due`` then finds the leg
where it should not be (``again``), and the dialplan takes care of the citizen meanwhile.
"""

from __future__ import annotations

from gateway.model.facts import LegEnded, TargetFailed
from gateway.model.orders import MoveLegs, Place
from gateway.model.transfers import TransferOutcome
from gateway.transfer.inputs import PARTIES, Carried, Input, NotCarried
from gateway.transfer.notes import named
from gateway.transfer.numbers import dial_next
from gateway.transfer.words import outcome_of, say, say_outcome
from gateway.transfer.work import COMPLETED, THERE, Work, seen

_SLOWEST = 8
"""What is ordered again and again is ordered more and more slowly, up to so many times the first wait."""


def failed(w: Work, given: Input) -> None:
    """The target did not answer: busy, nobody, refused, unreachable. The partner's next number may."""
    w.place("target", "gone")
    outcome, cause = _why(w, given)
    if not dial_next(w, outcome):
        give_back(w, outcome, cause)


def _why(w: Work, given: Input) -> tuple[TransferOutcome, int | None]:
    """The outcome and the cause that the end of a target's leg tells."""
    status, cause = ("", None)
    if isinstance(given, TargetFailed):
        status, cause = given.status, given.cause or None
    elif isinstance(given, LegEnded):
        # The leg that we named is gone before it was in the room, and not by us.
        waited = w.at - w.t.more.get("dialled_at", w.t.started_at) >= w.t.ring_s - 1
        status, cause = "no_answer" if waited else "refused", given.cause or None
    if isinstance(given, LegEnded) and given.cause_text == "unseen":
        return "failed", cause
    if w.t.answered_at is not None and cause in (None, 16):
        return "partner_left", cause
    return outcome_of(status, cause), cause


def not_dialled(w: Work, given: Input) -> None:
    """The order may yet be carried out: hang up whatever comes of it."""
    give_back(w, "failed")
    w.set(more={**w.t.more, "refusal": getattr(given, "why", "")})


def rung_too_long(w: Work, _given: Input) -> None:
    give_back(w, "failed" if w.t.answered_at is not None else "no_answer")


def cancelled(w: Work, _given: Input) -> None:
    give_back(w, "cancelled")


def partner_gone(w: Work, given: Input) -> None:
    w.place("target", "gone")
    give_back(w, "partner_left", getattr(given, "cause", None))


def partner_away(w: Work, _given: Input) -> None:
    give_back(w, "partner_left")


def agent_lost(w: Work, _given: Input) -> None:
    """Nobody waits at the agent's telephone: the front of the queue."""
    w.set(agent_at="gone", interface="")
    give_back(w, "agent_left")


def all_gone(w: Work, given: Input) -> None:
    """The citizen has hung up: whoever is left in the room has nobody to speak to."""
    for party in PARTIES[1:]:
        if isinstance(given, (LegEnded, TargetFailed)) and given.leg == getattr(w.t, f"{party}_leg"):
            w.place(party, "gone")
    w.place("caller", "gone")
    if w.where("agent") in THERE:
        w.hang_up("agent")
    give_back(w, "caller_left")


def taken_by_the_dialplan(w: Work, _given: Input) -> None:
    """The citizen is in a queue or with somebody else; the agent must be free to be rung. Who was with the agent until
    now has lost them."""
    lost = w.where("caller") == w.where("agent") == "start"
    w.place("caller", "handed")
    if w.where("agent") in THERE:
        w.hang_up("agent")
    give_back(w, "agent_left" if lost else "failed")


def handed_over(w: Work, _given: Input) -> None:
    w.place("caller", "handed")
    w.hang_up("agent")
    w.set(outcome="completed", released_at=w.at)
    end(w)


def handed_unseen(w: Work, _given: Input) -> None:
    """Nobody knows whether the order went out: the dialplan has the citizen, wherever they are."""
    w.place("caller", "handed")
    w.set(outcome="failed")
    end(w)


def left_to_dialplan(w: Work, given: Input) -> None:
    """A first order was refused, or its answer lost: wait for what the facts say of it before anything is done."""
    if w.t.phase == "calling":
        w.place("target", "")  # it was to be dialled after the moves
    else:
        w.hang_up("target")
    w.set(
        phase="returning", outcome=w.t.outcome or "failed", caller_at="away", agent_at="start", why=say("returning"),
        more={**w.t.more, "refusal": given.why if isinstance(given, NotCarried) else ""},
    )  # fmt: skip
    w.wait(w.limits.return_s)


def not_joined(w: Work, given: Input) -> None:
    """The citizen could not be moved out of the music: they may be anywhere on the way."""
    if w.where("caller") == "moving":
        w.place("caller", "away")
    give_back(w, "failed")


def let_go(w: Work, _given: Input) -> None:
    """Blind: the citizen hears music, the agent is free."""
    if w.t.mode == "blind":
        w.hang_up("agent")


def give_back(w: Work, outcome: TransferOutcome, cause: int | None = None) -> None:
    """End the target's leg and bring the citizen to the agent, or to the queue's front when there is none."""
    chosen = w.t.outcome or outcome
    w.set(phase="returning", outcome=chosen, cause=cause or w.t.cause, why=say("returning"))
    w.hang_up("target")
    w.wait(w.limits.return_s)
    _fetch(w)
    settle(w)


def _fetch(w: Work) -> None:
    caller, agent = w.where("caller"), w.where("agent")
    if caller in ("gone", "handed") or (caller == agent == "start"):
        return
    if agent in THERE:
        if caller not in THERE:
            w.move(("caller", "room", ""))
            w.wait(w.limits.return_s)
        return
    _to_the_queue(w)


def _to_the_queue(w: Work) -> None:
    """The agent's telephone is made free first: it is rung before the queue's front."""
    if w.where("agent") not in ("gone", "ending", ""):
        w.hang_up("agent")
    w.move(("caller", "back", w.t.interface))
    w.wait(w.limits.return_s)


def settle(w: Work) -> None:
    """Not while an order to move somebody is on its way: what was told before it may be out of date."""
    if w.t.ordered > w.t.answered or w.moves:
        return
    caller, agent = w.where("caller"), w.where("agent")
    with_agent = caller == agent and caller in ("start", "room")
    if (with_agent or caller in ("gone", "handed")) and w.where("target") in ("", "gone"):
        end(w)


def end(w: Work) -> None:
    caller, agent = w.where("caller"), w.where("agent")
    outcome = w.t.outcome or "failed"
    if caller in ("start", "room") and caller == agent:
        # An ordinary conversation again: it ends when the agent hangs up, in either place.
        w.mark("" if caller == "start" else COMPLETED)
    elif agent in THERE and w.t.mode not in ("queue", "ivr"):
        w.hang_up("agent")
    w.set(phase="ended", outcome=outcome, ended_at=w.at, why=say_outcome(outcome))
    w.wait(None)


# While returning --------------------------------------------------------------------------------------------------


def caller_returns(w: Work, given: Input) -> None:
    """Facts of one leg come in their sequence: so this is later than whatever was known of the citizen."""
    if w.where("caller") != "gone":
        seen(w, given, "caller")
    if w.where("agent") in ("gone", "ending"):
        w.wait(w.limits.return_s)
    settle(w)


def agent_returns(w: Work, given: Input) -> None:
    seen(w, given, "agent")
    if w.where("caller") in ("away", "hold"):
        _fetch(w)
    settle(w)


def target_comes_late(w: Work, given: Input) -> None:
    """The order to hang up was earlier than the leg."""
    if w.where("target") not in ("", "gone"):
        named(w, given)
        w.hang_up("target")


def target_is_gone(w: Work, _given: Input) -> None:
    w.place("target", "gone")
    settle(w)


def caller_is_gone(w: Work, _given: Input) -> None:
    """When a citizen hangs up, app_queue ends the agent's leg, and that may be told first."""
    if w.t.outcome == "agent_left" and w.where("caller") != "handed":
        w.set(outcome="caller_left")
    w.place("caller", "gone")
    if w.where("agent") in THERE:
        w.hang_up("agent")
    settle(w)


def agent_is_lost(w: Work, _given: Input) -> None:
    expected = w.where("agent") == "ending"
    w.place("agent", "gone")
    if w.where("caller") in ("start", "room", "moving", "hold", "away"):
        w.set(interface=w.t.interface if expected else "")
        _to_the_queue(w)
    settle(w)


def caller_is_back(w: Work, _given: Input) -> None:
    w.place("caller", "handed")
    if w.where("agent") in THERE:
        w.hang_up("agent")
    settle(w)


def are_together(w: Work, _given: Input) -> None:
    w.set(caller_at="start", agent_at="start")
    settle(w)


def carried(w: Work, given: Input) -> None:
    """Accepted. ``back``: the dialplan has the citizen, the front of the queue is its affair. Into the room: they are
    on their way there, also when they were in a queue a moment ago."""
    caller, to = w.where("caller"), _place_ordered(w, given)
    if to == "back" and caller != "gone":
        w.place("caller", "handed")
    elif to == "room" and caller == "handed":
        w.place("caller", "moving")
        w.wait(w.limits.join_s)
    elif to == "hold" and caller == "handed":
        w.place("caller", "hold")
        _fetch(w)
    settle(w)


def _place_ordered(w: Work, given: Input) -> Place | None:
    order = given.order if isinstance(given, Carried) else None
    moves = order.moves if isinstance(order, MoveLegs) else ()
    return next((place for channel, place, _ in moves if channel == w.name("caller")), None)


def again(w: Work, _given: Input) -> None:
    """An order was refused or its fact has not come. The target's leg is given up after some tries, the citizen never:
    they are ordered back until they are somewhere, or gone. (The dialplan, which needs nobody, has its own limits.)"""
    w.set(tries=w.t.tries + 1)
    if w.where("caller") == "away" and w.where("agent") == "start":
        w.set(caller_at="start")  # nothing has been heard: nothing was moved
    elif not _with_agent(w):
        _to_the_queue(w)
    elif w.t.tries > w.limits.tries and w.t.answered >= w.t.ordered:
        end(w)
        return
    if w.where("target") not in ("", "gone"):
        w.hang_up("target")
    w.wait(w.limits.return_s * min(w.t.tries, _SLOWEST))
    settle(w)


def refused_back(w: Work, given: Input) -> None:
    """One other try at once, then at the next look: a switch that says no says it quickly."""
    if w.t.tries == 0:
        again(w, given)
    else:
        w.wait(w.limits.return_s * min(w.t.tries, _SLOWEST))


def _with_agent(w: Work) -> bool:
    caller = w.where("caller")
    return caller in ("gone", "handed") or (caller == w.where("agent") and caller in ("start", "room"))
