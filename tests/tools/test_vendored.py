"""What the pages take from npm is what tools/vendor built: each file has the sum that was written down with it, comes
with its licences, and asks for nothing that a strict content security policy forbids.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "gateway" / "web" / "static" / "vendor"
VENDORED = json.loads((VENDOR / "VENDORED.json").read_text(encoding="utf-8"))
LOCK = json.loads((ROOT / "tools" / "vendor" / "package-lock.json").read_text(encoding="utf-8"))
MODULES = sorted(VENDORED)


def test_every_module_is_written_down_and_no_other_lies_there() -> None:
    assert MODULES == sorted(path.name for path in VENDOR.glob("*.js")) == ["jssip.js", "preact.js"]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_its_sum_and_its_licences(name: str) -> None:
    code = (VENDOR / name).read_bytes()
    assert hashlib.sha256(code).hexdigest() == VENDORED[name]["sha256"]
    licences = (VENDOR / name.replace(".js", ".LICENSE.txt")).read_text(encoding="utf-8")
    for package in VENDORED[name]["packages"]:
        assert f"{package['name']} {package['version']} ({package['license']})" in licences


@pytest.mark.parametrize("name", MODULES)
def test_versions_are_those_of_the_lock(name: str) -> None:
    for package in VENDORED[name]["packages"]:
        assert LOCK["packages"][f"node_modules/{package['name']}"]["version"] == package["version"]


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_made_of_text(name: str) -> None:
    code = (VENDOR / name).read_text(encoding="utf-8")
    assert not re.search(r"new Function\b|[^.\w]eval\(", code)


def test_the_lock_names_no_registry() -> None:
    assert not [path for path, package in LOCK["packages"].items() if "resolved" in package]
    assert all(package.get("integrity") for path, package in LOCK["packages"].items() if path)
