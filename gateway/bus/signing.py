"""Signatures of outgoing webhooks after Standard Webhooks (standardwebhooks.com, specification 1.0, symmetric scheme).

What is signed is ``id.timestamp.body``, byte for byte; each secret that is in force gives one ``v1,`` signature, newest
first, so that a follower may change its secret without missing a post.
"""

from __future__ import annotations

import binascii
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence

PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes, as the specification demands
_MADE = 32


class BadSecret(ValueError):
    """Not a ``whsec_`` secret of 24 to 64 bytes in base64."""


def new_secret() -> str:
    """A fresh secret as the follower's operator gets it."""
    return PREFIX + b64encode(secrets.token_bytes(_MADE)).decode()


def key_of(secret: str) -> bytes:
    """The key inside a secret. Raises BadSecret, never with the secret in its message."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret("a secret is whsec_ and base64") from None
    if not secret.startswith(PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise BadSecret(f"a secret is whsec_ and {_SHORTEST} to {_LONGEST} bytes in base64")
    return key


def signatures(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: one signature a key, parted by blanks."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return " ".join("v1," + b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys)


def headers(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one post. ``timestamp`` is that of the try, in epoch seconds."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(keys, message_id, timestamp, body),
    }
