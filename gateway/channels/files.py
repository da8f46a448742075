"""Attachments' bytes, kept by content: one file each under ``files/ab/cd/<sha256>``, sealed, verified when read.

A name is given out only after the bytes are on the disk (file and folders synced), so a row of the ledger never names
what a power cut could take back. Files are sealed with AES-256-GCM because they show people and places (PIPL
article 51); the name, which is the SHA-256 of the plain bytes, is authenticated with them. The name alone lets someone
who holds the same file see that it is here; the folders are therefore for the gateway's user only.

A file is ``GWF1 | key id (4) | nonce (12) | ciphertext and tag``. It is sealed in one piece, so keeping or reading it
takes its size in memory once more: attachments are 25 MB at most, originals of mails 150 MB (``[mailroom]``).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import threading
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"GWF1"
_NAME = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = "coming"
_HEAD = len(_MAGIC) + 4 + 12

_log = structlog.get_logger(__name__)


class FileDamaged(OSError):
    """A kept file does not hold what its name says: damaged on the disk, changed, or sealed with an unknown key."""


class FileStore:
    """The files of one state directory. ``key`` seals (32 bytes), ``former`` keys still open.

    Work is done in threads. Several gateways may share the directory. Raises OSError when the disk does not take or
    give the bytes; then nothing was kept.
    """

    def __init__(self, root: Path, key: bytes, former: Collection[bytes] = ()) -> None:
        if any(len(one) != 32 for one in (key, *former)):
            raise ValueError("a key of the file store is 32 bytes")
        self.root = root
        self._current = _key_id(key)
        self._ciphers = {_key_id(one): AESGCM(one) for one in (*former, key)}
        self._changing = threading.Lock()  # keeping a known file and sweeping it away must not cross

    async def keep(self, body: bytes) -> str:
        """Keep bytes and return their name, after they are on the disk. Known bytes are kept once."""
        return await asyncio.to_thread(self._keep, body)

    async def read(self, sha256: str) -> bytes:
        """The bytes, verified. Raises FileNotFoundError, FileDamaged, OSError."""
        return await asyncio.to_thread(self._read, sha256)

    async def sweep(self, known: Collection[str], older_than_s: float = 86_400.0) -> int:
        """Remove what is not in ``known`` and has not been asked to be kept for ``older_than_s``; returns how many.

        The age protects a file whose row is not yet committed. Leftovers of broken writes go as well.
        """
        return await asyncio.to_thread(self._sweep, frozenset(known), time.time() - older_than_s)

    def path(self, sha256: str) -> Path:
        """Where a file of that name lies. Raises FileNotFoundError for what is no name, so that no path can be
        smuggled in."""
        if not _NAME.fullmatch(sha256):
            raise FileNotFoundError(f"{sha256[:80]!r} is no SHA-256 in hex")
        return self.root / sha256[:2] / sha256[2:4] / sha256

    # -- in a thread ---------------------------------------------------------------------------------------------------

    def _keep(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        place = self.path(name)
        if not self._known(place):
            coming = self._write(name, body)
            self._make_folder(place.parent)
            coming.replace(place)
        _sync_folder(place.parent)
        return name

    def _known(self, place: Path) -> bool:
        """True when the same bytes are there and whole; then they count as kept now. A damaged one is replaced."""
        with self._changing:
            try:
                self._read(place.name)
                os.utime(place)
            except FileNotFoundError:
                return False
            except FileDamaged as error:
                _log.error("file_damaged", file=place.name, error=str(error), mended=True)
                return False
        return True

    def _write(self, name: str, body: bytes) -> Path:
        nonce = os.urandom(12)
        sealed = self._ciphers[self._current].encrypt(nonce, body, name.encode())
        folder = self.root / _TEMPORARY
        self._make_folder(folder)
        path = folder / f"{name}.{os.urandom(8).hex()}"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.writelines((_MAGIC, self._current, nonce, sealed))
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    def _make_folder(self, folder: Path) -> None:
        """With its parents up to the root, each synced into its own parent: a new name is durable only then."""
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(part.parent)

    def _read(self, sha256: str) -> bytes:
        sealed = self.path(sha256).read_bytes()
        cipher = self._ciphers.get(sealed[4:8])
        if sealed[:4] != _MAGIC or len(sealed) < _HEAD:
            raise FileDamaged(f"file {sha256} has not the form of a kept file")
        if cipher is None:
            raise FileDamaged(f"file {sha256} is sealed with key {sealed[4:8].hex()}, which is not among ours")
        try:
            body = cipher.decrypt(sealed[8:_HEAD], memoryview(sealed)[_HEAD:], sha256.encode())
        except InvalidTag as error:
            raise FileDamaged(f"file {sha256} does not open: damaged or changed") from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise FileDamaged(f"file {sha256} holds other bytes than its name says")
        return body

    def _sweep(self, known: frozenset[str], before: float) -> int:
        removed = 0
        for path in self._all():
            if path.name in known:
                continue
            with self._changing:
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
        return removed

    def _all(self) -> Iterator[Path]:
        yield from sorted((self.root / _TEMPORARY).glob("*"))
        yield from sorted(self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"))


def _key_id(key: bytes) -> bytes:
    """Four bytes that name a key without telling it."""
    return hashlib.sha256(b"gateway-12345 file key\0" + key).digest()[:4]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
