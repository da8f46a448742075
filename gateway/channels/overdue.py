"""Pushes that a partner should have acknowledged and did not: told in the feed, once each (2022 No. 12 asks 110 and
12345 to answer each other at once; how long that is, ``answer_by`` says).

``answer_by`` is cleared when it is told, and stands in ``more`` with the moment, so that a late acknowledgement can be
known as late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from gateway.channels.records import hold_deliveries, told
from gateway.model.messages import Delivery
from gateway.tickets.ports import Ledger, Tx

_PAGE = 50

_log = structlog.get_logger(__name__)


class Overdue:
    """Put ``run`` into a TaskGroup. ``told`` counts the events, ``troubles`` looks that failed."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float], look_s: float) -> None:
        self._ledger, self._clock, self._look_s = ledger, clock, look_s
        self.told = self.troubles = 0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except OSError as error:
                self.troubles += 1
                _log.warning("overdue_waits", error=str(error))
            except Exception:
                self.troubles += 1
                _log.exception("overdue_failed")
            await asyncio.sleep(self._look_s)

    async def look(self) -> int:
        """Tell of all that are overdue now; returns how many."""
        found = 0
        while page := await self._ledger.unanswered(self._clock(), _PAGE):
            here = [await self._tell(push) for push in page]
            found += sum(here)
            if len(page) < _PAGE or not any(here):
                break
        self.told += found
        return found

    async def _tell(self, push: Delivery) -> bool:
        at = self._clock()

        async def tell(tx: Tx) -> bool:
            await hold_deliveries(tx)
            now = await tx.delivery(push.id)
            if now is None or now.answer_by is None or now.answer_by > at:
                return False  # acknowledged meanwhile, or told by another gateway
            more = {**now.more, "answer_by": now.answer_by, "overdue_at": at}
            await tx.save_delivery(replace(now, answer_by=None, more=more))
            data = told(now, partner=now.target, answer_by=now.answer_by, late_s=round(at - now.answer_by, 3))
            await tx.emit("hotline.push.overdue.v1", now.ticket_no, data, at)
            return True

        return await self._ledger.write(tell)
