"""Sounds made while the hotline runs: why a queue is closed, and emergency broadcasts, spoken or from a recording.

They lie as ``<sounds>/<language>/gw/notice/<id>.wav``, beside what ``gateway.asterisk.prompts`` builds and keeps, and
Asterisk plays them by the caller's language. Recordings to broadcast are ``prompts/<language>/broadcasts/<name>.wav``
of the configuration; the Mandarin one stands in for a language without.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from gateway.asterisk.prompts import BROADCASTS, PromptError, install_once, speak_once
from gateway.ivr.config import LANGUAGES, Text
from gateway.ivr.names import sound
from gateway.model.orders import OrderRefused

_log = structlog.get_logger(__name__)

_FOLDER = "notice"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_KEPT_S = 3600.0
"""A caller may be hearing a sound that has just been taken out of use."""


class Announcer:
    """Implements ``gateway.seats.ports.Voice`` on the disk of Asterisk. ``recorded`` is the configuration's prompts."""

    def __init__(
        self, sounds: Path, cache: Path, recorded: Callable[[], Path], now: Callable[[], float] = time.time
    ) -> None:
        self._sounds, self._cache, self._recorded, self._now = sounds, cache, recorded, now

    async def speak(self, id: str, zh: str, en: str) -> str:
        """Takes a second or two the first time. Raises OrderRefused when there is no voice, or no disk."""
        name = f"{_FOLDER}/{id}"
        await self._make(id, lambda: speak_once(name, Text(zh=zh, en=en), self._sounds, self._cache))
        return sound(name)

    async def install(self, id: str, recording: str) -> str:
        """Raises OrderRefused when there is no such recording, or it is no sound."""
        name, found = f"{_FOLDER}/{id}", self._found(recording)
        if not found:
            raise OrderRefused(id, f"没有录音 {recording} / there is no recording {recording}")
        await self._make(id, lambda: install_once(name, found, self._sounds))
        return sound(name)

    async def _make(self, id: str, work: Callable[[], None]) -> None:
        if not self._sounds.is_dir():
            raise OrderRefused(id, "交换机的语音文件不在本机 / Asterisk's sounds are not on this machine")
        try:
            await asyncio.to_thread(work)
        except (PromptError, OSError) as error:
            raise OrderRefused(id, f"无法生成语音 / no sound could be made: {error}") from None

    def _found(self, recording: str) -> dict[str, Path]:
        """The recording for each language; none when there is not even one in Mandarin."""
        if not _NAME.fullmatch(recording):
            return {}
        own = {language: self._recorded() / language / BROADCASTS / f"{recording}.wav" for language in LANGUAGES}
        if not own["zh"].is_file():
            return {}
        return {language: path if path.is_file() else own["zh"] for language, path in own.items()}

    def recordings(self) -> list[str]:
        folder = self._recorded() / "zh" / BROADCASTS
        return sorted(path.stem for path in folder.glob("*.wav") if _NAME.fullmatch(path.stem))

    async def keep_only(self, sounds: Collection[str]) -> None:
        await asyncio.to_thread(self._sweep, frozenset(sounds))

    def _sweep(self, sounds: frozenset[str]) -> None:
        for path in self._sounds.glob(f"*/gw/{_FOLDER}/*.wav"):
            try:
                if sound(f"{_FOLDER}/{path.stem}") not in sounds and path.stat().st_mtime < self._now() - _KEPT_S:
                    path.unlink()
            except OSError as error:
                _log.warning("voice.not_removed", sound=path.stem, why=str(error))
