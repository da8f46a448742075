"""Saving a changed plan: judged before, written whole or not at all, never over somebody else's change."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.settings import load
from gateway.settings.planning import HallFiles
from gateway.web.plan_edit import PlanChange, PlanRefused

FREE = PlanChange("haikou", {"P001": ("main", 6, 7)}, {})


class Reloads:
    def __init__(self) -> None:
        self.count = 0
        self.fails: Exception | None = None

    async def __call__(self) -> None:
        self.count += 1
        if self.fails is not None:
            raise self.fails


@pytest.fixture
def reloads() -> Reloads:
    return Reloads()


@pytest.fixture
def files(config: Any, reloads: Reloads) -> HallFiles:
    return HallFiles(lambda: config.directory, {}, reloads)


def text_of(config: Any) -> str:
    found: str = (config.directory / "halls" / "haikou.toml").read_text(encoding="utf-8")
    return found


async def test_preview_shows_the_diff_and_writes_nothing(config: Any, files: HallFiles, reloads: Reloads) -> None:
    before = text_of(config)
    draft = await files.preview(FREE)
    assert (draft.file, draft.writable, draft.saved) == ("halls/haikou.toml", True, False)
    assert {'-room = "expert"', '+room = "main"', "-x = 5", "+x = 6"} <= set(draft.diff.splitlines())
    assert text_of(config) == before and reloads.count == 0


async def test_saved_plan_is_the_configuration_and_is_taken_into_force(
    config: Any, files: HallFiles, reloads: Reloads
) -> None:
    mode = (config.directory / "halls" / "haikou.toml").stat().st_mode
    draft = await files.save(FREE, (await files.preview(FREE)).version)
    assert draft.saved and reloads.count == 1
    seat = next(one for one in load(config.directory, {}).halls[0].all_seats() if one.id == "P001")
    assert (seat.room, seat.x, seat.y) == ("main", 6, 7)
    path = config.directory / "halls" / "haikou.toml"
    assert path.stat().st_mode == mode
    assert [one.name for one in path.parent.iterdir()] == ["haikou.toml"]


async def test_file_that_changed_meanwhile_is_left_alone(config: Any, files: HallFiles, reloads: Reloads) -> None:
    version = (await files.preview(FREE)).version
    config.append("halls/haikou.toml", "# somebody else was here")
    with pytest.raises(PlanRefused) as refused:
        await files.save(FREE, version)
    assert refused.value.stale and "somebody else was here" in text_of(config) and reloads.count == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (PlanChange("haikou", {"P001": ("main", 3, 3)}, {}), 'is on a pillar of "综合受理区"'),
        (PlanChange("haikou", {"P001": ("main", 1, 1)}, {}), 'is on the cell of seat "'),
        (PlanChange("haikou", {"P001": ("main", 50, 1)}, {}), "is outside the room"),
        (PlanChange("haikou", {}, {"main": ((1, 1),)}), "is on a pillar"),
    ],
)
async def test_plan_that_is_no_good_configuration_is_refused_in_the_operators_words(
    config: Any, files: HallFiles, change: PlanChange, told: str
) -> None:
    with pytest.raises(PlanRefused, match=told):
        await files.preview(change)


@pytest.mark.parametrize(
    "change",
    [
        PlanChange("nowhere", {}, {}),
        PlanChange("haikou", {"Q009": ("main", 1, 7)}, {}),
        PlanChange("haikou", {}, {"cellar": ()}),
    ],
)
async def test_unknown_hall_seat_or_room_is_told(files: HallFiles, change: PlanChange) -> None:
    with pytest.raises(PlanRefused) as refused:
        await files.preview(change)
    assert refused.value.unknown


async def test_plan_that_cannot_be_taken_into_force_is_put_back(
    config: Any, files: HallFiles, reloads: Reloads
) -> None:
    before, reloads.fails = text_of(config), RuntimeError("asterisk would not have it")
    with pytest.raises(PlanRefused, match="asterisk would not have it"):
        await files.save(FREE, (await files.preview(FREE)).version)
    assert text_of(config) == before


async def test_file_that_cannot_be_written_is_shown_and_not_saved(
    config: Any, files: HallFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.settings.planning.os.access", lambda path, mode: False)  # root may write anything
    draft = await files.preview(FREE)
    assert not draft.writable and "+x = 6" in draft.diff
    with pytest.raises(PlanRefused, match="网关不能写"):
        await files.save(FREE, draft.version)


async def test_a_file_from_windows_keeps_its_words(config: Any, files: HallFiles) -> None:
    path = config.directory / "halls" / "haikou.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text_of(config).replace("\n", "\r\n").encode())
    draft = await files.preview(FREE)
    assert len([line for line in draft.diff.splitlines() if line.startswith("+")]) <= 5
    assert (await files.save(FREE, draft.version)).saved
