"""The formulas of the figures (domain.md, Figures): pure functions over sums, each with formula, unit and source.

R are the requests for a person that are decided, A those answered with talk > 0; the clock of a wait starts when the
caller enters the queue. A share is 0 to 1, a time is in seconds, and what has nothing to divide by is None. What is
summed up in the first place is in counting.py; names, words and order of the figures in definitions.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.kpi.sums import ANSWERED_WAITS, AT, LOST_WAITS, percentile

P95 = 0.95


class Tally:
    """Sums by the names of their fields."""

    __slots__ = ("sums",)

    def __init__(self, sums: Mapping[int, int]) -> None:
        self.sums = sums

    def __getitem__(self, name: str) -> int:
        return self.sums.get(AT[name], 0)


def share(part: int, whole: int) -> float | None:
    """``part`` / ``whole``, to four digits."""
    return round(part / whole, 4) if whole else None


def mean_s(ms: int, of: int) -> float | None:
    """The mean in seconds of so many milliseconds, to three digits."""
    return round(ms / of / 1000, 3) if of else None


def requests(of: Tally) -> int:
    """R = callers who entered a queue and were answered or lost (count; domain.md)."""
    return of["requests"]


def answered(of: Tally) -> int:
    """A = requests answered with talk > 0 (count; domain.md)."""
    return of["answered"]


def connection_rate(of: Tally) -> float | None:
    """接通率 = A / R (share; GB/T 33358-2016: at least 95 % over any continuous 24 h)."""
    return share(of["answered"], of["requests"])


def rate_15s(of: Tally) -> float | None:
    """Answered within 15 s of entering the queue / R (share; GB/T 33358-2016)."""
    return share(of["within_15"], of["requests"])


def rate_15s_answered(of: Tally) -> float | None:
    """Answered within 15 s of entering the queue / A (share; how many hotlines publish the 15 s rate)."""
    return share(of["within_15"], of["answered"])


def lost(of: Tally) -> int:
    """呼损 = R - A (count; domain.md)."""
    return of["requests"] - of["answered"]


def lost_rate(of: Tally) -> float | None:
    """呼损率 = (R - A) / R = 1 - 接通率 (share; domain.md)."""
    return share(lost(of), of["requests"])


def wait_mean_all(of: Tally) -> float | None:
    """Waits of all requests / R, from the queue to the answer or the loss (s; domain.md)."""
    return mean_s(of["wait_ms"], of["requests"])


def wait_p95_all(of: Tally) -> float | None:
    """The wait that 95 % of all requests did not exceed, nearest rank (s; domain.md)."""
    return percentile(of.sums, P95, ANSWERED_WAITS, LOST_WAITS)


def wait_mean(of: Tally) -> float | None:
    """Waits of the answered / A (s; domain.md; ASA, average speed of answer)."""
    return mean_s(of["wait_answered_ms"], of["answered"])


def wait_p95(of: Tally) -> float | None:
    """The wait that 95 % of the answered requests did not exceed, nearest rank (s; domain.md)."""
    return percentile(of.sums, P95, ANSWERED_WAITS)


def talk_mean(of: Tally) -> float | None:
    """Talk without hold / calls handled, i.e. answered and over (s; domain.md)."""
    return mean_s(of["talk_ms"], of["handled"])


def hold_mean(of: Tally) -> float | None:
    """Hold / calls handled (s; domain.md)."""
    return mean_s(of["hold_ms"], of["handled"])


def wrap_mean(of: Tally) -> float | None:
    """Wrap-up / calls handled (s; domain.md)."""
    return mean_s(of["wrap_ms"], of["handled"])


def handling_ms(of: Tally) -> int:
    """Talk + hold + wrap-up, in milliseconds."""
    return of["talk_ms"] + of["hold_ms"] + of["wrap_ms"]


def handling_mean(of: Tally) -> float | None:
    """(Talk + hold + wrap-up) / calls handled (s; domain.md; AHT, average handling time)."""
    return mean_s(handling_ms(of), of["handled"])


def busy_ms(of: Tally) -> int:
    """An agent's time in conversation (calls out too), on hold and in wrap-up, in milliseconds."""
    return of["time_talking"] + of["time_held"] + of["time_outbound"] + of["time_wrap"]


def occupancy(of: Tally) -> float | None:
    """(Talk + hold + wrap-up) / signed in and available, i.e. without rest (share; domain.md)."""
    return share(busy_ms(of), of["time_signed"] - of["time_resting"])


def utilisation(of: Tally) -> float | None:
    """(Talk with hold + ring + wrap-up + idle) / signed in (share; domain.md)."""
    return share(busy_ms(of) + of["time_ringing"] + of["time_idle"], of["time_signed"])


def direct_rate(of: Tally) -> float | None:
    """直接解答率 = tickets closed without being sent on / tickets (share; practice)."""
    return share(of["direct"], of["tickets"])


def satisfied_rate(of: Tally) -> float | None:
    """满意率 = rated 4 or 5 of 5 / rated (share; domain.md)."""
    return share(of["satisfied"], of["rated"])


def rated_rate(of: Tally) -> float | None:
    """Rated / invited: whose ticket is closed may rate it (share; domain.md)."""
    return share(of["rated"], of["closed"])


def transfers_completed_rate(of: Tally) -> float | None:
    """Transfers completed / transfers that ended (share; domain.md, by partner and outcome)."""
    return share(of["transfers_completed"], of["transfers"])


def first_response_mean(of: Tally) -> float | None:
    """From receipt to a person's first answer in written channels / those answered (s; GB/T 33358-2016)."""
    return mean_s(of["response_ms"], of["responses"])


def first_response_in_time(of: Tally) -> float | None:
    """Answered in time (SMS and media 3 min, mailbox 24 h) / written tickets answered or overdue (share;
    GB/T 33358-2016)."""
    return share(of["response_in_time"], of["response_due"])


def sent_on_in_time(of: Tally) -> float | None:
    """Sent on within 10 min of the call's end / tickets sent on or overdue (share; practice of Haikou and Baoji)."""
    return share(of["sent_in_time"], of["send_due"])
