"""An official account as a ``Channel``: its door for pushes, its way to send replies and to fetch files.

The door answers only after the commit. When the ledger is too slow for the platform's five seconds the push is not
acknowledged at all: the platform sends it again, and the message's key makes the repeat harmless.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.channels.dialogue import STATES
from gateway.channels.port import ChannelMeans, Fetched, Permanent, Sent
from gateway.channels.pushed import Pushed
from gateway.channels.talk import Manner, Talk
from gateway.channels.wechat.api import NoWindow, WechatApi
from gateway.channels.wechat.config import WechatConfig
from gateway.channels.wechat.normalise import CHANNEL, normalise, unreadable
from gateway.channels.wechat.replies import NOTHING, parts, text_reply
from gateway.channels.wechat.windows import count_out, why_closed
from gateway.channels.wechat.wire import Push, Wire
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.messages import Conversation, Delivery, KeptAttachment, Message

_XML = "text/xml; charset=utf-8"
_LARGE = 65_536
"""Bodies beyond this are opened in a thread: a megabyte of XML takes longer than the loop may wait."""


class WechatChannel(Pushed):
    """Implements ``gateway.channels.port.Channel`` for one official account.

    ``token``, ``aes_key`` and ``app_secret`` are what the configuration's references point at. Raises ValueError for
    an EncodingAESKey that is none. ``refused`` counts pushes that were not taken, ``unanswered`` those left for the
    platform to repeat.
    """

    name = CHANNEL

    def __init__(
        self, config: WechatConfig, means: ChannelMeans, *, token: str, app_secret: str, aes_key: str = ""
    ) -> None:
        super().__init__(config.account, means, config.answer_s)
        self._config = config
        self._wire = Wire(token, aes_key, config.app_id, config.mode)
        self._talk = Talk(means, Manner(config.guided, config.welcome, config.human, config.menu))
        self.api = WechatApi(config, means, app_secret)

    # -- in ------------------------------------------------------------------------------------------------------------

    def doors(self) -> Sequence[Door]:
        path = f"/in/wechat/{self.account}"
        return (
            Door(
                "GET",
                path,
                self.verify,
                f"wechat_{self.account}_verify",
                "微信验证服务器地址 / WeChat verifies the address",
            ),
            Door("POST", path, self.receive, f"wechat_{self.account}", "微信推送消息 / WeChat pushes a message"),
        )

    def _echo(self, asked: HttpAsked) -> str:
        return self._wire.echo(asked.query, asked.at, self._config.max_age_s)

    async def _take(self, asked: HttpAsked) -> HttpAnswer:
        push = await self._opened(asked)
        message = self._placed(normalise(push.fields, self.account, asked.at, push.flags), push.fields)
        heard = await self._talk.hear(self._raw(asked), message)
        if message.attachments or heard.taken.outcome == "opened":
            self._means.wake()
        return self._answer(push, message, heard.text)

    async def _opened(self, asked: HttpAsked) -> Push:
        work = (asked.query, asked.body, asked.at, self._config.max_age_s)
        if len(asked.body) > _LARGE:
            return await asyncio.to_thread(self._wire.open, *work)
        return self._wire.open(*work)

    def _placed(self, message: Message, fields: Mapping[str, Any]) -> Message:
        """With the account's area, and marked when it was meant for another account."""
        if self._config.area_code:
            message = replace(message, given={**message.given, "area_code": self._config.area_code})
        meant = self._config.original_id
        if meant and fields.get("ToUserName") != meant:
            message = replace(message, flags=(*message.flags, "other_account"))
        return message

    def _unread(self, asked: HttpAsked, why: str) -> Message:
        return self._placed(unreadable(asked.body, self.account, asked.at, why), {})

    def _answer(self, push: Push, message: Message, text: str) -> HttpAnswer:
        if not text:
            return HttpAnswer(body=NOTHING.encode())
        now = self._means.clock()
        xml = text_reply(message.person.user_id, str(push.fields.get("ToUserName", "")), text, now)
        if push.sealed:
            xml = self._wire.seal(xml, secrets.token_hex(8), now)
        return HttpAnswer(body=xml.encode(), content_type=_XML)

    # -- out -----------------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """A customer-service message while the window is open, else a subscribe message, else Permanent with why."""
        if not delivery.target:
            raise Permanent("工单没有微信用户编号 / the ticket has no WeChat user id")
        why = why_closed(conversation, self._means.clock())
        if why:
            return await self._subscribe(delivery, why)
        try:
            await self._send_parts(delivery, conversation)
        except NoWindow as error:
            return await self._subscribe(delivery, error.why)
        return Sent()

    async def _send_parts(self, delivery: Delivery, conversation: Conversation | None) -> None:
        """A long text as several messages; each is counted at once, so that a later try goes on after the last."""
        texts = parts(delivery.text)
        if not texts:
            raise Permanent("回复内容为空 / the reply has no text")
        sent = conversation.more.get("parts") if conversation is not None else None
        first = int(sent[1]) if sent and sent[0] == delivery.id else 0
        for n, text in enumerate(texts[first:], first + 1):
            await self.api.send_text(delivery.target, text)
            await count_out(self._means, conversation, (delivery.id, n) if n < len(texts) else None)

    async def _subscribe(self, delivery: Delivery, why: str) -> Sent:
        """Raises Permanent with both reasons when a subscribe message cannot be sent either."""
        if self._config.subscribe is None:
            raise Permanent(f"{why}；未配置订阅消息模板 / no subscribe template is configured")
        ticket = await self._means.ledger.ticket(delivery.ticket_no)
        now = datetime.fromtimestamp(self._means.clock(), self._means.zone)
        values = {
            "ticket_no": delivery.ticket_no,
            "text": delivery.text,
            "at": now.strftime("%Y-%m-%d %H:%M"),
            "state": STATES[ticket.state] if ticket else "",
            "title": ticket.title if ticket else "",
            "department": ticket.department if ticket else "",
        }
        try:
            number = await self.api.send_subscribe(delivery.target, values)
        except Permanent as error:
            raise Permanent(f"{why}；{error.why}") from None
        return Sent(external_id=number, note="subscribe_message")

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """The file of an attachment; a picture whose media id no longer works is taken from its address."""
        source, name = wanted.attachment.source, wanted.attachment.name
        try:
            found = await self.api.media(source.get("media_id", ""))
        except Permanent:
            if not source.get("url"):
                raise
            found = await self.api.download(source["url"])
        return Fetched(found.body, name, found.content_type)

    async def run(self) -> None:
        """Nothing to poll: the platform pushes."""
