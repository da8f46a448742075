"""Putting rendered files on the disk: atomically, only those that changed, and what Asterisk must do about each."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

RELOADS: Mapping[str, str] = MappingProxyType(
    {
        "logger.conf": "logger",
        "indications.conf": "indications",
        "features.conf": "features",
        "cdr.conf": "cdr",
        "cel.conf": "cel",
        "http.conf": "http",
        "rtp.conf": "res_rtp_asterisk.so",
        "musiconhold.conf": "res_musiconhold.so",
        "confbridge.conf": "app_confbridge.so",
        "pjsip.conf": "res_pjsip.so",
        "queuerules.conf": "app_queue.so",
        "queues.conf": "app_queue.so",
        "extensions.conf": "pbx_config.so",
        "manager.conf": "manager",
    }
)
"""File -> what AMI's Reload action calls its module, in the order to reload: the dialplan after what it names, and
manager last, because that may cut the very session that asks."""

RESTARTS = frozenset({"asterisk.conf", "modules.conf", "pjsip_transports.conf", "sorcery.conf", "stasis.conf"})
"""Files that a running Asterisk does not read again."""

_SECRET = re.compile(r"^([+ -]?(?:secret|password) = ).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Written:
    """What ``write`` did: the names of changed files, the modules to reload, the changed files that need a restart."""

    changed: tuple[str, ...]
    reload: tuple[str, ...]
    restart: tuple[str, ...]


def write_atomic(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old or the new text, never a part, and a power cut leaves one of both."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def write(files: Mapping[str, str], directory: Path) -> Written:
    """Write the files whose text differs from the disk's, mode 0600. Raises OSError; files written before it stay."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    changed = tuple(name for name in sorted(files) if _present(directory / name) != files[name])
    for name in changed:
        write_atomic(directory / name, files[name])
    return Written(changed, tuple(reload_plan(changed)), tuple(needs_restart(changed)))


def reload_plan(changed: Collection[str]) -> list[str]:
    """The modules to reload for these files, in order, each once, as AMI's Reload action names them."""
    return list(dict.fromkeys(module for name, module in RELOADS.items() if name in changed))


def needs_restart(changed: Collection[str]) -> list[str]:
    """Those of the files that only a restart of Asterisk brings into force."""
    return sorted(RESTARTS.intersection(changed))


def diff(files: Mapping[str, str], directory: Path) -> str:
    """What ``write`` would change, as a unified diff with passwords hidden; "" when nothing."""
    parts: list[str] = []
    for name in sorted(files):
        old, new = _present(directory / name) or "", files[name]
        if old != new:
            lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, n=2, lineterm="")
            parts.append("\n".join(lines) + "\n")
    return _SECRET.sub(r"\1(hidden)", "".join(parts))


def _present(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return None  # not ours: it will be replaced
