"""The probe dials the hotline as a citizen would, and says in time whether a citizen would be served."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from hall import PATIENCE_S, Story, said, story_on

from tests.plugins.lab import MakeSite
from tools.lab.site import Site

pytestmark = pytest.mark.asterisk

LIMIT = "30"
"""Seconds for a probe: a loaded machine takes some for Python's start alone. Who is silent is given up after 8."""


async def test_the_probe_is_answered_hears_the_greeting_and_is_marked_as_a_probe(hotline: Story) -> None:
    await hotline.seat("A001", "1001")
    status, found = await probe(hotline.site, "12345", LIMIT)
    assert (status, found["reason"]) == (0, "answered"), found
    assert (found["answered"], found["audio"], found["good"], found["status"]) == (True, True, True, 200)
    assert 0 <= found["seconds"] <= found["took_s"] <= float(LIMIT)

    (call,) = await hotline.until(lambda: _probe_calls(hotline), "the probe's call has ended in the ledger")
    assert (call["account"], call["entry_number"], call["ended_by"]) == ("probe", "12345", "caller")


async def test_a_number_out_of_service_is_said_to_be_not_answered(hotline: Story) -> None:
    status, found = await probe(hotline.site, "99999", LIMIT)
    assert (status, found["answered"], found["good"]) == (1, False, False)


async def test_with_asterisk_stopped_the_probe_says_so_within_its_limit(make_site: MakeSite) -> None:
    site = await make_site(start=False)
    status, found = await probe(site, "12345", LIMIT)
    assert (status, found["reason"], found["answered"]) == (1, "no_reply", False)
    assert found["took_s"] <= float(LIMIT)


async def test_the_standing_probe_is_a_metric_and_a_marked_call(make_site: MakeSite, quick_config: Path) -> None:
    environ = {"GATEWAY__GATEWAY__PROBE_EVERY_S": "1", "GATEWAY__GATEWAY__PROBE_LIMIT_S": LIMIT}
    site = await make_site(config_dir=quick_config, overrides=environ)
    async with story_on(site) as story:
        await story.until(lambda: _figure(story, "gateway_probe_answered", 1.0), "the metric says answered")
        assert 0 <= await _figure(story, "gateway_probe_seconds") <= float(LIMIT)
        assert await story.until(lambda: _probe_calls(story), "the probe's call is in the ledger")
        await asyncio.to_thread(site.asterisk.stop)
        await story.until(
            lambda: _figure(story, "gateway_probe_answered", 0.0),
            "the metric says not answered",
            PATIENCE_S + float(LIMIT),
        )


async def probe(site: Site, number: str, seconds: str) -> tuple[int, dict[str, Any]]:
    """Exit status and JSON of ``gateway probe``."""
    options = ["--json", "--dial", number, "--seconds", seconds, "--config", str(site.settings.config_dir)]
    status, text, complaint = await said(site, "probe", *options)
    assert text, complaint
    return status, json.loads(text)


async def _probe_calls(story: Story) -> list[dict[str, Any]]:
    calls = await story.lead.calls(story.began)
    return [call for call in calls if call["account"] == "probe" and call["ended_at"] is not None]


async def _figure(story: Story, name: str, wanted: float | None = None) -> Any:
    """The value of a metric, or whether it is as wanted."""
    async with story.http.get(f"{story.site.web_url}/metrics") as answer:
        text = await answer.text()
        assert answer.status == 200, text
    value = float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))
    return value if wanted is None else value == wanted
