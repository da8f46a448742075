"""The lab: a real Asterisk and real SIPp callers, started and stopped by tests, benchmarks and `make run`.

Nothing here is part of the gateway and the gateway imports nothing of it. Everything runs without root, on loopback,
below one directory that can be moved, and every wait has a limit.
"""

from __future__ import annotations

from tools.lab.asterisk import AsteriskFailed, AsteriskLab
from tools.lab.binary import AsteriskBinary, NoAsterisk
from tools.lab.ports import PortHolder, Ports, free_port
from tools.lab.process import Child, ChildDied
from tools.lab.sipp import Sipp, SippFailed, SippStats

__all__ = [
    "AsteriskBinary",
    "AsteriskFailed",
    "AsteriskLab",
    "Child",
    "ChildDied",
    "NoAsterisk",
    "PortHolder",
    "Ports",
    "Sipp",
    "SippFailed",
    "SippStats",
    "free_port",
]
