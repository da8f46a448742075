"""config/channels.toml: the accounts by which citizens write to the hotline. Only their tables: what they need to run
(and takes time to import) is the registry's.
"""

from __future__ import annotations

from pydantic import model_validator

from gateway.channels.open311.config import Open311Config
from gateway.channels.wechat.config import WechatConfig
from gateway.channels.wecom.config import WecomConfig
from gateway.channels.weibo.config import WeiboConfig
from gateway.schema import Strict


class ChannelsConfig(Strict):
    """config/channels.toml: the accounts by which citizens write to the hotline."""

    wechat: tuple[WechatConfig, ...] = ()
    wecom: tuple[WecomConfig, ...] = ()
    weibo: tuple[WeiboConfig, ...] = ()
    open311: Open311Config = Open311Config()

    @model_validator(mode="after")
    def _accounts_once(self) -> ChannelsConfig:
        named = [("wechat", one.account) for one in self.wechat]
        named += [("wechat", one.account) for one in self.wecom]
        named += [("weibo", one.account) for one in self.weibo]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            channel, account = twice[0]
            raise ValueError(f'the {channel} account "{account}" is given twice (WeCom accounts count as wechat)')
        return self
