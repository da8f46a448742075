"""Weibo fans service (微博粉丝服务平台).

Names are imported when first used: reading a configuration should not pay for a client library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.channels.wechat_crypto import WireError
    from gateway.channels.weibo.channel import WeiboChannel
    from gateway.channels.weibo.config import WeiboConfig
    from gateway.channels.weibo.reading import normalise_push, read_raw

_HOMES = {
    "WeiboChannel": "gateway.channels.weibo.channel",
    "WeiboConfig": "gateway.channels.weibo.config",
    "WireError": "gateway.channels.wechat_crypto",
    "normalise_push": "gateway.channels.weibo.reading",
    "read_raw": "gateway.channels.weibo.reading",
}

__all__ = ["WeiboChannel", "WeiboConfig", "WireError", "normalise_push", "read_raw"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
