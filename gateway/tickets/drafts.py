"""Old drafts are forgotten: what nobody typed at for 30 days is no longer of use, and holds citizens' words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from gateway.tickets.ports import Ledger

KEPT_S = 30 * 86_400.0
_EVERY_S = 3600.0

_log = structlog.get_logger(__name__)


class DraftKeeper:
    """``run`` is its work in the background."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float] = time.time, every_s: float = _EVERY_S) -> None:
        self._ledger, self._clock, self._every_s = ledger, clock, every_s

    async def run(self) -> None:
        """Forget what is too old, now and each hour, until cancelled. A ledger that cannot is asked again."""
        while True:
            try:
                await self.tidy()
            except Exception as error:  # the ledger's own errors are above this layer; none of them may end the node
                _log.warning("drafts.not_tidied", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._every_s)

    async def tidy(self) -> int:
        """How many were forgotten."""
        before = self._clock() - KEPT_S
        gone = await self._ledger.write(lambda tx: tx.drop_drafts(before))
        if gone:
            _log.info("drafts.forgotten", drafts=gone)
        return gone
