"""config/channels.toml: the accounts by which citizens write to the hotline. Only their tables: what they need to run
(and takes time to import) is the registry's.
"""

from __future__ import annotations

from pydantic import model_validator

from gateway.channels.email.config import EmailConfig, MailroomConfig
from gateway.channels.open311.config import Open311Config
from gateway.channels.sms.tables import AnySms
from gateway.channels.wechat.config import WechatConfig
from gateway.channels.wecom.config import WecomConfig
from gateway.channels.weibo.config import WeiboConfig
from gateway.schema import Strict


class ChannelsConfig(Strict):
    """config/channels.toml: the accounts by which citizens write to the hotline."""

    wechat: tuple[WechatConfig, ...] = ()
    wecom: tuple[WecomConfig, ...] = ()
    weibo: tuple[WeiboConfig, ...] = ()
    sms: tuple[AnySms, ...] = ()
    email: tuple[EmailConfig, ...] = ()
    mailroom: MailroomConfig = MailroomConfig()
    open311: Open311Config = Open311Config()

    @model_validator(mode="after")
    def _accounts_once(self) -> ChannelsConfig:
        named = [("wechat", one.account) for one in self.wechat]
        named += [("wechat", one.account) for one in self.wecom]
        named += [("weibo", one.account) for one in self.weibo]
        named += [("sms", one.account) for one in self.sms] + [("email", one.account) for one in self.email]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            channel, account = twice[0]
            raise ValueError(f'the {channel} account "{account}" is given twice (WeCom accounts count as wechat)')
        return self

    @model_validator(mode="after")
    def _addresses_once(self) -> ChannelsConfig:
        addresses = [address for one in self.email for address in one.addresses()]
        if twice := sorted({one for one in addresses if addresses.count(one) > 1}):
            raise ValueError(f"the address {twice[0]} belongs to two [[email]] accounts, or twice to one")
        return self
