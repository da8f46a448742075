"""`gateway trace`: what was recorded beside the running gateway replays, without a server, to its ledger's calls."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import orjson
import pytest
from hall import said
from play import PLAY_S, Played

from tools.lab.process import Child
from tools.lab.site import Site

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(PLAY_S)]

Calls = dict[str, dict[str, Any]]
NUMBER = re.compile(rb"^CallerIDNum: (\d{7,})\r$", re.MULTILINE)
NAME = re.compile(rb"^CallerIDName: (\w+-demo-\w+)\r$", re.MULTILINE)
NEAR_S = 0.1


async def test_the_replay_of_a_play_gives_the_same_calls_as_the_ledger(
    running_site: tuple[Site, Child], played: Played
) -> None:
    replayed = await replay(running_site[0], played.trace)
    assert replayed.keys() == {call["call_id"] for call in played.calls}
    for call in played.calls:
        assert differences(call, replayed[call["call_id"]], played) == []


async def test_started_in_the_middle_a_replay_loses_only_what_was_before(
    running_site: tuple[Site, Child], played: Played, tmp_path: Path
) -> None:
    whole = played.trace.read_bytes()
    for part in (3, 5, 7):
        cut = len(whole) * part // 10 + part  # inside a frame, as a capture begun by hand is
        late = tmp_path / f"late-{part}.ami"
        late.write_bytes(whole[cut:])
        first = float(re.search(rb"\r\nTimestamp: ([\d.]+)\r\n", whole[cut:])[1])  # type: ignore[index]
        replayed = await replay(running_site[0], late)
        for call in played.calls:
            found = replayed.get(call["call_id"])
            if call["started_at"] > first + NEAR_S:
                assert found is not None, call
                assert differences(call, found, played) == []
            elif call["ended_at"] < first - NEAR_S:
                assert found is None or found["outcome"] is not None, "only its wrap-up was left to see"
            elif (call["answered_at"] or 0) > first + NEAR_S:
                assert found is not None, call
                assert (found["outcome"], found["entry_number"]) == (call["outcome"], call["entry_number"])


async def test_a_masked_trace_holds_no_number_and_no_name_and_replays_to_the_same_outcomes(
    running_site: tuple[Site, Child], played: Played
) -> None:
    whole, masked = played.trace.read_bytes(), played.masked_trace.read_bytes()
    personal = set(NUMBER.findall(whole)) | set(NAME.findall(whole))
    assert len(personal) >= 2 * len(played.calls)
    assert [text for text in personal if text in masked] == []
    replayed = await replay(running_site[0], played.masked_trace)
    for call in played.calls:
        assert differences(call, replayed[call["call_id"]], played) == []


async def replay(site: Site, file: Path) -> Calls:
    """The calls that ``gateway trace replay`` prints, by id."""
    status, text, complaint = await said(site, "trace", "replay", str(file))
    assert (status, complaint) == (0, "")
    lines = [orjson.loads(line) for line in text.splitlines()]
    return {line["call"]["call_id"]: line["call"] for line in lines if "call" in line}


def differences(kept: dict[str, Any], found: dict[str, Any], played: Played) -> list[str]:
    """What the replay has otherwise than the ledger; a trace knows seats by their extension."""
    extensions = {view["id"]: extension for extension, view in played.views.items()}
    wanted = {**kept, "seat": extensions.get(kept["seat"], kept["seat"])}
    same = ("outcome", "entry_number", "queue", "seat", "agent", "ended_by")
    wrong = [f"{key}: {wanted[key]} replayed as {found[key]}" for key in same if wanted[key] != found[key]]
    near = ("wait_s", "talk_s", "hold_s")
    return wrong + [f"{key}: {kept[key]} replayed as {found[key]}" for key in near if not _near(kept[key], found[key])]


def _near(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= NEAR_S
