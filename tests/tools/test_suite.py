"""The suite's two halves are together the whole of it."""

from __future__ import annotations

from pathlib import Path

from tools.suite import ROOT, WAITING, halves


def test_the_halves_are_the_whole_suite_and_share_nothing() -> None:
    first, second = halves(Path("tests"))
    assert first == list(WAITING)
    assert second == ["tests", *(f"--ignore={folder}" for folder in WAITING)]
    for folder in WAITING:
        assert list((ROOT / folder).rglob("test_*.py")), f"{folder} holds no test: is it still there?"
