"""What waits for the rest of it: parts of a long SMS until all are there, reports about parts of ours.

The ledger keeps a gathering sealed and finds it by the keyed hash of its key, because the key names a citizen's number.
What stands in ``value`` is the affair of the channel that gathers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Gathering:
    """One of them. ``due_at`` is when it must be looked at next, at the latest (epoch seconds).

    ``value`` is plain JSON; empty for one that has just been made (``Tx.hold_gathering``).
    """

    key: str
    channel: str
    account: str
    due_at: float
    value: Mapping[str, Any] = field(default_factory=dict)
