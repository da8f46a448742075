"""A log file that another process appends to and rotates: read on from a cursor, whole lines only.

A cursor names the file by inode and by how it begins, because inodes are used again. A file that was renamed
(Asterisk's ``logger rotate``, logrotate) is read to its end under its new name first. One that was emptied, or is not
to be found, is read from the beginning: whoever reads must take a line twice calmly. All calls block; use
``asyncio.to_thread``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

_HEAD = 24
_TAIL = 8192


@dataclass(frozen=True, slots=True)
class Cursor:
    """All before ``offset`` of the file with this inode has been read. ``head`` is how the file began, in hex."""

    inode: int
    offset: int
    head: str

    def state(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Self | None:
        """From the ledger; None when there is none or it is not one."""
        try:
            return cls(int(state["inode"]), int(state["offset"]), str(state["head"])) if state else None
        except (KeyError, TypeError, ValueError):
            return None


def end_of(path: Path) -> Cursor:
    """The cursor behind the last whole line. Raises OSError when the file cannot be read."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        start = max(0, size - _TAIL)
        file.seek(start)
        last = file.read(size - start).rfind(b"\n")
        return _cursor(file, start + last + 1 if last >= 0 else size)


def read_on(path: Path, cursor: Cursor, most: int) -> tuple[bytes, Cursor]:
    """The next whole lines, at most ``most`` bytes, and the cursor behind them. No bytes: all has been read.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        if _is_of(file, cursor):
            return _lines(file, cursor.offset, most)
        older = _renamed(path, cursor)
        if older is not None:
            with older.open("rb") as rest:
                data, behind = _lines(rest, cursor.offset, most)
            if data:
                return data, behind
        return _lines(file, 0, most)


def _lines(file: BinaryIO, offset: int, most: int) -> tuple[bytes, Cursor]:
    file.seek(offset)
    data = file.read(most)
    end = data.rfind(b"\n") + 1
    if not end and len(data) == most:  # no line is that long: skip it
        end = most
    return data[:end], _cursor(file, offset + end)


def _cursor(file: BinaryIO, offset: int) -> Cursor:
    file.seek(0)
    return Cursor(os.fstat(file.fileno()).st_ino, offset, file.read(_HEAD).hex())


def _is_of(file: BinaryIO, cursor: Cursor) -> bool:
    """Whether the file is the cursor's, grown since but neither replaced nor emptied."""
    found = _cursor(file, 0)
    size = os.fstat(file.fileno()).st_size
    return found.inode == cursor.inode and found.head.startswith(cursor.head) and size >= cursor.offset


def _renamed(path: Path, cursor: Cursor) -> Path | None:
    for candidate in sorted(path.parent.glob(f"{path.name}?*")):
        try:
            with candidate.open("rb") as file:
                if _is_of(file, cursor):
                    return candidate
        except OSError:
            continue  # a directory, or gone meanwhile
    return None
