"""How many FastAGI sessions a second, each of five commands: our server beside panoramisk's, same client, same machine.

Three processes: a server under test (one core's worth), a client that plays Asterisk with raw sockets and epoll (cheap
enough to be never the slower side), and this one, which only starts them and reads their lines. Each server runs on
asyncio's own loop and on uvloop, which the gateway uses. Beside the rate stands the server's CPU time a session, which
neighbours on the machine disturb less. All is bounded: a fixed number of sessions, and TIME_LIMIT_S for a run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from bench.table import Row, run

ROOT = Path(__file__).resolve().parent.parent
TIME_LIMIT_S = 60
COMMANDS = 5
HEADERS = "".join(
    f"agi_{name}: {value}\n"
    for name, value in {
        "network": "yes",
        "network_script": "flow/day",
        "request": "agi://127.0.0.1:4573/flow/day",
        "channel": "PJSIP/trunk-0000002a",
        "language": "zh",
        "type": "PJSIP",
        "uniqueid": "1763765432.42",
        "version": "22.10.0",
        "callerid": "13812345678",
        "calleridname": "王小明",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": "12345",
        "rdnis": "unknown",
        "context": "gw-intake",
        "extension": "s",
        "priority": "2",
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "140245678901",
    }.items()
)
REQUEST = (HEADERS + "\n").encode()
ANSWER = b"200 result=0\n"


def raise_file_limit() -> None:
    """A thousand sockets and some: the soft limit is 1,024 on many machines."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))


async def serve_ours() -> None:
    from gateway.asterisk.fastagi.server import AgiSession, FastAgiServer

    async def handler(session: AgiSession) -> None:
        await session.command("ANSWER")
        await session.command("SET VARIABLE", "GW_NEXT", "queue")
        await session.command("STREAM FILE", "gw/greeting", "")
        await session.command("GET FULL VARIABLE", "${GW_ENTRY}")
        await session.command("SET VARIABLE", "GW_DONE", "1")

    server = FastAgiServer("127.0.0.1", 0, handler)
    await server.start()
    async with asyncio.TaskGroup() as group:
        group.create_task(server.run())
        await _until_told(server.port)
        await server.close()


async def serve_panoramisk() -> None:
    from panoramisk import fast_agi

    async def handler(request: fast_agi.Request) -> None:
        await request.send_command("ANSWER")
        await request.send_command('SET VARIABLE GW_NEXT "queue"')
        await request.send_command('STREAM FILE gw/greeting ""')
        await request.send_command("GET FULL VARIABLE ${GW_ENTRY}")
        await request.send_command('SET VARIABLE GW_DONE "1"')

    application = fast_agi.Application(loop=asyncio.get_running_loop())
    application.add_route("flow/day", handler)
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0, backlog=1_024)
    await _until_told(server.sockets[0].getsockname()[1])
    server.close()


async def _until_told(port: int) -> None:
    """Say the port, serve until a line comes on stdin, then say the CPU seconds used in between."""
    began = time.process_time()
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    print(time.process_time() - began, flush=True)


class Client:
    """Asterisk's side of many sessions on one epoll: connect, send the headers, answer each command, see EOF.

    Every call here costs the same core time as a good server's answer to it, so the dialogue is one plain loop over
    bound methods: a client that is the slower side would measure itself.
    """

    def __init__(self, port: int, sessions: int, at_once: int) -> None:
        self.address = ("127.0.0.1", port)
        self.sessions = sessions
        self.at_once = at_once
        self.poll = select.epoll()
        self.open: dict[int, tuple[Callable[[int], bytes], Callable[[bytes], int], socket.socket]] = {}
        self.commands: dict[int, int] = {}
        self.started = self.done = self.whole = 0

    def start_one(self) -> None:
        peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        peer.connect(self.address)  # on loopback: the kernel answers at once, or refuses
        peer.send(REQUEST)
        number = peer.fileno()
        self.open[number] = peer.recv, peer.send, peer
        self.commands[number] = 0
        self.poll.register(number, select.EPOLLIN)
        self.started += 1

    def answer(self, ready: Iterable[int]) -> None:
        """Take what these sockets have: a command each, or the end."""
        known, commands, answer = self.open, self.commands, ANSWER
        for number in ready:
            recv, send, _ = known[number]
            try:
                data = recv(256)
            except ConnectionResetError:
                data = b""
            if data:
                commands[number] += data.count(b"\n")
                send(answer)
            else:
                self._end(number)

    def _end(self, number: int) -> None:
        self.done += 1
        self.whole += self.commands.pop(number) == COMMANDS
        self.open.pop(number)[2].close()  # which takes it out of the epoll as well

    def run(self) -> float:
        """Seconds for all sessions, ``at_once`` of them open at any time."""
        began = time.perf_counter()
        while self.done < self.sessions:
            while len(self.open) < self.at_once and self.started < self.sessions:
                self.start_one()
            self.answer(self._ready(began))
        return time.perf_counter() - began

    def run_all_open(self) -> float:
        """Seconds from the first connection to the last end, answering nothing before every session is in dialogue."""
        began = time.perf_counter()
        for _ in range(self.sessions):
            self.start_one()
        waiting: set[int] = set()
        while len(waiting) < self.sessions:
            ready = self._ready(began)
            waiting.update(ready)
            for number in ready:  # edge by hand: a session that has spoken is not looked at again until all have
                self.poll.modify(number, 0)
        for number in waiting:
            self.poll.modify(number, select.EPOLLIN)
        while self.done < self.sessions:
            self.answer(self._ready(began))
        return time.perf_counter() - began

    def _ready(self, began: float) -> list[int]:
        if time.perf_counter() - began > TIME_LIMIT_S:
            raise TimeoutError(f"{self.done} of {self.sessions} sessions in {TIME_LIMIT_S} s")
        return [number for number, _ in self.poll.poll(1)]


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "bench.agi", *words]


def run_once(server: str, sessions: int, at_once: int) -> dict[str, float]:
    """One server process, one client process: rate, the server's CPU microseconds a session, how many were whole."""
    with subprocess.Popen(
        _command("serve", server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as serving:
        assert serving.stdin is not None and serving.stdout is not None
        try:
            port = serving.stdout.readline().strip()
            client = _command("client", port, str(sessions), str(at_once))
            told = subprocess.run(
                client, capture_output=True, text=True, timeout=TIME_LIMIT_S + 10, check=True, cwd=ROOT
            )
            serving.stdin.write("\n")
            serving.stdin.flush()
            cpu_s = float(serving.stdout.readline())
        finally:
            serving.kill()
    seconds, whole = json.loads(told.stdout)
    return {"sessions_per_s": sessions / seconds, "cpu_us": cpu_s / sessions * 1e6, "whole": whole}


def measure(sessions: int = 3_000, at_once: int = 50, crowd: int = 1_000, rounds: int = 3) -> dict[str, Any]:
    """Best of ``rounds`` for each server and loop (taken in turns), then ``crowd`` sessions open at once."""
    kinds = ("panoramisk", "ours", "panoramisk-uvloop", "ours-uvloop")
    best: dict[str, Any] = {}
    for _ in range(rounds):
        for kind in kinds:
            got = run_once(kind, sessions, at_once)
            if kind not in best or got["sessions_per_s"] > best[kind]["sessions_per_s"]:
                best[kind] = got
    for kind in ("panoramisk", "ours", "ours-uvloop"):
        best[f"{kind}-{crowd}-open"] = run_once(kind, crowd, 0)
    as_shipped = best["ours-uvloop"]["sessions_per_s"] / best["panoramisk"]["sessions_per_s"]
    return {
        "runs": best,
        "sessions": sessions,
        "crowd": crowd,
        "ratio": as_shipped,
        "ratio_same_loop_asyncio": best["ours"]["sessions_per_s"] / best["panoramisk"]["sessions_per_s"],
        "ratio_same_loop_uvloop": best["ours-uvloop"]["sessions_per_s"] / best["panoramisk-uvloop"]["sessions_per_s"],
        "ratio_cpu": best["panoramisk"]["cpu_us"] / best["ours-uvloop"]["cpu_us"],
    }


def rows(result: dict[str, Any]) -> list[Row]:
    """panoramisk on its own loop (it runs on asyncio's), the same loop for both, and the crowd."""
    runs, crowd = result["runs"], result["crowd"]

    def row(what: str, one: str, other: str, target: str, met: bool | None, ratio: float) -> Row:
        mine, peer = runs[one]["sessions_per_s"], runs[other]["sessions_per_s"]
        return Row(
            f"agi: {what}", f"{mine:,.0f} sessions/s", f"panoramisk {peer:,.0f} sessions/s", f"{ratio:.1f}", target, met
        )

    ratio, open_at_once = result["ratio"], f"ours-uvloop-{crowd}-open"
    others = runs[open_at_once]["sessions_per_s"] / runs[f"panoramisk-{crowd}-open"]["sessions_per_s"]
    whole = runs[open_at_once]["whole"]
    cpu = f"{runs['ours-uvloop']['cpu_us']:.0f} us", f"panoramisk {runs['panoramisk']['cpu_us']:.0f} us"
    return [
        row("five commands, each as it is run", "ours-uvloop", "panoramisk", ">= 3", ratio >= 3, ratio),
        row("both on asyncio's loop", "ours", "panoramisk", "", None, result["ratio_same_loop_asyncio"]),
        row("both on uvloop", "ours-uvloop", "panoramisk-uvloop", "", None, result["ratio_same_loop_uvloop"]),
        Row("agi: server's CPU a session, each as it is run", *cpu, f"{result['ratio_cpu']:.1f}", "", None),
        row(f"{crowd:,} open at once ({whole} whole)", open_at_once, f"panoramisk-{crowd}-open", "all whole",
            whole == crowd, others),
    ]  # fmt: skip


def _serve(kind: str) -> None:
    raise_file_limit()
    name, _, loop = kind.partition("-")
    serve = serve_ours if name == "ours" else serve_panoramisk
    if loop == "uvloop":
        import uvloop

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())
    else:
        asyncio.run(serve())


def _play(port: int, sessions: int, at_once: int) -> None:
    raise_file_limit()
    gc.disable()  # it makes no cycles; its collector would only slow both servers down
    client = Client(port, sessions, at_once)
    seconds = client.run() if at_once else client.run_all_open()
    print(json.dumps([seconds, client.whole]))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    words.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    words.add_argument("--json", action="store_true", help="one line of JSON instead of text")
    arguments = words.parse_args()
    given, as_json = arguments.words, arguments.json
    if given[:1] == ["serve"]:
        _serve(given[1])
    elif given[:1] == ["client"]:
        _play(*map(int, given[1:]))
    else:
        sys.argv[1:] = ["--json"] if as_json else []
        run(measure, rows, __doc__ or "")


if __name__ == "__main__":
    main()
