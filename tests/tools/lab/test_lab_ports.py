"""Free ports are free, ours alone, and given back."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools.lab.ports import FIRST, LAST, PortHolder, Ports, free_port, has_open, is_free

ROOT = Path(__file__).resolve().parents[3]


def test_a_port_that_was_taken_is_free_for_tcp_and_udp_and_below_the_ephemeral_range() -> None:
    ports = Ports()
    port = ports.take()
    assert FIRST <= port <= LAST
    assert is_free(port, "tcp")
    assert is_free(port, "udp")
    ports.close()


def test_no_port_is_given_twice() -> None:
    one, two = Ports(), Ports()
    given = [chooser.take() for chooser in (one, two) for _ in range(50)] + [free_port()]
    assert len(set(given)) == len(given)
    one.close()
    two.close()


def test_another_process_does_not_get_our_port(tmp_path: Path) -> None:
    ports = Ports(tmp_path)
    port = ports.take()
    code = (
        "import sys; from pathlib import Path; from tools.lab.ports import Ports; "
        "print(Ports(Path(sys.argv[1]))._lock(int(sys.argv[2])))"
    )
    ask = [sys.executable, "-c", code, str(tmp_path), str(port)]
    said = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    ports.close()
    after = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    assert (said, after) == ("False", "True")


def test_blocks_for_rtp_do_not_overlap() -> None:
    ports = Ports()
    (first, last), (other, _) = ports.take_block(), ports.take_block()
    assert last - first == 99
    assert not first <= other <= last
    ports.close()


def test_neighbours_are_all_ours_and_all_given_back(tmp_path: Path) -> None:
    one, two = Ports(tmp_path), Ports(tmp_path)
    first = one.take_run(4)
    assert [two._lock(port) for port in range(first, first + 4)] == [False] * 4
    one.give_back(first, 4)
    assert [two._lock(port) for port in range(first, first + 4)] == [True] * 4
    two.close()


def test_neighbours_of_which_one_is_taken_are_passed_over_and_none_of_them_is_kept(tmp_path: Path) -> None:
    ports, other = Ports(tmp_path), Ports(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as foreign:
        first = other.take_run(8)
        other.give_back(first, 8)
        ports._shuffled = lambda numbers: [first, first + 4]  # type: ignore[method-assign]
        foreign.bind(("127.0.0.1", first + 2))
        assert ports.take_run(4) == first + 4
        assert all(other._lock(port) for port in range(first, first + 4))
    ports.close()
    other.close()


def test_a_port_that_somebody_else_has_open_is_not_the_processs_own() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        assert has_open(os.getpid(), port, "udp")
        assert not has_open(os.getppid(), port, "udp")
    assert not has_open(os.getpid(), port, "udp")


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_the_holder_of_a_taken_port_is_named(kind: str) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as server:
        if kind == "tcp":  # a neighbour's connections may still be ending
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        if kind == "tcp":
            server.listen()
        assert not is_free(port, kind)
        holder = PortHolder.of(port, kind)
    assert holder is not None
    assert holder.pid == os.getpid()
    assert PortHolder.of(port, kind) is None
