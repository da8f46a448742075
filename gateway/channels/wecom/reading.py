"""Reads a kept original of customer service again, for ``gateway replay``: it is the JSON of one pulled message."""

from __future__ import annotations

import json

from gateway.channels.wechat_crypto import WireError
from gateway.channels.wecom.normalise import normalise
from gateway.model.messages import Message, Raw


def read_raw(raw: Raw) -> Message:
    """The message of a kept original. Raises WireError when the bytes are no JSON object."""
    try:
        fields = json.loads(raw.body)
    except (ValueError, RecursionError) as error:
        raise WireError("body", f"is not JSON ({type(error).__name__})") from None
    if not isinstance(fields, dict):
        raise WireError("body", "is not a JSON object")
    return normalise(fields, raw.account, raw.received_at)
