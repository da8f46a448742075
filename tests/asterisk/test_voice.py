"""Sounds made while the hotline runs: spoken, recorded, in every language, and swept away when nobody plays them."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import pytest

from gateway.asterisk.voice import Announcer
from gateway.ivr.config import LANGUAGES
from gateway.model.orders import OrderRefused
from tools.lab.site import PROMPT_CACHE


class Clock:
    at = 0.0


def announcer(folder: Path, *, there: bool = True) -> Announcer:
    sounds = folder / "sounds"
    if there:
        sounds.mkdir()
    return Announcer(sounds, PROMPT_CACHE, lambda: folder / "prompts", lambda: Clock.at)


def record(path: Path, frames: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * frames))


def made(folder: Path, sound: str) -> dict[str, Path]:
    return {language: folder / "sounds" / language / f"{sound}.wav" for language in LANGUAGES}


@pytest.mark.skipif(not (shutil.which("espeak-ng") and shutil.which("sox")), reason="needs espeak-ng and sox")
async def test_a_text_is_spoken_in_every_language(tmp_path: Path) -> None:
    sound = await announcer(tmp_path).speak("b1", "台风预警", "Typhoon warning")
    assert sound == "gw/notice/b1"
    files = made(tmp_path, sound)
    assert all(path.stat().st_size > 2000 for path in files.values())
    assert files["en"].read_bytes() != files["zh"].read_bytes()


async def test_a_recording_is_taken_and_mandarin_stands_in_for_the_rest(tmp_path: Path) -> None:
    voice = announcer(tmp_path)
    record(tmp_path / "prompts" / "zh" / "broadcasts" / "typhoon.wav", 800)
    record(tmp_path / "prompts" / "en" / "broadcasts" / "typhoon.wav", 400)
    assert voice.recordings() == ["typhoon"]
    sizes = {
        language: path.stat().st_size for language, path in made(tmp_path, await voice.install("b1", "typhoon")).items()
    }
    assert sizes == {"zh": 1644, "yue": 1644, "hak": 1644, "en": 844}


@pytest.mark.parametrize("name", ["flood", "../typhoon", "", "A"])
async def test_a_recording_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    record(tmp_path / "prompts" / "zh" / "typhoon.wav", 800)
    with pytest.raises(OrderRefused, match="no recording"):
        await announcer(tmp_path).install("b1", name)


async def test_an_asterisk_elsewhere_has_no_voice_here(tmp_path: Path) -> None:
    with pytest.raises(OrderRefused, match="not on this machine"):
        await announcer(tmp_path, there=False).speak("b1", "台风预警", "")


async def test_what_is_no_longer_played_is_removed_after_an_hour(tmp_path: Path) -> None:
    voice = announcer(tmp_path)
    for name in ("old", "held"):
        record(tmp_path / "sounds" / "zh" / "gw" / "notice" / f"{name}.wav", 10)
    record(tmp_path / "sounds" / "zh" / "gw" / "other.wav", 10)
    written = (tmp_path / "sounds" / "zh" / "gw" / "notice" / "old.wav").stat().st_mtime
    for at, left in ((written + 10, ["held", "old", "other"]), (written + 3700, ["held", "other"])):
        Clock.at = at
        await voice.keep_only({"gw/notice/held"})
        assert sorted(path.stem for path in (tmp_path / "sounds").rglob("*.wav")) == left
