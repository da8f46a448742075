"""One gateway of several does what one is enough for (posts to the followers, alarms about tickets): a lease in the
ledger, renewed while its holder lives.

Two that ask in the same moment may both think they have it until the next renewal, a few seconds later: posts are
then repeated under the same webhook-id, and none is lost.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable

from gateway.tickets.ports import Ledger, Tx

_LASTS_S = 15.0
_RENEW_S = 5.0


def node_name(*, alone: bool) -> str:
    """What this process is called among gateways on one ledger; "" for one that has its ledger for itself. Another
    name after each start: a gateway that was killed waits for its own lease to run out as the others do."""
    return "" if alone else f"{platform.node()}:{os.getpid()}"


class Lease:
    """``node`` is this gateway's name (``node_name``); an empty one is a gateway that is alone: it always holds the
    lease and writes nothing. ``clock`` is in epoch seconds, and the gateways' clocks agree to a few seconds.
    """

    def __init__(self, ledger: Ledger, name: str, node: str, clock: Callable[[], float]) -> None:
        self._ledger, self._name, self._node, self._clock = ledger, f"lease.{name}", node, clock
        self._until = 0.0

    async def hold(self) -> bool:
        """Whether it is ours now; takes or renews it when that is due. Raises what the ledger raises."""
        now = self._clock()
        if not self._node or now < self._until - (_LASTS_S - _RENEW_S):
            return True

        async def claim(tx: Tx) -> bool:
            held = await tx.state(self._name)
            if held is not None and held["node"] != self._node and held["until"] > now:
                return False
            await tx.save_state(self._name, {"node": self._node, "until": now + _LASTS_S})
            return True

        ours = await self._ledger.write(claim)
        self._until = now + _LASTS_S if ours else 0.0
        return ours

    async def release(self) -> None:
        """Let another have it at once."""
        if not self._node or self._until <= self._clock():
            return
        self._until = 0.0
        await self._ledger.write(lambda tx: tx.save_state(self._name, {"node": self._node, "until": 0.0}))
