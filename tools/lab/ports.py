"""Ports: free ones for the lab, and who sits on a taken one.

A port found free by binding to it can be taken by a neighbour before its server starts. So the lab draws from a range
that no operating system gives out by itself (below Linux's 32768) and holds a lock file per port for as long as the
process lives: two test runs on one machine never get the same one. The kernel drops the locks of a process that dies.
A program that binds more than the port it was told (SIPp: its media port and the next but one) must have them all from
here, or it takes what a neighbour was given and both fail once in some hundred starts.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import re
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["tcp", "udp"]

FIRST, LAST = 20_000, 31_999
BLOCK = 100
"""Ports are locked in aligned blocks when a range is wanted (RTP), one by one from the upper part otherwise."""

_SINGLES_FROM = 28_000
_ANY_LOOPBACK = ("127.0.0.1", "0.0.0.0")


def is_free(port: int, kind: Kind, host: str = "127.0.0.1") -> bool:
    """True when a server could bind ``port`` now. A missing right (port below 1024) raises PermissionError."""
    family = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, family) as probe:
        if kind == "tcp":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def _free_everywhere(port: int) -> bool:
    return all(is_free(port, kind, host) for kind in ("tcp", "udp") for host in _ANY_LOOPBACK)


class Ports:
    """Free loopback ports, ours until ``close`` or the end of the process. Not shared with a forked child's exec."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"gateway-lab-ports-{os.getuid()}"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._locks: dict[int, int] = {}
        self._random = random.Random()

    def take(self) -> int:
        """One port, free for TCP and UDP. RuntimeError when the range is used up."""
        return self.take_run(1)

    def take_run(self, count: int) -> int:
        """The first of ``count`` neighbouring ports, all free for TCP and UDP. RuntimeError when there are none."""
        for first in self._shuffled(range(_SINGLES_FROM, LAST + 2 - count)):
            if self._lock_all(range(first, first + count), _free_everywhere):
                return first
        raise RuntimeError(f"no {count} free ports left between {_SINGLES_FROM} and {LAST}")

    def take_block(self) -> tuple[int, int]:
        """First and last of BLOCK neighbouring UDP ports, for RTP."""
        for first in self._shuffled(range(FIRST, _SINGLES_FROM, BLOCK)):
            if self._lock(first):
                if all(is_free(port, "udp", "0.0.0.0") for port in range(first, first + BLOCK)):
                    return first, first + BLOCK - 1
                self.give_back(first)
        raise RuntimeError(f"no free block of {BLOCK} ports between {FIRST} and {_SINGLES_FROM}")

    def give_back(self, first: int, count: int = 1) -> None:
        """Others may have ``count`` ports from ``first`` on again; what is not ours is passed over."""
        for port in range(first, first + count):
            if (handle := self._locks.pop(port, None)) is not None:
                os.close(handle)

    def close(self) -> None:
        """Give all ports back."""
        for port in list(self._locks):
            self.give_back(port)

    def _shuffled(self, numbers: range) -> list[int]:
        return self._random.sample(numbers, len(numbers))

    def _lock_all(self, numbers: range, good: Callable[[int], bool]) -> bool:
        """All of them or none."""
        for number in numbers:
            if not self._lock(number):
                self.give_back(numbers.start, number - numbers.start)
                return False
            if not good(number):
                self.give_back(numbers.start, number + 1 - numbers.start)
                return False
        return True

    def _lock(self, number: int) -> bool:
        handle = os.open(self._folder / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._locks[number] = handle
        return True


_PROCESS_PORTS: list[Ports] = []


def free_port() -> int:
    """One free port for as long as this process lives."""
    if not _PROCESS_PORTS:
        _PROCESS_PORTS.append(Ports())
    return _PROCESS_PORTS[0].take()


@dataclass(frozen=True, slots=True)
class PortHolder:
    """The process that has a port open, as far as this user may see it."""

    pid: int
    name: str

    @classmethod
    def of(cls, port: int, kind: Kind) -> PortHolder | None:
        """Look in /proc; None when nobody has it or the process belongs to another user."""
        inodes = _inodes_of(port, kind)
        for folder in Path("/proc").iterdir() if inodes else ():
            if folder.name.isdigit() and _holds(folder, inodes):
                with contextlib.suppress(OSError):
                    return cls(int(folder.name), (folder / "comm").read_text(encoding="utf-8").strip())
        return None


def has_open(pid: int, port: int, kind: Kind) -> bool:
    """Whether this very process has the port open: that somebody has it does not tell."""
    inodes = _inodes_of(port, kind)
    return bool(inodes) and _holds(Path(f"/proc/{pid}"), inodes)


_SOCKET_LINK = re.compile(r"socket:\[(\d+)\]")


def _inodes_of(port: int, kind: Kind) -> set[str]:
    """Inodes of the sockets bound to ``port``: a listener for TCP (state 0A), any for UDP."""
    found = set()
    for table in (f"/proc/net/{kind}", f"/proc/net/{kind}6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port and (kind == "udp" or fields[3] == "0A"):
                    found.add(fields[9])
    return found


def _holds(process: Path, inodes: set[str]) -> bool:
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                match = _SOCKET_LINK.fullmatch(str(link.readlink()))
                if match and match[1] in inodes:
                    return True
    return False
