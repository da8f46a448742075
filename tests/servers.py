"""Real servers for tests: PostgreSQL and Redis on free loopback ports, in folders of their own, stopped afterwards.

PostgreSQL does not sync to disk (``fsync=off``): tests ask whether a commit was seen, not whether a plug was pulled.
A conftest.py takes the fixtures with ``from tests.servers import postgres_server, redis_server``.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from tools.lab import Ports

START_LIMIT_S = 60


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"no server on port {port}: {log.read_text(errors='replace')[-2000:]}")


class Redis:
    """A redis-server that a test may stop and start again on the same port, with or without its data."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, keep: bool = True) -> None:
        """Start it and wait for its port. ``keep`` False begins without the data of before."""
        binary = shutil.which("redis-server") or shutil.which("valkey-server")
        if binary is None:
            raise RuntimeError("neither redis-server nor valkey-server is installed")
        data = self.folder / "data"
        if not keep:
            shutil.rmtree(data, ignore_errors=True)
        data.mkdir(exist_ok=True)
        log = self.folder / "redis.log"
        # Synced at every write: with "everysec" a kill on a busy disk loses what a test relies on.
        durable = {"save": "", "appendonly": "yes", "appendfsync": "always"}
        options = {"port": self.port, "bind": "127.0.0.1", "dir": data, **durable}
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        with log.open("ab") as out:
            self._process = subprocess.Popen([binary, *arguments], stdout=out, stderr=out)
        _wait_for_port(self.port, self._process, log)

    def stop(self) -> None:
        """Kill it, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
            self._process = None


@contextmanager
def redis() -> Iterator[Redis]:
    """A running Redis in a folder of its own."""
    ports = Ports()
    with tempfile.TemporaryDirectory(prefix="gw-redis-") as folder:
        server = Redis(Path(folder), ports.take())
        server.start()
        try:
            yield server
        finally:
            server.stop()
            ports.close()


def _postgres_bin() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError("PostgreSQL is not installed (Debian: postgresql)")
    return Path(on_path).parent


def _as_other_user() -> tuple[list[str], str | None]:
    """PostgreSQL refuses to run as root: the prefix and the name of a user that may."""
    if os.geteuid() != 0:
        return [], None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return ["runuser", "-u", name, "--"], name
    raise RuntimeError("PostgreSQL refuses root and there is no user postgres or nobody")


class Postgres:
    """A PostgreSQL with a database ``gateway`` that trusts loopback; a test may stop and start it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.url = f"postgresql://gateway@127.0.0.1:{self.port}/gateway"
        self._bin = _postgres_bin()
        self._prefix, owner = _as_other_user()
        if owner is not None:
            shutil.chown(folder, owner)

    def _run(self, tool: str, *arguments: str) -> None:
        # Output to a file: the server would keep a pipe open for ever.
        with (self.folder / f"{tool}.log").open("ab") as out:
            command = [*self._prefix, str(self._bin / tool), *arguments]
            done = subprocess.run(command, check=False, stdout=out, stderr=out, timeout=120, cwd=self.folder)
        if done.returncode != 0:
            logs = "".join(log.read_text(errors="replace")[-2000:] for log in self.folder.glob("*.log"))
            raise RuntimeError(f"{tool} failed: {logs}")

    def create(self) -> None:
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "gateway", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "gateway", "gateway")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -F -c deadlock_timeout=200ms -c max_connections=60"
        log = str(self.folder / "postgres.log")
        self._run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", str(START_LIMIT_S), "-l", log, "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL in a folder of its own."""
    ports = Ports()
    with tempfile.TemporaryDirectory(prefix="gw-postgres-") as folder:
        server = Postgres(Path(folder), ports.take())
        server.create()
        try:
            yield server
        finally:
            server.stop()
            ports.close()


_counter = itertools.count(1)


async def fresh_database(server: Postgres) -> str:
    """The url of a new, empty database on a running PostgreSQL."""
    connection = await asyncpg.connect(server.url)
    try:
        name = f"t{os.getpid()}_{next(_counter)}"
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return f"{server.url.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One PostgreSQL for the session; take ``fresh_database`` of it."""
    with postgres() as server:
        yield server


@pytest.fixture
def redis_server() -> Iterator[Redis]:
    """A Redis of the test's own, because tests stop it."""
    with redis() as server:
        yield server
