"""Is this the same matter again? Repeats by one person are linked to the first ticket, never dropped.

Two texts are as alike as their pairs of neighbouring characters are common (Jaccard), which needs no words and does
not mind their order. The same text within hours is a duplicate; a repeat while the first is open urges it (催办);
one after it was closed is related. Other people's tickets about the same matter are the hot topics' affair, not ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from gateway.model.ids import TicketNo
from gateway.model.records import Ticket
from gateway.tickets.config import LikenessConfig

_PUNCTUATION = re.compile(r"[\W_]+")
_READ_CHARS = 600
_SHORTEST_SAME = 4
"""Pairs that a text must have before it can be the same as another: 你好 twice is no duplicate."""

SUPPLEMENT = "\n补充 "
"""Begins each message that joined a ticket, in its content; what stands before the first is the matter itself."""

Shingles = frozenset[str]


@dataclass(frozen=True, slots=True)
class Link:
    """``other`` is the first ticket of the matter; ``why`` says so in words for agents."""

    relation: Literal["urge_of", "duplicate_of", "related_nos"]
    other: TicketNo
    why: str

    def fields(self) -> dict[str, Any]:
        """The ticket's fields that say it."""
        return {self.relation: [self.other] if self.relation == "related_nos" else self.other}


@dataclass(frozen=True, slots=True)
class Matter:
    """What a new request is about, as far as rules can tell. ``place`` is its address, not its area."""

    text: str
    category: str = ""
    place: str = ""


def shingles(text: str) -> Shingles:
    """Pairs of neighbouring characters, without spaces and punctuation, of the first 600 characters."""
    plain = _PUNCTUATION.sub("", text[:_READ_CHARS]).lower()
    return frozenset(map("".join, pairwise(plain)))


def alike(one: Shingles, other: Shingles) -> float:
    """Common pairs of all pairs (Jaccard): 0 nothing in common, 1 the same; two empty texts have nothing in common."""
    if not one or not other:
        return 0.0
    common = len(one & other)
    return common / (len(one) + len(other) - common)


class Likeness:
    """Finds the ticket that a new request repeats."""

    def __init__(self, config: LikenessConfig) -> None:
        self._config = config
        urges = "|".join(re.escape(word) for word in sorted(config.urges, key=len, reverse=True))
        self._urges = re.compile(urges) if urges else None

    @property
    def days(self) -> int:
        return self._config.days

    @property
    def compare(self) -> int:
        return self._config.compare

    def urges(self, text: str) -> bool:
        """True when the text asks what has become of something (催, 怎么还没)."""
        return self._urges is not None and self._urges.search(text) is not None

    def first_of(self, matter: Matter, at: float, recent: Iterable[Ticket]) -> Link | None:
        """The link to what ``matter``, sent in at ``at``, repeats among the same person's ``recent`` tickets, newest
        first; None when it is new."""
        tickets = list(recent)[: self._config.compare]
        if not tickets:
            return None
        pairs = shingles(matter.text)
        scored = [(alike(pairs, shingles(told(ticket))), ticket) for ticket in tickets]
        score, best = max(scored, key=lambda pair: pair[0])
        if score >= self._config.same and len(pairs) >= _SHORTEST_SAME and self._within_hours(best, at):
            return Link("duplicate_of", _root(best), f"{_percent(score)} 相同的文字，{self._config.same_hours} 小时内")
        if score >= self._config.alike:
            return _again(best, f"文字 {_percent(score)} 相似")
        same_place = next((ticket for ticket in tickets if _same_matter(matter, ticket)), None)
        if same_place is not None:
            return _again(same_place, "同一分类、同一地点")
        return self._urged(matter, scored)

    def _within_hours(self, ticket: Ticket, at: float) -> bool:
        return abs(at - ticket.received_at) <= self._config.same_hours * 3600

    def _urged(self, matter: Matter, scored: Sequence[tuple[float, Ticket]]) -> Link | None:
        """A text that urges without saying what: the most alike of the open tickets, the newest when none is."""
        if not self.urges(matter.text):
            return None
        still_open = [pair for pair in scored if pair[1].state != "closed"]
        if not still_open:
            return None
        return _again(max(still_open, key=lambda pair: pair[0])[1], "催办用语")


def told(ticket: Ticket) -> str:
    """What the citizen told when the ticket was opened."""
    return ticket.content.partition(SUPPLEMENT)[0] or ticket.title


def _again(ticket: Ticket, why: str) -> Link:
    if ticket.state == "closed":
        return Link("related_nos", ticket.ticket_no, f"{why}，前单已办结")
    return Link("urge_of", _root(ticket), why)


def _root(ticket: Ticket) -> TicketNo:
    """The first ticket of a chain, so that links have one level."""
    return TicketNo(ticket.urge_of or ticket.duplicate_of or ticket.ticket_no)


def _same_matter(matter: Matter, ticket: Ticket) -> bool:
    category = ticket.category or _proposed(ticket, "category")
    return bool(matter.category and matter.place) and category == matter.category and ticket.address == matter.place


def _proposed(ticket: Ticket, field: str) -> str:
    proposal = ticket.proposed.get(field)
    return str(proposal.get("value", "")) if isinstance(proposal, dict) else ""


def _percent(score: float) -> str:
    return f"{score:.0%}"
