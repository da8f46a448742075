"""Builds the sounds: every text of the flows, the dialplan's own prompts, the spoken words, and music on hold.

A prompt is spoken by espeak-ng and brought to 8 kHz mono 16-bit by sox, below clipping, as
``<sounds>/<language>/gw/<name>.wav``. A recording ``<recorded>/<language>/<name>.wav`` wins over the voice. What is
built is cached by a hash of text, voice and parameters, so a second run touches nothing. Every prompt exists in every
language, by the Chinese text where there is no other, so a caller never meets silence.

espeak-ng 1.51 reads Chinese with ``cmn-latn-pinyin``; its ``cmn`` spells the pinyin in English, and its ``hak`` knows
no characters at all (both seen): Hakka is spoken by its voice only where the text is romanised, else by Mandarin until
somebody records it; the report counts these stand-ins.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway.asterisk.prompt_texts import DIALPLAN_TEXTS
from gateway.ivr import speech
from gateway.ivr.config import LANGUAGES, Flow, Text
from gateway.ivr.names import DIALPLAN_PROMPTS, FOLDER, prompts_of, sound, voiced

log = structlog.get_logger(__name__)

RATE = 8000
TOOL_LIMIT_S = 60.0
MANIFEST = "gw-prompts.json"
BROADCASTS = "broadcasts"
"""The folder of ``recorded/<language>`` with what a shift lead may broadcast (``gateway.asterisk.voice``)."""
VOICES: Mapping[str, str] = {"zh": "cmn-latn-pinyin", "yue": "yue", "hak": "hak", "en": "en-gb"}
WORDS_A_MINUTE: Mapping[str, int] = {"zh": 190, "yue": 180, "hak": 170, "en": 165}
PACKAGES: Mapping[str, str] = {"espeak-ng": "espeak-ng", "sox": "sox"}
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

# The level is lowered before the rate is changed, because the filter overshoots, and set to -3 dBFS after it.
_TO_TELEPHONE = ("gain", "-6", "highpass", "120", "rate", "-h", str(RATE), "gain", "-n", "-3")
_QUIET_ENDS = ("silence", "1", "0.01", "0.5%", "reverse")
_WORD = (*_QUIET_ENDS, *_QUIET_ENDS, "pad", "0.02", "0.05")
_SENTENCE = ("pad", "0.05", "0.1")
_PAUSE_S = "0.3"


class PromptError(Exception):
    """Prompts could not be built. The message is for the operator."""


class ToolMissing(PromptError):
    """espeak-ng or sox is not installed."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sound to be: ``parts`` are (language of the voice, text); no part is a short pause. ``word``: a token."""

    language: str
    name: str
    parts: tuple[tuple[str, str], ...]
    word: bool = False


@dataclass(frozen=True, slots=True)
class PromptReport:
    """What a build did. ``durations``: seconds by sound (``gw/<name>``), the longest of its languages.

    ``unused`` are recordings that no prompt has the name of: most likely misspelt. ``stand_ins`` counts the prompts
    that speak Mandarin because the language has no text or no voice for it.
    """

    built: int = 0
    cached: int = 0
    recorded: int = 0
    unchanged: int = 0
    removed: int = 0
    stand_ins: int = 0
    unused: tuple[str, ...] = ()
    durations: Mapping[str, float] = field(default_factory=dict)


def collect(flows: Mapping[str, Flow], languages: Sequence[str] = LANGUAGES) -> list[Prompt]:
    """Every prompt in every language: of the flows, of the dialplan, and the spoken words."""
    texts = [(prompt.name, prompt.text) for flow in flows.values() for prompt in prompts_of(flow)]
    texts += [(name, DIALPLAN_TEXTS[name]) for name in DIALPLAN_PROMPTS]
    prompts = [_prompt(language, name, text) for language in languages for name, text in texts]
    return prompts + [
        Prompt(language, f"say/{token}", _spoken(word, language), word=True)
        for language in languages
        for token, word in speech.words(language).items()
    ]


def build_prompts(
    flows: Mapping[str, Flow],
    sounds_dir: Path,
    recorded_dir: Path,
    cache_dir: Path,
    *,
    languages: Sequence[str] = LANGUAGES,
    workers: int = 2,
) -> PromptReport:
    """Build what is missing under ``sounds_dir/<language>/gw``, two processes at a time; blocks while it does.

    Raises ToolMissing when espeak-ng or sox is needed and not installed, PromptError naming the prompt that failed.
    Files are replaced whole, so it may run while Asterisk plays them.
    """
    prompts = collect(flows, languages)
    build = _Build(sounds_dir, recorded_dir, cache_dir)
    sources = {prompt: build.source(prompt) for prompt in prompts}
    missing = {source.key: source for source in sources.values() if not build.has(source)}
    if missing:
        require_tools()
        cache_dir.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(build.make, missing.values()))
    report = build.install(sources, set(missing))
    log.info("prompts.built", built=report.built, recorded=report.recorded, stand_ins=report.stand_ins)
    return report


def speak_once(name: str, text: Text, sounds_dir: Path, cache_dir: Path) -> None:
    """Speak one text in every language as ``gw/<name>``, beside what ``build_prompts`` keeps; blocks while it does.
    Raises ToolMissing, PromptError."""
    build = _Build(sounds_dir, sounds_dir / ".none", cache_dir)
    sources = [build.source(_prompt(language, name, text)) for language in LANGUAGES]
    if missing := {source.key: source for source in sources if not build.has(source)}:
        require_tools()
        cache_dir.mkdir(parents=True, exist_ok=True)
        for source in missing.values():
            build.make(source)
    for source in sources:
        _copy(build.cached(source), _place(sounds_dir, source.prompt.language, name))


def install_once(name: str, recordings: Mapping[str, Path], sounds_dir: Path) -> None:
    """Take a recording a language as ``gw/<name>``. Raises PromptError for one that is no sound."""
    for language, recording in recordings.items():
        place = _place(sounds_dir, language, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".") as folder:
            made = Path(folder) / "made.wav"
            _convert(recording, made)
            made.replace(place)


def _place(sounds_dir: Path, language: str, name: str) -> Path:
    return sounds_dir / language / FOLDER / f"{name}.wav"


def durations_in(sounds_dir: Path) -> dict[str, float]:
    """Seconds by sound (``gw/<name>``, the longest of its languages) of what lies in ``sounds_dir`` now.

    For a gateway that starts on sounds built before; a file that is no WAV is left out.
    """
    found: dict[str, float] = {}
    for path in sounds_dir.glob(f"*/{FOLDER}/**/*.wav"):
        name = path.relative_to(sounds_dir).with_suffix("").as_posix().split("/", 1)[1]
        if _fits(path):
            found[name] = max(found.get(name, 0.0), seconds_of(path))
    return found


def require_tools(names: Iterable[str] = tuple(PACKAGES)) -> None:
    """Raises ToolMissing with the command that installs what is missing."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        packages = " ".join(PACKAGES[name] for name in missing)
        raise ToolMissing(f"{' and '.join(missing)} not found: apt-get install {packages}")


def build_music_on_hold(data_dir: Path) -> Path:
    """A soft half minute of slow chords, ``<data>/moh/gentle.wav``, made by sox and free of any rights. Kept if there.

    Raises ToolMissing, PromptError.
    """
    target = data_dir / "moh" / "gentle.wav"
    if target.exists():
        return target
    require_tools(["sox"])
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".") as folder:
        chords = [_chord(Path(folder) / f"{n}.wav", notes) for n, notes in enumerate(_CHORDS)]
        made = Path(folder) / "gentle.wav"
        tone = ("gain", "-6", "fade", "1.5", "-0", "2", "lowpass", "2200", "reverb", "40")
        _run("sox", "-D", *chords, "-b", "16", str(made), *tone, "rate", str(RATE), "gain", "-n", "-14")
        made.replace(target)
    return target


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a sound comes from: a recording, or what is to be spoken. ``key`` is the hash of all that shapes it."""

    key: str
    prompt: Prompt
    recording: Path | None = None


class _Build:
    """The folders of one build."""

    def __init__(self, sounds: Path, recorded: Path, cache: Path) -> None:
        self.sounds, self.recorded, self.cache = sounds, recorded, cache

    def source(self, prompt: Prompt) -> _Source:
        recording = self.recorded / prompt.language / f"{prompt.name}.wav"
        if recording.is_file():
            return _Source(
                _hash(["recording", RATE, hashlib.sha256(recording.read_bytes()).hexdigest()]), prompt, recording
            )
        spoken = [(VOICES[voice], WORDS_A_MINUTE[voice], text) for voice, text in prompt.parts]
        return _Source(_hash([_TO_TELEPHONE, _WORD if prompt.word else _SENTENCE, _PAUSE_S, spoken]), prompt)

    def cached(self, source: _Source) -> Path:
        return self.cache / f"{source.key}.wav"

    def has(self, source: _Source) -> bool:
        return self.cached(source).is_file()

    def make(self, source: _Source) -> None:
        """Make one sound in the cache, whole or not at all."""
        with tempfile.TemporaryDirectory(dir=self.cache) as folder:
            made = Path(folder) / "made.wav"
            try:
                if source.recording is not None:
                    _convert(source.recording, made)
                else:
                    _speak(source.prompt, made, Path(folder))
            except PromptError as failed:
                raise PromptError(f"{source.prompt.language}/{source.prompt.name}: {failed}") from failed
            made.replace(self.cached(source))

    def install(self, sources: Mapping[Prompt, _Source], new: set[str]) -> PromptReport:
        """Put the sounds in their places, remove what we once built and nobody wants any more, and report."""
        before, after = self._manifest(), {}
        durations: dict[str, float] = {}
        unchanged = 0
        for prompt, source in sources.items():
            place = f"{prompt.language}/{FOLDER}/{prompt.name}.wav"
            after[place] = source.key
            if before.get(place) == source.key and (self.sounds / place).is_file():
                unchanged += 1
            else:
                _copy(self.cached(source), self.sounds / place)
            name = sound(prompt.name)
            durations[name] = max(durations.get(name, 0.0), seconds_of(self.cached(source)))
        removed = [place for place in before if place not in after]
        for place in removed:
            (self.sounds / place).unlink(missing_ok=True)
        self._keep_manifest(after)
        recorded = sum(source.recording is not None for source in sources.values())
        return PromptReport(
            built=len(new),
            cached=len({source.key for source in sources.values()}) - len(new),
            recorded=recorded,
            unchanged=unchanged,
            removed=len(removed),
            stand_ins=sum(_stands_in(prompt) for prompt, source in sources.items() if source.recording is None),
            unused=self._unused(sources),
            durations=durations,
        )

    def _manifest(self) -> dict[str, str]:
        """Place -> key of what we built last; nothing when it is missing or unreadable: then all is copied again."""
        try:
            found = json.loads((self.sounds / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep_manifest(self, places: Mapping[str, str]) -> None:
        self.sounds.mkdir(parents=True, exist_ok=True)
        temporary = self.sounds / f".{MANIFEST}.{os.getpid()}"
        temporary.write_text(json.dumps(places, ensure_ascii=False, indent=0), "utf-8")
        temporary.replace(self.sounds / MANIFEST)

    def _unused(self, sources: Mapping[Prompt, _Source]) -> tuple[str, ...]:
        used = {source.recording for source in sources.values()}
        found = sorted(self.recorded.glob("*/**/*.wav")) if self.recorded.is_dir() else []
        found = [path for path in found if path.parent.name != BROADCASTS]
        return tuple(str(path.relative_to(self.recorded)) for path in found if path not in used)


def seconds_of(path: Path) -> float:
    """How long a WAV file of ours plays."""
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


def _prompt(language: str, name: str, text: Text) -> Prompt:
    own = text.own(language)
    words, voice = (own, language) if own is not None else (text.zh, language if language == "yue" else "zh")
    return Prompt(language, name, tuple(part for v, piece in voiced(words, voice) for part in _spoken(piece, v)))


def _spoken(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """The text as it is read, with the voice that can read it: Hakka's knows no characters."""
    if not text:
        return ()
    voice = "zh" if language == "hak" and _HAN.search(text) else language
    return ((voice, speech.spell(text, voice)),)


def _stands_in(prompt: Prompt) -> bool:
    return prompt.language != "zh" and bool(prompt.parts) and all(voice == "zh" for voice, _ in prompt.parts)


def _speak(prompt: Prompt, target: Path, folder: Path) -> None:
    if not prompt.parts:
        _run("sox", "-D", "-n", "-r", str(RATE), "-c", "1", "-b", "16", str(target), "trim", "0", _PAUSE_S)
        return
    pieces = [folder / f"{n}.wav" for n in range(len(prompt.parts))]
    for piece, (voice, text) in zip(pieces, prompt.parts, strict=True):
        speed = str(WORDS_A_MINUTE[voice])
        _run("espeak-ng", "-v", VOICES[voice], "-s", speed, "-b", "1", "-w", str(piece), "--stdin", stdin=text)
    shape = _WORD if prompt.word else _SENTENCE
    _run("sox", "-D", *map(str, pieces), "-b", "16", "-c", "1", str(target), *_TO_TELEPHONE, *shape)


def _convert(recording: Path, target: Path) -> None:
    """A recording as it is when it already fits, else brought to 8 kHz mono 16-bit with a guard against clipping."""
    if _fits(recording):
        shutil.copyfile(recording, target)
    else:
        _run("sox", "-D", "-G", str(recording), "-b", "16", "-c", "1", "-e", "signed", str(target), "rate", str(RATE))


def _fits(path: Path) -> bool:
    try:
        with wave.open(str(path), "rb") as file:
            return (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
    except (wave.Error, EOFError):
        return False  # A-law, a rate in floats, no WAV at all: sox knows, or says what is wrong


def _copy(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(made, temporary)
    temporary.replace(target)


def _run(*command: str, stdin: str = "") -> None:
    """Run a tool to its end. PromptError when it fails, takes too long or cannot be started."""
    try:
        done = subprocess.run(command, input=stdin.encode(), capture_output=True, timeout=TOOL_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise PromptError(f"{command[0]}: {failed}") from failed
    if done.returncode != 0:
        raise PromptError(f"{command[0]}: {done.stderr.decode(errors='replace').strip() or done.returncode}")


def _hash(what: object) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=False).encode()).hexdigest()


def _chord(path: Path, notes: Sequence[str]) -> str:
    """Four seconds of plucked strings, one after the other, over a quiet sine of the lowest."""
    plucked = [arg for note in notes for arg in ("pluck", note)]
    starts = [str(round(0.5 * n, 2)) for n in range(len(notes))]
    effects = ("delay", *starts, "remix", "-", "fade", "0.05", "4", "0.8", "norm", "-9")
    _run("sox", "-D", "-n", "-r", "16000", "-b", "16", str(path), "synth", "4", *plucked, *effects)
    return str(path)


# C, a minor, F, G and home again: eleven chords of four seconds, each broken upwards.
_CHORDS: tuple[tuple[str, ...], ...] = (
    ("C3", "G3", "C4", "E4", "G4", "E4"),
    ("A2", "E3", "A3", "C4", "E4", "C4"),
    ("F2", "C3", "F3", "A3", "C4", "A3"),
    ("G2", "D3", "G3", "B3", "D4", "B3"),
    ("E3", "B3", "E4", "G4", "B4", "G4"),
    ("A2", "E3", "A3", "C4", "E4", "A4"),
    ("D3", "A3", "D4", "F4", "A4", "F4"),
    ("G2", "D3", "G3", "B3", "D4", "G4"),
    ("C3", "G3", "C4", "E4", "G4", "C5"),
    ("F2", "C3", "F3", "A3", "C4", "F4"),
    ("C3", "E3", "G3", "C4", "E4", "C4"),
)
