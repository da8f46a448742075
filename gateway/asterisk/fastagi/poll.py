"""Many small sockets on one descriptor of the event loop: an epoll of our own, which the loop watches as one reader.

A FastAGI session lives for a few dozen bytes. The loop makes a handle with a life of its own for each socket that it
watches, which costs a session a tenth of all that it costs; an epoll wants one system call to begin and none to end
(closing a socket takes it out), and one look brings all sockets that have something. Where the system has no epoll
(anything but Linux) the loop itself does the work: both offer ``add_reader`` and ``remove_reader``.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Protocol

_AT_ONCE = 256
"""Sockets read in one turn of the loop; the others have theirs in the next."""


class Watch(Protocol):
    """What tells a session that it can read."""

    def add_reader(self, number: int, tell: Callable[[], object], /) -> object: ...

    def remove_reader(self, number: int, /) -> object: ...


class Poll:
    """Implements ``Watch``. ``close`` when no socket is watched any more; it may be called twice."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._tell: dict[int, Callable[[], object]] = {}
        loop.add_reader(self._epoll.fileno(), self._look)

    def add_reader(self, number: int, tell: Callable[[], object], /) -> None:
        """Call ``tell`` whenever the socket with this number can be read (or is at its end)."""
        self._tell[number] = tell
        self._epoll.register(number, select.EPOLLIN)

    def remove_reader(self, number: int, /) -> bool:
        """Forget the socket; False when it was not watched. It must be closed at once: that ends the kernel's part."""
        return self._tell.pop(number, None) is not None

    def close(self) -> None:
        if not self._epoll.closed:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

    def _look(self) -> None:
        for number, _ in self._epoll.poll(0, _AT_ONCE):
            tell = self._tell.get(number)
            if tell is not None:  # else it was closed by one of those before it
                tell()


def watch_of(loop: asyncio.AbstractEventLoop) -> Poll | asyncio.AbstractEventLoop:
    """A ``Poll`` where there is epoll, else the loop."""
    return Poll(loop) if hasattr(select, "epoll") else loop
