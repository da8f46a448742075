"""``python -m bench``: every figure in turn, each in a process of its own with a time limit, and one table at the end.

    python -m bench                  all of them, about twenty minutes
    python -m bench ami live         some of them
    python -m bench --raw FILE       keep every number measured as JSON, beside the table

The table goes to stdout as Markdown, so that ``python -m bench > bench/RESULTS.md`` keeps it; progress goes to stderr.
Exit status 1 when a target was missed or a figure failed. Nothing else should run on the machine meanwhile: the load
average before each figure is told beneath the table.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.site import host_cpu
from bench.table import Row, machine, markdown

ROOT = Path(__file__).resolve().parent.parent
LIMITS_S = {
    "ami": 300.0, "agi": 120.0, "calls": 900.0, "live": 120.0, "size": 300.0, "ledger": 90.0, "intake": 600.0,
    "wechat": 120.0, "growth": 600.0, "feed": 120.0, "mailtext": 60.0, "sms": 180.0, "mail": 180.0,
    "stall": 180.0, "key": 240.0, "desk": 600.0, "map": 240.0, "wait": 180.0, "figures": 1500.0, "truth": 900.0,
}  # fmt: skip
"""Each figure and when it is given up. The first run of ami also records its stream."""

_GRACE_S = 20.0
_CALM_LIMIT_S, _CALM_SHARE = 45.0, 0.1


def run_one(name: str) -> dict[str, Any]:
    """What the module printed, or why there is nothing."""
    with subprocess.Popen(
        [sys.executable, "-m", f"bench.{name}", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        try:
            out, err = process.communicate(timeout=LIMITS_S[name])
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that it ends what it has started
            try:
                process.communicate(timeout=_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
            return {"failed": f"not done within {LIMITS_S[name]:.0f} s"}
    if process.returncode:
        return {"failed": (err.strip().splitlines() or ["?"])[-1], "stderr": err[-4000:]}
    # structlog writes to stdout as well: the figure is the last line
    return dict(json.loads(out.strip().splitlines()[-1]))


def settle() -> None:
    """Wait until the machine is calm: what the figure before has left behind must not be measured with the next."""
    end = time.monotonic() + _CALM_LIMIT_S
    while time.monotonic() < end:
        used = host_cpu()
        time.sleep(1.0)
        now = host_cpu()
        if now[0] - used[0] < _CALM_SHARE * (now[1] - used[1]):
            return


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n")[0])
    words.add_argument("figures", nargs="*", metavar="FIGURE", help=f"which: {', '.join(LIMITS_S)} (all)")
    words.add_argument("--raw", type=Path, help="write every number to this file as JSON")
    given = words.parse_args()
    unknown = set(given.figures) - set(LIMITS_S)
    if unknown:
        words.error(f"no such figure: {', '.join(sorted(unknown))}")
    results, rows, loads = {}, [], []
    for name in given.figures or LIMITS_S:
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        settle()
        began, load = time.monotonic(), os.getloadavg()[0]
        got = results[name] = run_one(name)
        loads.append(f"{name} {load:.2f}")
        if "failed" in got:
            rows.append(Row(name, "failed", got["failed"][:60], "", "", False))
            print(f"failed\n{got.get('stderr', got['failed'])}", file=sys.stderr)
        else:
            rows += [Row(**row) for row in got["rows"]]
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}.\nLoad average before each: {', '.join(loads)}.\n")
    print(markdown(rows))
    if given.raw:
        given.raw.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main())
