"""SIPp at work for the play: one process for each kind of citizen, one that answers for all seats.

The scenarios are package data (gateway/demo/sipp, also reached as tools/sipp). All files of a run lie in one folder;
SIPp is started there, because it looks for the voice to play in its working directory. What each call met is read from
the log files while they grow.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent / "sipp"
REGISTER_S = 30.0
MEDIA_START, MEDIA_STEP = 20000, 4000
"""Media ports: above Asterisk's (10000-19999), below those that the system gives out; 2,000 streams a process."""


class SippFailed(Exception):
    """SIPp is missing or did not do its part. The message is fit for the user."""


def find_sipp() -> str:
    """The path of the program. Raises SippFailed."""
    found = shutil.which("sipp")
    if found is None:
        raise SippFailed("没有安装 SIPp / SIPp is not installed: apt-get install sip-tester")
    return found


def local_address(server: str, port: int) -> str:
    """The address from which packets to the server leave (no packet is sent to find out). Raises SippFailed."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((server, port))
            return str(probe.getsockname()[0])
    except OSError as error:
        raise SippFailed(f"{server} 无法到达 / cannot be reached: {error}") from error


def free_port(host: str, kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port that is free now."""
    with socket.socket(_family(host), kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def free_media_port(host: str, start: int) -> int:
    """The first even port from ``start`` on that is free with the three after it (SIPp echoes on +0 and +2)."""
    for port in range(start + start % 2, 65000, 4):
        with contextlib.ExitStack() as held:
            try:
                for offset in range(4):
                    one = held.enter_context(socket.socket(_family(host), socket.SOCK_DGRAM))
                    one.bind((host, port + offset))
            except OSError:
                continue
            return port
    raise SippFailed(f"no free media ports from {start} on")


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET


def injection(rows: Iterable[Sequence[str]]) -> str:
    """An injection file. Raises ValueError for a value that would break its line."""
    lines = []
    for row in rows:
        if any(c in value for value in row for c in ";\r\n\0"):
            raise ValueError(f"a value of {row!r} holds a separator or a line break")
        lines.append(";".join(row) + ";")
    return "SEQUENTIAL\n" + "\n".join(lines) + "\n"


class Sipper:
    """One SIPp process and its log."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, folder: Path, address: tuple[str, int]) -> None:
        self._process, self._name, self._folder, self._address = process, name, folder, address
        self._read = 0

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def status(self) -> int | None:
        """The exit status: 0 all calls went as the scenario says, 1 some did not, others: see sipp(1)."""
        return self._process.returncode

    def new_lines(self) -> list[str]:
        """The whole lines that the log has grown by since the last time."""
        file = self._folder / f"{self._name}.log"
        if not file.exists():
            return []
        with file.open("rb") as log:
            log.seek(self._read)
            grown = log.read()
        end = grown.rfind(b"\n") + 1
        self._read += end
        return grown[:end].decode("utf-8", "replace").splitlines()

    async def wait(self, limit_s: float) -> int | None:
        """The exit status, or None when it still runs after ``limit_s``."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), limit_s)
        return self._process.returncode

    async def stop(self) -> None:
        """End it. Calls that are up are not hung up by this: SIPp cannot. ``hang_up`` comes first."""
        for number, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
            if not self.running:
                return
            self._signal(number)
            await self.wait(seconds)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def hang_up(self, calls: Iterable[int], limit_s: float = 3.0) -> None:
        """Let the calls of these rows (counted from 0) be hung up, and wait until SIPp ends or ``limit_s`` is over.

        A MESSAGE under the call's Call-ID leads the scenario to its BYE, or SIPp to a CANCEL before the answer.
        """
        if not self.running:
            return
        self._signal(signal.SIGUSR1)  # no further calls
        host, port = self._address
        with socket.socket(_family(host), socket.SOCK_DGRAM) as out:
            for n, row in enumerate(calls):
                call_id = f"{row + 1}-{self._process.pid}@{host}"
                out.sendto(_stop_message(call_id, host), (host, port))
                if n % 50 == 49:
                    await asyncio.sleep(0.02)  # SIPp's socket holds some hundred datagrams
        await self.wait(limit_s)

    def complaint(self) -> str:
        """What it said last, for the message of an error."""
        texts = [self._folder / f"{self._name}.err", self._folder / f"{self._name}.out"]
        said = [line for file in texts if file.exists() for line in file.read_text(errors="replace").splitlines()]
        return " | ".join(line.strip() for line in said[-5:] if line.strip())


def _stop_message(call_id: str, host: str) -> bytes:
    return (
        f"MESSAGE sip:citizen@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bKstop\r\n"
        f"From: <sip:demo@{host}>;tag=stop\r\nTo: <sip:citizen@{host}>\r\nCall-ID: {call_id}\r\n"
        "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
    ).encode()


class Sippers:
    """Starts SIPp towards one server; ``local`` is our address as the server sees it."""

    def __init__(self, server: str, port: int, local: str, folder: Path) -> None:
        self._target, self._local, self._folder = f"{server}:{port}", local, folder
        self._program = find_sipp()
        self._seats_port = 0
        self._taken: set[int] = set()
        self._media = MEDIA_START
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SCENARIOS / "voice.alaw", folder / "voice.alaw")

    async def register(self, passwords: Mapping[str, str]) -> None:
        """Register each extension at the address where ``answer`` will listen. Raises SippFailed."""
        self._seats_port = self._port()
        rows = [
            [extension, f"[authentication username={extension} password={password}]"]
            for extension, password in passwords.items()
        ]
        count = str(len(rows))
        options = ["-p", str(self._seats_port), "-m", count, "-r", "50", "-l", count, "-recv_timeout", "10000"]
        sipper = await self._start("register", "seat-register.xml", options, rows)
        status = await sipper.wait(REGISTER_S)
        if status != 0:
            await sipper.stop()
            raise SippFailed(f"话机注册失败 / the seats' telephones could not register: {sipper.complaint()}")

    async def answer(self, rows: Sequence[Sequence[str]]) -> Sipper:
        """Let one process answer for all registered seats, with these manners in turn. It echoes audio."""
        media = self._media_port()
        options = ["-p", str(self._seats_port), "-mp", str(media), "-rtp_echo", "-aa"]
        return await self._start("seats", "seat-hall.xml", options, rows)

    async def dial(self, name: str, scenario: str, rows: Sequence[Sequence[str]], period_ms: int) -> Sipper:
        """Let citizens come, one row a call, one started each ``period_ms``."""
        media = self._media_port()
        count = str(len(rows))
        options = ["-p", str(self._port()), "-mp", str(media), "-aa"]
        options += ["-m", count, "-l", count, "-r", "1", "-rp", str(period_ms)]
        return await self._start(name, scenario, options, rows)

    def _port(self) -> int:
        """A free port that we have not given out before: SIPp binds it only some moments later."""
        while (port := free_port(self._local)) in self._taken:
            pass
        self._taken.add(port)
        return port

    def _media_port(self) -> int:
        media = free_media_port(self._local, self._media)
        self._media = media + MEDIA_STEP
        return media

    async def _start(self, name: str, scenario: str, options: Sequence[str], rows: Iterable[Sequence[str]]) -> Sipper:
        place = self._folder
        data = place / f"{name}.csv"
        data.touch(mode=0o600)  # the rows of register hold passwords
        data.write_text(injection(rows), encoding="utf-8")
        command = [self._program, self._target, "-sf", str(SCENARIOS / scenario), "-inf", str(data)]
        command += ["-i", self._local, "-mi", self._local, "-cp", str(self._port())]
        command += ["-nostdin", "-skip_rlimit", "-trace_logs", "-log_file", str(place / f"{name}.log")]
        command += ["-trace_err", "-error_file", str(place / f"{name}.err"), *options]
        with (place / f"{name}.out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=place,
                start_new_session=True,
                env={**os.environ, "TERM": "dumb"},
            )
        return Sipper(process, name, place, (self._local, int(options[options.index("-p") + 1])))
