"""Secrets that a configuration only points at: ``env:NAME``, ``file:/path`` or ``made:name``.

A field of type ``SecretRef`` (gateway.schema) says where a secret is and never what it is, so files can be
committed and shown. ``made:`` names one that the gateway makes at its first start and keeps in secrets.toml, for
secrets that two sides agree on. Tables with ``enabled = false`` are passed over: an example needs no secrets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from gateway.schema import REFERENCE
from gateway.settings.errors import Location

_LONGEST = 4096


class SecretMissing(Exception):
    """A secret is not where the configuration says. The message names the place, never a value."""


def refs_in(value: Any, at: Location = ()) -> Iterator[tuple[Location, str]]:
    """Every secret reference in a configuration model, with its key path."""
    if isinstance(value, BaseModel):
        if getattr(value, "enabled", True) is False:
            return
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if isinstance(inner, str):
                if inner and (REFERENCE in field.metadata or _marked(field.annotation)):
                    yield (*at, name), inner
            else:
                listed = _marked(field.annotation) and isinstance(inner, tuple | list)
                yield from _listed(inner, (*at, name)) if listed else refs_in(inner, (*at, name))
    elif isinstance(value, tuple | list):
        for n, inner in enumerate(value):
            yield from refs_in(inner, (*at, n))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from refs_in(inner, (*at, str(name)))


def _listed(values: Any, at: Location) -> Iterator[tuple[Location, str]]:
    for n, value in enumerate(values):
        if isinstance(value, str) and value:
            yield (*at, n), value


def _marked(annotation: Any) -> bool:
    if REFERENCE in getattr(annotation, "__metadata__", ()):
        return True
    return any(_marked(part) for part in get_args(annotation))


def made_name(ref: str) -> str | None:
    """The name of a secret that the gateway makes itself, None for the other kinds."""
    kind, _, name = ref.partition(":")
    return name if kind == "made" else None


def outside(ref: str, environ: Mapping[str, str]) -> str:
    """The secret of an ``env:`` or ``file:`` reference. Raises SecretMissing that says where it was looked for."""
    kind, _, name = ref.partition(":")
    if kind == "env":
        value = environ.get(name, "")
        if not value:
            raise SecretMissing(f"the environment variable {name} is not set")
        return value
    try:
        text = Path(name).read_bytes()[: _LONGEST + 1].decode("utf-8").strip()
    except OSError as error:
        raise SecretMissing(f"the file {name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SecretMissing(f"the file {name} is not text") from None
    if not text or len(text) > _LONGEST:
        raise SecretMissing(f"the file {name} is {'empty' if not text else 'longer than a secret'}")
    return text
