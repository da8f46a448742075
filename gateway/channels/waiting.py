"""What is due and has not begun: each account's next deliveries, read once and kept at hand until they may go.

With an account's rate spent and thousands waiting behind it, a round must cost what may begin and not what waits. So
only accounts that may send now are asked, an account of which something at hand may go is not asked again, and no
more is read of one than it may send until the next look. What is at hand is older than the ledger: it is compared with
it when it is leased, and nothing of an account is kept that turned out to have changed.

The accounts asked are those that are configured. All others, whose deliveries have no way out, are found by the look,
which counts what is due; it goes over an index alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from gateway.channels.lanes import Lanes
from gateway.model.messages import Delivery
from gateway.tickets.ports import Ledger

Account = tuple[str, str]
"""Channel and account."""

_LEAST_PAGE, _PAGE, _LONGEST_PAGE = 8, 50, 5000


def age(delivery: Delivery) -> tuple[float, str]:
    """For sorting: the oldest first."""
    return delivery.created_at, delivery.id


class Waiting:
    """``count`` is how many were due at the last look and have not been begun since. ``look_s`` is the time between
    looks, and how long what is at hand is held for true; ``monotonic`` gives seconds that never go back.
    """

    def __init__(
        self, ledger: Ledger, lanes: Lanes, configured: Iterable[Account], look_s: float, monotonic: Callable[[], float]
    ) -> None:
        self._ledger, self._lanes, self._look_s, self._monotonic = ledger, lanes, look_s, monotonic
        self._configured = frozenset(configured)
        self._accounts = self._configured
        self._look_at = -math.inf
        self._at_hand: dict[Account, tuple[float, list[Delivery]]] = {}
        """With when it was read; the oldest first."""
        self.count = 0

    async def read(self, now: float) -> None:
        """Have at hand what may begin at ``now``, epoch seconds. Raises what the ledger raises."""
        if self._monotonic() >= self._look_at:
            await self._look(now)
        asked = {account: self._page(account) for account in sorted(self._accounts) if self._must_ask(account)}
        while asked:
            by_page = defaultdict(list)
            for account, page in asked.items():
                by_page[page].append(account)
            for page, accounts in by_page.items():
                await self._ask(now, page, accounts)
            asked = {
                account: min(_LONGEST_PAGE, page * 4) for account, page in asked.items() if self._hides(account, page)
            }

    def pick(self) -> list[Delivery]:
        """Take what may go out now, the oldest first over all accounts, and enter it into its lanes."""
        ahead = [one for account, (_, these) in self._at_hand.items() if self._may(account) for one in these]
        picked = [one for one in sorted(ahead, key=age) if self._lanes.enter(one)]
        taken = {one.id for one in picked}
        for account in {_whose(one) for one in picked}:
            at, these = self._at_hand[account]
            self._at_hand[account] = (at, [one for one in these if one.id not in taken])
        return picked

    def begun(self, some: Sequence[Delivery]) -> None:
        """These no longer wait."""
        self.count = max(0, self.count - len(some))

    def forget(self, some: Iterable[Delivery]) -> None:
        """These were not as they had been read: nothing of their accounts is held for true any more."""
        for one in some:
            self._at_hand.pop(_whose(one), None)

    def next_token_s(self) -> float | None:
        """Seconds until an account that has spent its rate may send again; None when none has. Whether anything waits
        for it was perhaps not asked, just because of that."""
        waits = [wait for one in self._accounts if (wait := self._lanes.next_token_s(_name(one))) > 0]
        return min(waits, default=None)

    @property
    def empty(self) -> bool:
        """True when nothing is at hand."""
        return not any(these for _, these in self._at_hand.values())

    # -- reading -------------------------------------------------------------------------------------------------------

    async def _look(self, now: float) -> None:
        due = await self._ledger.due_accounts(now)
        self.count = sum(due.values())
        self._accounts = self._configured | due.keys()
        self._look_at = self._monotonic() + self._look_s

    async def _ask(self, now: float, page: int, accounts: Sequence[Account]) -> None:
        found: dict[Account, list[Delivery]] = {account: [] for account in accounts}
        for delivery in await self._ledger.due_deliveries(now, page, of=accounts):
            found[_whose(delivery)].append(delivery)
        at = self._monotonic()
        for account, these in found.items():
            self._at_hand[account] = (at, sorted(these, key=age))

    def _must_ask(self, account: Account) -> bool:
        if not self._may(account):
            return False
        at, these = self._at_hand.get(account, (-math.inf, []))
        return self._monotonic() - at > self._look_s or not self._any_free(these)

    def _hides(self, account: Account, page: int) -> bool:
        """True when all that was read is for people who are being answered right now, and there is more behind it."""
        _, these = self._at_hand[account]
        return len(these) >= page and page < _LONGEST_PAGE and not self._any_free(these)

    def _page(self, account: Account) -> int:
        return max(_LEAST_PAGE, min(_PAGE, self._lanes.most(_name(account), self._look_s)))

    def _any_free(self, these: Iterable[Delivery]) -> bool:
        return any(self._lanes.free(one) for one in these)

    def _may(self, account: Account) -> bool:
        return self._lanes.open(_name(account))


def _whose(delivery: Delivery) -> Account:
    return delivery.channel, delivery.account


def _name(account: Account) -> str:
    return ":".join(account)
