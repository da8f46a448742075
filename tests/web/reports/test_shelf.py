"""Made reports on the disk."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gateway.web.reports.shelf import Note, Shelf

NOTE = Note("day", "2026-11-21", "ab12", 1_795_303_800.0)


async def test_what_was_kept_is_found_again_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "reports")
    await shelf.keep_note(NOTE)
    await shelf.keep_file(NOTE, "pdf", b"%PDF-")
    again = Shelf(tmp_path / "reports")
    assert await again.note("day", "2026-11-21") == NOTE
    assert await again.file(NOTE, "pdf") == b"%PDF-"
    assert await again.file(NOTE, "xlsx") is None
    assert await again.note("week", "2026-W47") is None
    for path in (tmp_path / "reports").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_a_correction_takes_the_files_of_the_figures_before_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    other = Note("day", "2026-11-20", "cd34", 1.0)
    for note in (NOTE, other):
        await shelf.keep_note(note)
        await shelf.keep_file(note, "pdf", b"%PDF-")
    corrected = Note("day", "2026-11-21", "ef56", 2.0, corrected=True)
    await shelf.keep_note(corrected)
    assert await shelf.file(NOTE, "pdf") is None and await shelf.file(corrected, "pdf") is None
    assert await shelf.file(other, "pdf") == b"%PDF-"
    assert await shelf.note("day", "2026-11-21") == corrected


async def test_all_are_listed_newest_of_a_kind_first(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert list(await shelf.all()) == []
    for kind, id in (("month", "2026-10"), ("day", "2026-11-19"), ("day", "2026-11-21"), ("week", "2026-W47")):
        await shelf.keep_note(Note(kind, id, "ab12", 1.0))  # type: ignore[arg-type]
    assert [one.id for one in await shelf.all()] == ["2026-11-21", "2026-11-19", "2026-W47", "2026-10"]


async def test_a_note_that_cannot_be_read_is_no_note(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    await shelf.keep_note(NOTE)
    (tmp_path / "day" / "2026-11-21.json").write_bytes(b'{"kind": 1')
    assert await shelf.note("day", "2026-11-21") is None
    assert list(await shelf.all()) == []


async def test_what_is_too_old_goes_with_its_files(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for id in ("2026-11-20", "2026-11-21"):
        note = Note("day", id, "ab12", 1.0)
        await shelf.keep_note(note)
        await shelf.keep_file(note, "pdf", b"%PDF-")
    os.utime(tmp_path / "day" / "2026-11-20.json", (1_000, 1_000))
    assert await shelf.sweep(2_000) == 1
    assert sorted(path.name for path in (tmp_path / "day").iterdir()) == ["2026-11-21.ab12.pdf", "2026-11-21.json"]


@pytest.mark.parametrize("id", ["../../secrets", "2026-11-21/x", "", "x"])
async def test_no_path_can_be_smuggled_in(tmp_path: Path, id: str) -> None:
    with pytest.raises(ValueError):
        await Shelf(tmp_path).note("day", id)


async def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path)
    await shelf.keep_note(NOTE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.web.reports.shelf.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        await shelf.keep_file(NOTE, "pdf", b"%PDF-")
    assert [path.name for path in (tmp_path / "day").iterdir()] == ["2026-11-21.json"]
