"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed hash (PIPL articles 51 and 28).

A sealed value is ``key id (4 bytes) | nonce (12 bytes) | ciphertext and tag``. The key id is derived from the key, so a
new key can be put in front while values under former keys stay readable. The place of a value (table and row) is
authenticated with it: a value copied to another row does not open there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ledger.errors import LedgerError
from gateway.ledger.texts import dumps
from gateway.model.entropy import random_bytes

Kind = Literal["user", "sender", "conversation", "message key", "ticket key", "gathering", "partner reference"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_REMEMBERED = 256
"""Numbers whose hash is remembered: a message asks for its number's several times, and a group asks ahead for all."""

_SEPARATORS = re.compile(r"[\s()\-./_·]+")
_PLAIN = re.compile(r"1[3-9][0-9]{9}")
_MOBILE = re.compile(r"(?:\+?86|0086|0)?(1[3-9]\d{9})")
_COUNTRY = re.compile(r"(?:\+86|0086)0?(\d{9,11})")


@dataclass(frozen=True, slots=True, repr=False)
class LedgerKeys:
    """The secrets of the ledger. ``personal`` seals (32 bytes), ``former`` still open, ``lookup`` keys the hash."""

    personal: bytes
    lookup: bytes
    former: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if any(len(key) != 32 for key in (self.personal, *self.former)):
            raise ValueError("a personal-data key is 32 bytes")
        if len(self.lookup) < 32:
            raise ValueError("the look-up hash key is at least 32 bytes")


def normal_number(number: str) -> str:
    """One spelling for one number: mobiles as 11 digits, landlines as 0 + area code + number, rest as dialled.

    ``+86 138-1234-5678``, ``0086138...`` and the long-distance form ``0138...`` are all ``13812345678``;
    ``+86 898 6666 6666`` is ``089866666666``. Other texts (``anonymous``, SIP users) only lose case and separators.
    """
    if _PLAIN.fullmatch(number):  # as most are written
        return number
    bare = _SEPARATORS.sub("", unicodedata.normalize("NFKC", number)).casefold()
    if mobile := _MOBILE.fullmatch(bare):
        return mobile[1]
    if landline := _COUNTRY.fullmatch(bare):
        return "0" + landline[1]
    return bare


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key without telling it."""
    return hashlib.sha256(b"gateway-12345 key id\0" + key).digest()[:4]


class _Hmac:
    """HMAC-SHA256 (RFC 2104) of one key, the key's two blocks hashed once: OpenSSL's own takes three times as long."""

    def __init__(self, key: bytes) -> None:
        block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def digest(self, text: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text)
        outer.update(inner.digest())
        return outer.digest()


class Seal:
    """Seals and opens the personal part of rows; hashes numbers for look-up."""

    def __init__(self, keys: LedgerKeys) -> None:
        self._current = key_id(keys.personal)
        self._ciphers = {key_id(key): AESGCM(key) for key in (*keys.former, keys.personal)}
        self._lookup = _Hmac(keys.lookup)
        self._hashed = lru_cache(_REMEMBERED)(self._number_hash)
        self._kinds = {
            kind: hmac.digest(keys.lookup, b"gateway-12345 text\0" + kind.encode(), "sha256") for kind in KINDS
        }

    def close(self, place: str, values: object) -> bytes:
        """Seal ``values`` (a mapping or record for JSON) for ``place``, a text like ``calls/1700000000.1``."""
        return self.close_bytes(place, dumps(values))

    def close_bytes(self, place: str, plain: bytes) -> bytes:
        nonce = random_bytes(12)
        return self._current + nonce + self._ciphers[self._current].encrypt(nonce, plain, place.encode())

    def open(self, place: str, sealed: bytes) -> dict[str, Any]:
        """The values sealed for ``place``. LedgerError when the key is unknown or the value was tampered with."""
        return cast("dict[str, Any]", orjson.loads(self.open_bytes(place, sealed)))

    def open_bytes(self, place: str, sealed: bytes) -> bytes:
        """As ``open``, for what ``close_bytes`` sealed."""
        cipher = self._ciphers.get(sealed[:4])
        if cipher is None:
            raise LedgerError(f"{place}: sealed with key {sealed[:4].hex()}, which is not among the ledger's keys")
        try:
            return cipher.decrypt(sealed[4:16], sealed[16:], place.encode())
        except InvalidTag as error:
            raise LedgerError(f"{place}: the personal fields do not open: changed or moved") from error

    def current(self, sealed: bytes) -> bool:
        """Whether a value is sealed with the current key."""
        return sealed[:4] == self._current

    def number_hash(self, number: str) -> bytes | None:
        """HMAC-SHA256 of the normalised number; None for no number, so that "unknown" callers are not one person."""
        return self._hashed(number) if number else None

    def _number_hash(self, number: str) -> bytes | None:
        normal = normal_number(number)
        return self._lookup.digest(normal.encode("utf-8", "replace")) if normal else None

    def text_hash(self, kind: Kind, text: str) -> bytes | None:
        """Keyed BLAKE2b (RFC 7693, 16 bytes) of a text that is no number; None for an empty one.

        Each kind has a key of its own, derived from the look-up key: equal texts of two kinds have nothing in common,
        and none of them can be confused with the hash of a number. (A message takes five of these; HMAC-SHA256 through
        OpenSSL costs three times as much.)
        """
        if not text:
            return None
        plain = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(plain, digest_size=16, key=self._kinds[kind]).digest()
