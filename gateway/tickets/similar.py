"""Tickets that look like what an agent is typing, so that the same matter is not opened twice.

The caller's own come first and are judged by the intake's rules (``gateway.tickets.likeness``): the same text, a
repeat, an urging. Other people's tickets of the place are only shown: whether five have reported the same lamp is for
the agent to see. While somebody types, a few words stand against whole texts, so what counts beside likeness is how
much of the typed is found in the ticket.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.model.records import Ticket
from gateway.tickets.likeness import Likeness, Link, Matter, Shingles, alike, shingles, told

SHORTEST = 4
"""Pairs of characters below which what is typed is like everything."""
_FOUND = 0.6
"""Share of the typed pairs that a ticket must have in common with them."""
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Similar:
    """A ticket that looks alike. ``score`` is 0 to 1, ``own`` whether it is the same caller's; ``relation`` is how the
    intake would link it ("" for none), ``why`` the reason in words for agents."""

    ticket: Ticket
    score: float
    own: bool
    relation: str
    why: str


def similar(
    text: str, at: float, own: Sequence[Ticket], others: Iterable[Ticket], likeness: Likeness, threshold: float
) -> list[Similar]:
    """The tickets that look like ``text``, the caller's ``own`` (newest first) before others', the most alike first.

    ``threshold`` is the likeness from which two texts are one matter. Takes about 0.1 ms a ticket.
    """
    pairs = shingles(text)
    link = likeness.first_of(Matter(text), at, own) if text.strip() else None
    mine = _linked(link, own) + [
        found for one in own if (found := _judged(one, pairs, threshold, own=True)) and not _is(link, one)
    ]
    known = {one.ticket_no for one in own}
    fresh = [one for one in others if one.ticket_no not in known]
    theirs = [found for one in fresh if (found := _judged(one, pairs, threshold, own=False))]
    ranked = sorted(mine + theirs, key=lambda one: (not one.own, not one.relation, -one.score))
    return ranked[:_SHOWN]


def _is(link: Link | None, ticket: Ticket) -> bool:
    return link is not None and link.other == ticket.ticket_no


def _linked(link: Link | None, own: Sequence[Ticket]) -> list[Similar]:
    """The ticket that the intake would link to, when it is among those that were looked at."""
    return [Similar(one, 1.0, True, link.relation, link.why) for one in own if link is not None and _is(link, one)]


def _judged(ticket: Ticket, pairs: Shingles, threshold: float, *, own: bool) -> Similar | None:
    if len(pairs) < SHORTEST:
        return None
    said = shingles(told(ticket))
    both = alike(pairs, said)
    if both >= threshold:
        return Similar(ticket, both, own, "", f"文字 {both:.0%} 相似")
    found = len(pairs & said) / len(pairs)
    if found >= _FOUND:
        return Similar(ticket, found, own, "", f"已输入文字的 {found:.0%} 见于此单")
    return None
