"""The keys in docs/desk.md and docs/desk.zh-CN.md are those that the desk binds, all of them and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESK = ROOT / "gateway" / "web" / "static" / "desk"
ARROWS = {"ArrowUp": "↑", "ArrowDown": "↓"}

_BOUND = re.compile(r"'((?:(?:Ctrl|Alt|Shift)\+)+(?:Enter|PageUp|PageDown|ArrowUp|ArrowDown|[A-Z0=-])|F[0-9]{1,2})'")
_WRITTEN = re.compile(r"(?:(?:Ctrl|Alt|Shift)\+)+(?:Enter|PageUp|PageDown|[A-Z0-9=↑↓-])|\bF[0-9]{1,2}\b")


def bound() -> set[str]:
    found = {key for path in DESK.glob("*.js") for key in _BOUND.findall(path.read_text(encoding="utf-8"))}
    for name, arrow in ARROWS.items():
        found = {key.replace(name, arrow) for key in found}
    return found | {"Alt+1", "Alt+9"}  # the partners' keys are counted, not written


@pytest.mark.parametrize("name", ["desk.md", "desk.zh-CN.md"])
def test_the_document_has_the_keys_that_are_bound(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.count("|") == 5 and _WRITTEN.search(line)]
    assert {key for row in rows for key in _WRITTEN.findall(row)} | {"F1"} == bound()
