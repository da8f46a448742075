"""Every kind of call, as a real Asterisk 22 sent it, replays to the call that it was.

The streams and the calls beside them are made by tests/scenarios/record.py, masked: they hold no citizen's number.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.asterisk.trace import replay

FOLDER = Path(__file__).parents[1] / "recordings"
KINDS = sorted(path.stem for path in FOLDER.glob("*.json"))
SECONDS = ("wait_s", "ring_s", "talk_s", "hold_s")


def truth_of(kind: str) -> dict[str, Any]:
    return dict(orjson.loads((FOLDER / f"{kind}.json").read_bytes()))


def test_every_kind_of_call_is_kept() -> None:
    assert {
        "answered", "agent-hangs-up", "gave-up-waiting", "gave-up-ringing", "no-answer", "timed-out", "queue-full",
        "no-seat", "held", "transfer-fails",
    } <= set(KINDS)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_stream_gives_the_call_that_it_was(kind: str) -> None:
    truth = truth_of(kind)
    replayed = replay([FOLDER / f"{kind}.ami"])
    call = asdict(replayed.calls[truth["call_id"]])
    assert {key: call[key] for key in truth if key not in SECONDS} == {
        key: value for key, value in truth.items() if key not in SECONDS
    }
    for key in SECONDS:
        assert call[key] == (None if truth[key] is None else pytest.approx(truth[key], abs=0.1)), key
    assert replayed.open_calls() == []
    assert all(seat["activity"] == "idle" for seat in replayed.hall.seat_views())


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_stream_holds_no_citizens_number(kind: str) -> None:
    data = (FOLDER / f"{kind}.ami").read_bytes()
    assert re.search(rb"CallerIDNum: 13[89]\*\*\*\*\d{4}\r\n", data), "the citizen is there, masked"
    assert not re.search(rb"(?<![\d.])1[3-9]\d{9}(?![\d.])", data)
