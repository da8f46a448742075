"""Secret references: found wherever a configuration model has one, looked up where they say, and never told."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from pydantic import ValidationError

from gateway.schema import SecretRef, Strict
from gateway.settings.refs import SecretMissing, made_name, outside, refs_in


class Account(Strict):
    enabled: bool = True
    name: str = "env:NOT_A_SECRET"
    token: SecretRef
    other: SecretRef | Literal[""] = ""
    more: tuple[SecretRef, ...] = ()


class File(Strict):
    account: tuple[Account, ...] = ()
    by_name: dict[str, Account] = {}


def test_every_reference_is_found_with_its_key_path() -> None:
    file = File(
        account=(Account(token="env:A"), Account(token="made:b", other="file:/c", more=("env:D", "env:E"))),
        by_name={"x": Account(token="env:F")},
    )
    assert dict(refs_in(file)) == {
        ("account", 0, "token"): "env:A",
        ("account", 1, "token"): "made:b",
        ("account", 1, "other"): "file:/c",
        ("account", 1, "more", 0): "env:D",
        ("account", 1, "more", 1): "env:E",
        ("by_name", "x", "token"): "env:F",
    }


def test_what_is_switched_off_needs_no_secrets() -> None:
    assert list(refs_in(File(account=(Account(enabled=False, token="env:A"),)))) == []


def test_a_secret_written_into_the_configuration_is_refused() -> None:
    with pytest.raises(ValidationError, match="pattern"):
        Account(token="hunter2hunter2")


def test_only_made_ones_have_a_name_of_ours() -> None:
    assert made_name("made:partner-110") == "partner-110"
    assert made_name("env:X") is None


def test_a_variable_that_is_not_set_is_named() -> None:
    assert outside("env:TOKEN", {"TOKEN": "t"}) == "t"
    for environ in ({}, {"TOKEN": ""}):
        with pytest.raises(SecretMissing, match="TOKEN is not set"):
            outside("env:TOKEN", environ)


def test_a_file_loses_its_line_end_and_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("value\n", encoding="utf-8")
    assert outside(f"file:{path}", {}) == "value"
    path.write_text(" \n", encoding="utf-8")
    with pytest.raises(SecretMissing, match="empty"):
        outside(f"file:{path}", {})
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SecretMissing, match="not text"):
        outside(f"file:{path}", {})
    path.unlink()
    with pytest.raises(SecretMissing, match="cannot be read: No such file"):
        outside(f"file:{path}", {})
