"""Values of a platform made safe to keep: texts that every database takes, numbers that are numbers.

Platforms send what phones type. Half an emoji (a lone surrogate) and NUL cannot be stored as UTF-8 text, a coordinate
can be ``nan``, a time can be the year 50000. Nothing here raises.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any
from uuid import UUID

_NAMES = UUID("7d0c2f0e-12d3-5b8a-8c45-012345012345")


def text_of(value: Any, longest: int = 200_000) -> str:
    """``value`` as text without NUL and lone surrogates, at most ``longest`` characters; "" for none and containers."""
    if value is None or isinstance(value, dict | list | tuple | bool):
        return ""
    text = str(value)[:longest]
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if _encodes(text) else text.encode("utf-8", "replace").decode("utf-8")


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def number_of(value: Any) -> float | None:
    """A finite number, None when it is none."""
    if isinstance(value, dict | list | tuple | bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def degrees_of(longitude: Any, latitude: Any) -> tuple[float, float] | None:
    """Longitude and latitude in degrees; None when one is missing or impossible, or both are 0 (not known)."""
    east, north = number_of(longitude), number_of(latitude)
    if east is None or north is None or abs(east) > 180 or abs(north) > 90 or (east == 0 and north == 0):
        return None
    return east, north


def moment_of(value: Any, received_at: float) -> tuple[float, bool]:
    """When it happened (epoch seconds) and whether that is certain: a time that cannot be becomes ``received_at``."""
    stated = number_of(value)
    if stated is None or not 0 < stated <= received_at + 86_400:
        return received_at, False
    return stated, True


def digest_of(*parts: str | bytes) -> str:
    """SHA-256 in hex over the parts, each with its length, so that no two lists of parts are alike."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big"))
        whole.update(data)
    return whole.hexdigest()


def named_id(*parts: str | bytes) -> str:
    """An id that the same parts always give, shaped as a UUID version 8 (RFC 9562)."""
    value = int(digest_of(str(_NAMES), *parts)[:32], 16)
    value = value & ~(0xF << 76) | 0x8 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))
