"""The worker's small parts: where it binds, and that its answer is one line of JSON whatever happens."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import asdict

from gateway.probe.result import ProbeConfig, ProbeResult
from gateway.probe.runner import environment
from gateway.probe.worker import free_port, local_address


def test_the_local_address_is_the_one_that_routes_to_the_server():
    assert local_address("127.0.0.1", 5060) == "127.0.0.1"


def test_a_free_port_can_be_bound():
    port = free_port("127.0.0.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port))


def test_it_answers_in_one_line_and_ends_by_itself():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:  # takes every datagram, never replies
        deaf.bind(("127.0.0.1", 0))
        config = ProbeConfig("127.0.0.1", deaf.getsockname()[1], "probe", "x", limit_s=1.0)
        done = subprocess.run(
            [sys.executable, "-m", "gateway.probe.worker"],
            input=json.dumps(asdict(config)).encode(),
            capture_output=True,
            timeout=100,
            env=environment(),
            check=True,
        )
    result = ProbeResult(**json.loads(done.stdout))
    assert (result.reason, result.answered) == ("no_reply", False)
