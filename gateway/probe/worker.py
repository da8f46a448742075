"""The process that holds the telephone: one ProbeConfig as JSON on standard input, one ProbeResult on standard output.

Started as ``python -m gateway.probe.worker`` by ``runner``; ends by ``os._exit``, because pyVoIP's threads are not
daemons and a thread that will not end must not keep a finished probe alive.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
import warnings
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from gateway.probe.result import ProbeConfig, ProbeResult

if TYPE_CHECKING:
    from gateway.probe.phone import ProbeCall, ProbePhone

LEAVE_S = 2.5
"""Kept of the limit for leaving the call and taking the registration back; at most a third of it."""


def main() -> None:
    """Read the question, make the call, write the answer, and be gone whatever threads are left."""
    warnings.simplefilter("ignore")  # audioop is deprecated, and pyVoIP warns of every refused call
    config = ProbeConfig(**json.load(sys.stdin))
    result = probe(config, time.monotonic() + config.limit_s - min(LEAVE_S, config.limit_s / 3))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    sys.stdout.flush()
    os._exit(0)


def probe(config: ProbeConfig, deadline: float) -> ProbeResult:
    """One call from registration to hang-up. At ``deadline`` (monotonic clock) the call is left."""
    from gateway.probe.phone import NoReply, ProbePhone

    local = config.local_host or local_address(config.server, config.port)
    server = socket.gethostbyname(config.server)
    phone = ProbePhone(server, config.port, config.user, config.password, local, free_port(local), free_port(local))
    phone.sip.give_up_at = deadline
    try:
        phone.start()
        return converse(phone, config, deadline)
    except NoReply as silence:
        return ProbeResult(config.dial, "no_reply", register_status=phone.sip.register_status, detail=str(silence))
    finally:
        phone.sip.stop()


def converse(phone: ProbePhone, config: ProbeConfig, deadline: float) -> ProbeResult:
    """Dial, wait for the answer, listen, leave."""
    started = time.monotonic()
    call = phone.call(config.dial)
    try:
        answered_at = await_answer(phone, call, deadline)
        if answered_at is not None:
            listen(phone, call, deadline)
        return verdict(phone, call, config, started, answered_at)
    finally:
        phone.give_up(call)


def await_answer(phone: ProbePhone, call: ProbeCall, deadline: float) -> float | None:
    """When the 200 came, or None when a refusal or the deadline came first."""
    while time.monotonic() < deadline:
        if call.state.value == "ANSWERED" or call.ear is not None:
            return time.monotonic()
        if phone.sip.call_status() >= 300:
            return None
        phone.sip.pump(0.05)
    return None


def listen(phone: ProbePhone, call: ProbeCall, deadline: float) -> None:
    """Until enough was heard, the other side hangs up, or the deadline."""
    while time.monotonic() < deadline and call.state.value == "ANSWERED":
        if call.ear is None or call.ear.enough_at is not None:
            return
        phone.sip.pump(0.05)


def verdict(
    phone: ProbePhone, call: ProbeCall, config: ProbeConfig, started: float, answered_at: float | None
) -> ProbeResult:
    """Name what was met."""
    status, registered = phone.sip.call_status(), phone.sip.register_status
    base = ProbeResult(config.dial, "no_answer", status=status, register_status=registered)
    if answered_at is None:
        if status >= 300 and registered >= 300:
            return replace(base, reason="not_registered", detail=f"REGISTER {registered}")
        return replace(base, reason="refused") if status >= 300 else base
    ear = call.ear
    heard = ear is not None and ear.enough_at is not None
    silent = "hung_up" if call.state.value == "ENDED" else "no_audio"
    return replace(
        base,
        reason="answered" if heard else silent,
        answered=True,
        audio=heard,
        seconds=round(answered_at - started, 3),
        audio_after_s=round(ear.enough_at - started, 3) if ear and ear.enough_at else None,
        frames=ear.frames if ear else 0,
        loud_frames=ear.loud_frames if ear else 0,
    )


def local_address(server: str, port: int) -> str:
    """The address from which packets to the server leave (no packet is sent to find out)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        probe_socket.connect((server, port))
        return str(probe_socket.getsockname()[0])


def free_port(host: str) -> int:
    """A UDP port that is free now. pyVoIP writes the number into its headers, so it cannot leave the choice to bind."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        probe_socket.bind((host, 0))
        return int(probe_socket.getsockname()[1])


if __name__ == "__main__":
    main()
