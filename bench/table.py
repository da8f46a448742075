"""One row of the table of figures, and the command line that every figure shares.

A module of a figure offers ``measure() -> dict`` (numbers only, so that they can be kept) and ``rows(result)`` (what of
them goes into the table). ``python -m bench.NAME`` measures one and prints both; ``--json`` is for ``python -m bench``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HEAD = ("figure", "ours", "peer or limit", "ratio", "target", "met")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``met`` is None where there is no target: the figure is only told."""

    figure: str
    ours: str
    peer: str
    ratio: str
    target: str
    met: bool | None


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a table that reads well as text and as Markdown."""
    words = {True: "yes", False: "NO", None: "-"}
    cells = [HEAD, *((r.figure, r.ours, r.peer, r.ratio, r.target, words[r.met]) for r in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def machine() -> str:
    """What the figures were taken on, and how busy it was: a figure without this says nothing."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) // 1_048_576 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0
    )
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    return f"{os.cpu_count()} cores ({model}), {memory} GiB, Python {platform.python_version()}, load average {load}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def run(measure: Callable[[], dict[str, Any]], rows: Callable[[dict[str, Any]], list[Row]], what: str) -> None:
    """The ``main`` of a figure: measure, then print the numbers and the rows (or all of it as one line of JSON)."""
    words = argparse.ArgumentParser(description=what)
    words.add_argument("--json", action="store_true", help="one line of JSON instead of text")
    as_json = words.parse_args().json
    before = os.getloadavg()[0]
    result = measure()
    made = rows(result)
    if as_json:
        print(json.dumps({"result": result, "rows": [asdict(row) for row in made], "load": before}))
        return
    print(json.dumps(result, indent=2, ensure_ascii=False))
    print(f"\n{machine()} (before: {before:.2f})\n\n{markdown(made)}")
