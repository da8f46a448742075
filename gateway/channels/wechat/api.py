"""The calls of an official account: customer-service messages, subscribe messages, media.

Limits of the platform (客服消息下发规则): five messages within 48 h after a citizen's message, three within a minute
after a menu click, scan or subscription. Outside of them only a subscribe message (订阅通知) that the citizen has
agreed to gets through; when that is not possible either, ``Permanent`` says why in words fit for agents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from gateway.channels.port import ChannelMeans, Fetched, Permanent, Retryable
from gateway.channels.tencent import STALE_TOKEN, ApiError, Calls, Token, TokenKeeper, TooLarge, token_of
from gateway.channels.wechat.config import SubscribeConfig, WechatConfig

T = TypeVar("T")


class NoWindow(Exception):
    """Customer-service messages are not allowed (any longer) for this citizen: ``why`` in words fit for agents."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


_NO_WINDOW = {
    45015: "超过48小时未互动或已取消关注 / more than 48 h since the citizen's last message, or unfollowed",
    45047: "客服消息条数已用完（每条来信5条）/ the five messages per inbound message are used up",
    43004: "对方未关注本公众号 / the citizen does not follow the account",
}
_PERMANENT = {
    40003: "openid无效 / the openid is not known to this account",
    40037: "订阅消息模板编号无效 / the subscribe template id is not valid",
    40007: "文件已过期或编号无效 / the media id is not valid or has expired",
    43101: "对方未订阅该通知或已拒收 / the citizen has not agreed to subscribe messages",
    43107: "订阅消息能力被封禁 / the account's subscribe messages are banned",
    45002: "内容超过长度限制 / the content is too long",
    47003: "订阅消息字段不符合模板 / a field does not fit the subscribe template",
    41030: "跳转页面无效 / the subscribe message's page is not valid",
    48001: "公众号没有此接口权限 / the account may not use this interface",
    48002: "对方关闭了接收消息 / the citizen has turned messages off",
    48003: "对方关闭了接收消息 / the citizen has turned messages off",
    87009: "内容未通过安全检查 / the content did not pass the platform's check",
    87014: "内容未通过安全检查 / the content did not pass the platform's check",
}
_LATER_S = {
    -1: 5.0,  # 系统繁忙
    45009: 3600.0,  # the day's quota of the interface: it comes back at midnight
    45011: 60.0,  # a minute's quota
    40013: 600.0,  # app id, secret or the list of allowed addresses: someone must mend it on the platform's page
    40125: 600.0,
    40164: 600.0,
    50002: 600.0,
}

_CUT = {
    "thing": 20,
    "short_thing": 5,
    "const": 20,
    "phrase": 5,
    "name": 10,
    "letter": 32,
    "symbol": 5,
    "number": 32,
    "character_string": 32,
    "phone_number": 17,
    "car_number": 8,
}
"""Most characters a field of a subscribe message may have, by its kind (订阅消息参数值内容限制)."""


def judged(error: ApiError) -> Retryable | Permanent:
    """What a code of the platform means for a delivery. An unknown one is tried again: codes are added every year."""
    if error.code in _PERMANENT:
        return Permanent(f"微信：{_PERMANENT[error.code]} (errcode {error.code})")
    if error.code in _NO_WINDOW:
        return Permanent(f"微信：{_NO_WINDOW[error.code]} (errcode {error.code})")
    return Retryable(f"微信 errcode {error.code}: {error.text}", _LATER_S.get(error.code))


class WechatApi:
    """Calls of one account. ``secret`` is its AppSecret. All raise Retryable or Permanent; some NoWindow."""

    def __init__(self, config: WechatConfig, means: ChannelMeans, secret: str) -> None:
        self._config, self._secret, self._clock = config, secret, means.clock
        self._calls = Calls(means.http, config.api_base, config.call_s)
        name = f"wechat.token.{config.account}"
        self.tokens = TokenKeeper(means.ledger, name, secret, self._ask_token, means.clock)

    async def send_text(self, openid: str, text: str) -> None:
        """One customer-service message. Raises NoWindow when the platform allows none at present."""
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        try:
            await self._post("/cgi-bin/message/custom/send", body)
        except ApiError as error:
            if error.code in _NO_WINDOW:
                raise NoWindow(f"{_NO_WINDOW[error.code]} (errcode {error.code})") from None
            raise judged(error) from None

    async def send_subscribe(self, openid: str, values: Mapping[str, str]) -> str:
        """A subscribe message with our ``values``; the platform's id of it. The account must have one configured."""
        subscribe = self._config.subscribe
        assert subscribe is not None
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": subscribe.template_id,
            "data": subscribe_data(subscribe, values),
        }
        if subscribe.page:
            body["page"] = subscribe.page.replace("{ticket_no}", values.get("ticket_no", ""))
        try:
            answer = await self._post("/cgi-bin/message/subscribe/bizsend", body)
        except ApiError as error:
            raise judged(error) from None
        return str(answer.get("msgid", ""))

    async def media(self, media_id: str) -> Fetched:
        """A file that a citizen sent (kept by the platform for three days). Videos come by an address."""
        if not media_id:
            raise Permanent("没有文件编号 / there is no media id")
        try:
            found = await self._with_token(
                lambda token: self._calls.file(
                    "/cgi-bin/media/get", {"access_token": token, "media_id": media_id}, self._config.largest_media
                )
            )
            if isinstance(found, Fetched):
                return found
            return await self.download(str(found.get("video_url", "")))
        except ApiError as error:
            raise judged(error) from None
        except TooLarge as error:
            raise Permanent(f"文件过大 / the file is too large: {error}") from None

    async def download(self, url: str) -> Fetched:
        """A file at an address of the platform's own hosts; others are refused."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        ours = urlsplit(self._config.api_base).netloc == parts.netloc
        known = any(host == name or host.endswith(f".{name}") for name in self._config.media_hosts)
        if parts.scheme not in ("http", "https") or not (ours or (known and parts.port in (None, 80, 443))):
            raise Permanent("文件地址不属于微信 / the file's address is not one of the platform's")
        try:
            return await self._calls.address(url, self._config.largest_media)
        except TooLarge as error:
            raise Permanent(f"文件过大 / the file is too large: {error}") from None
        except ApiError as error:
            raise judged(error) from None

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._with_token(lambda token: self._calls.json("POST", path, {"access_token": token}, body))

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Call with the shared token, and once more with another when the platform refuses it. Raises ApiError."""
        try:
            token = await self.tokens.get()
        except ApiError as error:
            raise judged(error) from None
        try:
            return await call(token)
        except ApiError as error:
            if error.code not in STALE_TOKEN:
                raise
        try:
            token = await self.tokens.replace(token)
            return await call(token)
        except ApiError as error:
            if error.code not in STALE_TOKEN:
                raise
            raise Retryable(
                f"微信不接受新的access_token / a fresh token is refused (errcode {error.code})", 60
            ) from None

    async def _ask_token(self, force: bool) -> Token:
        body = {
            "grant_type": "client_credential",
            "appid": self._config.app_id,
            "secret": self._secret,
            "force_refresh": force,
        }
        return token_of(await self._calls.json("POST", "/cgi-bin/stable_token", {}, body), self._clock())


def subscribe_data(subscribe: SubscribeConfig, values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The template's fields, each cut to what WeChat allows for its kind. An empty value becomes a dash, because the
    platform refuses empty ones."""
    data = {}
    for field, value in subscribe.fields.items():
        kind = field.rstrip("0123456789")
        text = " ".join(_printable(values.get(value, "")).split())
        longest = _CUT.get(kind, 32)
        data[field] = {"value": text if len(text) <= longest else f"{text[: longest - 1]}…"}
        if not text:
            data[field] = {"value": "-"}
    return data


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
