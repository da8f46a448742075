"""``gateway run`` as a process of its own on free ports, with no Asterisk anywhere."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.pidfile import PID_FILE, running
from gateway.cli.run import FIRST_LOGINS
from tests.plugins.typed import Typed
from tools.lab.process import Child, until
from tools.lab.site import CONFIG, ROOT, gateway_command

Start = Callable[..., Child]


@pytest.fixture
def start(typed: Typed, tmp_path: Path) -> Iterator[Start]:
    """Starts the gateway and waits until it is up. There is an account, so that none of thirty must be made."""
    typed("user", "add", "admin", "--role", "admin")
    children: list[Child] = []

    def begin(config: Path = CONFIG) -> Child:
        command = [*gateway_command(), "run", "--config", str(config)]
        child = Child("gateway", command, tmp_path / "gateway.log", cwd=ROOT, environ=typed.whole_environ())
        children.append(child)
        assert until(lambda: "/seats" in said(child) or not child.alive, 60), said(child)
        child.check()
        return child

    yield begin
    for child in children:
        child.kill()


def said(child: Child) -> str:
    return child.log.read_text(encoding="utf-8")


def logged(child: Child, event: str) -> list[dict[str, Any]]:
    whole, _, _ = said(child).rpartition("\n")  # the last line may be in the middle of being written
    lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def get(typed: Typed, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{typed.environ['GATEWAY__WEB__PORT']}{path}"
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_without_an_asterisk_the_pages_answer_and_readiness_says_what_is_missing(typed: Typed, start: Start) -> None:
    child = start()
    assert get(typed, "/healthz")[0] == 200

    def told() -> tuple[int, bool, bool, bool, bool]:
        status, body = get(typed, "/readyz")
        parts = json.loads(body)["parts"]
        ready = (parts[name]["ready"] for name in ("asterisk", "ledger", "agi"))
        return status, "cannot connect" in parts["asterisk"]["state"], *ready

    # Not at once: the first try may yet be on its way, and a busy disk may keep the ledger from answering in time.
    assert until(lambda: told() == (503, True, False, True, True), 60), told()
    status, figures = get(typed, "/metrics")
    assert status == 200 and "gateway_link_up 0.0" in figures and "gateway_probe_answered -1.0" in figures
    assert f"gateway: http://127.0.0.1:{typed.environ['GATEWAY__WEB__PORT']}/seats" in said(child)
    assert not (typed.state_dir / FIRST_LOGINS).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_within_seconds_and_cleanly(typed: Typed, start: Start, number: signal.Signals) -> None:
    child = start()
    assert running(typed.state_dir) == child.pid
    child.signal(number)
    assert child.wait(30) == 0, said(child)
    assert logged(child, "gateway.stopped") and "Traceback" not in said(child)
    assert running(typed.state_dir) is None


def test_a_second_gateway_in_the_same_place_is_refused_in_one_line(typed: Typed, start: Start) -> None:
    child = start()
    second = typed.process("run")
    assert second.status == 1
    assert second.err == (
        f"gateway: cannot start: a gateway with the state directory {typed.state_dir} runs already (pid {child.pid})\n"
    )
    assert child.alive and running(typed.state_dir) == child.pid


def test_hangup_reloads_a_changed_configuration_or_says_why_not(typed: Typed, start: Start, tmp_path: Path) -> None:
    config = Path(shutil.copytree(CONFIG, tmp_path / "config"))
    queues = config / "queues.toml"
    good = queues.read_text(encoding="utf-8")
    child = start(config)
    queues.write_text(good.replace('name = "综合受理"', 'name = "x"\nring_s = 1'), encoding="utf-8")
    child.signal(signal.SIGHUP)
    assert until(lambda: bool(logged(child, "reload.refused")), 30)
    (refused,) = logged(child, "reload.refused")
    assert refused["file"] == "queues.toml" and "ring_s" in refused["key"]
    queues.write_text(good.replace('name = "综合受理"', 'name = "总机受理"'), encoding="utf-8")
    assert typed("reload", config=config).status == 0
    assert until(lambda: bool(logged(child, "gateway.reloaded")), 30)
    assert logged(child, "gateway.reloaded")[0]["needs_restart"] == []
    assert child.alive and "Traceback" not in said(child)


@pytest.mark.parametrize(
    ("port", "words"),
    [
        ("GATEWAY__WEB__PORT", "pages on 127.0.0.1:{}: Address already in use (configured in [web] port)"),
        (
            "GATEWAY__ASTERISK__AGI_PORT",
            "FastAGI on 127.0.0.1:{}: Address already in use (configured in [asterisk] agi_port)",
        ),
    ],
)
def test_a_taken_port_is_named_in_one_line(typed: Typed, port: str, words: str) -> None:
    typed("user", "add", "admin", "--role", "admin")
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a neighbour's connections may still be ending
        holder.bind(("127.0.0.1", int(typed.environ[port])))
        holder.listen()
        done = typed.process("run")
    assert (done.status, done.out) == (1, "")
    assert done.err == f"gateway: cannot start: {words.format(typed.environ[port])}\n"
    assert running(typed.state_dir) is None


def test_secrets_that_others_may_read_are_refused(typed: Typed) -> None:
    typed("user", "list")
    (typed.state_dir / "secrets.toml").chmod(0o640)
    done = typed.process("run")
    assert done.status == 1 and done.out == ""
    assert "secrets.toml: others may read it (mode 0640): run chmod 600" in done.err and done.err.count("\n") == 1


def test_a_ledger_that_is_none_is_one_line(typed: Typed) -> None:
    typed("user", "list")
    (typed.state_dir / "ledger.db").write_bytes(b"no database at all, and longer than a header " * 40)
    done = typed.process("run")
    assert done.status == 1 and done.err.startswith("gateway: cannot start: ") and "not a database" in done.err
    assert done.err.count("\n") == 1


def test_a_wrong_configuration_does_not_start(typed: Typed, tmp_path: Path) -> None:
    done = typed.process("run", "--config", tmp_path / "none")
    assert done.status == 1 and "there is no such configuration directory" in done.err
    assert not (typed.state_dir / PID_FILE).exists()


def test_the_first_start_tells_the_logins_once_in_a_file_of_the_owner(typed: Typed, tmp_path: Path) -> None:
    path = typed.state_dir / FIRST_LOGINS
    typed.state_dir.mkdir(mode=0o700)
    path.write_text("old")
    path.chmod(0o644)
    child = Child("gateway", [*gateway_command(), "run"], tmp_path / "log", cwd=ROOT, environ=typed.whole_environ())
    try:
        assert until(lambda: "/seats" in said(child) or not child.alive, 60), said(child)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(lines) == 32 and lines[0].split()[0] == "admin"
        assert lines[0].split()[1] in said(child) and lines[-1].split()[1] not in said(child)
    finally:
        child.stop(30)
    assert child.returncode == 0  # by itself: it was not killed


_SETTLED = """
import gc
from gateway.cli.run import _settle
_settle()
looks = []
gc.callbacks.append(lambda phase, told: looks.append(told["collected"]) if phase == "stop" else None)
held = [[] for _ in range(64 * 100)]  # what 64 requests hold at once
found_nothing = len(looks)
for _ in range(20_000):
    lost = []
    lost.append(lost)
print(found_nothing, sum(looks) > 9_000, gc.get_freeze_count() > 10_000)
"""


def test_the_collector_does_not_look_at_what_many_requests_hold_and_finds_what_they_lose() -> None:
    run = [sys.executable, "-c", _SETTLED]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.stdout.split() == ["0", "True", "True"], done.stderr
