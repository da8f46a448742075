"""Random bytes from the system, drawn in blocks: a call of the kernel for each id took a tenth of a message's time.

What is handed out is what ``os.urandom`` gave, each byte once, whichever thread asks; a forked child begins a block of
its own, because two processes with the same nonces would undo the encryption of personal data.
"""

from __future__ import annotations

import os
import threading

_BLOCK = 8192


class Entropy:
    """A block of random bytes that is used up from its beginning."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._block, self._at = b"", 0
        os.register_at_fork(after_in_child=self._forget)

    def take(self, count: int) -> bytes:
        """``count`` random bytes that nobody has been given before, at most 8192."""
        with self._lock:
            if self._at + count > len(self._block):
                self._block, self._at = os.urandom(_BLOCK), 0
            taken = self._block[self._at : self._at + count]
            self._at += count
        if len(taken) != count:
            raise ValueError(f"{count} bytes are more than a block of {_BLOCK}")
        return taken

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._block, self._at = b"", 0


random_bytes = Entropy().take
