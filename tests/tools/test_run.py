"""`make run` says beforehand what is in the way, starts both, and stops both whatever happens."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plugins.lab import short_folder
from tools.lab import Ports
from tools.lab.process import Child, until
from tools.lab.site import PROMPT_CACHE, ROOT, free_environ
from tools.run import Door, logins, supervise


@pytest.fixture
def state_dir() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder / "var"


@contextmanager
def running(state_dir: Path, ports: Ports) -> Iterator[tuple[Child, Path]]:
    """`make run` without bootstrap, on free ports."""
    if PROMPT_CACHE.exists():
        shutil.copytree(PROMPT_CACHE, state_dir / "prompt-cache")
    screen = state_dir.parent / "screen.log"
    environ = {**os.environ, **free_environ(ports, state_dir)}
    child = Child("run", [sys.executable, "-m", "tools.run"], screen, cwd=ROOT, environ=environ)
    try:
        assert until(lambda: "Ctrl-C" in child.tail(40) or not child.alive, 90), child.tail()
        yield child, screen
    finally:
        child.stop(60)
        ports.close()


def pids_below(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children]


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


@pytest.mark.asterisk
def test_it_prints_where_to_dial_and_log_in_and_ctrl_c_ends_both_cleanly(state_dir: Path, site_ports: Ports) -> None:
    with running(state_dir, site_ports) as (child, screen):
        text = screen.read_text(encoding="utf-8")
        assert "sip:12345@127.0.0.1:" in text
        pages = re.findall(r" http://127\.0\.0\.1:[0-9]+/(\w*)$", text, re.MULTILINE)
        assert pages == ["", "desk", "seats", "wall", "reports", "recordings", "people"]
        assert "supervisor" in text
        children = pids_below(child.pid)
        assert len(children) == 2
        child.signal(signal.SIGINT)
        assert child.wait(60) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    assert "stopping the gateway" in screen.read_text(encoding="utf-8")
    assert "gateway.stopped" in (state_dir / "gateway.log").read_text(encoding="utf-8")


@pytest.mark.asterisk
def test_when_one_dies_it_is_told_and_the_other_is_stopped(state_dir: Path, site_ports: Ports) -> None:
    with running(state_dir, site_ports) as (child, screen):
        children = pids_below(child.pid)
        gateway = next(pid for pid in children if "-m gateway" in name_of(pid))
        os.kill(gateway, signal.SIGKILL)
        assert child.wait(60) == 1
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)
    text = screen.read_text(encoding="utf-8")
    assert "gateway was ended by SIGKILL; last lines of" in text
    assert "gateway.started" in text


def test_a_taken_port_is_said_before_anything_starts(state_dir: Path, site_ports: Ports) -> None:
    environ = free_environ(site_ports, state_dir)
    port = int(environ["GATEWAY__ASTERISK__SIP_PORT"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", port))
        done = subprocess.run(
            [sys.executable, "-m", "tools.run"],
            env={**os.environ, **environ},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert f"SIP: port {port}/udp is taken by process {os.getpid()}" in done.stderr
    assert "GATEWAY__ASTERISK__SIP_PORT=PORT" in done.stderr
    assert not (state_dir / "asterisk" / "etc" / "pjsip.conf").exists()


def test_every_error_of_the_configuration_is_listed_instead_of_a_start(state_dir: Path) -> None:
    environ = {**os.environ, "GATEWAY__WEB__PORT": "none", "GATEWAY__LOG__LEVEL": "loud"}
    command = [sys.executable, "-m", "tools.run"]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "2 errors" in done.stderr
    assert "GATEWAY__WEB__PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_another_machine_is_said(site_ports: Ports) -> None:
    trouble = Door("SIP", "192.0.2.1", site_ports.take(), "udp", "X").trouble()
    assert trouble is not None
    assert "cannot be opened on 192.0.2.1" in trouble


def test_logins_show_one_of_each_role_and_where_the_rest_is(tmp_path: Path) -> None:
    file = tmp_path / "first-logins.txt"
    file.write_text("admin pw1 admin 管理员\n1001 pw2 agent 一\n1002 pw3 agent 二\n", encoding="utf-8")
    shown = "\n".join(logins(file))
    assert "pw1" in shown
    assert "pw2" in shown
    assert "pw3" not in shown
    assert str(file) in shown
    assert logins(tmp_path / "missing") == []


def test_supervision_ends_with_the_stop_or_with_a_death(tmp_path: Path) -> None:
    stop = threading.Event()
    alive = Child("alive", ["sleep", "60"], tmp_path / "alive.log")
    dead = Child("dead", ["sh", "-c", "echo why; exit 7"], tmp_path / "dead.log")
    assert "dead ended with exit status 7" in (supervise([alive, dead], stop) or "")
    stop.set()
    assert supervise([alive], stop) is None
    alive.stop()


@pytest.fixture
def site_ports() -> Iterator[Ports]:
    ports = Ports()
    yield ports
    ports.close()
