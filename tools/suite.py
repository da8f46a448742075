"""`make test` without arguments: the whole suite, in two halves side by side.

One half waits (real calls take the time that calls take), the other computes; on two cores they hardly disturb each
other. Each half is a pytest of its own, with servers and fixtures of its own, so nothing is shared between them but
the locks on ports (``tools.lab.ports``). The half that waits goes first on the processors: its telephones speak every
20 ms, while a computation is only over later. What the half that computes says is shown as it comes, the other's
afterwards.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
WAITING = ("tests/scenarios", "tests/asterisk", "tests/demo", "tests/probe")
"""Where tests live that mostly wait for real calls; all others are the second half."""
YIELDING = ("nice", "-n", "5")
"""How the half that computes is started."""


def halves(tests: Path) -> tuple[list[str], list[str]]:
    """The arguments of the two pytests: together every file below ``tests``, none twice."""
    return list(WAITING), [str(tests), *(f"--ignore={folder}" for folder in WAITING)]


def _start(arguments: list[str], out: IO[bytes] | None, before: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT if out else None)


def main() -> int:
    """0 when both halves pass; else the status of the first that did not."""
    first, second = halves(Path("tests"))
    with tempfile.TemporaryFile() as said:
        both = [_start(second, None, YIELDING), _start(first, said)]
        try:
            statuses = [one.wait() for one in both]
        except KeyboardInterrupt:
            for one in both:
                one.send_signal(signal.SIGINT)
            statuses = [one.wait() for one in both]
        said.seek(0)
        print(f"\n{'=' * 30} {' '.join(WAITING)} {'=' * 30}", flush=True)
        sys.stdout.buffer.write(said.read())
        sys.stdout.buffer.flush()
    return next((status for status in statuses if status), 0)


if __name__ == "__main__":
    sys.exit(main())
