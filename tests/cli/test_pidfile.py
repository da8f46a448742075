"""The pid file: one gateway a state directory, and no signal to a stranger who has the number now."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.cli.pidfile import PID_FILE, AlreadyRuns, claimed, running
from tools.lab.site import ROOT

HOLDER = """
import sys, pathlib
from gateway.cli.pidfile import claimed
with claimed(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_nobody_runs_where_nothing_is(tmp_path: Path) -> None:
    assert running(tmp_path) is None


def test_who_claimed_it_runs_until_the_block_is_left(tmp_path: Path) -> None:
    with claimed(tmp_path):
        assert running(tmp_path) == os.getpid()
    assert running(tmp_path) is None
    with claimed(tmp_path):
        assert running(tmp_path) == os.getpid()


@pytest.mark.parametrize(
    "left_behind",
    ["1", "0", "-1", pytest.param(f"{os.getpid()}", id="our own"), "not a number", "", "9" * 40, "²"],
)
def test_a_file_left_behind_names_nobody(tmp_path: Path, left_behind: str) -> None:
    (tmp_path / PID_FILE).write_text(left_behind)
    assert running(tmp_path) is None


def test_a_second_gateway_is_refused_with_the_firsts_number_and_the_first_goes_on(tmp_path: Path) -> None:
    with claimed(tmp_path):
        with pytest.raises(AlreadyRuns, match=rf"runs already \(pid {os.getpid()}\)"), claimed(tmp_path):
            pass
        assert running(tmp_path) == os.getpid()


def test_a_look_at_the_very_moment_of_a_start_does_not_refuse_it(tmp_path: Path) -> None:
    import fcntl

    (tmp_path / PID_FILE).touch()
    looker = os.open(tmp_path / PID_FILE, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    timer = threading.Timer(0.1, os.close, (looker,))
    timer.start()
    with claimed(tmp_path):
        assert running(tmp_path) == os.getpid()
    timer.join()


def test_a_killed_gateway_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        assert running(tmp_path) == process.pid
    finally:
        process.kill()
        process.communicate(timeout=60)
    assert (tmp_path / PID_FILE).read_text() == f"{process.pid}\n"
    assert running(tmp_path) is None
    monkeypatch.setattr("gateway.cli.pidfile._TRIES", 1)  # nothing is waited for
    with claimed(tmp_path):
        assert running(tmp_path) == os.getpid()
