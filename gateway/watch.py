"""The standing probe: calls the hotline now and then as a citizen would, and remembers how it went for /metrics.

Off unless ``[gateway] probe_every_s`` is set: a probe is a real call, kept under the account ``probe``. It hangs up as
soon as it hears the greeting, so it takes no seat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from gateway.probe.result import ProbeConfig, ProbeResult
from gateway.probe.runner import run_probe
from gateway.settings import Secrets, Settings

_log = structlog.get_logger(__name__)


Probe = Callable[[ProbeConfig], Awaitable[ProbeResult]]


class ProbeWatch:
    """``answered`` is 1, 0, or -1 before the first probe; ``seconds`` until the last answer (0 when there was none)."""

    def __init__(self, settings: Settings, secrets: Secrets, probe: Probe = run_probe) -> None:
        self._settings, self._secrets, self._probe = settings, secrets, probe
        self.answered = -1.0
        self.seconds = 0.0

    async def run(self) -> None:
        """Probe on schedule until cancelled; returns at once when the schedule is off."""
        every = self._settings.gateway.probe_every_s
        if not every:
            return
        while True:
            await asyncio.sleep(every)
            await self.once()

    async def once(self) -> None:
        """One probe call. A probe that cannot even be made counts as not answered and harms nothing else."""
        try:
            result = await self._probe(self._question())
        except Exception as error:
            self.answered, self.seconds = 0.0, 0.0
            _log.exception("probe.failed", error=str(error))
            return
        good = result.good
        self.answered, self.seconds = float(good), result.seconds or 0.0
        report = _log.info if good else _log.error
        report("probe", reason=result.reason, seconds=result.seconds, status=result.status, detail=result.detail)

    def _question(self) -> ProbeConfig:
        asterisk = self._settings.asterisk
        return ProbeConfig(
            asterisk.host,
            asterisk.sip_port,
            "probe",
            self._secrets.probe,
            self._settings.gateway.probe_dial,
            self._settings.gateway.probe_limit_s,
        )
