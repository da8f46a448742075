"""A real Asterisk for as long as a test, a benchmark or `make run` needs one.

It runs without root in its own session, below one state directory, on ports of its own, with the configuration that
the gateway itself renders. Methods block for a bounded time; from a coroutine call them with ``asyncio.to_thread``.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tools.lab.binary import AsteriskBinary
from tools.lab.process import Child, tail, until

START_S = 60.0
"""A two-core machine takes 3 s, with eight test runs beside it 16 s; more than this is a fault."""


class AsteriskFailed(Exception):
    """Asterisk did not start, or an order to it failed. The message holds the last lines of its log."""


class AsteriskLab:
    """One Asterisk below ``state_dir``/asterisk; ``write`` fills its etc/ before each start."""

    def __init__(
        self,
        state_dir: Path,
        *,
        ami_port: int,
        binary: AsteriskBinary | None = None,
        write: Callable[[], None] | None = None,
    ) -> None:
        """``write`` renders the configuration; ``ami_port`` is where it makes the manager interface listen."""
        self.binary = binary or AsteriskBinary.find()
        self.dir = state_dir / "asterisk"
        self.ami_port = ami_port
        self.write = write
        self._child: Child | None = None

    @property
    def conf(self) -> Path:
        return self.dir / "etc" / "asterisk.conf"

    @property
    def console_log(self) -> Path:
        """Everything that Asterisk prints."""
        return self.dir / "log" / "console.log"

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def start(self) -> Self:
        """Render, start and wait until it is fully booted and AMI listens. Raises AsteriskFailed."""
        self.launch()
        self.await_ready()
        return self

    def launch(self) -> Child:
        """Start without waiting: `make run` starts the gateway meanwhile."""
        if self.alive:
            raise AsteriskFailed("asterisk runs already")
        for folder in ("etc", "run", "log", "spool", "db", "data"):
            (self.dir / folder).mkdir(parents=True, exist_ok=True)
        (self.dir / "run" / "asterisk.ctl").unlink(missing_ok=True)  # left by kill -9: it would answer nobody
        if self.write:
            self.write()
        command = [*self.binary.command, "-f", "-C", str(self.conf)]
        self._child = Child("asterisk", command, self.console_log, cwd=self.dir)
        return self._child

    def await_ready(self, timeout_s: float = START_S) -> None:
        """Return when it is fully booted and AMI greets; AsteriskFailed when it dies or takes too long."""
        child, end = self._running(), time.monotonic() + timeout_s
        until(lambda: self._greets() or not child.alive, timeout_s)
        if child.alive and self._greets():
            left = max(1.0, end - time.monotonic())
            if "fully booted" in self._order("core waitfullybooted", left).lower():
                return
        state = f"was not ready within {timeout_s:.0f} s" if child.alive else "did not start"
        child.kill()
        raise AsteriskFailed(f"asterisk {state}; {child.obituary()}")

    def rx(self, order: str, timeout_s: float = 30.0) -> str:
        """What the console answers to ``order``. Raises AsteriskFailed when nobody answers."""
        self._running()
        answer = self._order(order, timeout_s)
        if "Unable to connect to remote asterisk" in answer:
            raise AsteriskFailed(f"asterisk does not answer {order!r}: {answer.strip()}\n{self.tail()}")
        return answer

    def calls_up(self) -> int:
        """The number of channels that are up."""
        for line in self.rx("core show channels count").splitlines():
            if "active channel" in line:
                return int(line.split()[0])
        raise AsteriskFailed("asterisk did not count its channels")

    def stop(self, timeout_s: float = 20.0) -> None:
        """End it, politely first. Nothing when it does not run."""
        child, self._child = self._child, None
        if child is not None:
            child.stop(timeout_s)

    def kill9(self) -> None:
        """End it as a crash would."""
        child, self._child = self._running(), None
        child.kill()

    def restart(self) -> Self:
        """Stop it (if it runs) and start it again with the same state: contacts, members and ports are kept."""
        self.stop()
        return self.start()

    def freeze(self) -> None:
        """SIGSTOP: sockets stay open and nobody answers, like a host that hangs."""
        self._running().signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running().signal(signal.SIGCONT)

    def tail(self, lines: int = 30) -> str:
        """The last lines that Asterisk printed, for the message of a failed test."""
        return tail(self.console_log, lines)

    def __enter__(self) -> Self:
        return self if self.alive else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> Child:
        if self._child is None or not self._child.alive:
            raise AsteriskFailed(f"asterisk does not run; last lines of {self.console_log}:\n{self.tail()}")
        return self._child

    def _order(self, order: str, timeout_s: float) -> str:
        command = [*self.binary.command, "-C", str(self.conf), "-rx", order]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=timeout_s, stdin=subprocess.DEVNULL, cwd=self.dir, check=False
            )
        except subprocess.TimeoutExpired:
            return f"Unable to connect to remote asterisk (no answer within {timeout_s:.0f} s)"
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ami_port), timeout=0.5) as link:
                return link.recv(64).startswith(b"Asterisk Call Manager")
        except OSError:
            return False
