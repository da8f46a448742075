"""Reads a push in one go, proof included: for ``gateway normalize`` and ``gateway replay``, which need no server."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.channels.wechat_crypto import WireError
from gateway.channels.weibo.normalise import normalise
from gateway.channels.weibo.wire import Wire, read
from gateway.model.messages import Message, Raw


def normalise_push(
    body: bytes,
    query: Mapping[str, str],
    app_secret: str,
    account: str,
    received_at: float,
    max_age_s: float | None = None,
) -> Message:
    """The message of a push to an account; ``max_age_s`` None does not judge the age of the signature.

    Raises WireError, which says what is wrong and where.
    """
    if not app_secret:
        raise WireError("app_secret", "is needed to check the signature")
    push = Wire(app_secret).open(query, body, received_at, max_age_s)
    return normalise(push.fields, account, received_at, push.flags)


def read_raw(raw: Raw) -> Message:
    """The message of a kept original, read again after a mend. It was proved when it was kept. Raises WireError."""
    push = read(raw.body)
    return normalise(push.fields, raw.account, raw.received_at, push.flags)
