"""Traces replay to the calls that happened, from any point, in any split, with or without masks."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.asterisk.ami.errors import WireError
from gateway.asterisk.trace import Recorder, frames_of, replay

RECORDING = Path(__file__).parents[1] / "recordings" / "three-calls-asterisk-22.ami"


def outcomes(path: Path) -> list[tuple[str, str | None, str, float | None]]:
    calls = replay([path]).calls.values()
    return [(c.call_id, c.outcome, c.entry_number, c.talk_s) for c in calls]


TRUTH = [
    ("1795301579.0", "answered", "12345", 2.504),
    ("1795301583.2", "answered", "12345", 2.502),
    ("1795301585.4", "abandoned_queue", "12345", None),
]


def test_a_real_recording_replays_to_the_calls_that_happened() -> None:
    result = replay([RECORDING])
    assert outcomes(RECORDING) == TRUTH
    assert result.open_calls() == []
    (seat,) = result.hall.seat_views()
    assert (seat["extension"], seat["presence"], seat["activity"]) == ("8001", "signed_out", "idle")


def test_each_call_has_its_legs_with_their_times() -> None:
    result = replay([RECORDING])
    legs = list(result.legs["1795301579.0"].values())
    assert [leg["channel"].rpartition("-")[0] for leg in legs] == ["PJSIP/trunk", "PJSIP/8001"]
    assert all(leg["began"] <= leg["answered"] <= leg["ended"] for leg in legs)
    assert [len(result.legs[call]) for call in result.calls] == [2, 2, 1]


def test_a_transfer_in_the_stream_is_kept_with_its_call(tmp_path: Path) -> None:
    edge = (
        b"Event: BlindTransfer\r\nTimestamp: 1795301580.5\r\nResult: Success\r\nTransfererUniqueid: 1795301579.1\r\n"
        b"TransfereeUniqueid: 1795301579.0\r\nTransfereeLinkedid: 1795301579.0\r\nExtension: 110\r\n\r\n"
    )
    told = tmp_path / "transfer.ami"
    told.write_bytes(RECORDING.read_bytes() + edge)
    (transfer,) = replay([told]).transfers["1795301579.0"]
    assert (transfer["mode"], transfer["target"], transfer["result"]) == ("blind", "110", "Success")


def test_joined_in_the_middle_it_loses_only_what_was_before(tmp_path: Path) -> None:
    data = RECORDING.read_bytes()
    # Inside the second call's arrival: a frame is cut in two, as it is when one starts a capture by hand.
    middle = data.index(b"Uniqueid: 1795301583.2")
    part = tmp_path / "part.ami"
    part.write_bytes(data[middle:])
    assert [c[:2] for c in outcomes(part)] == [c[:2] for c in TRUTH[1:]]
    late = tmp_path / "late.ami"
    late.write_bytes(data[data.index(b"Event: AgentConnect\r\nPrivilege: agent,all\r\nTimestamp: 1795301584") :])
    assert [c[:2] for c in outcomes(late)] == [c[:2] for c in TRUTH[1:]]


def test_a_trace_that_lost_its_carriage_returns_in_an_editor_still_replays(tmp_path: Path) -> None:
    edited = tmp_path / "edited.ami"
    edited.write_bytes(RECORDING.read_bytes().replace(b"\r\n", b"\n"))
    assert outcomes(edited) == TRUTH


def test_a_stream_in_two_files_is_one_stream(tmp_path: Path) -> None:
    data = RECORDING.read_bytes()
    cut = data.index(b"Event: AgentComplete")
    first, second = tmp_path / "1.ami", tmp_path / "2.ami"
    first.write_bytes(data[:cut])
    second.write_bytes(data[cut:])
    assert [(c.call_id, c.outcome) for c in replay([first, second]).calls.values()] == [t[:2] for t in TRUTH]


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9000), max_size=20))
def test_a_recorder_writes_the_same_however_the_bytes_are_split(cuts: list[int]) -> None:
    data = RECORDING.read_bytes()
    whole = Recorder().feed(data, 5.0)
    recorder, out, at = Recorder(), b"", 0
    for cut in [*cuts, len(data)]:
        out += recorder.feed(data[at : at + cut], 5.0)
        at += cut
    assert out == whole
    assert whole.count(b"\r\n\r\n") == recorder.frames


def test_a_frame_without_time_gets_the_receivers_and_others_keep_theirs() -> None:
    text = Recorder().feed(b"Event: A\r\nX: 1\r\n\r\nEvent: B\r\nTimestamp: 7.5\r\n\r\n", 5.25)
    assert text == b"Event: A\r\nTimestamp: 5.250000\r\nX: 1\r\n\r\nEvent: B\r\nTimestamp: 7.5\r\n\r\n"


def test_masking_hides_people_and_leaves_services_and_the_calls_readable(tmp_path: Path) -> None:
    masked = tmp_path / "masked.ami"
    masked.write_bytes(Recorder(masked=True).feed(RECORDING.read_bytes(), 5.0))
    assert b"13812345678" not in masked.read_bytes()
    assert b"CallerIDNum: 138****5678" in masked.read_bytes()
    assert b"Exten: 12345" in masked.read_bytes()
    assert outcomes(masked) == TRUTH


def test_a_file_that_is_no_ami_is_refused_by_name(tmp_path: Path) -> None:
    odd = tmp_path / "odd.ami"
    odd.write_bytes(b"\r\n\r\n".join(b"not ami at all %d" % i for i in range(50)))
    with pytest.raises(WireError):
        list(frames_of([odd]))


def test_the_number_of_a_call_out_is_masked_too() -> None:
    told = b"Event: UserEvent\r\nUserEvent: GWOut\r\nNumber: 13812345678\r\nEntry: 12345\r\n\r\n"
    kept = Recorder(masked=True).feed(told, 5.0)
    assert b"Number: 138****5678" in kept
    assert b"Entry: 12345" in kept
