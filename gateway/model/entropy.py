"""Random bytes from the system, drawn in blocks: a call of the kernel for each id took a tenth of a message's time.

What is handed out is what ``os.urandom`` gave, each byte at most once, whichever thread asks; a forked child begins
with nothing, because two processes with the same nonces would undo the encryption of personal data. A block is cut
into pieces when it is drawn: taking one off a deque needs no lock.
"""

from __future__ import annotations

import os
from collections import deque

LONGEST = 16
_BLOCK = 8192


class Entropy:
    """Pieces of random bytes that nobody has been given."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._next = self._pieces.popleft
        os.register_at_fork(after_in_child=self._pieces.clear)

    def take(self, count: int) -> bytes:
        """``count`` random bytes that nobody has been given before, at most ``LONGEST``."""
        if count > LONGEST:
            raise ValueError(f"{count} random bytes are more than a piece of {LONGEST}")
        while True:
            try:
                return self._next()[:count]
            except IndexError:  # in a loop: other threads may be quicker to take what one draws
                self._draw()

    def _draw(self) -> None:
        block = os.urandom(_BLOCK)
        self._pieces.extend([block[start : start + LONGEST] for start in range(0, _BLOCK, LONGEST)])


random_bytes = Entropy().take
