"""Status reports of carriers brought onto deliveries: by any part of a long message, and in any order.

A delivery is known by the carrier's id of its last part. The ids of a message in several parts are kept as gatherings:
it has arrived when each part has, it has failed when one has. A report can come before the result of its own sending is
written; it is kept too, and told again until its delivery is there or an hour has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from gateway.channels.port import Arrival, Report
from gateway.channels.sms.originals import CHANNEL
from gateway.channels.sms.port import Told
from gateway.model.gatherings import Gathering
from gateway.tickets.ports import Ledger, Tx

_log = structlog.get_logger(__name__)

KEPT_S = 4 * 86_400.0
"""Carriers try for up to 72 h; ids of parts are kept a day longer."""
UNMATCHED_S = 3600.0
"""So long a report is told again, ever more seldom, for a delivery that nobody knows. What it waits for takes a commit;
a number that is shared with another sender gets reports that are not for us at all."""
_FIRST_PAUSE_S = 1.0

SENT, EARLY = "sent:", "told:"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a delivery's carrier has said of all of it."""

    external_id: str
    state: Arrival
    error: str


class Reports:
    """The reports of one account. ``unmatched`` counts those that nobody could be found for."""

    def __init__(self, ledger: Ledger, account: str, report: Report, clock: Callable[[], float]) -> None:
        self._ledger, self._account, self._report, self._clock = ledger, account, report, clock
        self.unmatched = 0

    async def sent(self, ids: Sequence[str]) -> str:
        """Remember the ids of a message just sent and return the one that its delivery is known by."""
        ids = list(dict.fromkeys(id for id in ids if id))
        if len(ids) > 1:
            rows = [self._row(SENT, ids[-1], {"ids": ids, "told": {}}, KEPT_S)]
            rows += [self._row(SENT, id, {"of": ids[-1]}, KEPT_S) for id in ids[:-1]]

            async def remember(tx: Tx) -> None:
                for row in rows:
                    await tx.save_gathering(row)

            await self._ledger.write(remember)
        return ids[-1] if ids else ""

    async def told(self, told: Told) -> None:
        """Take a report in: returns when it is on its delivery, or kept for it."""
        if told.state == "waiting" or not told.external_id:
            return
        if not await self._tell(told):
            value = {"state": told.state, "code": told.code, "since": self._clock()}
            row = self._row(EARLY, told.external_id, value, _FIRST_PAUSE_S)
            await self._ledger.write(lambda tx: tx.save_gathering(row))

    async def again(self, early: Gathering) -> None:
        """Tell a kept report once more; forget it when it has found its delivery or is too old."""
        id, value, now = self._id(early), early.value, self._clock()
        done = await self._tell(Told(id, value["state"], value["code"]))
        age = now - float(value["since"])
        if not done and age < UNMATCHED_S:
            later = replace(early, due_at=now + max(_FIRST_PAUSE_S, age))
            await self._ledger.write(lambda tx: tx.save_gathering(later))
            return
        if not done:
            self.unmatched += 1
            _log.warning("sms_report_unmatched", account=self._account, state=value["state"])
        await self._ledger.write(lambda tx: tx.drop_gathering(early.key))

    async def _tell(self, told: Told) -> bool:
        verdict = await self._ledger.write(lambda tx: self._judge(tx, told))
        if verdict is None:
            return True  # of a part, and others are not reported yet
        return await self._report(CHANNEL, self._account, verdict.external_id, verdict.state, verdict.error)

    async def _judge(self, tx: Tx, told: Told) -> Verdict | None:
        """What is now known of the whole message; None while parts are missing."""
        state: Arrival = "failed" if told.state == "failed" else "delivered"
        error = told.code if state == "failed" else ""
        own = await tx.gathering(self._key(SENT, told.external_id))
        if own is None:
            return Verdict(told.external_id, state, error)
        main = str(own.value.get("of", told.external_id))
        now = self._clock()
        held = await tx.hold_gathering(self._key(SENT, main), CHANNEL, self._account, now + KEPT_S)
        ids, states = list(held.value.get("ids", [main])), dict(held.value.get("told", {}))
        states[told.external_id] = [state, error]
        await tx.save_gathering(replace(held, value={"ids": ids, "told": states}))
        failed = next((why for state, why in states.values() if state == "failed"), None)
        if failed is not None:
            return Verdict(main, "failed", failed)
        return Verdict(main, "delivered", "") if all(id in states for id in ids) else None

    def _row(self, kind: str, id: str, value: dict[str, object], due_in: float) -> Gathering:
        return Gathering(self._key(kind, id), CHANNEL, self._account, self._clock() + due_in, value)

    def _key(self, kind: str, id: str) -> str:
        return f"{kind}{self._account}:{id}"

    def _id(self, gathering: Gathering) -> str:
        return gathering.key.removeprefix(f"{EARLY}{self._account}:")
