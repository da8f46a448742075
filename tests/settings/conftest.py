"""A copy of the example configuration that a test may spoil, and what ``load`` says to it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.settings import ConfigErrors, Settings, load

EXAMPLE = Path(__file__).resolve().parents[2] / "config"


class Spoiled:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first ``old`` in a file; it must be there, or the test would prove nothing."""
        path = self.directory / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def append(self, name: str, text: str) -> None:
        with (self.directory / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def load(self, environ: Mapping[str, str] | None = None) -> Settings:
        return load(self.directory, environ or {})

    def errors(self, environ: Mapping[str, str] | None = None) -> list[str]:
        """All errors, each as the operator reads it."""
        with pytest.raises(ConfigErrors) as caught:
            self.load(environ)
        return [str(error) for error in caught.value.errors]

    def only(self, environ: Mapping[str, str] | None = None) -> str:
        errors = self.errors(environ)
        assert len(errors) == 1, errors
        return errors[0]


@pytest.fixture
def config(tmp_path: Path) -> Spoiled:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    return Spoiled(tmp_path / "config")
