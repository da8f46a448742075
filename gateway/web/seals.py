"""Seals: texts that we hand out and recognise when they come back (a form's token, an uploaded photo, a receipt).

A seal is a keyed digest under a purpose of its own, so nothing has to be kept for it and a seal for one thing opens no
other. Whoever holds a sealed text can read it; nobody can change it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import orjson


class Seal:
    """Signs under ``key`` (at least 32 bytes) for one ``purpose``."""

    def __init__(self, key: bytes, purpose: str) -> None:
        if len(key) < 32:
            raise ValueError("the key must be at least 32 bytes")
        self._key, self._purpose = key, purpose

    def digest(self, text: str) -> bytes:
        """The keyed digest of ``text``, 32 bytes."""
        return hmac.new(self._key, f"{self._purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256).digest()

    def close(self, value: Any) -> str:
        """``value`` (JSON data) as a sealed text that is safe in addresses and forms."""
        text = _base64(orjson.dumps(value))
        return f"{text}.{_base64(self.digest(text))}"

    def open(self, sealed: str) -> Any | None:
        """The value of a text that we sealed for this purpose, else None."""
        text, _, digest = sealed.partition(".")
        if not hmac.compare_digest(digest.encode("utf-8", "replace"), _base64(self.digest(text)).encode()):
            return None
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
