"""Children end with us, say how they ended, and are never waited for without a limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.lab.process import Child, ChildDied, tail, until

ROOT = Path(__file__).resolve().parents[3]


def test_a_child_that_ends_by_itself_is_told_with_its_status_and_last_words(tmp_path: Path) -> None:
    child = Child("talker", ["sh", "-c", "echo 早上好; exit 3"], tmp_path / "log" / "talker.log")
    assert child.wait(60) == 3
    with pytest.raises(ChildDied, match=r"talker ended with exit status 3[\s\S]*早上好"):
        child.check()


def test_stop_is_polite_first(tmp_path: Path) -> None:
    log = tmp_path / "polite.log"
    child = Child("polite", ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"], log)
    assert until(lambda: "up" in child.tail(), 60)
    assert child.stop(60)
    assert child.returncode == 0
    assert "bye" in child.tail()


def test_stop_kills_one_that_does_not_listen_and_its_children_with_it(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    child = Child("deaf", ["sh", "-c", "trap '' TERM; sleep 300 & echo $!; wait; sleep 300"], log)
    assert until(lambda: child.tail().strip().isdigit(), 60)
    grandchild = int(child.tail())
    assert not child.stop(0.3)
    assert child.returncode == -signal.SIGKILL
    assert until(lambda: not _runs(grandchild), 30)


def test_a_stopped_child_can_still_be_ended(tmp_path: Path) -> None:
    child = Child("frozen", ["sleep", "300"], tmp_path / "frozen.log")
    child.signal(signal.SIGSTOP)
    assert child.stop(60)


def test_a_child_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from tools.lab.process import Child; "
        "print(Child('orphan', ['sleep', '300'], Path(sys.argv[1])).pid, flush=True); time.sleep(300)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "orphan.log")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        # Only once it runs has the kernel been told; a parent that dies before is missed by nobody but this test.
        assert until(lambda: Path(f"/proc/{orphan}/comm").read_text(encoding="ascii").strip() == "sleep", 30)
        parent.kill()
    assert until(lambda: not _runs(orphan), 30)


def test_tail_of_a_missing_or_empty_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert "no log" in tail(tmp_path / "missing")
    assert "empty" in tail(tmp_path / "empty")


def test_tail_gives_the_last_lines_only(tmp_path: Path) -> None:
    (tmp_path / "long").write_text("".join(f"line {n}\n" for n in range(1000)), encoding="utf-8")
    assert tail(tmp_path / "long", 2) == "  line 998\n  line 999"


def _runs(pid: int) -> bool:
    """Neither gone nor a zombie that only waits for its parent's wait()."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
