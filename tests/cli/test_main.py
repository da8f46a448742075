"""``gateway`` itself: help, version, wrong use, and a reader of its output that goes away."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway import __version__
from gateway.cli import COMMANDS, main, reason
from tests.plugins.typed import Typed
from tools.lab.site import ROOT, gateway_command


def test_as_a_module_it_is_the_same_command(typed: Typed) -> None:
    said = typed.process("--version")
    assert (said.status, said.out, said.err) == (0, f"gateway {__version__}\n", "")


def test_help_names_every_command(typed: Typed) -> None:
    said = typed("--help", config=None)
    assert said.status == 0 and said.err == ""
    shown = said.out.replace("\n", " ")  # a long name has its help on the next line
    assert all(f"    {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_of_its_own(typed: Typed, name: str) -> None:
    said = typed(name, "--help", config=None)
    assert said.status == 0 and f"usage: gateway {name}" in said.out


@pytest.mark.parametrize("words", [["chekc"], [], ["check", "--colour"], ["check", "more"], ["user"], ["--check"]])
def test_wrong_use_is_told_on_stderr_with_status_2(typed: Typed, words: list[str]) -> None:
    said = typed(*words, config=None)
    assert said.status == 2 and said.out == ""
    assert "usage: gateway" in said.err and "error:" in said.err


def test_an_unknown_command_is_answered_with_the_known_ones(typed: Typed) -> None:
    said = typed("chekc", config=None)
    assert "'chekc'" in said.err and "'check'" in said.err


def test_help_loads_no_command(typed: Typed) -> None:
    code = (
        "import sys; from gateway.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'aiohttp', 'pyVoIP', 'gateway.app', 'gateway.settings'} & set(sys.modules)\n"
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_seen_enough_is_no_error(typed: Typed) -> None:
    trace = ROOT / "tests" / "recordings" / "three-calls-asterisk-22.ami"
    process = subprocess.Popen(
        [*gateway_command(), "trace", "replay", str(trace)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=typed.whole_environ(),
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 0
    process.stderr.close()


def test_an_error_of_the_system_that_a_command_did_not_expect_is_one_line(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_args: object) -> int:
        raise PermissionError(13, "Permission denied", "/etc/gateway")

    monkeypatch.setattr("gateway.cli.check.run", fail)
    said = typed("check")
    assert (said.status, said.out, said.err) == (1, "", "gateway: /etc/gateway: Permission denied\n")


def test_ctrl_c_ends_a_command_without_a_word(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("gateway.cli.check.run", interrupted)
    said = typed("check")
    assert (said.status, said.err) == (130, "")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(2, "No such file or directory", "x.toml"), "x.toml: No such file or directory"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("another process holds the ledger's lock"), "another process holds the ledger's lock"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_an_error_of_the_system_is_told_in_words(error: OSError, words: str) -> None:
    assert reason(error) == words


def test_main_takes_the_words_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gateway", "--version"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
