"""Passwords at rest: argon2id (RFC 9106), hashed in threads of their own so that a log-in never stalls the calls.

Few hashes run at once and few may wait: a flood of log-ins costs memory and processor only up to that bound. An
unknown login is checked against a decoy of the same cost, so that the time of an answer tells nothing.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MAX_LENGTH = 256
"""Longer passwords are refused before they are hashed, in characters."""


class Busy(Exception):
    """Too many log-ins wait for their hash already."""


def hasher() -> PasswordHasher:
    """19 MiB, two passes, one lane: OWASP's floor for argon2id; two at once fit the gateway's memory bound."""
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """A PHC string for ``Tx.save_account``; takes some tens of milliseconds of processor. For the CLI."""
    return hasher().hash(password)


class Passwords:
    """Verifies passwords, ``workers`` at once with ``waiting`` more in line. Close it when done."""

    def __init__(self, *, workers: int, waiting: int) -> None:
        self._hasher = hasher()
        self._decoy = self._hasher.hash("nobody has this password")
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="password")
        self._room = workers + waiting

    async def verify(self, stored: str, password: str) -> bool:
        """Whether ``password`` belongs to the hash ``stored``; "" stands for an account that has none or is unknown.

        Takes as long in every case. Raises Busy when too many wait.
        """
        if self._room <= 0:
            raise Busy
        self._room -= 1
        try:
            running = asyncio.get_running_loop().run_in_executor(self._pool, self._verify, stored, password)
            # the thread cannot be stopped: its place in line is free only when it is really done
            running.add_done_callback(lambda _: self._leave())
        except BaseException:
            self._leave()
            raise
        return await asyncio.shield(running)

    async def upgraded(self, stored: str, password: str) -> str | None:
        """A new hash when ``stored`` was made with weaker parameters than today's, else None."""
        if not self._hasher.check_needs_rehash(stored):
            return None
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _leave(self) -> None:
        self._room += 1

    def _verify(self, stored: str, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return bool(stored)
