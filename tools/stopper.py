"""Stops processes for a moment, one after another, as a machine does that has no time for them.

``python -m tools.stopper PID [MOST_S]``: below PID (say, a pytest), and any process with STOP_ME=1 in its environment
(servers that left the tree), until PID has ended. Browser, telephones, Asterisk, gateway and test are all met. A test
that stops a process itself (a frozen Asterisk) sees it woken: its failure then says nothing.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

PAUSE_S = 0.3
MOST_S = 0.8


def below(pid: int) -> set[int]:
    """The process and all that it has started, and those that ask for it."""
    children: dict[int, list[int]] = {}
    asking = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            stat = (folder / "stat").read_text()
            children.setdefault(int(stat[stat.rindex(")") + 2 :].split()[1]), []).append(int(folder.name))
            if b"STOP_ME=1" in (folder / "environ").read_bytes():
                asking.add(int(folder.name))
    found, todo = asking, [pid]
    while todo:
        one = todo.pop()
        found.add(one)
        todo += children.get(one, [])
    return found - {os.getpid()}


def main() -> int:
    """Prints how often it has stopped somebody."""
    root, most_s = int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else MOST_S
    rng, times = random.Random(), 0
    while Path(f"/proc/{root}").exists():
        pid = rng.choice(sorted(below(root)) or [root])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(rng.random() ** 2 * most_s)
            finally:
                os.kill(pid, signal.SIGCONT)
            times += 1
        time.sleep(rng.random() * PAUSE_S)
    print(f"stopped {times} times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
