"""`make run`: Asterisk and the gateway side by side on this machine, until Ctrl-C or until one of them dies.

It only supervises: what can be known beforehand (errors of the configuration, taken ports, missing rights) is said
before anything starts, and at the end the gateway goes first, so that it can write what it took, and Asterisk after it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.asterisk.prompts import PromptError
from gateway.asterisk.render import RenderError
from gateway.settings import ConfigErrors, SecretsRefused, Settings
from tools.lab.asterisk import AsteriskFailed
from tools.lab.binary import NoAsterisk
from tools.lab.ports import Kind, PortHolder, is_free
from tools.lab.process import Child, ChildDied, until
from tools.lab.site import ROOT, Site

READY_S = 60.0
"""A machine that is busy with other things takes its time; who waits sees the steps."""
WATCH_S = 0.5
FIRST_LOGINS = "first-logins.txt"


class CannotStart(Exception):
    """Something is in the way. The message says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Door:
    """A port that will be opened, and the environment variable that moves it."""

    what: str
    host: str
    port: int
    kind: Kind
    variable: str

    def trouble(self) -> str | None:
        """Why it cannot be opened, in words; None when it can."""
        name = f"{self.what}: port {self.port}/{self.kind}"
        move = f"choose another with {self.variable}=PORT"
        try:
            if is_free(self.port, self.kind, self.host):
                return None
        except PermissionError:
            return f"{name} needs more rights than this user has: {move} (1024 or more)"
        except OSError as error:
            return (
                f"{name} cannot be opened on {self.host} ({error.strerror}): correct the address in config/gateway.toml"
            )
        holder = PortHolder.of(self.port, self.kind)
        who = f"process {holder.pid} ({holder.name})" if holder else "another program"
        return f"{name} is taken by {who}: stop it, or {move}"


def doors(settings: Settings) -> list[Door]:
    """Every port that Asterisk and the gateway will open, RTP's range apart."""
    web, asterisk = settings.web, settings.asterisk
    return [
        Door("pages", web.host, web.port, "tcp", "GATEWAY__WEB__PORT"),
        Door("SIP", asterisk.sip_bind, asterisk.sip_port, "udp", "GATEWAY__ASTERISK__SIP_PORT"),
        Door("AMI", asterisk.ami_bind, asterisk.ami_port, "tcp", "GATEWAY__ASTERISK__AMI_PORT"),
        Door("FastAGI", asterisk.agi_bind, asterisk.agi_port, "tcp", "GATEWAY__ASTERISK__AGI_PORT"),
        Door("SIP over websocket", asterisk.http_bind, asterisk.http_port, "tcp", "GATEWAY__ASTERISK__HTTP_PORT"),
    ]


class Progress:
    """Steps with the seconds since the start."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._begin = clock, clock()

    def say(self, text: str) -> None:
        print(f"[{self._clock() - self._begin:5.1f}s] {text}", flush=True)


def prepare(config_dir: Path) -> Site:
    """Everything that can go wrong before a start. Raises CannotStart with all of it."""
    try:
        site = Site.of(config_dir, os.environ)
    except ConfigErrors as wrong:
        lines = "\n".join(f"  {error.file}: {error.key}: {error.message}" for error in wrong.errors)
        raise CannotStart(f"the configuration has {len(wrong.errors)} errors:\n{lines}") from None
    except OSError as error:
        raise CannotStart(f"no right to write the state directory: {error}") from None
    except (SecretsRefused, NoAsterisk, RenderError) as wrong_place:
        raise CannotStart(str(wrong_place)) from None
    if troubles := [trouble for door in doors(site.settings) if (trouble := door.trouble())]:
        raise CannotStart("\n".join(troubles))
    return site


def start(site: Site, started: list[Child], progress: Progress) -> None:
    """Both programs, ready; what was started is in ``started`` (in the order to stop). Raises CannotStart."""
    try:
        report = site.prompts()
        if report.built:
            progress.say(f"spoke {report.built} prompts with espeak-ng")
        started.append(site.asterisk.launch())
        gateway = site.gateway()
        started.insert(0, gateway)
        progress.say(f"started Asterisk {site.asterisk.binary.version} and the gateway")
        site.asterisk.await_ready()
        await_gateway(site, gateway)
    except (PromptError, AsteriskFailed, ChildDied, OSError) as error:
        raise CannotStart(str(error)) from None


def await_gateway(site: Site, gateway: Child) -> None:
    """Return when /readyz says yes. ChildDied when it ends, CannotStart when it stays not ready."""
    ready = until(lambda: not gateway.alive or readiness(site.web_url)[0], READY_S, every_s=0.1)
    gateway.check()
    if not ready:
        _, why = readiness(site.web_url)
        gateway.stop()
        raise CannotStart(f"the gateway was not ready within {READY_S:.0f} s: {why}\n{gateway.tail()}")


def readiness(url: str) -> tuple[bool, str]:
    """What /readyz says."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return answer.status == 200, ""
    except urllib.error.HTTPError as error:
        return False, error.read(2000).decode("utf-8", "replace")
    except OSError as error:
        return False, str(error)


def banner(site: Site) -> str:
    """What a newcomer needs: number to dial, pages, logins, where the logs are."""
    asterisk, url = site.settings.asterisk, site.web_url
    host = asterisk.sip_bind if asterisk.sip_bind != "0.0.0.0" else "127.0.0.1"
    main = site.settings.entries[0]
    lines = [
        "",
        f"  {site.settings.gateway.name} / {site.settings.gateway.name_en}",
        f"  拨打 / dial        sip:{main.number}@{host}:{asterisk.sip_port}   ({main.name})",
        f"  市民网页 / citizens {url}/",
        f"  工作台 / desk      {url}/desk",
        f"  座席图 / seats     {url}/seats",
        f"  大屏 / wall        {url}/wall",
        f"  报表 / reports     {url}/reports",
        f"  录音 / recordings  {url}/recordings",
        f"  排班 / people      {url}/people",
        f"  事件流 / feed      {url}/api/v1/feed?after=0",
        f"  日志 / logs        {_short(site.state_dir / 'gateway.log')}  {_short(site.asterisk.console_log)}",
        *logins(site.state_dir / FIRST_LOGINS),
        "  试一试 / try       .venv/bin/gateway demo",
        "  Ctrl-C 停止 / stops both",
        "",
    ]
    return "\n".join(lines)


def logins(file: Path) -> list[str]:
    """The generated logins that are still in ``file``: one of each role, and where the others are."""
    if not file.exists():
        return []
    rows = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if len(line.split()) >= 3]
    first: dict[str, list[str]] = {}
    for row in rows:
        first.setdefault(row[2], row)
    shown = [f"  账号 / login       {row[0]:<8} {row[1]:<16} {role}" for role, row in first.items()]
    return [*shown, f"  全部账号 / all     {_short(file)}"] if len(rows) > len(shown) else shown


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def supervise(children: Sequence[Child], stop: threading.Event) -> str | None:
    """Wait for ``stop`` or for a death; the obituary of who died."""
    while not stop.wait(WATCH_S):
        for child in children:
            if not child.alive:
                return child.obituary()
    return None


def run(started: list[Child], stop: threading.Event, progress: Progress) -> str | None:
    """Start and supervise; what went wrong, or None after ``stop``. KeyboardInterrupt when stopped while starting."""
    try:
        site = prepare(Path(os.environ.get("GATEWAY_CONFIG", "config")))
        start(site, started, progress)
    except CannotStart as wrong:
        return f"cannot start:\n{wrong}"
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    progress.say("ready")
    print(banner(site), flush=True)
    return supervise(started, stop)


def main() -> int:
    """0 after Ctrl-C or SIGTERM, 1 when something could not start or died."""
    os.chdir(ROOT)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started: list[Child] = []
    progress, wrong = Progress(), None
    try:
        wrong = run(started, threading.Event(), progress)
        if wrong:
            print(f"\n{wrong}\n", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        progress.say("stopped while starting")
    finally:
        for child in started:
            if child.alive:
                progress.say(f"stopping the {child.name}")
                child.stop()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
