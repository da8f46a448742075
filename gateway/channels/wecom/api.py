"""The calls of WeCom customer service: messages are pulled, answers sent within 48 hours and five a message.

A message is sent under an id of our own, derived from the delivery, so that trying again after a lost answer cannot
send it twice (``msgid`` of kf/send_msg).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from gateway.channels.port import ChannelMeans, Fetched, Permanent, Retryable
from gateway.channels.tencent import STALE_TOKEN, ApiError, Calls, Token, TokenKeeper, TooLarge, token_of
from gateway.channels.wecom.config import WecomConfig

T = TypeVar("T")

_PERMANENT = {
    95001: "每条来信只能回复5条，已用完 / the five messages per inbound message are used up",
    95002: "距对方上次来信已超过48小时 / more than 48 h since the citizen's last message",
    95013: "会话已结束 / the session has ended",
    95000: "客服帐号无效 / the customer-service account is not valid",
    95004: "客服帐号不存在 / the customer-service account does not exist",
    40096: "客户编号无效 / the citizen's id is not valid",
    40007: "文件已过期或编号无效 / the media id is not valid or has expired",
    40058: "参数不合法 / a parameter is not valid",
    45002: "内容超过长度限制 / the content is too long",
    48002: "没有此接口权限 / the secret may not use this interface",
    60020: "网关地址不在可信IP内 / the gateway's address is not on WeCom's list",
}
_LATER_S = {-1: 5.0, 45009: 60.0, 45033: 30.0, 40013: 600.0, 40001: 600.0, 60020: 600.0}
STALE_NOTICE = frozenset({95007, 40098})
"""The notice's token has ended (ten minutes): pull without it."""


def judged(error: ApiError) -> Retryable | Permanent:
    """What a code means for a delivery. An unknown one is tried again."""
    if error.code in _PERMANENT and error.code not in _LATER_S:
        return Permanent(f"微信客服：{_PERMANENT[error.code]} (errcode {error.code})")
    why = _PERMANENT.get(error.code, error.text)
    return Retryable(f"微信客服 errcode {error.code}: {why}", _LATER_S.get(error.code))


class WecomApi:
    """Calls of one enterprise. ``secret`` is that of 微信客服. All raise Retryable or Permanent."""

    def __init__(self, config: WecomConfig, means: ChannelMeans, secret: str) -> None:
        self._config, self._secret, self._clock = config, secret, means.clock
        self._calls = Calls(means.http, config.api_base, config.call_s)
        self.tokens = TokenKeeper(means.ledger, f"wecom.token.{config.account}", secret, self._ask_token, means.clock)

    async def pull(self, cursor: str, notice: str, open_kfid: str) -> tuple[list[Any], str, bool]:
        """A page of messages after ``cursor``, the cursor behind it, and whether there are more."""
        asked: dict[str, Any] = {"cursor": cursor, "limit": self._config.page, "voice_format": 0}
        asked |= {"token": notice} if notice else {}
        asked |= {"open_kfid": open_kfid} if open_kfid else {}
        try:
            answer = await self._post("/cgi-bin/kf/sync_msg", asked)
        except ApiError as error:
            if notice and error.code in STALE_NOTICE:
                return await self.pull(cursor, "", open_kfid)
            raise judged(error) from None
        listed, then = answer.get("msg_list"), answer.get("next_cursor")
        messages = listed if isinstance(listed, list) else []
        more = answer.get("has_more") in (1, True) and isinstance(then, str) and then not in ("", cursor)
        return messages, then if isinstance(then, str) and then else cursor, more

    async def send_text(self, user: str, open_kfid: str, text: str, msgid: str) -> None:
        """One message to a citizen. A second one under the same ``msgid`` counts as sent."""
        body = {"touser": user, "open_kfid": open_kfid, "msgid": msgid, "msgtype": "text", "text": {"content": text}}
        try:
            await self._post("/cgi-bin/kf/send_msg", body)
        except ApiError as error:
            if "duplicat" in error.text.lower():
                return
            raise judged(error) from None

    async def welcome(self, code: str, text: str) -> None:
        """The greeting to someone who opens the chat; ``code`` is good for 20 seconds."""
        try:
            body = {"code": code, "msgtype": "text", "text": {"content": text}}
            await self._post("/cgi-bin/kf/send_msg_on_event", body)
        except ApiError as error:
            raise judged(error) from None

    async def media(self, media_id: str) -> Fetched:
        """A file that a citizen sent (kept by the platform for three days)."""
        if not media_id:
            raise Permanent("没有文件编号 / there is no media id")
        try:
            found = await self._with_token(
                lambda token: self._calls.file(
                    "/cgi-bin/media/get", {"access_token": token, "media_id": media_id}, self._config.largest_media
                )
            )
        except ApiError as error:
            raise judged(error) from None
        except TooLarge as error:
            raise Permanent(f"文件过大 / the file is too large: {error}") from None
        if not isinstance(found, Fetched):
            raise Retryable("media/get answered JSON instead of a file")
        return found

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._with_token(lambda token: self._calls.json("POST", path, {"access_token": token}, body))

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        """Call with the shared token, and once more with another when the platform refuses it. Raises ApiError."""
        token = await self.tokens.get()
        try:
            return await call(token)
        except ApiError as error:
            if error.code not in STALE_TOKEN:
                raise
        return await call(await self.tokens.replace(token))

    async def _ask_token(self, force: bool) -> Token:
        """gettoken hands out the present token until it ends; it knows no forcing."""
        query = {"corpid": self._config.corp_id, "corpsecret": self._secret}
        return token_of(await self._calls.json("GET", "/cgi-bin/gettoken", query), self._clock())
