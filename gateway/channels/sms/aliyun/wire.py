"""Aliyun's V3 signature (ACS3-HMAC-SHA256) of an RPC call, and its answers. Values in, values out; no IO.

Source: help.aliyun.com, V3版本请求体&签名机制: the canonical request is method, path, sorted query, signed headers,
their names, and the SHA-256 of the body, a line each; percent-encoding is RFC 3986's (space is %20, ~ stays). The
parameters of SendSms stand in the query, as its API metadata says.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
VERSION = "2017-05-25"
"""Of Dysmsapi, the only one it has."""

_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Signed:
    """A call ready to be sent by POST to ``/?{query}`` without a body."""

    query: str
    headers: Mapping[str, str]


def signed(
    action: str,
    params: Mapping[str, str],
    *,
    key_id: str,
    secret: str,
    host: str,
    at: float,
    nonce: str,
    version: str = VERSION,
) -> Signed:
    """The call of an action. ``nonce`` must never come twice; Aliyun refuses an ``at`` 15 minutes off."""
    query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted(params.items()))
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": _EMPTY,
        "x-acs-date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{_EMPTY}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    proof = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    return Signed(query, {**headers, "Authorization": proof})


def quoted(text: str) -> str:
    """Percent-encoded as RFC 3986 says: A-Z a-z 0-9 - _ . ~ stay."""
    return quote(text, safe="~")


@dataclass(frozen=True, slots=True)
class Result:
    """What Aliyun answered: ``code`` is "OK" or the error's, "" for something that is no answer of its API."""

    code: str
    message: str = ""
    biz_id: str = ""


def result(body: bytes) -> Result:
    """Reads an answer. Never raises."""
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return Result("")
    if not isinstance(answer, dict) or not isinstance(answer.get("Code"), str):
        return Result("")
    message, biz_id = answer.get("Message"), answer.get("BizId")
    return Result(answer["Code"], str(message or "")[:200], str(biz_id or "")[:120])
