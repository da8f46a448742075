"""``typed``: the gateway command as an operator types it, on ports and in a state directory that nobody else has."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from gateway.cli import main
from tools.lab.ports import Ports
from tools.lab.site import CONFIG, ROOT, free_environ, gateway_command


@dataclass
class Said:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


class Typed:
    """``typed("check")`` runs a command in this process and returns what it said."""

    def __init__(self, folder: Path, ports: Ports, capsys: pytest.CaptureFixture[str]) -> None:
        self.state_dir = folder / "var"
        self.environ = free_environ(ports, self.state_dir)
        self._ports, self._capsys = ports, capsys

    def __call__(self, *words: object, config: Path | None = CONFIG) -> Said:
        """Run one command; ``config`` None leaves the option away."""
        option = [] if config is None else ["--config", str(config)]
        self._capsys.readouterr()
        try:
            status = main([*(str(word) for word in words), *option])
        except SystemExit as left:  # argparse: wrong use, or --help
            status = int(left.code or 0)
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(status, said.out, said.err)

    def process(self, *words: object, limit_s: float = 60.0) -> Said:
        """The same as a process of its own."""
        done = subprocess.run(
            [*gateway_command(), *(str(word) for word in words)],
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
            cwd=ROOT,
            env=self.whole_environ(),
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def whole_environ(self) -> dict[str, str]:
        """The environment of such a process."""
        return {**{k: v for k, v in os.environ.items() if not k.startswith("GATEWAY__")}, **self.environ}


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Typed]:
    """The command with the shipped configuration. Nothing is started."""
    for name in [name for name in os.environ if name.startswith("GATEWAY__")]:
        monkeypatch.delenv(name)
    ports = Ports()
    command = Typed(tmp_path, ports, capsys)
    for name, value in command.environ.items():
        monkeypatch.setenv(name, value)
    kept = structlog.get_config()
    yield command
    structlog.configure(**kept)
    ports.close()
