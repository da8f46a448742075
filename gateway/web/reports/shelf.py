"""Made reports on the disk: STATE_DIR/reports/<kind>/<id>.json says when a report was made and of which figures, and
beside it lie its PDF and its workbook. A file comes to its place whole or not at all, for the gateway's user only.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import structlog

from gateway.web.reports.periods import KINDS, Kind

_NAME = re.compile(r"[0-9]{4}-(?:W?[0-9]{2}|[0-9]{2}-[0-9]{2})")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """``digest`` names the figures that it was made of; ``corrected`` when an earlier one told others."""

    kind: Kind
    id: str
    digest: str
    made_at: float
    corrected: bool = False


class Shelf:
    """Work is done in threads. Raises OSError when the disk does not take or give."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def note(self, kind: Kind, id: str) -> Note | None:
        return await asyncio.to_thread(self._note, self._path(kind, id, "json"))

    async def keep_note(self, note: Note) -> None:
        """Files of a report that told other figures go."""
        await asyncio.to_thread(self._keep_note, note)

    async def file(self, note: Note, ending: str) -> bytes | None:
        """The kept file of exactly these figures, or None."""
        return await asyncio.to_thread(_read, self._path(note.kind, note.id, f"{note.digest}.{ending}"))

    async def keep_file(self, note: Note, ending: str, body: bytes) -> None:
        await asyncio.to_thread(_write, self._path(note.kind, note.id, f"{note.digest}.{ending}"), body)

    async def all(self, limit: int = 200) -> Sequence[Note]:
        """The newest of each kind first."""
        return await asyncio.to_thread(lambda: list(self._all(limit)))

    async def sweep(self, before: float) -> int:
        """Remove what was made before; returns how many reports went."""
        return await asyncio.to_thread(self._sweep, before)

    # -- in a thread ---------------------------------------------------------------------------------------------------

    def _path(self, kind: Kind, id: str, ending: str) -> Path:
        if kind not in KINDS or not _NAME.fullmatch(id):
            raise ValueError(f"{kind}/{id} is no report")
        return self.root / kind / f"{id}.{ending}"

    def _note(self, path: Path) -> Note | None:
        body = _read(path)
        if body is None:
            return None
        try:
            return Note(**orjson.loads(body))
        except (ValueError, TypeError) as error:
            _log.warning("report_note_unreadable", file=path.name, error=str(error)[:200])
            return None  # it is made again

    def _keep_note(self, note: Note) -> None:
        path = self._path(note.kind, note.id, "json")
        _write(path, orjson.dumps(asdict(note)))
        for other in path.parent.glob(f"{note.id}.*.*"):
            if other.name.split(".")[1] != note.digest:
                other.unlink(missing_ok=True)

    def _all(self, limit: int) -> Iterator[Note]:
        for kind in KINDS:
            paths = sorted((self.root / kind).glob("*.json"), reverse=True)
            for path in paths[:limit]:
                if (note := self._note(path)) is not None:
                    yield note

    def _sweep(self, before: float) -> int:
        old = [path for kind in KINDS for path in (self.root / kind).glob("*.json") if path.stat().st_mtime < before]
        for path in old:
            for one in (*path.parent.glob(f"{path.stem}.*.*"), path):
                one.unlink(missing_ok=True)
        return len(old)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    coming = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    try:
        with os.fdopen(os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        coming.replace(path)
    except OSError:
        coming.unlink(missing_ok=True)
        raise
