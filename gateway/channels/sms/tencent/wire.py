"""Tencent Cloud's signature (TC3-HMAC-SHA256) of a call of the API 3.0, and its answers. Values in, values out; no IO.

Source: cloud.tencent.com/document/api/382/52072 (签名方法 v3): the canonical request is signed with a key derived from
the secret by date, service and ``tc3_request``. Signed are the content type, the host and the body's hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ALGORITHM = "TC3-HMAC-SHA256"
SERVICE, VERSION = "sms", "2021-01-11"
CONTENT_TYPE = "application/json; charset=utf-8"
_NAMES = "content-type;host"


def signed(
    action: str,
    body: bytes,
    *,
    secret_id: str,
    secret_key: str,
    host: str,
    region: str,
    at: float,
    service: str = SERVICE,
    version: str = VERSION,
) -> dict[str, str]:
    """The headers of a call that posts ``body`` to ``/``. Tencent refuses an ``at`` that is five minutes off."""
    stamp = int(at)
    day = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    request = f"POST\n/\n\ncontent-type:{CONTENT_TYPE}\nhost:{host}\n\n{_NAMES}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{service}/tc3_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"TC3{secret_key}".encode()
    for step in (day, service, "tc3_request"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return {
        "Authorization": f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={_NAMES}, Signature={signature}",
        "Content-Type": CONTENT_TYPE,
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Timestamp": str(stamp),
        "X-TC-Version": version,
        "X-TC-Region": region,
    }


@dataclass(frozen=True, slots=True)
class Result:
    """What Tencent answered for one number: ``code`` is "Ok" or the error's, "" for no answer of its API."""

    code: str
    message: str = ""
    serial_no: str = ""


def result(body: bytes) -> Result:
    """Reads an answer. Never raises."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return Result("")
    response = answer.get("Response") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        return Result("")
    statuses = response.get("SendStatusSet")
    found = response.get("Error") or (statuses[0] if isinstance(statuses, list) and statuses else None)
    return _one(found) if isinstance(found, dict) else Result("")


def _one(found: Mapping[str, Any]) -> Result:
    code, message, serial_no = found.get("Code"), found.get("Message"), found.get("SerialNo")
    return Result(str(code or "")[:100], str(message or "")[:200], str(serial_no or "")[:120])
