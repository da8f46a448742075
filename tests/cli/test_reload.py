"""``gateway reload``: checks first, then asks the gateway that runs here, and nobody else."""

from __future__ import annotations

import os
import signal

import pytest

from gateway.cli.pidfile import PID_FILE, claimed
from tests.plugins.typed import Typed


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    return signals


def test_the_running_gateway_is_told(typed: Typed, sent: list[tuple[int, int]]) -> None:
    typed.state_dir.mkdir()
    with claimed(typed.state_dir):
        said = typed("reload")
    assert (said.status, said.out, said.err) == (0, "the gateway reloads; its log says what changed\n", "")
    assert sent == [(os.getpid(), signal.SIGHUP)]


def test_where_no_gateway_runs_that_is_said(typed: Typed, sent: list[tuple[int, int]]) -> None:
    said = typed("reload")
    assert said.status == 1 and said.err == f"gateway reload: no gateway runs here ({typed.state_dir / PID_FILE})\n"
    assert sent == []


@pytest.mark.parametrize("left_behind", ["1", "-1", "0", pytest.param(str(os.getppid()), id="our parent's"), "x"])
def test_a_number_left_behind_by_a_crash_gets_no_signal(
    typed: Typed, sent: list[tuple[int, int]], left_behind: str
) -> None:
    typed.state_dir.mkdir()
    (typed.state_dir / PID_FILE).write_text(left_behind)
    said = typed("reload")
    assert said.status == 1 and "no gateway runs here" in said.err and sent == []


def test_a_configuration_with_errors_is_not_even_offered(
    typed: Typed, sent: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY__WEB__MAX_SOCKETS", "0")
    typed.state_dir.mkdir()
    with claimed(typed.state_dir):
        said = typed("reload")
    assert said.status == 1 and sent == []
    assert "max_sockets" in said.err.lower() and said.err.endswith("the running configuration is kept\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(1, "Operation not permitted"), "Operation not permitted: is this the gateway's user?"),
        (ProcessLookupError(3, "No such process"), "the gateway has just ended"),
    ],
)
def test_a_gateway_that_cannot_be_told_is_said(
    typed: Typed, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    def fail(_pid: int, _number: int) -> None:
        raise error

    typed.state_dir.mkdir()
    with claimed(typed.state_dir):
        monkeypatch.setattr(os, "kill", fail)
        said = typed("reload")
    assert said.status == 1 and words in said.err and said.err.count("\n") == 1
