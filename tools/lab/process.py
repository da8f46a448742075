"""A child process that is ours to end: own process group, own log file, and a limit on every wait.

Used for Asterisk and for the gateway, by the lab and by tools/run.py. A child of a killed Python must not live on, so
the kernel is asked to end it with its parent (setpriv --pdeathsig). That ties it to the thread that started it, so it
is only done from the main thread.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class ChildDied(Exception):
    """A child ended by itself. The message holds its name, how it ended and its last log lines."""


class Child:
    """One started program. Not thread-safe; every method is short except ``stop`` and ``wait``, which are bounded."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        *,
        cwd: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Start ``command`` in a session of its own, its output appended to ``log``."""
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*_leash(), *(str(part) for part in command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=None if environ is None else dict(environ),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; otherwise the exit status, negative for a signal."""
        return self._process.poll()

    @property
    def alive(self) -> bool:
        return self.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group; nothing when it is gone already."""
        if self.alive:
            os.killpg(self.pid, number)

    def wait(self, timeout_s: float) -> int | None:
        """The exit status, or None when it still runs after ``timeout_s`` seconds."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, timeout_s: float = 10.0) -> bool:
        """SIGTERM, and SIGKILL after ``timeout_s`` seconds. True when it went by itself."""
        self.signal(signal.SIGCONT)  # a stopped process does not see SIGTERM
        self.signal(signal.SIGTERM)
        if self.wait(timeout_s) is not None:
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """SIGKILL to the group; returns when it is gone."""
        self.signal(signal.SIGKILL)
        self._process.wait(10.0)

    def tail(self, lines: int = 30) -> str:
        """The last lines of its log."""
        return tail(self.log, lines)

    def check(self) -> None:
        """Raise ChildDied when it has ended."""
        if not self.alive:
            raise ChildDied(self.obituary())

    def obituary(self) -> str:
        """How it ended, with the last lines of its log."""
        code = self.returncode
        how = (
            "still runs"
            if code is None
            else f"was ended by {_signal_name(-code)}"
            if code < 0
            else f"ended with exit status {code}"
        )
        return f"{self.name} {how}; last lines of {self.log}:\n{self.tail()}"


def tail(path: Path, lines: int = 30) -> str:
    """The last ``lines`` lines of a text file, whatever its encoding; says so when it is empty or missing."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 200 * lines))
            text = file.read().decode("utf-8", "replace")
    except OSError as error:
        return f"  (no log: {error})"
    kept = text.splitlines()[-lines:]
    return "\n".join(f"  {line}" for line in kept) or "  (empty)"


def until(ready: Callable[[], bool], timeout_s: float, *, every_s: float = 0.05) -> bool:
    """Ask ``ready`` again and again for at most ``timeout_s`` seconds; its last answer."""
    end = time.monotonic() + timeout_s
    while not ready():
        if time.monotonic() >= end:
            return False
        time.sleep(every_s)
    return True


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _leash() -> list[str]:
    """A prefix that execs the command so that it is killed when our main thread ends, however that happens."""
    if threading.current_thread() is not threading.main_thread():
        return []
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
