"""WeChat official accounts (微信公众号).

Names are imported when first used: reading a configuration should not pay for a client library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.channels.wechat.channel import WechatChannel
    from gateway.channels.wechat.config import WechatConfig
    from gateway.channels.wechat.reading import normalise_push, read_raw
    from gateway.channels.wechat_crypto import WireError

_HOMES = {
    "WechatChannel": "gateway.channels.wechat.channel",
    "WechatConfig": "gateway.channels.wechat.config",
    "WireError": "gateway.channels.wechat_crypto",
    "normalise_push": "gateway.channels.wechat.reading",
    "read_raw": "gateway.channels.wechat.reading",
}

__all__ = ["WechatChannel", "WechatConfig", "WireError", "normalise_push", "read_raw"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
