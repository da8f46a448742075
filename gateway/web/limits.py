"""How much one address may ask of the public pages: so many in a window, refilled as time passes.

Mobile carriers put thousands of citizens behind one address, so the limits are wide and never lock anyone out for
long; an IPv6 client is its /64, because it has 2**64 addresses to choose from. Bounded in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

KEYS = 20_000


def address_key(address: str) -> str:
    """What an address is counted under: itself, or the /64 of an IPv6 one; anything else as it is."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
    return address


class Allowance:
    """``free`` acts of each key at once, refilled over ``window_s``. ``clock`` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float], *, free: int, window_s: float, keys: int = KEYS) -> None:
        self._clock, self._free, self._a_second, self._keys = clock, float(free), free / window_s, keys
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Seconds until the key may act again; 0 means that it may now, and the act is counted."""
        now = self._clock()
        left, at = self._left.pop(key, (self._free, now))
        left = min(self._free, left + (now - at) * self._a_second)
        wait = 0.0 if left >= 1.0 else (1.0 - left) / self._a_second
        self._left[key] = (left - 1.0 if wait == 0.0 else left, now)
        while len(self._left) > self._keys:
            self._left.popitem(last=False)
        return wait
