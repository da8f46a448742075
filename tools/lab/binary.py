"""Where Asterisk is: an installed one first, then the root that tools/bootstrap.sh made of a Debian that has it.

The root is used without chroot and so without root rights: its own dynamic loader starts its own asterisk with its own
libraries, and asterisk.conf names every folder. Nothing of the host changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
"""The oldest major version that the rendered configuration fits."""


class NoAsterisk(Exception):
    """There is no usable Asterisk on this machine. The message says what was looked for and what to do."""


def cache_dirs(environ: Mapping[str, str]) -> list[Path]:
    """Where bootstrap keeps what it made, in the order of looking (the same order as in tools/bootstrap.sh)."""
    if named := environ.get("GATEWAY_CACHE"):
        return [Path(named)]
    home = Path(environ.get("HOME") or "/nonexistent")
    return [Path("/var/cache/gateway-12345"), home / ".cache" / "gateway-12345"]


@dataclass(frozen=True, slots=True)
class AsteriskBinary:
    """``command`` starts asterisk (add options); the folders go into asterisk.conf's [directories]."""

    command: tuple[str, ...]
    modules_dir: Path
    data_dir: Path
    sbin_dir: Path
    version: str

    @classmethod
    def find(cls, environ: Mapping[str, str] | None = None) -> AsteriskBinary:
        """The best Asterisk of this machine. Raises NoAsterisk. ``GATEWAY_ASTERISK_ROOT`` names a root by hand."""
        environ = os.environ if environ is None else environ
        tried = []
        if not (named := environ.get("GATEWAY_ASTERISK_ROOT")):
            installed, why = _installed(environ)
            if installed:
                return installed
            tried.append(why)
        for root in [Path(named)] if named else [folder / "asterisk-root" for folder in cache_dirs(environ)]:
            found, why = _in_root(root)
            if found:
                return found
            tried.append(why)
        raise NoAsterisk(
            "no Asterisk found: " + "; ".join(tried) + ". Run tools/bootstrap.sh run, "
            "or install asterisk >= 20, or name a root with GATEWAY_ASTERISK_ROOT."
        )


def _installed(environ: Mapping[str, str]) -> tuple[AsteriskBinary | None, str]:
    path = environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    program = shutil.which("asterisk", path=path)
    if program is None:
        return None, "asterisk is not installed"
    version = _version((program,))
    if _major(version) < OLDEST:
        return None, f"{program} is {version or 'of an unknown version'}, older than {OLDEST}"
    modules = next((p for p in _module_dirs(Path("/usr")) if p.is_dir()), None)
    if modules is None:
        return None, f"{program} has no modules folder below /usr/lib"
    data = next((p for p in (Path("/usr/share/asterisk"), Path("/var/lib/asterisk")) if p.is_dir()), Path("/usr/share"))
    return AsteriskBinary((program,), modules, data, Path(program).parent, version), ""


def _in_root(root: Path) -> tuple[AsteriskBinary | None, str]:
    program = root / "usr/sbin/asterisk"
    if not program.is_file():
        return None, f"{root} holds no asterisk"
    loader = next((p for folder in ("lib64", "lib") for p in sorted(root.glob(f"usr/{folder}/ld-linux*.so.*"))), None)
    libraries = next(iter(sorted(root.glob("usr/lib/*-linux-gnu*/libc.so.6"))), None)
    modules = next((p for p in _module_dirs(root / "usr") if p.is_dir()), None)
    if loader is None or libraries is None or modules is None:
        return None, f"{root} is not whole (remove it and run tools/bootstrap.sh run)"
    command = (str(loader), "--library-path", str(libraries.parent), str(program))
    version = _version(command)
    if _major(version) < OLDEST:
        return None, f"asterisk in {root} does not start or is older than {OLDEST}"
    return AsteriskBinary(command, modules, root / "usr/share/asterisk", program.parent, version), ""


def _module_dirs(usr: Path) -> list[Path]:
    return [
        *sorted(usr.glob("lib/*-linux-gnu*/asterisk/modules")),
        usr / "lib/asterisk/modules",
        usr / "lib64/asterisk/modules",
    ]


def _version(command: tuple[str, ...]) -> str:
    """``asterisk -V`` without its name, "" when it does not start."""
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"Asterisk (?:certified/)?(\S+)", done.stdout)
    return match[1] if match else ""


def _major(version: str) -> int:
    match = re.match(r"\d+", version)
    return int(match[0]) if match else 0
