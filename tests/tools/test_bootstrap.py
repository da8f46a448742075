"""bootstrap.sh says what is in the way and what to do; where nothing is missing it is quick and changes nothing.

What it installs is seen by every run of `make test` on a fresh machine; here are its refusals and its second run.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools.lab.site import ROOT


def bootstrap(*sets: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / "bootstrap.sh", *sets],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def without_asterisk(folder: Path) -> dict[str, str]:
    """An environment in which the installed Asterisk, if any, is one that is too old."""
    stub = folder / "bin" / "asterisk"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\necho Asterisk 16.28.0\n", encoding="utf-8")
    stub.chmod(0o755)
    return {"PATH": f"{stub.parent}:{os.environ['PATH']}"}


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    done = bootstrap("everything")
    assert done.returncode == 1
    assert "unknown set everything" in done.stderr
    assert "run, test, image, bench" in done.stderr


def test_where_nothing_is_missing_it_is_silent_and_takes_less_than_a_second_of_work() -> None:
    assert bootstrap("run", "test").returncode == 0  # the machine that runs the tests was set up by it
    before = os.times()
    done = bootstrap("run", "test")
    after = os.times()
    assert (done.returncode, done.stderr) == (0, "")
    if after.elapsed - before.elapsed <= 1.0:
        assert done.stdout == ""
    else:  # it says when it is ready if that took longer, and so it may on a loaded machine
        assert re.fullmatch(r"(\[ *\d+s\] ready: run test\n)?", done.stdout), done.stdout
    # of the processor: by the clock a loaded machine takes what it likes
    assert after.children_user + after.children_system - before.children_user - before.children_system < 1.0


def test_a_root_named_by_hand_that_holds_no_asterisk_is_said(tmp_path: Path) -> None:
    done = bootstrap("run", GATEWAY_ASTERISK_ROOT=str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path}, which holds no asterisk" in done.stderr


def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = bootstrap("run", GATEWAY_CACHE="/proc/gateway", **without_asterisk(tmp_path))
    assert done.returncode == 1
    assert "/proc/gateway cannot be written" in done.stderr
    assert "GATEWAY_CACHE" in done.stderr


def test_an_unreachable_mirror_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    nowhere = "http://127.0.0.1:9/debian"
    done = bootstrap("run", GATEWAY_CACHE=str(cache), GATEWAY_DEBIAN_MIRROR=nowhere, **without_asterisk(tmp_path))
    assert done.returncode == 1
    assert "is the network up?" in done.stderr
    assert "GATEWAY_DEBIAN_MIRROR" in done.stderr
    assert [file.name for file in cache.iterdir()] == ["lock"]
