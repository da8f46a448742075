"""One of several gateways holds the lease; a dead one's runs out, a stopped one's is free at once."""

from __future__ import annotations

from gateway.bus.lease import Lease
from gateway.ledger import SqlLedger


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_the_second_waits_until_the_first_has_died(ledger: SqlLedger) -> None:
    clock = Clock()
    one, two = (Lease(ledger, "x", node, clock) for node in ("a:1", "b:1"))
    assert await one.hold() and not await two.hold()
    clock.now += 10
    assert await one.hold() and not await two.hold()
    clock.now += 14
    assert not await two.hold()
    clock.now += 2
    assert await two.hold() and not await one.hold()


async def test_a_restarted_gateway_need_not_wait_for_itself(ledger: SqlLedger) -> None:
    clock = Clock()
    assert await Lease(ledger, "x", "a:1", clock).hold()
    assert await Lease(ledger, "x", "a:1", clock).hold()


async def test_a_released_lease_is_free_at_once(ledger: SqlLedger) -> None:
    clock = Clock()
    one, two = (Lease(ledger, "x", node, clock) for node in ("a:1", "b:1"))
    assert await one.hold()
    await two.release()
    assert not await two.hold()
    await one.release()
    assert await two.hold()


async def test_one_that_is_alone_writes_nothing(ledger: SqlLedger) -> None:
    alone = Lease(ledger, "x", "", Clock())
    assert await alone.hold()
    await alone.release()
    assert await ledger.state("lease.x") is None
