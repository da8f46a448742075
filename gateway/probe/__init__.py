"""The synthetic caller: dials the hotline as a citizen would and tells whether it was answered and heard.

``run_probe`` (runner) is what others call. The telephone itself is pyVoIP (``phone``), and pyVoIP is threads and
sockets without time limits: so it lives in a process of its own (``worker``), killed when its time is up.
"""

from gateway.probe.result import ProbeConfig, ProbeResult
from gateway.probe.runner import run_probe

__all__ = ["ProbeConfig", "ProbeResult", "run_probe"]
