"""Getting deliveries out: replies to citizens over the ticket's channel, tickets to partners.

A delivery is leased before it is sent: one try more and ``due_at`` moved ahead, committed. A gateway that is killed at
any moment after that leaves a delivery that is due again when the lease is over; nothing is ever lost, and while the
gateway lives nothing goes out twice. One window remains: killed after the platform took the message and before the
result was committed (milliseconds, a commit), the message goes out once more, ``lease_s`` later. Platforms that take
an idempotency key close it (a partner's push carries the delivery's id); WeChat has none.

What a receiver refuses for good is ``impossible``, with words for the agent; what did not work until the time was up is
``failed``. Both are told in the feed.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import structlog

from gateway.channels.backoff import next_try
from gateway.channels.config import DeliveryConfig
from gateway.channels.lanes import Lanes, lane_of
from gateway.channels.overdue import Overdue
from gateway.channels.port import Channel, Permanent, Retryable, Sent
from gateway.channels.records import hold_deliveries, told
from gateway.channels.waiting import Waiting, age
from gateway.channels.worker import Worker
from gateway.model.messages import Conversation, Delivery, DeliveryState
from gateway.tickets.ports import Ledger, Tx

_HOLD_S = 30.0
_LEAST_PAUSE_S = 0.01
_SETTLE_PAUSE_S = 5.0
_OUTSIDE_THE_WINDOW = frozenset({"subscribe_message"})
"""Notes of ways out that the platform does not count against the replies to a message."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a try ended. ``due_at`` set: try again then."""

    state: DeliveryState
    error: str = ""
    due_at: float | None = None
    sent: Sent | None = None
    before: Conversation | None = None


class Dispatcher(Worker):
    """Sends what is due. ``channels`` by (channel, account). Counters are plain and only rise."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Mapping[tuple[str, str], Channel],
        config: DeliveryConfig,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__()
        self._ledger, self._channels, self._config, self._clock = ledger, channels, config, clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries
        self._lanes = Lanes(config, monotonic)
        self._waiting = Waiting(ledger, self._lanes, channels, config.look_s, monotonic)
        self.overdue = Overdue(ledger, clock, config.overdue_look_s)
        self.sent = self.delivered = self.failed = self.impossible = self.retried = 0

    @property
    def waiting(self) -> int:
        """How many were due at the last look and have not been begun since."""
        return self._waiting.count

    async def run(self) -> None:
        """Send until cancelled; pushes that nobody acknowledged are sought beside."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.overdue.run(), name="overdue")
            await super().run()

    async def report(
        self,
        channel: str,
        account: str,
        external_id: str,
        state: Literal["delivered", "failed"],
        error: str = "",
    ) -> bool:
        """A platform's report of arrival or failure, by its own id. False when no delivery has that id (yet)."""
        at = self._clock()

        async def record(tx: Tx) -> bool | None:
            await hold_deliveries(tx)
            known = await tx.delivery_by_external(channel, account, external_id)
            if known is None:
                return None
            if known.state in (state, "delivered"):  # said before, or late bad news of what has arrived
                return False
            now = replace(known, state=state, due_at=None, done_at=at, error=error[:500])
            await tx.save_delivery(now)
            await tx.emit(f"hotline.delivery.{state}.v1", now.ticket_no or now.id, told(now), at)
            return True

        changed = await self._ledger.write(record)
        if changed:
            self._count(state)
        return changed is not None

    # -- a round -------------------------------------------------------------------------------------------------------

    async def _round(self) -> float:
        if self._lanes.full:
            return self._config.look_s  # what ends wakes us
        now = self._clock()
        await self._waiting.read(now)
        picked = self._waiting.pick()
        begun: Sequence[Delivery] = ()
        try:
            begun = await self._lease(picked, now)
        finally:
            ours = {one.id for one in begun}
            left = [one for one in picked if one.id not in ours]
            self._waiting.forget(left)
            for delivery in left:
                self._lanes.leave(delivery)
        for delivery in begun:
            self._begin(partial(self._deliver, delivery), f"delivery {delivery.id}")
        self._waiting.begun(begun)
        return _LEAST_PAUSE_S if left else await self._pause(now)

    async def _lease(self, picked: Sequence[Delivery], now: float) -> Sequence[Delivery]:
        """Make them ours for ``lease_s``, in one transaction; those that another took in the meantime are left."""
        earlier = {one.id: await self._earlier(one) for one in picked}

        async def lease(tx: Tx) -> list[Delivery]:
            await hold_deliveries(tx)
            ours = []
            for seen in picked:
                if not _same(await tx.delivery(seen.id), seen):
                    continue
                if (before := earlier[seen.id]) is not None:
                    await tx.save_delivery(replace(seen, due_at=min(before, now + _HOLD_S)))
                    continue
                ours.append(replace(seen, attempts=seen.attempts + 1, due_at=now + self._config.lease_s))
                await tx.save_delivery(ours[-1])
            return ours

        return await self._ledger.write(lease) if picked else ()

    async def _earlier(self, delivery: Delivery) -> float | None:
        """When what this person must get first is tried again; None when nothing stands before this one.

        What became due while this one was at hand has a time that has come: they are read again, in their order.
        """
        tried = await self._ledger.tried_deliveries(delivery.channel, delivery.account, delivery.ticket_no)
        lane = lane_of(delivery)
        before = [
            one.due_at
            for one in tried
            if one.due_at is not None and age(one) < age(delivery) and lane_of(one) == lane
        ]  # fmt: skip
        return min(before, default=None)

    async def _pause(self, now: float) -> float:
        """Until the next is due or an account may send again; a piece of work that ends wakes us by itself."""
        pause = self._config.look_s
        if (token := self._waiting.next_token_s()) is not None:
            pause = min(pause, token)
        if self._waiting.empty:  # otherwise what is due next is due already
            due = (await self._ledger.next_due())[0]
            pause = min(pause, due - now) if due is not None and due > now else pause
        return max(_LEAST_PAUSE_S, pause)

    # -- one delivery --------------------------------------------------------------------------------------------------

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._settle(delivery, await self._try(delivery))
        finally:
            self._lanes.leave(delivery)

    async def _try(self, delivery: Delivery) -> _Outcome:
        channel = self._channels.get((delivery.channel, delivery.account))
        if channel is None:
            where = f"{delivery.channel}:{delivery.account}"
            return _Outcome("impossible", f"没有可用的渠道 {where} / no channel {where} is configured")
        try:
            async with asyncio.timeout(self._config.send_limit_s):
                whose = f"{delivery.channel}:{delivery.account}:{delivery.target}"
                before = await self._ledger.conversation(whose)
                return _Outcome("sent", sent=await channel.send(delivery, before), before=before)
        except Permanent as no:
            return _Outcome("impossible", no.why)
        except Retryable as later:
            return self._later(delivery, later.why, later.after_s)
        except TimeoutError:
            return self._later(delivery, f"no end within {self._config.send_limit_s:g} s")
        except Exception as error:
            # A channel's own mistake must lose nothing: it is logged whole and the delivery tried again.
            self.troubles += 1
            _log.exception("send_failed", ticket_no=delivery.ticket_no, delivery_id=delivery.id)
            return self._later(delivery, type(error).__name__)

    def _later(self, delivery: Delivery, why: str, after_s: float | None = None) -> _Outcome:
        config = self._config
        due_at = next_try(
            delivery.attempts,
            self._clock(),
            self._rng,
            first_s=config.first_s,
            factor=config.factor,
            most_s=config.most_s,
            began=delivery.created_at,
            give_up_after_s=config.give_up_after_s,
            after_s=after_s,
        )
        return _Outcome("failed" if due_at is None else "waiting", why, due_at)

    async def _settle(self, delivery: Delivery, outcome: _Outcome) -> None:
        """Write the result. While the ledger is away this waits for it: a message that went out must be known to."""
        at = self._clock()
        while True:
            try:
                changed = await self._ledger.write(lambda tx: _record(tx, delivery, outcome, at))
                break
            except OSError as error:
                _log.warning("delivery_not_recorded", delivery_id=delivery.id, error=str(error))
                await asyncio.sleep(self._rng.uniform(0.1, 1.0) * _SETTLE_PAUSE_S)
        if changed:
            self._count(outcome.state)
            _log.info(
                "delivery", ticket_no=delivery.ticket_no, delivery_id=delivery.id, state=outcome.state,
                channel=delivery.channel, account=delivery.account, attempts=delivery.attempts, error=outcome.error,
            )  # fmt: skip

    def _count(self, state: DeliveryState) -> None:
        name = "retried" if state == "waiting" else state
        setattr(self, name, getattr(self, name) + 1)


def _same(now: Delivery | None, seen: Delivery) -> bool:
    """True when nobody has touched it since it was seen."""
    return now is not None and (now.state, now.attempts, now.due_at) == ("waiting", seen.attempts, seen.due_at)


async def _record(tx: Tx, leased: Delivery, outcome: _Outcome, at: float) -> bool:
    """Write how a try ended; False when it no longer is ours to say."""
    await hold_deliveries(tx)
    known = await tx.delivery(leased.id)
    if known is None:
        return False
    if outcome.sent is not None:
        return await _record_sent(tx, known, outcome, outcome.sent, at)
    if (known.state, known.attempts) != ("waiting", leased.attempts):
        return False  # cancelled meanwhile, or our lease ran out and another goes on with it
    done = None if outcome.state == "waiting" else at
    now = replace(known, state=outcome.state, due_at=outcome.due_at, done_at=done, error=outcome.error[:500])
    await tx.save_delivery(now)
    if done is not None:
        await tx.emit("hotline.delivery.failed.v1", now.ticket_no or now.id, told(now), at)
    return True


async def _record_sent(tx: Tx, known: Delivery, outcome: _Outcome, sent: Sent, at: float) -> bool:
    """It went out: true whatever became of the row meanwhile. What was already answered stays so."""
    await _count_out(tx, outcome.before, sent, at)
    external_id = sent.external_id or known.external_id
    if known.state in ("sent", "delivered"):
        await tx.save_delivery(replace(known, external_id=external_id))
        return False
    more = {**known.more, "note": sent.note} if sent.note else known.more
    done = at if sent.final else None
    now = replace(
        known, state="sent", due_at=None, done_at=done, external_id=external_id, error="", more=more
    )  # fmt: skip
    await tx.save_delivery(now)
    await tx.emit("hotline.delivery.sent.v1", now.ticket_no or now.id, told(now, note=sent.note), at)
    return True


async def _count_out(tx: Tx, before: Conversation | None, sent: Sent, at: float) -> None:
    """Count a reply against its window, unless the channel has done so itself while sending."""
    if before is None:
        return
    now = await tx.conversation(before.id)
    if now is None or now.last_out_at != before.last_out_at:
        return
    counted = 0 if sent.note in _OUTSIDE_THE_WINDOW else 1
    await tx.save_conversation(replace(now, last_out_at=at, out_since_in=now.out_since_in + counted))
