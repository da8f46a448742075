"""The gateway's own secrets: made at the first start, kept in state_dir/secrets.toml, never in the configuration.

The file is only ever added to. A key that is lost takes the personal data encrypted with it along, so nothing here
overwrites, guesses or repairs: a file that others may read, that has a key nobody knows or a value that is damaged, is
refused with a message that says what to do.
"""

from __future__ import annotations

import fcntl
import hmac
import os
import re
import secrets
import stat
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.asterisk.deploy import write_atomic
from gateway.settings.model import Settings
from gateway.settings.refs import SecretMissing, made_name, outside

FILE = "secrets.toml"
_PASSWORDS = ("ami_events", "ami_orders", "probe")
_KEYS = ("session_key", "data_key", "lookup_key")
_PASSWORD = re.compile(r"^[A-Za-z0-9_-]{16,128}$")
_HEX_KEY = re.compile(r"^[0-9a-f]{64}$")
_ALPHABET = string.ascii_letters + string.digits
_MADE_LENGTH = 43
"""Letters and digits only, as many as WeChat's EncodingAESKey has: 32 bytes in base64 without padding."""
_HEAD = """\
# Secrets of this gateway, made at its first start. Keep a backup apart from the ledger's: without data_key the personal
# data in the ledger cannot be read again. Add nothing here; passwords of new seats are added at the next start.
# [made] holds what the configuration calls "made:name": secrets that a platform or partner must be told.
"""


class SecretsRefused(Exception):
    """secrets.toml cannot be used. The message names the file, what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords of the two AMI users, the probe and each seat (by extension); 32-byte keys for sessions and data;
    what the configuration's references (``env:``, ``file:``, ``made:``) stand for.
    """

    ami_events: str = field(repr=False)
    ami_orders: str = field(repr=False)
    probe: str = field(repr=False)
    session_key: bytes = field(repr=False)
    data_key: bytes = field(repr=False)
    lookup_key: bytes = field(repr=False)
    seats: Mapping[str, str] = field(repr=False)
    refs: Mapping[str, str] = field(repr=False, default_factory=dict)

    def of(self, ref: str) -> str:
        """The secret that a reference of the configuration stands for; "" for no reference."""
        return self.refs[ref] if ref else ""

    @property
    def files_key(self) -> bytes:
        """Seals the file store (32 bytes). The gateway and its mailroom share the store."""
        return hmac.digest(self.data_key, b"gateway-12345 files", "sha256")


def load_secrets(state_dir: Path, settings: Settings, environ: Mapping[str, str] | None = None) -> Secrets:
    """Read secrets.toml, adding what is missing, and what the configuration refers to (``environ`` None: our own).

    Raises SecretsRefused; OSError when the disk refuses.
    """
    names = [name for ref in settings.secret_refs if (name := made_name(ref))]
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state_dir / FILE
    with _alone(state_dir):
        kept = _read(path)
        wanted = [seat.extension for hall in settings.halls for seat in hall.all_seats()]
        full = _completed(kept, wanted, names)
        if full != kept:
            write_atomic(path, _text(full), 0o600)
    return Secrets(
        ami_events=full["ami_events"],
        ami_orders=full["ami_orders"],
        probe=full["probe"],
        session_key=bytes.fromhex(full["session_key"]),
        data_key=bytes.fromhex(full["data_key"]),
        lookup_key=bytes.fromhex(full["lookup_key"]),
        seats=dict(full["seats"]),
        refs=_resolved(settings.secret_refs, full.get("made", {}), os.environ if environ is None else environ),
    )


def find_secret(state_dir: Path, ref: str, environ: Mapping[str, str] | None = None) -> str:
    """A secret that ``load_secrets`` has not got, because the account that names it is switched off. Makes none.

    Raises SecretMissing, which says where it was looked for, SecretsRefused, and OSError.
    """
    name = made_name(ref)
    if name is None:
        return outside(ref, os.environ if environ is None else environ)
    path = state_dir / FILE
    made: Mapping[str, str] = _read(path).get("made", {})
    if name not in made:
        raise SecretMissing(f"{path} has none of that name: it is made at a start with the account switched on")
    return made[name]


def _resolved(refs: Iterable[str], made: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for ref in refs:
        name = made_name(ref)
        try:
            found[ref] = outside(ref, environ) if name is None else made[name]
        except SecretMissing as error:
            raise SecretsRefused(f"{ref}: {error}") from error
    return found


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep two first starts apart: the lock lasts for one small read and write, and dies with its process."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> dict[str, Any]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SecretsRefused(f"{path}: cannot be opened: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise SecretsRefused(f"{path}: others may read it (mode {mode:04o}): run chmod 600 {path}")
        try:
            data = tomllib.load(file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SecretsRefused(f"{path}: damaged ({error}): put back its backup") from error
    _check(path, data)
    return data


def _check(path: Path, data: dict[str, Any]) -> None:
    """Refuse what we did not write: a misspelt data_key must not lead to a new one."""
    if strange := sorted(data.keys() - {*_PASSWORDS, *_KEYS, "seats", "made"}):
        raise SecretsRefused(f'{path}: unknown key "{strange[0]}": correct or remove it')
    texts = {name: data[name] for name in _PASSWORDS if name in data}
    for table, what in (("seats", "extension = password"), ("made", "name = secret")):
        if not isinstance(values := data.get(table, {}), dict):
            raise SecretsRefused(f"{path}: {table} must be a table of {what}")
        texts |= {f"{table}.{name}": value for name, value in values.items()}
    for name, value in texts.items():
        if not (isinstance(value, str) and _PASSWORD.match(value)):
            raise SecretsRefused(f"{path}: {name} must be 16 to 128 letters, digits, _ or -")
    for name in _KEYS:
        if name in data and not (isinstance(data[name], str) and _HEX_KEY.match(data[name])):
            raise SecretsRefused(f"{path}: {name} must be 64 hexadecimal digits (32 bytes): put back its backup")


def _completed(kept: Mapping[str, Any], extensions: list[str], names: list[str]) -> dict[str, Any]:
    full: dict[str, Any] = {name: kept.get(name) or secrets.token_urlsafe(24) for name in _PASSWORDS}
    full |= {name: kept.get(name) or secrets.token_hex(32) for name in _KEYS}
    seats = dict(kept.get("seats", {}))
    for extension in extensions:
        seats.setdefault(extension, secrets.token_urlsafe(24))
    made = dict(kept.get("made", {}))
    for name in names:
        made.setdefault(name, "".join(secrets.choice(_ALPHABET) for _ in range(_MADE_LENGTH)))
    return full | {"seats": seats} | ({"made": made} if made else {})


def _text(full: Mapping[str, Any]) -> str:
    """Values hold only letters, digits, _ and -, so they need no escaping."""
    lines = [f'{name} = "{full[name]}"' for name in (*_PASSWORDS, *_KEYS)]
    seats = [f'{extension} = "{password}"' for extension, password in sorted(full["seats"].items())]
    made = [f'"{name}" = "{secret}"' for name, secret in sorted(full.get("made", {}).items())]
    table = ["# Made for the configuration", "[made]", *made, ""] if made else []
    return "\n".join([_HEAD, *lines, "", "# SIP passwords, by extension", "[seats]", *seats, "", *table])
