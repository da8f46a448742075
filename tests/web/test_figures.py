"""Lag of the loop is seen when something blocks it."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.web import figures


async def test_lag_is_what_the_loop_was_late_by(monkeypatch: Any) -> None:
    monkeypatch.setattr(figures, "SAMPLE_S", 0.01)
    now = [0.0]
    lag = figures.LoopLag(lambda: now[0])
    watching = asyncio.create_task(lag.run())
    await asyncio.sleep(0)
    now[0] += 0.26  # the loop stood still for a quarter of a second
    async with asyncio.timeout(30):
        while lag.worst_s == 0.0:
            await asyncio.sleep(0.005)
    watching.cancel()
    assert 0.2 < lag.worst_s < 0.3
