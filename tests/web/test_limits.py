"""An address may act so many times in a window, and again as time passes; memory stays bounded."""

from __future__ import annotations

import pytest

from gateway.web.limits import Allowance, address_key


def test_free_acts_then_a_wait_that_is_as_long_as_it_says() -> None:
    now = [0.0]
    allowance = Allowance(lambda: now[0], free=3, window_s=60)
    assert [allowance.take("a") for _ in range(3)] == [0, 0, 0]
    wait = allowance.take("a")
    assert wait == pytest.approx(20)
    assert allowance.take("b") == 0
    now[0] += wait - 0.1
    assert allowance.take("a") > 0
    now[0] += 0.2
    assert allowance.take("a") == 0


def test_refill_stops_at_what_is_free() -> None:
    now = [0.0]
    allowance = Allowance(lambda: now[0], free=2, window_s=60)
    now[0] = 1e6
    assert [allowance.take("a") > 0 for _ in range(3)] == [False, False, True]


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    allowance = Allowance(lambda: 0.0, free=1, window_s=60, keys=10)
    for number in range(100):
        allowance.take(str(number))
    assert allowance.take("99") > 0 and allowance.take("0") == 0


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_client_is_its_network(address: str, key: str) -> None:
    assert address_key(address) == key
