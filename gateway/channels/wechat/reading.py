"""Reads a push in one go, proof included: for ``gateway normalize`` and ``gateway replay``, which need no server."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from gateway.channels.wechat.normalise import normalise
from gateway.channels.wechat.wire import Wire
from gateway.channels.wechat_crypto import WireError
from gateway.model.messages import Message, Raw


def normalise_push(
    body: bytes,
    query: Mapping[str, str],
    token: str,
    aes_key: str,
    app_id: str,
    account: str,
    received_at: float,
    max_age_s: float | None = None,
) -> Message:
    """The message of a push to an official account; ``max_age_s`` None does not judge the age of the signature.

    Plain and encrypted pushes are taken alike. Raises WireError, which says what is wrong and where.
    """
    try:
        wire = Wire(token, aes_key, app_id)
    except ValueError as error:
        raise WireError("aes_key" if token else "token", str(error)) from None
    push = wire.open(query, body, received_at, max_age_s)
    return normalise(push.fields, account, received_at, push.flags)


def read_raw(raw: Raw, token: str, aes_key: str, app_id: str) -> Message:
    """The message of a kept original, read again (after a mend of this code or of the keys). Raises WireError."""
    query = dict(parse_qsl(raw.meta.get("query", ""), keep_blank_values=True))
    return normalise_push(raw.body, query, token, aes_key, app_id, raw.account, raw.received_at)
