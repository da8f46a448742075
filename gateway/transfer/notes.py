"""Transitions that only say where somebody is, or that something was heard. Pure; the rows of the table name them."""

from __future__ import annotations

from gateway.transfer.inputs import Input, Party
from gateway.transfer.words import say, say_standing
from gateway.transfer.work import Work, seen


def note(_w: Work, _given: Input) -> None:
    """Known, and nothing follows."""


def named(w: Work, given: Input) -> None:
    w.set(target_channel=getattr(given, "channel", "") or w.t.target_channel)


def rang(w: Work, given: Input) -> None:
    named(w, given)
    w.set(why=say("ringing"))


def answered(w: Work, given: Input) -> None:
    """It must be in the room at once: an answer without media (a fax, a fault) would leave people waiting."""
    named(w, given)
    if w.t.answered_at is None:
        w.set(answered_at=w.at)
        w.wait(w.limits.join_s)


def agent_seen(w: Work, given: Input) -> None:
    seen(w, given, "agent")


def caller_seen(w: Work, given: Input) -> None:
    """Only when it was on its way: a fact that is late must not undo an order that is newer."""
    if w.where("caller") in ("moving", "away"):
        seen(w, given, "caller")


def target_seen(w: Work, given: Input) -> None:
    if w.where("target") in ("moving", "away"):
        seen(w, given, "target")


def _away(w: Work, party: Party) -> None:
    if w.where(party) == "room":
        w.place(party, "away")
        w.wait(w.limits.join_s)


def caller_away(w: Work, _given: Input) -> None:
    _away(w, "caller")


def agent_away(w: Work, _given: Input) -> None:
    _away(w, "agent")


def target_away(w: Work, _given: Input) -> None:
    _away(w, "target")


def agent_gone(w: Work, _given: Input) -> None:
    w.place("agent", "gone")


def side_by_side(w: Work, _given: Input) -> None:
    """They are where they were: the order to part them was never carried out, or is only now."""
    w.set(caller_at="start", agent_at="start")
    w.wait(w.limits.join_s)


def silent(w: Work, _given: Input) -> None:
    """The target has answered and sends no audio (a fax, a fault): said, and left to the agent, who takes the citizen
    back. Somebody may only be slow to speak behind a line that suppresses silence, so nobody is moved for it."""
    w.set(more={**w.t.more, "silent": True}, why=say("no_audio"))


def heard(w: Work, _given: Input) -> None:
    """Audio comes after all."""
    if w.t.silent:
        rest = {name: value for name, value in w.t.more.items() if name != "silent"}
        w.set(more=rest, why=say_standing(w.t))
