"""A growing, rotating log is read line by line, each whole line at least once and none in two halves."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.asterisk.logfile import Cursor, end_of, read_on

MOST = 1000


def read_all(path: Path, cursor: Cursor, most: int = MOST) -> tuple[bytes, Cursor]:
    got = b""
    while (part := read_on(path, cursor, most))[0]:
        got, cursor = got + part[0], part[1]
    return got, part[1]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "queue_log"
    path.write_bytes(b"1795304982|first\n2|old\n")
    return path


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_only_what_was_written_since_is_read(log: Path) -> None:
    cursor = end_of(log)
    assert read_on(log, cursor, MOST) == (b"", cursor)
    append(log, b"3|new\n")
    assert read_all(log, cursor)[0] == b"3|new\n"


def test_half_a_line_waits_for_its_other_half(log: Path) -> None:
    append(log, "3|张".encode()[:-1])
    cursor = end_of(log)
    data, cursor = read_all(log, cursor)
    assert data == b""
    append(log, "3|张".encode()[-1:] + b"\n")
    assert read_all(log, cursor)[0] == "3|张\n".encode()


def test_a_renamed_file_is_read_to_its_end_before_the_new_one(log: Path) -> None:
    cursor = end_of(log)
    append(log, b"3|before\n")
    log.rename(log.with_name("queue_log.0"))
    log.with_name("queue_log.d").mkdir()
    log.write_bytes(b"4|after\n")
    data, cursor = read_all(log, cursor)
    assert data == b"3|before\n4|after\n"
    append(log, b"5|later\n")
    assert read_all(log, cursor)[0] == b"5|later\n"


def test_an_emptied_file_is_read_from_its_beginning(log: Path) -> None:
    cursor = end_of(log)
    log.write_bytes(b"3|a\n")
    assert read_all(log, cursor)[0] == b"3|a\n"


def test_another_file_with_the_same_inode_is_not_taken_for_the_old_one(log: Path) -> None:
    cursor = end_of(log)
    with log.open("r+b") as file:
        file.write(b"1999999999|other\n2|longer than the first was\n")
    assert read_all(log, cursor)[0].startswith(b"1999999999|other\n")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        end_of(tmp_path / "none")


def test_a_line_longer_than_any_is_skipped(log: Path) -> None:
    cursor = end_of(log)
    append(log, b"x" * 150 + b"\n7|next\n")
    assert read_all(log, cursor, 100)[0].endswith(b"7|next\n")


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=12), st.integers(41, 90))
def test_in_parts_of_any_size_every_line_is_read_once(tmp_path_factory, lines: list[bytes], most: int) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("log") / "q"
    path.write_bytes(b"")
    cursor = end_of(path)
    text = b"".join(line + b"\n" for line in lines)
    path.write_bytes(text + b"half")
    assert read_all(path, cursor, most)[0] == text


def test_a_cursor_lives_through_the_ledger_and_nonsense_is_none(log: Path) -> None:
    cursor = end_of(log)
    assert Cursor.of(cursor.state()) == cursor
    assert Cursor.of(None) is None
    assert Cursor.of({"inode": "x"}) is None
