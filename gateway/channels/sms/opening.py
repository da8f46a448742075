"""From an ``[[sms]]`` table to its channel: one entry a kind of link. What a link needs is imported when an account of
its kind is on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.channels.port import ChannelMeans, Report
from gateway.channels.sms.channel import SmsChannel
from gateway.channels.sms.port import Inbox, Link
from gateway.channels.sms.tables import AnySms

SECRETS: Mapping[str, tuple[str, ...]] = {
    "aliyun": ("path", "access_key_secret"),
    "tencent": ("path", "secret_key"),
    "http": ("path", "password"),
    "cmpp": ("secret",),
    "smgp": ("secret",),
    "smpp": ("password",),
}
"""The keys of each kind that hold references to secrets; its link takes them by the same names."""


def open_sms(config: AnySms, means: ChannelMeans, secret: Callable[[str], str], report: Report) -> SmsChannel:
    """The channel of an account. Raises ValueError for a secret of the wrong form."""
    secrets = {name: secret(getattr(config, name)) for name in SECRETS[config.kind]}
    link = _link_of(config.kind)

    def make(inbox: Inbox) -> Link:
        return link(config, means, inbox, **secrets)

    return SmsChannel(config, means, make, report)


def _link_of(kind: str) -> Callable[..., Link]:
    if kind == "aliyun":
        from gateway.channels.sms.aliyun.link import AliyunLink

        return AliyunLink
    if kind == "tencent":
        from gateway.channels.sms.tencent.link import TencentLink

        return TencentLink
    if kind == "http":
        from gateway.channels.sms.http.link import HttpLink

        return HttpLink
    if kind == "cmpp":
        from gateway.channels.sms.cmpp.link import CmppLink

        return CmppLink
    if kind == "smpp":
        from gateway.channels.sms.smpp.link import SmppLink

        return SmppLink
    from gateway.channels.sms.smgp.link import SmgpLink

    return SmgpLink
