"""The file that says which process is the gateway of a state directory, so that a command can speak to it.

A number in a file proves nothing: after a power cut it may belong to another program, and SIGHUP would end that one.
What counts is the lock on the file, which the kernel drops with its process.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PID_FILE = "gateway.pid"

_TRIES, _PAUSE_S = 10, 0.05
"""A command that looks holds the lock for a moment: a gateway that starts just then tries again."""


class AlreadyRuns(Exception):
    """Another gateway has this state directory. The message names it."""


@contextmanager
def claimed(state_dir: Path) -> Iterator[None]:
    """Be the one gateway of ``state_dir`` for the length of the block. Raises AlreadyRuns; OSError of the disk.

    Blocks for at most half a second. The file stays, empty, when the block is left: unlinking would free the name
    while another process waits for the lock on it.
    """
    handle = os.open(state_dir / PID_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not any(_locked(handle, attempt) for attempt in range(_TRIES)):
            raise AlreadyRuns(f"a gateway with the state directory {state_dir} runs already (pid {_number(handle)})")
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def running(state_dir: Path) -> int | None:
    """The process id of the gateway that runs with ``state_dir``, or None. Raises OSError when it may not be known."""
    try:
        handle = os.open(state_dir / PID_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _number(handle)
    finally:
        os.close(handle)
    return None


def _locked(handle: int, attempt: int) -> bool:
    if attempt:
        time.sleep(_PAUSE_S)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _number(handle: int) -> int | None:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() and int(text) > 1 else None
