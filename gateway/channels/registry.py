"""Every channel by name, and the objects of the accounts that a configuration names. Explicit, no discovery: a channel
that is not in here does not exist. What a platform needs (wechatpy: 10 MB) is imported when an account of it is on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from pydantic import BaseModel

from gateway.channels.accounts import ChannelsConfig
from gateway.channels.email.config import EmailConfig
from gateway.channels.open311.channel import Open311Channel
from gateway.channels.partner.channel import PartnerChannel
from gateway.channels.partner.gate import PartnerGate
from gateway.channels.port import Channel, ChannelMeans, Report
from gateway.channels.sms.opening import open_sms
from gateway.model.http import Door
from gateway.tickets.config import CategoriesConfig
from gateway.transfer.config import PartnerConfig


@dataclass(frozen=True, slots=True)
class Opened:
    """The accounts that are switched on, and every way into them."""

    channels: tuple[Channel, ...]
    doors: tuple[Door, ...]

    def by_account(self) -> dict[tuple[str, str], Channel]:
        """For the workers: the channel of a delivery or an attachment."""
        return {(channel.name, channel.account): channel for channel in self.channels}


@dataclass(frozen=True, slots=True)
class Opener:
    """Makes channels. ``secret`` resolves a reference of the configuration (gateway.schema.SecretRef), "" for none;
    ``guarded`` is the session for addresses that others name, ``most_file`` bounds a file fetched from there;
    ``report`` is where carriers' and mail servers' reports on deliveries go (``Dispatcher.report``).
    """

    means: ChannelMeans
    guarded: aiohttp.ClientSession
    secret: Callable[[str], str]
    categories: CategoriesConfig
    most_file: int
    report: Report

    def open(self, config: ChannelsConfig, partners: Sequence[PartnerConfig]) -> Opened:
        """Raises ValueError for a secret of the wrong form, which names the account."""
        exchanged = [self._partner(one) for one in partners if exchanges(one)]
        channels: list[Channel] = [*self._accounts(config), *exchanged]
        gate = PartnerGate(exchanged, others=[one.number for one in partners])
        return Opened(tuple(channels), (*(door for one in channels for door in one.doors()), *gate.doors()))

    def _accounts(self, config: ChannelsConfig) -> list[Channel]:
        means = self.means
        made: list[Channel] = []
        for wechat in config.wechat:
            if wechat.enabled:
                from gateway.channels.wechat.channel import WechatChannel

                with _naming("wechat", wechat.account):
                    made.append(WechatChannel(wechat, means, **self._secrets(wechat, "token", "aes_key", "app_secret")))
        for wecom in config.wecom:
            if wecom.enabled:
                from gateway.channels.wecom.channel import WecomChannel

                with _naming("wecom", wecom.account):
                    made.append(WecomChannel(wecom, means, **self._secrets(wecom, "token", "aes_key", "secret")))
        for weibo in config.weibo:
            if weibo.enabled:
                from gateway.channels.weibo.channel import WeiboChannel

                with _naming("weibo", weibo.account):
                    made.append(WeiboChannel(weibo, means, **self._secrets(weibo, "app_secret", "access_token")))
        for sms in config.sms:
            if sms.enabled:
                with _naming("sms", sms.account):
                    made.append(open_sms(sms, means, self.secret, self.report))
        for email in config.email:
            if email.enabled:
                with _naming("email", email.account):
                    made.append(self._email(email))
        if config.open311.enabled:
            keys = {client.name: self.secret(client.key) for client in config.open311.client}
            made.append(
                Open311Channel(
                    config.open311, means, categories=self.categories, keys=keys, http=self.guarded,
                    most_file=self.most_file,
                )
            )  # fmt: skip
        return made

    def _email(self, config: EmailConfig) -> Channel:
        from gateway.channels.email.channel import EmailChannel

        password = self.secret(config.smtp.password or "") if config.smtp is not None else ""
        reply_key = self.secret(config.reply_key)
        return EmailChannel(config, self.means, reply_key=reply_key, password=password, report=self.report)

    def _secrets(self, config: BaseModel, *names: str) -> dict[str, str]:
        return {name: self.secret(getattr(config, name)) for name in names}

    def _partner(self, partner: PartnerConfig) -> PartnerChannel:
        return PartnerChannel(
            partner,
            self.means,
            http=self.guarded,
            secret=self.secret(partner.push.secret),
            in_secret=self.secret(partner.push.in_secret),
            categories=[item.code for item in self.categories.category],
            most_file=self.most_file,
        )


def exchanges(partner: PartnerConfig) -> bool:
    """True when tickets go to the partner or come from it over HTTP."""
    return bool(partner.push.url or partner.push.feedback_url) or partner.takes


@contextmanager
def _naming(channel: str, account: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f'channels.toml: the {channel} account "{account}": {error}') from error
