"""``gateway trace``: a recorded stream read again as JSON lines, and a recording that cannot be made says why."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.plugins.typed import Typed
from tools.lab.site import ROOT

RECORDINGS = sorted((ROOT / "tests" / "recordings").glob("*.ami"))
THREE_CALLS = ROOT / "tests" / "recordings" / "three-calls-asterisk-22.ami"


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
def test_a_recording_gives_one_json_line_a_call_and_the_last_seat_state(typed: Typed, recording: Path) -> None:
    said = typed("trace", "replay", recording, config=None)
    assert said.status == 0 and said.err == ""
    lines = [json.loads(line) for line in said.out.splitlines()]
    calls = [line["call"] for line in lines if "call" in line]
    seats = [line["seat"] for line in lines if "seat" in line]
    assert calls and len(calls) + len(seats) == len(lines)
    assert len({call["call_id"] for call in calls}) == len(calls)
    assert all(
        line["call"]["ended_at"] is not None and line["call"]["outcome"] for line in lines if not line.get("open", True)
    )
    assert all({"extension", "presence", "activity", "since"} <= seat.keys() for seat in seats)


def test_the_three_calls_have_their_outcomes(typed: Typed) -> None:
    said = typed("trace", "replay", THREE_CALLS, config=None)
    calls = [line["call"] for line in map(json.loads, said.out.splitlines()) if "call" in line]
    assert len(calls) == 3 and '"seat"' in said.out
    assert all(call["entry_number"] and call["stretches"] for call in calls)


def test_without_its_beginning_a_recording_still_reads(typed: Typed, tmp_path: Path) -> None:
    whole = THREE_CALLS.read_bytes()
    (tmp_path / "late.ami").write_bytes(whole[len(whole) // 2 :])
    said = typed("trace", "replay", tmp_path / "late.ami", config=None)
    assert said.status == 0 and said.err == "" and said.out


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n\n", b"this is no trace\n" * 40, bytes(range(256)) * 200, b"\x7fELF" + b"\0" * 5000,
        b"From: a@b.c\r\nSubject: x\r\n\r\nhello\r\n\r\n", "工单\n".encode("gbk") * 50,
    ],
    ids=["empty", "blank", "text", "bytes", "program", "mail", "gbk"],
)  # fmt: skip
def test_what_is_no_trace_is_one_line_and_status_1(typed: Typed, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.ami").write_bytes(content)
    said = typed("trace", "replay", tmp_path / "x.ami", config=None)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"gateway trace: {tmp_path}/x.ami: ") and said.err.count("\n") == 1


def test_extensions_that_our_own_configuration_would_refuse_are_read(typed: Typed, tmp_path: Path) -> None:
    member = "Event: QueueMemberAdded\r\nQueue: q\r\nInterface: PJSIP/{}\r\nMemberName: 7\r\nPaused: 0\r\n\r\n"
    (tmp_path / "x.ami").write_text(member.format("10") + member.format("123456789012"), newline="")
    said = typed("trace", "replay", tmp_path / "x.ami", config=None)
    seats = [json.loads(line)["seat"] for line in said.out.splitlines()]
    assert said.status == 0 and {seat["extension"] for seat in seats} == {"10", "123456789012"}
    assert {seat["presence"] for seat in seats} == {"ready"}


def test_of_several_files_the_bad_one_is_named(typed: Typed, tmp_path: Path) -> None:
    (tmp_path / "bad.ami").write_text("nothing\n")
    said = typed("trace", "replay", THREE_CALLS, tmp_path / "bad.ami", config=None)
    assert said.status == 1 and "bad.ami" in said.err and THREE_CALLS.name not in said.err


def test_a_missing_file_and_a_folder_are_one_line(typed: Typed, tmp_path: Path) -> None:
    said = typed("trace", "replay", tmp_path / "none.ami", config=None)
    assert (said.status, said.err) == (1, f"gateway trace: {tmp_path}/none.ami: No such file or directory\n")
    said = typed("trace", "replay", tmp_path, config=None)
    assert (said.status, said.err) == (1, f"gateway trace: {tmp_path}: Is a directory\n")


def test_recording_without_an_asterisk_says_so_and_ends(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.cli.trace._FIRST_LIMIT_S", 0.3)
    said = typed("trace", "record", tmp_path / "x.ami")
    assert said.status == 1 and said.out == ""
    last = said.err.splitlines()[-1]
    assert last.startswith("gateway trace: nothing was recorded: cannot connect to 127.0.0.1:")
    assert stat.S_IMODE((tmp_path / "x.ami").stat().st_mode) == 0o600, "it would hold citizens' numbers"


def test_recording_into_a_folder_that_is_not_there_is_one_line(typed: Typed, tmp_path: Path) -> None:
    said = typed("trace", "record", tmp_path / "none" / "x.ami")
    assert (said.status, said.err) == (1, f"gateway trace: {tmp_path}/none/x.ami: No such file or directory\n")


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_length_that_is_none_is_wrong_use(typed: Typed, tmp_path: Path, seconds: str) -> None:
    said = typed("trace", "record", tmp_path / "x.ami", "--seconds", seconds)
    assert said.status == 2 and "--seconds" in said.err and not (tmp_path / "x.ami").exists()
