"""SIPp as a bounded subprocess: callers that dial an entry number, seats that register and answer.

The scenarios are files (tools/sipp and the tests' own); this module knows SIPp's options, its counters and its manners:
it wants a terminal unless told otherwise, counts its calls in a semicolon-separated file, and exits with 99 when the
calls ended by time limit, with 1 when at least one failed and with 254 when it could not bind a port. It binds four:
SIP, media, media + 2 (video, whether there is any or not), and last of all its control port.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.lab.ports import Ports, has_open
from tools.lab.process import tail

SCENARIOS = Path(__file__).resolve().parent.parent / "sipp"
MEDIA_PORTS = 4
"""Audio, its RTCP, video, its RTCP: neighbours."""
START_S = 60.0
"""A SIPp is up in 20 ms; a machine where this is not enough is not fit for telephony."""
STARTS = 3
"""How often it is started on other ports because somebody, who is none of the lab, had taken one of them."""

_NOT_BOUND = 254
_FATAL = 250
"""Exit statuses from here on are SIPp's own errors, not its calls'."""


class SippFailed(Exception):
    """SIPp is missing, did not end in time, or its calls did not go as the scenario says. The message says which."""


@dataclass(frozen=True, slots=True)
class SippStats:
    """The counters of one run, from SIPp's own statistics file."""

    created: int
    successful: int
    failed: int
    status: int
    errors: str

    @classmethod
    def read(cls, file: Path, status: int, errors: Path) -> SippStats:
        """The last line counts; a missing file (SIPp refused its arguments) counts zero calls."""
        rows: list[dict[str, str]] = []
        if file.exists():
            with file.open(encoding="utf-8", errors="replace", newline="") as text:
                rows = list(csv.DictReader(text, delimiter=";"))
        last: Mapping[str, str] = rows[-1] if rows else {}
        return cls(
            created=int(last.get("TotalCallCreated") or 0),
            successful=int(last.get("SuccessfulCall(C)") or 0),
            failed=int(last.get("FailedCall(C)") or 0),
            status=status,
            errors=tail(errors) if errors.exists() else "",
        )


class Sipp:
    """A runner bound to one SIP server. ``folder`` takes its files; ports come from ``ports`` and are ours alone."""

    def __init__(self, sip_port: int, folder: Path, *, host: str = "127.0.0.1", ports: Ports | None = None) -> None:
        program = shutil.which("sipp")
        if program is None:
            raise SippFailed("sipp is not installed (Debian's sip-tester): run tools/bootstrap.sh test")
        self._program, self._target, self._folder = program, f"{host}:{sip_port}", folder
        self._host, self._ports = host, ports or Ports()
        folder.mkdir(parents=True, exist_ok=True)

    async def run(
        self,
        scenario: Path,
        *,
        service: str = "",
        calls: int = 1,
        rate: float = 1.0,
        limit: int = 1000,
        rows: Iterable[Sequence[str]] | None = None,
        keys: Mapping[str, str] | None = None,
        port: int | None = None,
        timeout_s: float = 60.0,
        check: bool = True,
    ) -> SippStats:
        """Place ``calls`` calls to ``service`` and wait for their ends; ``rows`` feed [field0] on, one row a call.

        Raises SippFailed after ``timeout_s`` seconds, or (with ``check``) when not every call was successful.
        """
        options = ["-s", service] if service else []
        options += ["-m", str(calls), "-l", str(limit), *_rate(rate)]
        async with self.running(scenario, options, rows=rows, keys=keys, port=port) as process:
            stats = await process.ended(timeout_s)
        if check and (stats.successful != calls or stats.status != 0):
            raise SippFailed(
                f"{scenario.name}: {stats.successful} of {calls} calls went well ({stats})\n{process.said()}"
            )
        return stats

    @contextlib.asynccontextmanager
    async def running(
        self,
        scenario: Path,
        options: Sequence[str] = (),
        *,
        rows: Iterable[Sequence[str]] | None = None,
        keys: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> AsyncIterator[SippProcess]:
        """A SIPp that runs while the block does and is ended after it, for callers who hang on and seats that wait.

        Every port of it is bound when the block begins. Raises SippFailed when it cannot be brought up.
        """
        place = Path(tempfile.mkdtemp(prefix=f"{scenario.stem}-", dir=self._folder))
        for voice in scenario.parent.glob("*.alaw"):  # SIPp looks for rtp_stream's files where it runs
            (place / voice.name).symlink_to(voice.resolve())
        options = [self._target, "-sf", str(scenario), "-i", self._host, "-mi", self._host, *options]
        if rows is not None:
            (place / "rows.csv").write_text(_injection(rows), encoding="utf-8")
            options += ["-inf", str(place / "rows.csv")]
        for name, value in (keys or {}).items():
            options += ["-key", name, value]
        for left in reversed(range(STARTS)):
            # A SIP port is not given out again: what is still on its way to it would reach the next call.
            ours = port or self._ports.take()
            control, media = self._ports.take(), self._ports.take_run(MEDIA_PORTS)
            binds = ["-p", str(ours), "-cp", str(control), "-mp", str(media)]
            process = await SippProcess.start([self._program, *options, *binds], scenario, place, (self._host, ours))
            try:
                if await process.has_bound(control):
                    yield process
                    return
                if not left:
                    raise SippFailed(f"{scenario.name}: its ports were taken {STARTS} times\n{process.said()}")
            finally:
                await process.end()
                self._ports.give_back(control)
                self._ports.give_back(media, MEDIA_PORTS)

    async def register(
        self,
        scenario: Path,
        rows: Sequence[Sequence[str]],
        port: int,
        *,
        rate: float = 50.0,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Register all of ``rows`` from ``port``. One in some thousands is asked for its password again and again (401,
        seen; the next try from the beginning is taken): so up to three tries. Raises SippFailed."""
        for last in (False, False, True):
            stats = await self.run(scenario, calls=len(rows), rate=rate, rows=rows, keys=keys, port=port, check=last)
            if stats.successful == len(rows):
                return

    @contextlib.asynccontextmanager
    async def seats(
        self,
        seats: Mapping[str, str],
        *,
        answer: Path,
        register: Path = SCENARIOS / "seat-register.xml",
        keys: Mapping[str, str] | None = None,
    ) -> AsyncIterator[SippProcess]:
        """Register ``seats`` (extension -> SIP password) and let one SIPp answer for all of them while the block runs.

        ``register`` gets rows extension;[authentication ...]; both scenarios use the same local port, so that the
        contact is right whether or not Asterisk rewrites it.
        """
        port = self._ports.take()
        rows = [(name, f"[authentication username={name} password={secret}]") for name, secret in seats.items()]
        await self.register(register, rows, port, keys=keys)
        async with self.running(answer, ["-aa"], keys=keys, port=port) as process:
            yield process


class SippProcess:
    """One running SIPp."""

    def __init__(
        self, process: asyncio.subprocess.Process, scenario: Path, place: Path, address: tuple[str, int]
    ) -> None:
        self._process, self._scenario, self._place, self._address = process, scenario, place, address

    @classmethod
    async def start(cls, command: Sequence[str], scenario: Path, place: Path, address: tuple[str, int]) -> SippProcess:
        """Start it with its files in ``place``; ``address`` is where it speaks SIP."""
        files = ["-trace_stat", "-stf", str(place / "stat.csv"), "-trace_err", "-error_file", str(place / "errors.log")]
        with (place / "screen.log").open("wb") as screen:
            process = await asyncio.create_subprocess_exec(
                *command,
                *["-nostdin", "-skip_rlimit", "-fd", "1"],
                *files,
                stdin=subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
                cwd=place,
                start_new_session=True,
                env={**os.environ, "TERM": "dumb"},
            )
        return cls(process, scenario, place, address)

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def check(self) -> None:
        """Raise SippFailed when it has died: of a signal or an error of its own. One whose calls are over has not."""
        status = self._process.returncode
        if status is not None and (status < 0 or status >= _FATAL):
            raise SippFailed(f"{self._scenario.name} died with exit status {status}\n{self.said()}")

    async def ended(self, timeout_s: float) -> SippStats:
        """Its counters once it has ended by itself. SippFailed after ``timeout_s`` seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._process.wait()
        except TimeoutError:
            raise SippFailed(
                f"{self._scenario.name} did not end within {timeout_s:.0f} s ({self.stats()})\n{self.said()}"
            ) from None
        return self.stats()

    async def end(self) -> SippStats:
        """End it now: SIGUSR1 lets open calls finish for a moment, then SIGTERM, then SIGKILL."""
        for number, seconds in ((signal.SIGUSR1, 2.0), (signal.SIGTERM, 15.0), (signal.SIGKILL, 15.0)):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._process.wait()
        return self.stats()

    async def has_bound(self, control: int, timeout_s: float = START_S) -> bool:
        """Wait until it has bound its control port, which it does last: what comes earlier would be lost.

        False when it ended because a port was taken. True also when it has ended otherwise: some runs are short.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    if not self.running or has_open(self._process.pid, control, "udp"):
                        break
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise SippFailed(f"{self._scenario.name} was not up within {timeout_s:.0f} s\n{self.said()}") from None
        return self._process.returncode != _NOT_BOUND

    async def listening(self, port: int) -> None:
        """Return when it has bound its SIP port ``port``. SippFailed when it has ended."""
        await self.has_bound(port)
        if not self.running:
            raise SippFailed(f"{self._scenario.name} ended at once\n{self.said()}")

    def hang_up(self, call: int = 1) -> None:
        """Let its ``call``-th call be hung up now, in a scenario that takes a MESSAGE for that (citizen.xml)."""
        host, _ = self._address
        text = (
            f"MESSAGE sip:citizen@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bKlab\r\n"
            f"From: <sip:lab@{host}>;tag=lab\r\nTo: <sip:citizen@{host}>\r\n"
            f"Call-ID: {call}-{self._process.pid}@{host}\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(text.encode(), self._address)

    def stats(self) -> SippStats:
        status = self._process.returncode
        return SippStats.read(self._place / "stat.csv", -1 if status is None else status, self._place / "errors.log")

    def said(self) -> str:
        """How it is and what it printed last, for the message of a failed test."""
        status = self._process.returncode
        how = "still runs" if status is None else f"ended with exit status {status}"
        errors, screen = tail(self._place / "errors.log", 20), tail(self._place / "screen.log", 40)
        return f"{self._scenario.name} {how}\n{errors}\n{screen}"


def _rate(rate: float) -> list[str]:
    """SIPp takes whole calls a period: 20 a second as such, 0.5 a second as 1 in 2000 ms."""
    if rate == int(rate):
        return ["-r", str(int(rate)), "-rp", "1000"]
    return ["-r", "1", "-rp", str(max(1, round(1000 / rate)))]


def _injection(rows: Iterable[Sequence[str]]) -> str:
    lines = [";".join(row) for row in rows]
    if any("\n" in line or "\r" in line for line in lines):
        raise ValueError("a row of an injection file must not hold a line break")
    return "SEQUENTIAL\n" + "".join(f"{line}\n" for line in lines)
