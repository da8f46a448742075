"""An installed Asterisk wins if it is new enough; otherwise the root; otherwise a message that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lab import AsteriskBinary, NoAsterisk


def fake(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'Asterisk {says}'\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def fake_root(root: Path) -> Path:
    (root / "usr/lib/x86_64-linux-gnu/asterisk/modules").mkdir(parents=True)
    (root / "usr/lib/x86_64-linux-gnu/libc.so.6").touch()
    (root / "usr/sbin").mkdir()
    (root / "usr/sbin/asterisk").touch()
    fake(root / "usr/lib64/ld-linux-x86-64.so.2", "22.4.0")
    return root


def test_the_one_of_this_machine_is_found() -> None:
    assert int(AsteriskBinary.find().version.split(".")[0]) >= 20


def test_a_root_is_used_through_its_own_loader(tmp_path: Path) -> None:
    root = fake_root(tmp_path / "asterisk-root")
    found = AsteriskBinary.find({"GATEWAY_CACHE": str(tmp_path), "PATH": "/nonexistent"})
    assert found.version == "22.4.0"
    assert found.command[0] == str(root / "usr/lib64/ld-linux-x86-64.so.2")
    assert found.command[-1] == str(root / "usr/sbin/asterisk")


def test_an_old_installed_one_is_passed_over_for_the_root(tmp_path: Path) -> None:
    fake(tmp_path / "bin/asterisk", "16.28.0")
    fake_root(tmp_path / "asterisk-root")
    found = AsteriskBinary.find({"GATEWAY_CACHE": str(tmp_path), "PATH": f"{tmp_path}/bin"})
    assert found.version == "22.4.0"


def test_without_any_the_message_says_what_was_tried_and_what_to_do(tmp_path: Path) -> None:
    fake(tmp_path / "bin/asterisk", "16.28.0")
    with pytest.raises(NoAsterisk, match=r"16\.28\.0, older than 20; .*holds no asterisk.*bootstrap\.sh"):
        AsteriskBinary.find({"GATEWAY_CACHE": str(tmp_path), "PATH": f"{tmp_path}/bin"})


def test_a_broken_root_is_told_apart_from_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/asterisk").touch()
    with pytest.raises(NoAsterisk, match="not whole"):
        AsteriskBinary.find({"GATEWAY_ASTERISK_ROOT": str(tmp_path)})
