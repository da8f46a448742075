"""Photos on their way in: read to the disk rather than into memory, judged and cleaned by the store of files, and given
back as a sealed handle that a submission names.

Nothing is kept for a handle; it is the attachment's record under our seal. So a photo that came with a form whose other
fields were wrong needs not be sent again, and nobody can name a file that they did not bring.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import IO

import structlog

from gateway.model.ids import new_id
from gateway.model.messages import Attachment
from gateway.web.ports import Files
from gateway.web.problem import Problem
from gateway.web.seals import Seal

log = structlog.get_logger(__name__)

HANDLE_LENGTH = 1000
_LASTS_S = 86_400
_IN_MEMORY = 262_144
_CLEANED_AT_ONCE = 4


class Spool:
    """Bytes of one file as they come: in memory while few, then in an unnamed temporary file."""

    def __init__(self, most: int) -> None:
        self._most, self._file = most, self._open()
        self.size = 0

    @staticmethod
    def _open() -> IO[bytes]:
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)

    def add(self, chunk: bytes) -> bool:
        """Append; False, and nothing was added, when the file is larger than it may be."""
        if self.size + len(chunk) > self._most:
            return False
        self._file.write(chunk)
        self.size += len(chunk)
        return True

    def read(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def close(self) -> None:
        self._file.close()


class Uploads:
    """The store's counter for citizens. ``at_once`` bounds bodies being read, so slow senders cannot take all."""

    def __init__(self, files: Files, key: bytes, clock: Callable[[], float], *, at_once: int) -> None:
        self._files, self._seal, self._clock = files, Seal(key, "upload"), clock
        self._left = at_once
        self._cleaning = asyncio.Semaphore(_CLEANED_AT_ONCE)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places for reading. Raises Problem 503 when all are taken."""
        if self._left <= 0:
            retry = {"Retry-After": "5"}
            raise Problem(503, "同时上传的人较多，请稍候再试", "many uploads at the moment, try again", headers=retry)
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1

    async def keep(self, spool: Spool, name: str, content_type: str) -> Attachment:
        """Give a file to the store. A refused one comes back as ``refused`` with the reason in ``note``. Raises
        Problem 503 when the disk does not keep it, or too many files come at once."""
        try:
            async with self._cleaning:
                return await self._files.take_in(await asyncio.to_thread(spool.read), name, content_type)
        except OSError as error:
            log.error("upload not kept", error=str(error))
            retry = {"Retry-After": "5"}
            raise Problem(
                503, "照片暂时无法保存，请稍后再试", "the picture cannot be kept now", headers=retry
            ) from None

    def handle(self, kept: Attachment) -> str:
        """What stands for a kept file until a submission names it, within a day."""
        return self._seal.close([self._clock(), kept.name, kept.mime, kept.size, kept.sha256, kept.original])

    def claim(self, handle: str) -> Attachment | None:
        """The attachment of a handle, under a new id each time; None for one that is not ours or too old."""
        opened = self._seal.open(handle)
        if opened is None or self._clock() - opened[0] > _LASTS_S:
            return None
        _, name, mime, size, sha256, original = opened
        return Attachment(id=new_id(), name=name, mime=mime, size=size, sha256=sha256, original=original)
