"""What a partner's push is on the wire: its signature, its JSON, and how it is answered. Bytes in, values out, no IO.

The signature is that of Standard Webhooks: ``webhook-signature`` holds ``v1,`` and the base64 of an HMAC-SHA256 over
``id.timestamp.body``, so any of its libraries can sign and verify. Platforms that must use SM3 (GB/T 32905) write
``sm3,`` instead. Several signatures may stand in the header, separated by blanks, while a secret is being changed. A
replay within the window does no harm, because the partner's own number is the key of what it opens.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from gateway.model.http import HttpAnswer
from gateway.transfer.config import Signature

LABELS: Final[Mapping[Signature, tuple[str, str]]] = {"hmac-sha256": ("v1", "sha256"), "hmac-sm3": ("sm3", "sm3")}
"""The label in the header and hashlib's name."""

_LONGEST_ID = 200
_STANDARD_PREFIX = "whsec_"


class BadSignature(Exception):
    """A push that is not believed. The message is fit for the partner's engineers and holds no secret."""


class Malformed(Exception):
    """A body that is no JSON object."""


def key_of(secret: str) -> bytes:
    """The signing key: ``whsec_`` and base64 as Standard Webhooks write it, any other text as it is."""
    if secret.startswith(_STANDARD_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_STANDARD_PREFIX), validate=True)
        except binascii.Error:
            return secret.encode()
    return secret.encode()


def sign(secret: str, algorithm: Signature, id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    label, digest = LABELS[algorithm]
    signed = hmac.digest(key_of(secret), f"{id}.{timestamp}.".encode() + body, digest)
    return f"{label},{base64.b64encode(signed).decode()}"


def signed_headers(secret: str, algorithm: Signature, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a push of ours."""
    return {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, algorithm, id, timestamp, body),
    }


def verify(
    headers: Mapping[str, str], body: bytes, *, secret: str, algorithm: Signature, now: float, window_s: float
) -> str:
    """Return the ``webhook-id`` of a push whose signature and age are right. Raises BadSignature that says why not."""
    id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    for name, value in (("webhook-id", id), ("webhook-timestamp", stamp), ("webhook-signature", given)):
        if not value:
            raise BadSignature(f"the header {name} is missing")
    if len(id) > _LONGEST_ID or not id.isascii() or not id.isprintable():
        raise BadSignature(f"webhook-id must be at most {_LONGEST_ID} printable ASCII characters")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature("webhook-timestamp must be seconds since the epoch")
    if abs(now - int(stamp)) > window_s:
        raise BadSignature(f"webhook-timestamp is more than {window_s:.0f} s away from our clock")
    wanted = sign(secret, algorithm, id, int(stamp), body).encode()
    if not any(hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in given.split(" ")[:10]):
        raise BadSignature("the signature does not fit id, timestamp, body and secret")
    return id


def read(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Malformed."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: line {error.lineno}, column {error.colno}") from None
    if not isinstance(value, dict):
        raise Malformed("the body must be a JSON object")
    return value


def find(body: Mapping[str, Any], name: str) -> Any:
    """The value under a name whose dots go into inner objects; None when it is not there."""
    value: Any = body
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def put(body: dict[str, Any], name: str, value: Any) -> None:
    """Set a value under a name whose dots go into inner objects."""
    *outer, last = name.split(".")
    for part in outer:
        inner = body.setdefault(part, {})
        if not isinstance(inner, dict):
            inner = body[part] = {}
        body = inner
    body[last] = value


def without(body: Mapping[str, Any], names: frozenset[str], at: str = "") -> dict[str, Any]:
    """The body without the names given, and without objects that are empty then."""
    rest: dict[str, Any] = {}
    for key, value in body.items():
        name = f"{at}{key}"
        if name in names:
            continue
        if isinstance(value, dict) and any(other.startswith(f"{name}.") for other in names):
            value = without(value, names, f"{name}.")
            if not value:
                continue
        rest[key] = value
    return rest


def answer(values: Mapping[str, Any], status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, orjson.dumps(values), "application/json")


def problem(status: int, zh: str, en: str, field: str = "", **more: str) -> HttpAnswer:
    """An RFC 9457 problem document; ``field`` is the partner's own name of what is wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{zh} / {en}",
    }
    if field:
        body["field"] = field
    return HttpAnswer(status, orjson.dumps(body | more), "application/problem+json")
