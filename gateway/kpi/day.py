"""An agent's own day (我的今天): calls, talk, wrap-up, tickets, what was sent on in time, and how citizens rated it.

Pure functions over the agent's calls and tickets since midnight of the hall; the caller chooses the time. A ticket is
to be sent on within 10 minutes of the call (domain.md), so what counts is from the call's end to ``sent_at``; a ticket
without a call counts from when it was taken. What is answered on the spot and closed was not to be sent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from statistics import fmean

from gateway.model.records import CallRecord, Ticket

_HOURS = 24


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One agent's figures since ``since`` (epoch seconds). Durations are sums in seconds.

    ``calls`` were answered by citizen or agent; ``sent_on`` tickets went on within the time, ``overdue`` ones did not
    or still wait beyond it; ``rated`` tickets have a rating, ``mean`` is its mean (1 to 5), None without any.
    ``by_hour`` counts the calls by the hall's hour in which they were answered.
    """

    since: float
    calls: int
    talk_s: float
    hold_s: float
    wrap_s: float
    tickets: int
    sent_on: int
    overdue: int
    rated: int
    mean: float | None
    by_hour: tuple[int, ...]


def midnight(at: float, zone: tzinfo) -> float:
    """The last midnight of a zone."""
    return datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()


def day_figures(
    calls: Iterable[CallRecord], tickets: Sequence[Ticket], at: float, zone: tzinfo, send_on_s: float
) -> DayFigures:
    """The figures at a time, from one agent's calls and tickets; those of before midnight are left out.

    ``send_on_s``: seconds within which a ticket is sent on.
    """
    since = midnight(at, zone)
    answered = [one for one in calls if one.answered_at is not None and one.answered_at >= since]
    ours = [one for one in tickets if one.received_at >= since]
    ends = {str(one.call_id): one.ended_at for one in answered}
    in_time = [_in_time(one, ends, at, send_on_s) for one in ours]
    ratings = [one.satisfaction for one in ours if one.satisfaction is not None]
    return DayFigures(
        since=since,
        calls=len(answered),
        talk_s=_sum(one.talk_s for one in answered),
        hold_s=_sum(one.hold_s for one in answered),
        wrap_s=_sum(one.wrap_s for one in answered),
        tickets=len(ours),
        sent_on=in_time.count(True),
        overdue=in_time.count(False),
        rated=len(ratings),
        mean=round(fmean(ratings), 2) if ratings else None,
        by_hour=_by_hour(answered, zone),
    )


def _in_time(ticket: Ticket, ends: Mapping[str, float | None], at: float, send_on_s: float) -> bool | None:
    """None while there is time, while the call lasts, and for what was closed without going anywhere."""
    begins = ends.get(ticket.call_id, ticket.received_at)
    if ticket.sent_at is not None:
        return begins is None or ticket.sent_at - begins <= send_on_s
    if begins is None or ticket.state == "closed":
        return None
    return False if at - begins > send_on_s else None


def _by_hour(calls: Iterable[CallRecord], zone: tzinfo) -> tuple[int, ...]:
    hours = [0] * _HOURS
    for one in calls:
        if one.answered_at is not None:
            hours[datetime.fromtimestamp(one.answered_at, zone).hour] += 1
    return tuple(hours)


def _sum(seconds: Iterable[float | None]) -> float:
    return round(sum(one for one in seconds if one is not None), 1)
