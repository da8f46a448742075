"""Who may go out now: a person gets answers one after the other, an account no more at once and a second than it
takes, and one that is stuck holds up nobody but itself. In memory: after a restart everybody starts with an empty road.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gateway.channels.config import DeliveryConfig
from gateway.model.messages import Delivery

Lane = tuple[str, ...]
_ONE = 1.0 - 1e-9
"""A token, for sums of many small pieces of time."""


def lane_of(delivery: Delivery) -> Lane:
    """What must keep its order: all that one person is told; of what a partner gets, each ticket for itself."""
    lane = (delivery.kind, delivery.channel, delivery.account, delivery.target)
    return (*lane, delivery.ticket_no) if delivery.kind == "push" else lane


def account_of(delivery: Delivery) -> str:
    return f"{delivery.channel}:{delivery.account}"


class Lanes:
    """Bounds on what is under way. ``monotonic`` gives seconds that never go back."""

    def __init__(self, config: DeliveryConfig, monotonic: Callable[[], float]) -> None:
        self._config, self._monotonic = config, monotonic
        self._busy: set[Lane] = set()
        self._accounts: Counter[str] = Counter()
        self._buckets: dict[str, tuple[float, float]] = {}
        """By account: tokens left, and when that was so."""

    @property
    def full(self) -> bool:
        return len(self._busy) >= self._config.concurrency

    def open(self, account: str) -> bool:
        """True when something of an account (``account_of``) may go out now, whose way is free."""
        return not self.full and self._accounts[account] < self._config.per_account and self._tokens(account) >= _ONE

    def free(self, delivery: Delivery) -> bool:
        """True when nothing is on its way to the same receiver."""
        return lane_of(delivery) not in self._busy

    def enter(self, delivery: Delivery) -> bool:
        """True when it may go out now; then it is on its way until ``leave``."""
        account = account_of(delivery)
        if not self.open(account) or not self.free(delivery):
            return False
        self._buckets[account] = (self._tokens(account) - 1.0, self._monotonic())
        self._busy.add(lane_of(delivery))
        self._accounts[account] += 1
        return True

    def leave(self, delivery: Delivery) -> None:
        self._busy.discard(lane_of(delivery))
        self._accounts[account_of(delivery)] -= 1

    def next_token_s(self, account: str) -> float:
        """Seconds until the rate of an account (``account_of``) lets it send again; 0 when it may now."""
        tokens, rate = self._tokens(account), self._rate(account)
        return max(0.0, (1.0 - tokens) / rate)

    def most(self, account: str, seconds: float) -> int:
        """What the rate of an account lets it send from now on within some time."""
        return int(self._tokens(account) + seconds * self._rate(account))

    def _rate(self, account: str) -> float:
        return self._config.rates.get(account, self._config.rate_per_s)

    def _tokens(self, account: str) -> float:
        """A bucket holds what one second allows, one at least."""
        rate, now = self._rate(account), self._monotonic()
        most = max(1.0, rate)
        left, at = self._buckets.get(account, (most, now))
        return min(most, left + (now - at) * rate)
