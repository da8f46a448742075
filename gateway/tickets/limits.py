"""How much one sender may send: sliding windows in memory, bounded in senders and in times.

Memory is enough here: the denial that an excess leads to is in the ledger, seen by the staff and lifted by them. After
a restart a sender starts anew, which errs on the citizen's side.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from gateway.tickets.config import WindowConfig

Sender = tuple[str, str]
"""Channel and the channel's own id of the person."""

_SENDERS = 50_000


class SenderLimits:
    """Counts messages of senders. Not shared between processes: each counts what it takes."""

    def __init__(self, windows: Sequence[WindowConfig], senders: int = _SENDERS) -> None:
        self._senders = senders
        self._times: OrderedDict[Sender, deque[float]] = OrderedDict()
        self.use(windows)

    def use(self, windows: Sequence[WindowConfig]) -> None:
        """Count by these windows from now on; what was counted is kept as far as they reach."""
        self._windows = tuple(windows)
        self._keep = max((window.messages for window in windows), default=0) + 1
        self._times = OrderedDict((sender, deque(times, self._keep)) for sender, times in self._times.items())

    def enter(self, sender: Sender, at: float) -> WindowConfig | None:
        """Count a message; the window that it exceeds, None when it is within all."""
        times = self._times.get(sender)
        if times is None:
            times = self._times[sender] = deque(maxlen=self._keep)
            if len(self._times) > self._senders:
                self._times.popitem(last=False)
        else:
            self._times.move_to_end(sender)
        times.append(at)
        for window in self._windows:
            if len(times) > window.messages and times[-1 - window.messages] > at - window.seconds:
                return window
        return None

    def leave(self, sender: Sender, at: float) -> None:
        """Take back a message that was counted at ``at``: it was a repetition, or was not taken after all."""
        times = self._times.get(sender)
        if times is not None and at in times:
            times.remove(at)

    def forget(self, sender: Sender) -> None:
        """Count this sender from nothing again."""
        self._times.pop(sender, None)
