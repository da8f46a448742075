"""Reads a kept original again as its channel would read it today: for ``gateway replay``, after a mend.

Every original was proved when it was kept, so signatures are not checked again: a token that has been changed since
must not stand in the way. Open311 requests are refused with a reason at the door and never kept unread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from gateway.channels import wecom, weibo
from gateway.channels.partner import normalise as partner
from gateway.channels.partner import wire as partner_wire
from gateway.channels.wechat_crypto import WireError
from gateway.cli.entry import WrongUse, account_named
from gateway.cli.normalize_email import MailRereader
from gateway.cli.normalizers import WechatKeys, read_wechat
from gateway.cli.sms_originals import read_again
from gateway.model.messages import Message, Raw
from gateway.settings import Secrets, Settings
from gateway.web.submissions import message_of


class NotRead(Exception):
    """The original still cannot be read, or not by this command. The message says why."""


class Rereader:
    """Reads originals with the accounts of a configuration, switched on or not. WeChat's need their keys."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings, self._secrets = settings, secrets
        self.mail = MailRereader(settings, secrets)
        self._readers: Mapping[str, Callable[[Raw], Message]] = {
            "wechat": self._wechat,
            "weibo": self._weibo,
            "partner": self._partner,
            "email": self.mail.read,
            "sms": self._sms,
            "web": message_of,
            "app": message_of,
        }

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._readers)

    def read(self, raw: Raw) -> Message:
        """The message of an original. Raises NotRead."""
        reader = self._readers.get(raw.channel)
        if reader is None:
            raise NotRead(f"originals of channel {raw.channel} are not read again")
        try:
            return reader(raw)
        except ValidationError as error:  # its own text runs over lines and quotes what the citizen wrote
            faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
            raise NotRead("; ".join(faults)) from None
        except (WireError, WrongUse, partner_wire.Malformed, ValueError) as error:
            raise NotRead(" ".join(str(error).split())) from None

    def _wechat(self, raw: Raw) -> Message:
        channels = self._settings.channels
        if raw.meta.get("via") == "sync_msg":
            kf = next((one for one in channels.wecom if one.account == raw.account), None)
            return _in_area(wecom.read_raw(raw), kf.area_code if kf else "")
        config = account_named(raw.account, channels.wechat, "wechat")
        keys = WechatKeys.of(config, self._settings, self._secrets)
        message = read_wechat(raw.body, keys, None, raw.received_at)
        return _in_area(message, config.area_code)

    def _weibo(self, raw: Raw) -> Message:
        config = next((one for one in self._settings.channels.weibo if one.account == raw.account), None)
        return _in_area(weibo.read_raw(raw), config.area_code if config else "")

    def _sms(self, raw: Raw) -> Message:
        config = next((one for one in self._settings.channels.sms if one.account == raw.account), None)
        return _in_area(read_again(raw, config, ZoneInfo(self._settings.zone)), config.area_code if config else "")

    def _partner(self, raw: Raw) -> Message:
        if raw.meta.get("what") == "feedback":
            raise NotRead("a partner's feedback is not run again: ask the partner to send it anew")
        config = next((one for one in self._settings.partners if one.number == raw.account), None)
        if config is None:
            raise NotRead(f"partners.toml has no partner {raw.account}")
        codes = {one.code for one in self._settings.categories.category}
        message, faults = partner.ticket(
            config,
            partner_wire.read(raw.body),
            at=raw.received_at,
            zone=ZoneInfo(self._settings.zone),
            categories=codes,
        )
        if faults:
            raise NotRead("; ".join(f"{fault.field}: {fault.en}" for fault in faults))
        return message


def _in_area(message: Message, area_code: str) -> Message:
    """With the account's area, as its channel does."""
    return replace(message, given={**message.given, "area_code": area_code}) if area_code else message
