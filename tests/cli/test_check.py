"""``gateway check``: every error at once, or one line that says what the configuration holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.plugins.typed import Typed
from tools.lab.site import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


def test_the_shipped_configuration_has_no_error_and_nothing_is_written(typed: Typed) -> None:
    said = typed("check")
    assert said.status == 0 and said.err == ""
    assert "配置无误 / no errors" in said.out and "30 seats" in said.out and said.out.count("\n") == 1
    assert not typed.state_dir.exists()


def test_all_errors_are_listed_at_once_with_file_line_and_key(typed: Typed, config: Path) -> None:
    queues = config / "queues.toml"
    queues.write_text(queues.read_text(encoding="utf-8").replace('name = "综合受理"', 'name = "x"\nring_s = 1'))
    with (config / "gateway.toml").open("a", encoding="utf-8") as file:
        file.write("\n[webb]\nport = 1\n")
    said = typed("check", config=config)
    assert said.status == 1 and said.out == ""
    assert "2 errors" in said.err
    assert "ring_s: 1 is not allowed; allowed is a whole number from 5 to 120" in said.err
    assert "gateway.toml" in said.err and "webb" in said.err and '"web"' in said.err


def test_a_seat_block_that_cannot_be_laid_out_is_an_error_of_its_table(typed: Typed, config: Path) -> None:
    hall = config / "halls" / "haikou.toml"
    text = hall.read_text(encoding="utf-8")
    with hall.open("w", encoding="utf-8") as file:
        file.write(text + "\n[[seat_blocks]]\nprefix = 'Z'\nfirst_extension = 99999999\ncount = 3\nroom = 'main'\n")
        file.write("queues = ['hotline']\n")
    said = typed("check", config=config)
    assert said.status == 1 and "1 error" in said.err
    assert "haikou.toml" in said.err and "seat_blocks" in said.err and "more than 8 digits" in said.err


def test_broken_toml_is_told_with_its_line(typed: Typed, config: Path) -> None:
    (config / "queues.toml").write_text('[[queue]]\nid = "hotline\n', encoding="utf-8")
    said = typed("check", config=config)
    assert said.status == 1 and "queues.toml:2: not valid TOML" in said.err


def test_a_missing_directory_is_one_error(typed: Typed, tmp_path: Path) -> None:
    said = typed("check", config=tmp_path / "none")
    assert said.status == 1 and "there is no such configuration directory" in said.err and "none" in said.err


def test_an_override_that_names_nothing_is_an_error(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY__WEB__PROT", "1")
    said = typed("check")
    assert said.status == 1 and "GATEWAY__WEB__PROT" in said.err and "GATEWAY__WEB__PORT" in said.err
