"""What every test may use. The fixtures that start servers live in tests/plugins and are registered here."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings
from playwright.async_api import expect

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `pytest` alone does not add the tree's root; `python -m pytest` would
    sys.path.insert(0, str(ROOT))

pytest_plugins = ["tests.plugins.lab", "tests.plugins.typed", "tests.plugins.browser", "tests.plugins.closing"]

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")
"""Hypothesis' own 200 ms an example, and its judgement of how fast examples are made, are about the machine."""

expect.set_options(timeout=30_000)
"""Playwright's own 5 s is luck on a machine that is at work."""
