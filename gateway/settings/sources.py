"""Where values come from: TOML files and the environment, read without judging what they mean.

What trips operators is said plainly: files saved by a Windows editor (a byte-order mark is fine, GBK is not), a
misspelt file name, an override for a table that does not exist.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.settings.errors import ConfigError, Location, nearest

Table = dict[str, Any]

_AT = re.compile(r"^(?P<what>.*?)\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL)


@dataclass(slots=True)
class Source:
    """One file as read: ``data`` is None when it could not be, and then nothing in it can be checked."""

    file: str
    data: Table | None
    text: str = ""
    errors: list[ConfigError] = field(default_factory=list)

    def line_of(self, location: Location) -> int:
        """The line of a place in the file: of its key, else of its table's head; 0 when it cannot be told."""
        return _line_of(self.text.splitlines(), location)


def read(directory: Path, name: str, known: tuple[str, ...]) -> Source:
    """Read ``directory/name``. ``known`` are the names of files that belong there, for the message of a missing one."""
    path = directory / name
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return _unreadable(name, f"the file is missing.{_misnamed(directory, name, known)}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _unreadable(name, "is not UTF-8: save the file as UTF-8 (not GBK or ANSI)", line)
    except OSError as error:
        return _unreadable(name, f"cannot be read: {error.strerror}")
    try:
        return Source(name, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.match(str(error))
        what, line = (found["what"], int(found["line"] or text.count("\n") + 1)) if found else (str(error), 0)
        column = f" (column {found['column']})" if found and found["column"] else ""
        return _unreadable(name, f"not valid TOML: {what}{column}", line)


def _unreadable(name: str, message: str, line: int = 0) -> Source:
    return Source(name, None, errors=[ConfigError(name, "", message, line)])


def _misnamed(directory: Path, name: str, known: tuple[str, ...]) -> str:
    there = [path.name for path in directory.glob("*.toml") if path.name not in known]
    return "".join(f' There is "{other}", which is not read.' for other in sorted(there)[:3] if nearest(other, [name]))


def strangers(directory: Path, known: tuple[str, ...]) -> list[ConfigError]:
    """Files in the configuration directory that nothing reads: most likely a slip of the pen."""
    found = sorted(path.name for path in directory.glob("*.toml") if path.name not in known)
    return [ConfigError(name, "", f"no such file is known.{nearest(name, known)}") for name in found]


def override(
    tables: dict[str, Table], environ: Mapping[str, str], models: Mapping[str, type[BaseModel]]
) -> list[ConfigError]:
    """Lay GATEWAY__TABLE__KEY over the tables in place; returns an error for each that names nothing known."""
    errors: list[ConfigError] = []
    for name, raw in sorted(environ.items()):
        if not name.startswith("GATEWAY__"):
            continue
        parts = name.split("__")
        table, key = (parts[1].lower(), parts[2].lower()) if len(parts) == 3 else ("", "")
        if table not in models or key not in models[table].model_fields:
            known = [f"GATEWAY__{t}__{k}".upper() for t, model in models.items() for k in model.model_fields]
            errors.append(ConfigError("environment", name, f"names no key of gateway.toml.{nearest(name, known)}"))
            continue
        tables.setdefault(table, {})[key] = _value(raw)
    return errors


def _value(raw: str) -> Any:
    """A list or table in TOML's notation as such; all else stays text, which the models read as number or truth."""
    if raw[:1] in "[{" and raw:
        try:
            return tomllib.loads(f"value = {raw}")["value"]
        except tomllib.TOMLDecodeError:
            return raw
    return raw


def _line_of(lines: list[str], location: Location) -> int:
    """Follow the heads of tables down the location, then look for the key below the last head found."""
    start, path, key = 0, "", ""
    for n, part in enumerate(location):
        if isinstance(part, int):
            continue
        path = f"{path}.{part}" if path else part
        follower = location[n + 1] if n + 1 < len(location) else None
        head = next(_heads(lines, path, start, follower if isinstance(follower, int) else None), None)
        start, key = (start, key or part) if head is None else (head, "")
    return (_key_line(lines, key, start) or start) if key else start


def _heads(lines: list[str], path: str, start: int, number: int | None) -> Iterator[int]:
    """Line numbers (from 1) of ``[path]``, or of the ``number``-th ``[[path]]``, after line ``start``."""
    opening, closing = (r"\[\[", r"\]\]") if number is not None else (r"\[", r"\]")
    head = re.compile(rf"^\s*{opening}\s*{re.escape(path)}\s*{closing}")
    found = [n for n, line in enumerate(lines, 1) if n > start and head.match(line)]
    yield from found[number or 0 : (number or 0) + 1]


def _key_line(lines: list[str], key: str, start: int) -> int:
    wanted = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*[.=]")
    for n, line in enumerate(lines[start:], start + 1):
        if re.match(r"^\s*\[", line):
            return 0
        if wanted.match(line):
            return n
    return 0
