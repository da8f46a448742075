"""Whom the stopper may stop: what a process has started, and who asks for it; never itself or a stranger."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.stopper import below


def test_children_of_children_and_those_who_ask_are_met_and_nobody_else() -> None:
    nap = [sys.executable, "-c", "print(flush=True); input()"]
    nested = [sys.executable, "-c", f"import subprocess; subprocess.run({nap!r})"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    parent = subprocess.Popen(nested, **pipes)
    asking = subprocess.Popen(nap, env={**os.environ, "STOP_ME": "1"}, **pipes)
    stranger = subprocess.Popen(nap, **pipes)
    try:
        for one in (parent, asking, stranger):
            assert one.stdout is not None and one.stdout.readline() == b"\n"
        found = below(parent.pid)
        assert {parent.pid, asking.pid} < found and len(found - {parent.pid, asking.pid}) >= 1
        assert stranger.pid not in found and os.getpid() not in found
    finally:
        for one in (parent, asking, stranger):
            one.communicate(b"\n", timeout=60)
