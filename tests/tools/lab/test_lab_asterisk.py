"""A real Asterisk starts, answers, dies and comes back as told."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.lab import AsteriskFailed, AsteriskLab
from tools.lab.process import until

pytestmark = pytest.mark.asterisk
Make = Callable[[], AsteriskLab]


def _kept(lab: AsteriskLab) -> bytes | None:
    """The value of lab/kept as a crash would leave it."""
    file = f"file:{lab.dir}/db/astdb.sqlite3?mode=ro"
    with contextlib.closing(sqlite3.connect(file, uri=True)) as db, contextlib.suppress(sqlite3.OperationalError):
        row = db.execute("select value from astdb where key = '/lab/kept'").fetchone()
        return row and (row[0].encode() if isinstance(row[0], str) else row[0])
    return None


def test_it_starts_answers_orders_and_stops(small_asterisk: Make) -> None:
    lab = small_asterisk().start()
    assert lab.alive
    assert "Asterisk" in lab.rx("core show version")
    assert lab.calls_up() == 0
    pid = lab.pid
    lab.stop()
    assert not lab.alive
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(AsteriskFailed, match="does not run"):
        lab.rx("core show version")


def test_two_run_side_by_side(small_asterisk: Make) -> None:
    one, two = small_asterisk().start(), small_asterisk().start()
    one.rx("database put lab name one")
    assert "Value: one" in one.rx("database get lab name")
    assert "not found" in two.rx("database get lab name")


def test_after_kill_9_it_comes_back_with_its_state_and_ports(small_asterisk: Make) -> None:
    lab = small_asterisk().start()
    lab.rx("database put lab kept yes")
    first = lab.pid
    assert until(
        lambda: _kept(lab) == b"yes", 60
    )  # Asterisk writes its database once a second: until then a crash loses
    lab.kill9()
    assert not lab.alive
    lab.restart()
    assert lab.pid != first
    assert "Value: yes" in lab.rx("database get lab kept")


def test_restart_of_a_running_one_is_a_stop_and_a_start(small_asterisk: Make) -> None:
    lab = small_asterisk().start()
    first = lab.pid
    lab.restart()
    assert lab.alive
    assert lab.pid != first


def test_a_frozen_one_keeps_its_sockets_and_says_nothing_until_thawed(small_asterisk: Make) -> None:
    lab = small_asterisk().start()
    lab.freeze()
    with pytest.raises(AsteriskFailed, match="no answer within 1 s"):
        lab.rx("core show version", timeout_s=1)
    lab.thaw()
    assert "Asterisk" in lab.rx("core show version")


def test_one_that_cannot_start_fails_at_once_with_its_log(tmp_path: Path) -> None:
    lab = AsteriskLab(tmp_path, ami_port=1, write=lambda: None)
    lab.conf.parent.mkdir(parents=True)
    lab.conf.write_text(f"[directories]\nastetcdir => {tmp_path}\nastrundir => {tmp_path}/nowhere\n", encoding="utf-8")
    with pytest.raises(AsteriskFailed, match=r"asterisk did not start[\s\S]*last lines of"):
        lab.start()
    assert not lab.alive


def test_as_a_context_it_is_stopped_at_the_end(small_asterisk: Make) -> None:
    with small_asterisk() as lab:
        pid = lab.pid
        os.kill(pid, 0)
    assert not lab.alive
