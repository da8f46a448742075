"""Takes attachments in: judges what a file is by its content, has it scanned, cleans pictures, keeps it.

What is refused, and what of it is kept all the same:

- nothing of programs, scripts, HTML, SVG, archives, documents with macros, infected files, and files over the limits of
  size: they are of no use to anybody who reads the ticket. The note says why and what it was.
- the untouched original of photos that cannot be cleaned here (HEIC, AVIF, TIFF, damaged ones, those with too many
  pixels) and of old Office and WPS documents: it is evidence and must not be lost, but it may tell where a citizen
  lives, or hold macros, so it is not shown: ``state`` refused, ``sha256`` empty, ``original`` set.
- when a scanner is configured and gives no verdict: by ``scanner_away`` either kept, marked ``not_scanned`` in the note
  (what comes by a channel is usually harmless, and a scanner's outage must not stop the hotline), or refused with
  its original put by.

Notes begin with a word for programs (``type:``, ``too_large:`` ...), then say it in Chinese and English.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from gateway.channels.config import FileKind, FilesConfig
from gateway.channels.files import FileStore
from gateway.channels.kinds import FORMS, PICTURES, clean_name, is_evidence, kind_of, seems
from gateway.channels.scan import Clamd, NoVerdict
from gateway.model.ids import new_id
from gateway.model.messages import Attachment

_log = structlog.get_logger(__name__)


class FilesBusy(OSError):
    """All workers are busy and stayed so: the sender must try again, as when the ledger is unavailable."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a file turned out to be: ``clean`` is what may be shown, None when it is refused for ``note``."""

    kind: FileKind | None
    clean: bytes | None
    note: str = ""
    spare: bool = False
    """Refused, but its original is kept."""


class Enclosures:
    """Implements ``gateway.channels.port.Files``. Counters are plain and only rise."""

    def __init__(self, store: FileStore, config: FilesConfig, scanner: Clamd | None = None) -> None:
        self._store, self._config = store, config
        self._scanner = scanner or (Clamd(config.scanner, config.scanner_s) if config.scanner else None)
        self._slots = asyncio.Semaphore(config.workers)
        self.taken = self.refused = self.infected = self.unscanned = 0

    async def take_in(self, body: bytes, name: str, content_type: str) -> Attachment:
        """See the port: ``content_type`` is not believed. Raises OSError when the disk does not keep the bytes
        (FilesBusy: too much at once); nothing is acknowledged then."""
        if note := self._over_limit(body):
            return self._refusal(body, name, _Judged(None, None, note))
        found, unscanned = await self._scan(body)
        if found:
            self.infected += 1
            note = f"infected: 含病毒，未保存（{found}） / infected, not kept"
            return self._refusal(body, name, _Judged(None, None, note))
        async with self._slot():
            judged = await asyncio.to_thread(_judged, body, self._config)
        if unscanned and judged.clean is not None and self._config.scanner_away == "refuse":
            judged = _Judged(judged.kind, None, unscanned, spare=True)
        if judged.clean is None:
            original = await self._store.keep(body) if judged.spare else ""
            return self._refusal(body, name, judged, original)
        return await self._kept(body, name, judged.kind, judged.clean, unscanned)

    async def read(self, sha256: str) -> bytes:
        """The kept bytes. Raises FileNotFoundError, FileDamaged."""
        return await self._store.read(sha256)

    def _over_limit(self, body: bytes) -> str:
        if not body:
            return "empty: 空文件 / empty file"
        if len(body) > self._config.max_bytes:
            most = self._config.max_bytes // 1024
            return f"too_large: 超过{most} KB，未保存 / over {most} KB, not kept"
        return ""

    async def _scan(self, body: bytes) -> tuple[str, str]:
        """What was found, and the note for a file that could not be scanned."""
        if self._scanner is None:
            return "", ""
        try:
            return await self._scanner.found_in(body), ""
        except NoVerdict as why:
            self.unscanned += 1
            _log.warning("file_not_scanned", why=str(why))
            return "", "not_scanned: 未经病毒扫描 / not scanned for viruses"

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._config.wait_s):
                await self._slots.acquire()
        except TimeoutError:
            raise FilesBusy(f"no worker for files came free within {self._config.wait_s:g} s") from None
        try:
            yield
        finally:
            self._slots.release()

    async def _kept(self, body: bytes, name: str, kind: FileKind | None, clean: bytes, note: str) -> Attachment:
        assert kind is not None
        original = await self._store.keep(body)
        sha256 = original if clean == body else await self._store.keep(clean)
        self.taken += 1
        return Attachment(
            id=new_id(),
            name=clean_name(name, FORMS[kind].extension),
            mime=FORMS[kind].mime,
            size=len(clean),
            sha256=sha256,
            original=original if original != sha256 else "",
            note=note,
        )

    def _refusal(self, body: bytes, name: str, judged: _Judged, original: str = "") -> Attachment:
        self.refused += 1
        form = FORMS[judged.kind] if judged.kind else None
        return Attachment(
            id=new_id(),
            name=clean_name(name, form.extension if form else ""),
            mime=form.mime if form else "application/octet-stream",
            size=len(body),
            state="refused",
            original=original,
            note=judged.note,
        )


def _judged(body: bytes, config: FilesConfig) -> _Judged:
    """In a thread: recognise and clean."""
    kind = kind_of(body)
    if kind is None and (what := is_evidence(body)):
        instead = "PDF/DOCX" if what == "doc" else "JPEG"
        note = f"unshown: 此格式（{what}）仅存原件，不予显示，请改发{instead} / kept, not shown: send {instead}"
        return _Judged(None, None, note, spare=True)
    if kind is None or kind not in config.types:
        what = kind or seems(body) or "?"
        return _Judged(kind, None, f"type: 不接收此类文件（{what}） / this type of file is not taken")
    if kind not in PICTURES:
        return _Judged(kind, body)
    from gateway.channels.pictures import TooManyPixels, Unreadable, remade  # Pillow: 5 MB, with the first picture

    try:
        clean, written = remade(body, kind, config.max_pixels)
    except TooManyPixels as size:
        return _Judged(kind, None, f"pixels: 图片过大，仅存原件（{size}） / too many pixels, original kept", spare=True)
    except Unreadable:
        return _Judged(kind, None, "unreadable: 图片损坏，仅存原件 / damaged picture, original kept", spare=True)
    return _Judged(written, clean)
