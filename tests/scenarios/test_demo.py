"""`gateway demo`: the hall comes to life, and afterwards the ledger, the seats and Asterisk agree."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import orjson
import pytest
from play import CALLS, PLAY_S, STAYING, Played

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(PLAY_S)]

MEMBER = re.compile(r"^ +(?P<name>.+?) \((?P<interface>PJSIP/\d+)\)(?P<more>.*)$", re.MULTILINE)


async def test_every_call_that_sipp_placed_is_in_the_ledger_with_the_right_outcome(played: Played) -> None:
    assert played.status == 0, f"{played.said}\n{played.complained}"
    assert "the ledger agrees with SIPp on every call" in played.said
    assert len(played.calls) == int(CALLS)
    outcomes = Counter(call["outcome"] for call in played.calls)
    assert outcomes["answered"] > int(CALLS) / 2, outcomes
    assert "ended_unseen" not in outcomes
    assert "system" not in outcomes


async def test_the_gateways_log_holds_no_error_and_no_drift_had_to_be_healed(played: Played) -> None:
    lines = [orjson.loads(line) for line in played.log if line.startswith("{")]
    assert [line for line in lines if line["level"] in ("error", "critical")] == []
    assert not any("Traceback" in line for line in played.log)
    assert played.figures["gateway_drift_total"] == 0


async def test_at_its_end_every_seat_is_as_asterisk_itself_has_it(played: Played) -> None:
    known = {}
    for found in MEMBER.finditer(played.members):
        paused = re.search(r"\(paused(?::(\w+))?", found["more"])
        presence = ("not_ready", paused[1]) if paused else ("ready", "")
        known[found["interface"].removeprefix("PJSIP/")] = (found["name"], *presence)
    assert len(known) == len(STAYING)
    shown = {
        extension: (seat["agent"], seat["presence"], seat["reason"])
        for extension, seat in played.views.items()
        if seat["presence"] != "signed_out"
    }
    assert shown == known
    assert all(seat["activity"] == "idle" for seat in played.views.values())
