"""What all commands with a configuration share: where it may be named, and what is said when it cannot be used."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from gateway.cli.common import add_config, load_or_say, settings_or_say
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG


def test_the_configuration_may_be_named_before_or_after_an_act() -> None:
    parser = argparse.ArgumentParser()
    add_config(parser)
    acts = parser.add_subparsers(dest="act")
    add_config(acts.add_parser("list"), again=True)
    assert parser.parse_args(["--config", "a", "list"]).config == Path("a")
    assert parser.parse_args(["list", "--config", "b"]).config == Path("b")
    assert parser.parse_args(["list"]).config == Path("config")


def test_every_error_is_listed_and_there_are_no_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert settings_or_say(tmp_path) is None
    said = capsys.readouterr()
    assert said.out == "" and "queues.toml: the file is missing" in said.err and "entries.toml" in said.err


def test_settings_come_with_secrets_made_where_there_were_none(typed: Typed) -> None:
    loaded = load_or_say(CONFIG)
    assert loaded is not None
    settings, secrets = loaded
    assert settings.state_dir == typed.state_dir and len(secrets.seats) == 30
    assert load_or_say(CONFIG) == loaded, "kept, not made anew"


def test_secrets_that_are_damaged_are_refused_with_what_to_do(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed.state_dir.mkdir()
    (typed.state_dir / "secrets.toml").touch(0o600)
    (typed.state_dir / "secrets.toml").write_text("ami_events = [")
    assert load_or_say(CONFIG) is None
    assert "put back its backup" in capsys.readouterr().err


def test_a_state_directory_that_cannot_be_made_is_named(typed: Typed, capsys: pytest.CaptureFixture[str]) -> None:
    typed.state_dir.write_text("a file is in its place")
    assert load_or_say(CONFIG) is None
    said = capsys.readouterr().err
    assert said == f"gateway: secrets of {typed.state_dir}: {typed.state_dir}: File exists\n"
