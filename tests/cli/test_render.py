"""``gateway render``: Asterisk's files from ours, and a look at what would change that shows no password."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway.asterisk.prompts import PromptError, PromptReport
from gateway.settings import load, load_secrets
from tests.plugins.typed import Typed
from tools.lab.site import CONFIG


@pytest.fixture
def share(tmp_path: Path) -> list[str]:
    """The options that name an installed Asterisk."""
    for name in ("modules", "share", "sbin"):
        (tmp_path / name).mkdir()
    return [f"--{name}={tmp_path / name}" for name in ("modules", "share", "sbin")]


def test_files_are_written_for_their_owner_and_a_second_time_nothing_changes(typed: Typed, share: list[str]) -> None:
    said = typed("render", "--no-prompts", *share)
    assert said.status == 0 and said.err == ""
    etc = typed.state_dir / "asterisk" / "etc"
    names = {path.name for path in etc.iterdir()}
    assert {"pjsip.conf", "queues.conf", "extensions.conf", "manager.conf", "rtp.conf", "http.conf"} <= names
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in etc.iterdir())
    assert f"{len(names)} of {len(names)} files changed" in said.out
    assert "reload pbx_config.so" in said.out and "takes a restart of Asterisk" in said.out
    again = typed("render", "--no-prompts")
    assert f"0 of {len(names)} files changed" in again.out and "reload" not in again.out


def test_where_asterisk_is_installed_is_remembered_and_can_be_told_anew(
    typed: Typed, share: list[str], tmp_path: Path
) -> None:
    conf = typed.state_dir / "asterisk" / "etc" / "asterisk.conf"
    typed("render", "--no-prompts", *share)
    typed("render", "--no-prompts")
    assert str(tmp_path / "modules") in conf.read_text()
    (tmp_path / "other").mkdir()
    said = typed("render", "--no-prompts", "--modules", tmp_path / "other")
    assert (
        said.status == 0 and str(tmp_path / "other") in conf.read_text() and str(tmp_path / "sbin") in conf.read_text()
    )


def test_a_missing_asterisk_is_said_but_keeps_nothing_from_being_written(typed: Typed, tmp_path: Path) -> None:
    said = typed("render", "--no-prompts", "--modules", tmp_path / "none", "--out", tmp_path / "a")
    assert said.status == 0 and "no Asterisk modules in" in said.err and "--modules" in said.err
    assert (tmp_path / "a" / "etc" / "queues.conf").exists()


def test_a_diff_shows_changes_hides_every_secret_and_writes_nothing(
    typed: Typed, share: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = typed("render", "--diff", *share)
    assert first.status == 0 and "+[hotline]" in first.out
    assert not (typed.state_dir / "asterisk").exists()
    typed("render", "--no-prompts", *share)
    assert typed("render", "--diff").out == ""
    monkeypatch.setenv("GATEWAY__ASTERISK__AGI_GUARD_S", "3")
    second = typed("render", "--diff")
    assert "extensions.conf" in second.out and "manager.conf" not in second.out
    settings = load(CONFIG, typed.environ)
    secrets = load_secrets(typed.state_dir, settings)
    told = [*secrets.seats.values(), secrets.ami_events, secrets.ami_orders, secrets.probe]
    assert len(told) == 33 and "(hidden)" in first.out
    assert not [secret for secret in told if secret in first.out + second.out]


def test_prompts_are_reported_and_come_before_the_files(
    typed: Typed, share: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def build(*given: object) -> PromptReport:
        asked.append(given)
        return PromptReport(built=3, cached=4, recorded=5)

    monkeypatch.setattr("gateway.cli.render.build_prompts", build)
    said = typed("render", *share)
    assert said.status == 0 and len(asked) == 1
    assert "prompts: 3 built, 4 from the cache, 5 recorded" in said.out

    def fail(*_: object) -> PromptReport:
        raise PromptError("espeak-ng not found: apt-get install espeak-ng")

    monkeypatch.setattr("gateway.cli.render.build_prompts", fail)
    monkeypatch.setenv("GATEWAY__ASTERISK__AGI_GUARD_S", "3")
    said = typed("render")
    assert (said.status, said.err) == (1, "gateway render: espeak-ng not found: apt-get install espeak-ng\n")
    assert "extensions.conf" in typed("render", "--diff").out, "what is to be reloaded is still to be told"


def test_a_place_that_cannot_be_written_is_one_line(typed: Typed, share: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = typed("render", "--no-prompts", "--out", tmp_path / "file", *share)
    assert said.status == 1 and said.out == ""
    assert said.err.startswith("gateway render: ") and str(tmp_path / "file") in said.err and said.err.count("\n") == 1


def test_a_path_too_long_for_asterisk_is_said(typed: Typed, share: list[str], tmp_path: Path) -> None:
    said = typed("render", "--no-prompts", "--out", tmp_path / ("x" * 100), *share)
    assert said.status == 1 and "is too long" in said.err


def test_a_wrong_configuration_is_listed(typed: Typed, tmp_path: Path) -> None:
    said = typed("render", config=tmp_path / "none")
    assert said.status == 1 and "there is no such configuration directory" in said.err
