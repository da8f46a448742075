"""Prompts made for real: espeak-ng speaks, sox brings to the telephone, and what comes out is looked at as samples."""

from __future__ import annotations

import array
import math
import shutil
import wave
from pathlib import Path

import pytest

from gateway.asterisk import prompts
from gateway.asterisk.prompts import (
    DIALPLAN_TEXTS,
    Prompt,
    PromptError,
    PromptReport,
    ToolMissing,
    build_music_on_hold,
    build_prompts,
    collect,
    durations_in,
    require_tools,
)
from gateway.ivr.config import Flow
from gateway.ivr.names import DIALPLAN_PROMPTS

LANGUAGES = ("zh", "en")


def tiny(text: str = "您好，这里是12345。") -> dict[str, Flow]:
    play = {"kind": "play", "text": {"zh": text, "en": "Hello."}, "next": "person"}
    nodes = {"hello": play, "person": {"kind": "queue"}}
    return {"tiny": Flow.model_validate({"id": "tiny", "name": "试", "start": "hello", "nodes": nodes})}


class Folders:
    """The folders of a build in a temporary place."""

    def __init__(self, root: Path) -> None:
        self.sounds, self.recorded, self.cache = root / "sounds", root / "prompts", root / "cache"

    def build(self, flows: dict[str, Flow] | None = None) -> PromptReport:
        return build_prompts(flows or tiny(), self.sounds, self.recorded, self.cache, languages=LANGUAGES)

    def sound(self, name: str, language: str = "zh") -> Path:
        return self.sounds / language / "gw" / f"{name}.wav"

    def record(self, name: str, rate: int, channels: int = 1) -> Path:
        """A recording of half a second of a loud 440 Hz tone."""
        path = self.recorded / "zh" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        tone = [round(32000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate // 2)]
        with wave.open(str(path), "wb") as file:
            file.setparams((channels, 2, rate, 0, "NONE", "none"))
            file.writeframes(array.array("h", [level for level in tone for _ in range(channels)]).tobytes())
        return path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folders, PromptReport]:
    """One real build that several tests look at and none changes."""
    folders = Folders(tmp_path_factory.mktemp("prompts"))
    return folders, folders.build()


@pytest.fixture
def folders(tmp_path: Path, built: tuple[Folders, PromptReport]) -> Folders:
    """Folders of one's own, with a copy of the cache of the real build: content-addressed, so it changes no result."""
    shutil.copytree(built[0].cache, tmp_path / "cache")
    return Folders(tmp_path)


def look(path: Path) -> tuple[int, int, int, float, float]:
    """Rate, channels, bytes a sample, seconds, and the loudest sample as a part of full scale."""
    with wave.open(str(path), "rb") as file:
        frames = array.array("h", file.readframes(file.getnframes()))
        seconds = file.getnframes() / file.getframerate()
        loudest = max((abs(level) for level in frames), default=0) / 32768
        return file.getframerate(), file.getnchannels(), file.getsampwidth(), seconds, loudest


def test_every_sound_is_8_khz_mono_16_bit_audible_and_not_clipped(built: tuple[Folders, PromptReport]) -> None:
    folders, report = built
    files = sorted(folders.sounds.rglob("*.wav"))
    assert len(files) == len(collect(tiny(), LANGUAGES))
    for path in files:
        rate, channels, width, seconds, loudest = look(path)
        assert (rate, channels, width) == (8000, 1, 2), path
        assert seconds > 0.2, path
        assert loudest < 0.9, path
        assert loudest > 0.3 or path.stem == "pause", path
    assert report.built > 50


def test_a_greeting_lasts_as_long_as_it_takes_to_say(built: tuple[Folders, PromptReport]) -> None:
    folders, report = built
    seconds = {name: look(folders.sound(name))[3] for name in ("tiny-hello", "static-greeting", "say/1", "say/pause")}
    assert 1 < seconds["tiny-hello"] < seconds["static-greeting"] < 15
    assert 0.2 < seconds["say/1"] < 1
    assert seconds["say/pause"] == pytest.approx(0.3)
    assert report.durations["gw/tiny-hello"] >= seconds["tiny-hello"]


def test_the_lengths_of_what_lies_there_are_those_of_the_build(
    built: tuple[Folders, PromptReport], folders: Folders
) -> None:
    assert durations_in(built[0].sounds) == built[1].durations
    assert "gw/say/yao" in built[1].durations
    folders.sound("broken").parent.mkdir(parents=True)
    folders.sound("broken").write_bytes(b"no sound")
    assert durations_in(folders.sounds) == {}


def test_all_that_the_dialplan_plays_and_all_words_are_there(built: tuple[Folders, PromptReport]) -> None:
    folders, _ = built
    for language in LANGUAGES:
        assert all(folders.sound(name, language).is_file() for name in DIALPLAN_PROMPTS)
    assert folders.sound("say/liang").is_file()
    assert folders.sound("say/oclock", "en").is_file()
    assert set(DIALPLAN_TEXTS) == set(DIALPLAN_PROMPTS)


def test_nothing_is_left_lying_about(built: tuple[Folders, PromptReport]) -> None:
    folders, _ = built
    files = [path for path in [*folders.sounds.rglob("*"), *folders.cache.rglob("*")] if path.is_file()]
    assert {path.suffix for path in files} == {".wav", ".json"}
    assert not [path for path in files if path.name.startswith(".")]


def test_a_second_run_needs_no_tools_and_touches_nothing(
    built: tuple[Folders, PromptReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, first = built
    before = {path: path.stat().st_mtime_ns for path in folders.sounds.rglob("*.wav")}
    monkeypatch.setenv("PATH", "/nonexistent")
    second = folders.build()
    assert (second.built, second.unchanged) == (0, len(before))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert second.durations == first.durations


def test_only_a_changed_text_is_spoken_again_and_what_is_gone_is_removed(folders: Folders) -> None:
    folders.build()
    before = folders.sound("tiny-hello").read_bytes()
    changed = folders.build(tiny("您好，请稍候。"))
    assert (changed.built, changed.removed) == (1, 0)
    assert folders.sound("tiny-hello").read_bytes() != before
    other = tiny()["tiny"].model_copy(update={"id": "other"})
    assert folders.build({"other": other}).removed == len(LANGUAGES)
    assert not folders.sound("tiny-hello").exists()


def test_a_sound_that_was_deleted_comes_back(folders: Folders) -> None:
    folders.build()
    folders.sound("tiny-hello").unlink()
    assert folders.build().built == 0
    assert folders.sound("tiny-hello").is_file()


def test_a_recording_of_the_name_wins_and_is_brought_to_the_telephone(folders: Folders) -> None:
    wide = folders.record("tiny-hello", 44100, channels=2)
    fitting = folders.record("say/1", 8000)
    stray = folders.record("tiny-helo", 8000)
    report = folders.build()
    rate, channels, width, seconds, loudest = look(folders.sound("tiny-hello"))
    assert (rate, channels, width) == (8000, 1, 2)
    assert seconds == pytest.approx(0.5, abs=0.01)
    assert loudest < 1.0
    assert folders.sound("say/1").read_bytes() == fitting.read_bytes()
    assert (report.recorded, report.unused) == (2, (str(stray.relative_to(folders.recorded)),))
    wide.unlink()
    folders.build()
    assert look(folders.sound("tiny-hello"))[3] > 1


def test_a_recording_that_is_no_sound_is_told_by_its_prompt(folders: Folders) -> None:
    folders.record("tiny-hello", 8000).write_bytes(b"not a sound at all")
    with pytest.raises(PromptError, match=r"^zh/tiny-hello: sox: "):
        folders.build()


def test_missing_tools_are_told_with_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolMissing, match=r"espeak-ng and sox not found: apt-get install espeak-ng sox"):
        folders.build()
    with pytest.raises(ToolMissing, match=r"^sox not found"):
        require_tools(["sox"])


def test_a_tool_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = Folders(tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("espeak-ng", "sox"):
        (tools / name).write_text("#!/bin/sh\nexec sleep 60\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr(prompts, "TOOL_LIMIT_S", 0.05)
    with pytest.raises(PromptError, match=r"timed out after 0\.05 seconds"):
        folders.build()


def prompt(flows: dict[str, Flow], language: str) -> Prompt:
    return next(each for each in collect(flows) if (each.language, each.name) == (language, "tiny-hello"))


def test_telephone_numbers_are_spelt_and_other_voices_speak_their_parts() -> None:
    flows = tiny("请拨12345。[en]Dial 12345. [yue]打12345")
    assert prompt(flows, "zh").parts == (("zh", "请拨幺二三四五。"), ("en", "Dial 1 2 3 4 5."), ("yue", "打一二三四五"))
    assert prompt(flows, "en").parts == (("en", "Hello."),)


def test_a_language_without_its_own_text_hears_the_chinese_one() -> None:
    assert prompt(tiny("您好"), "yue").parts == (("yue", "您好"),)
    assert prompt(tiny("您好"), "hak").parts == (("zh", "您好"),)


def test_hakka_is_spoken_by_its_voice_only_where_it_is_romanised() -> None:
    flow = tiny()["tiny"].model_dump(exclude_none=True)
    flow["nodes"]["hello"]["text"]["hak"] = "ngai ho[hak]你好"
    romanised = {"tiny": Flow.model_validate(flow)}
    assert prompt(romanised, "hak").parts == (("hak", "ngai ho"), ("zh", "你好"))


def test_the_music_is_half_a_minute_or_more_soft_and_made_once(tmp_path: Path) -> None:
    path = build_music_on_hold(tmp_path)
    assert path == tmp_path / "moh" / "gentle.wav"
    rate, channels, width, seconds, loudest = look(path)
    assert (rate, channels, width) == (8000, 1, 2)
    assert 30 <= seconds <= 60
    assert 0.05 < loudest < 0.4
    made = path.stat().st_mtime_ns
    build_music_on_hold(tmp_path)
    assert path.stat().st_mtime_ns == made
    assert [each.name for each in path.parent.iterdir()] == ["gentle.wav"]
