"""WeCom customer service (微信客服).

Names are imported when first used: reading a configuration should not pay for a client library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.channels.wecom.channel import WecomChannel
    from gateway.channels.wecom.config import WecomConfig
    from gateway.channels.wecom.reading import read_raw

_HOMES = {
    "WecomChannel": "gateway.channels.wecom.channel",
    "WecomConfig": "gateway.channels.wecom.config",
    "read_raw": "gateway.channels.wecom.reading",
}

__all__ = ["WecomChannel", "WecomConfig", "read_raw"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
