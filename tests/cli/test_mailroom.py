"""`gateway mailroom` is the gateway's own: hidden, and of no use without the socket that it hands down."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gateway.cli import HIDDEN
from gateway.cli import mailroom as command
from tests.plugins.typed import Typed


def test_it_is_not_shown_to_operators(typed: Typed) -> None:
    assert "mailroom" in HIDDEN
    assert "mailroom" not in typed("--help", config=None).out


@pytest.mark.parametrize("fd", ["-1", "987654"])
def test_without_the_socket_of_a_gateway_it_says_who_starts_it(typed: Typed, fd: str) -> None:
    said = typed("mailroom", "--fd", fd)
    assert said.status == 2
    assert "the gateway starts this itself" in said.err


def test_a_configuration_with_an_error_ends_it(typed: Typed, tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        said = typed("mailroom", "--fd", theirs.detach(), config=tmp_path)
    assert said.status == 1
    assert said.err


def test_it_ends_when_the_gateway_is_gone(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process: ``test_stories`` has it as one of its own."""
    nicer: list[int] = []
    monkeypatch.setattr(command.os, "nice", nicer.append)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    ours, theirs = socket.socketpair()
    ours.shutdown(socket.SHUT_WR)
    said = typed("mailroom", "--fd", theirs.detach())
    ours.close()
    assert (said.status, nicer) == (0, [5])
