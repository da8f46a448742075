"""What answers HTTP in the figures of the written side: a gateway without Asterisk as a process of its own, the same
gateway storing nothing, django-helpdesk; and a PostgreSQL that syncs.

Everything lies in a folder on the project's own disk, because /tmp may be memory. The gateway runs as shipped but for
ports, the database, and the public API's limits for one address (60 submissions in ten minutes), which are lifted: the
load generator is one address.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import START_LIMIT_S, Postgres
from tools.lab.ports import Ports
from tools.lab.process import Child
from tools.lab.site import CONFIG, ROOT, free_environ, gateway_command

DISK = ROOT / ".cache" / "bench"
PEER = ROOT / ".cache" / "bench-peers" / "bin"
LIFTED = {"GATEWAY__WEB__SUBMIT_FREE": "100000", "GATEWAY__WEB__SUBMIT_WINDOW_S": "1"}
STORING_NOTHING = [str(ROOT / ".venv" / "bin" / "python"), "-m", "bench.peers.nothing"]

_START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers on ``port``, its main process and the folder of its state."""

    port: int
    child: Child
    folder: Path


@contextmanager
def on_disk(name: str) -> Iterator[Path]:
    """A folder for one run on the disk to be measured, removed afterwards."""
    DISK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=DISK, ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o755)  # PostgreSQL runs as a user of its own
        yield path


@contextmanager
def gateway(
    folder: Path,
    *,
    url: str = "",
    command: list[str] | None = None,
    config: Path = CONFIG,
    more: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """``gateway run`` (or ``command`` in its place) with its state in ``folder``, until the block ends.

    ``url`` is another ledger than SQLite in ``folder``; ``more`` are further overrides of the environment.
    """
    ports = Ports()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY__")}
    environ |= free_environ(ports, folder) | LIFTED | (more or {})
    if url:
        environ["GATEWAY__LEDGER__URL"] = url
    arguments = [*(command or gateway_command()), "run", "--config", str(config)]
    child = Child("gateway", arguments, folder / "gateway.log", cwd=ROOT, environ=environ)
    port = int(environ["GATEWAY__WEB__PORT"])
    try:
        _wait(child, f"http://127.0.0.1:{port}/healthz")
        yield Served(port, child, folder)
    finally:
        child.stop()
        ports.close()


def _wait(child: Child, url: str) -> None:
    """Until it answers anything. Raises ChildDied, TimeoutError."""
    end = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < end:
        child.check()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answered within {_START_LIMIT_S:.0f} s\n{child.tail()}")


class SyncingPostgres(Postgres):
    """PostgreSQL with its defaults, which sync each commit (tests/servers.py switches that off)."""

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1"
        data, log = str(self.folder / "data"), str(self.folder / "postgres.log")
        self._run("pg_ctl", "-D", data, "-w", "-t", str(START_LIMIT_S), "-l", log, "-o", options, "start")

    def make(self, name: str) -> str:
        """The url of a new database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "gateway", name)
        return f"{self.url.rpartition('/')[0]}/{name}"


@contextmanager
def postgres(folder: Path) -> Iterator[SyncingPostgres]:
    """A running one in ``folder``."""
    place = folder / "postgres"
    place.mkdir()
    ports = Ports()
    server = SyncingPostgres(place, ports.take())
    server.create()
    try:
        yield server
    finally:
        server.stop()
        ports.close()


@dataclass(frozen=True, slots=True)
class Helpdesk:
    """django-helpdesk that is served: its port, the id of its queue, and a user's token."""

    port: int
    queue: int
    token: str


@contextmanager
def helpdesk(folder: Path, url: str = "", workers: int = 1) -> Iterator[Helpdesk]:
    """django-helpdesk on gunicorn with so many worker processes of four threads each, on a fresh database."""
    folder.mkdir(exist_ok=True)
    environ = {**os.environ, "HELPDESK_DIR": str(folder), "HELPDESK_DB": url, "PYTHONPATH": str(ROOT)}
    made = subprocess.run(
        [str(PEER / "python"), "-c", "import bench.peers.helpdesk_site as s; s.prepare()"],
        env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if made.returncode:
        raise RuntimeError(f"django-helpdesk could not be prepared: {made.stderr[-1000:]}")
    queue, token = made.stdout.split()
    ports = Ports()
    port = ports.take()
    command = [
        PEER / "gunicorn", "-w", str(workers), "-k", "gthread", "--threads", "4", "--keep-alive", "75",
        "-b", f"127.0.0.1:{port}", "bench.peers.helpdesk_site:application",
    ]  # fmt: skip
    serving = {**environ, "HELPDESK_ROLE": "serve"}
    child = Child("helpdesk", command, folder / "helpdesk.log", cwd=ROOT, environ=serving)
    try:
        _wait(child, f"http://127.0.0.1:{port}/helpdesk/api/tickets/")
        yield Helpdesk(port, int(queue), token)
    finally:
        child.stop()
        ports.close()


def have_helpdesk() -> bool:
    """Whether the peer's environment is there (tools/bootstrap.sh makes it)."""
    return (PEER / "gunicorn").exists() and sys.platform == "linux"
