"""What the mailroom counts: plain numbers, told to the gateway every few seconds."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """``deferred``: answered "later" (451) or tried again; ``set_aside``: left in its mailbox, because it could not be
    fetched or handed over after several tries."""

    received: int = 0
    refused: int = 0
    deferred: int = 0
    handed: int = 0
    unreadable: int = 0
    too_large: int = 0
    set_aside: int = 0
    connections: int = 0
    mailboxes: int = 0
    mailboxes_up: int = 0

    def values(self) -> dict[str, int]:
        """All of them by name."""
        return asdict(self)


GAUGES = frozenset({"connections", "mailboxes", "mailboxes_up"})
"""Those that fall as well."""
