"""A fans service account as a ``Channel``: its door for pushes, its way to send replies and to fetch files.

The door answers only after the commit. When the ledger is too slow for the platform's five seconds the push is not
acknowledged at all: the platform sends it again (three times in all), and the message's key makes the repeat harmless.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from gateway.channels.port import ChannelMeans, Fetched, Permanent, Sent
from gateway.channels.pushed import Pushed
from gateway.channels.talk import Manner, Talk
from gateway.channels.weibo import window
from gateway.channels.weibo.api import WeiboApi
from gateway.channels.weibo.config import WeiboConfig
from gateway.channels.weibo.normalise import CHANNEL, normalise, unreadable
from gateway.channels.weibo.replies import parts, passive
from gateway.channels.weibo.wire import Fields, Nonces, Push, Wire, read_proved
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.messages import Conversation, Delivery, KeptAttachment, Message
from gateway.tickets.ports import Taken, Tx

_LARGE = 65_536
"""Bodies beyond this are read in a thread: a megabyte of XML takes longer than the loop may wait."""


class WeiboChannel(Pushed):
    """Implements ``gateway.channels.port.Channel`` for one fans service account.

    ``app_secret`` and ``access_token`` are what the configuration's references point at. ``refused`` counts pushes that
    were not taken, ``unanswered`` those left for the platform to repeat.
    """

    name = CHANNEL

    def __init__(self, config: WeiboConfig, means: ChannelMeans, *, app_secret: str, access_token: str) -> None:
        super().__init__(config.account, means, config.answer_s)
        self._config = config
        self._wire = Wire(app_secret, Nonces(config.max_age_s, config.nonces))
        self._talk = Talk(means, Manner(config.guided, config.welcome, config.human, config.menu))
        self.api = WeiboApi(config, means.http, access_token)

    # -- in ------------------------------------------------------------------------------------------------------------

    def doors(self) -> Sequence[Door]:
        path, name = f"/in/weibo/{self.account}", f"weibo_{self.account}"
        return (
            Door("GET", path, self.verify, f"{name}_verify", "微博验证服务器地址 / Weibo verifies the address"),
            Door("POST", path, self.receive, name, "微博推送消息 / Weibo pushes a message"),
        )

    def _echo(self, asked: HttpAsked) -> str:
        return self._wire.echo(asked.query, asked.at, self._config.max_age_s)

    async def _take(self, asked: HttpAsked) -> HttpAnswer:
        push = await self._opened(asked)
        message = self._placed(normalise(push.fields, self.account, asked.at, push.flags), push.fields)

        async def also(tx: Tx, taken: Taken, text: str) -> None:
            if taken.outcome != "known":
                await window.remember_in(tx, message, bool(text))

        heard = await self._talk.hear(self._raw(asked), message, also)
        if message.attachments or heard.taken.outcome == "opened":
            self._means.wake()
        return passive(push.fields, push.format, heard.text, self._means.clock())

    async def _opened(self, asked: HttpAsked) -> Push:
        self._wire.prove(asked.query, asked.body, asked.at, self._config.max_age_s)
        if len(asked.body) > _LARGE:
            return await asyncio.to_thread(read_proved, asked.body)
        return read_proved(asked.body)

    def _placed(self, message: Message, fields: Fields) -> Message:
        """With the account's area, and marked when it was meant for another account."""
        if self._config.area_code:
            message = replace(message, given={**message.given, "area_code": self._config.area_code})
        if self._config.uid and str(fields.get("receiver_id", self._config.uid)) != self._config.uid:
            message = replace(message, flags=(*message.flags, "other_account"))
        return message

    def _unread(self, asked: HttpAsked, why: str) -> Message:
        return self._placed(unreadable(asked.body, self.account, asked.at, why), {})

    # -- out -----------------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """A private message while the platform allows one, else Permanent with why."""
        if not delivery.target:
            raise Permanent("工单没有微博用户编号 / the ticket has no Weibo user id")
        if why := window.why_closed(conversation, self._means.clock()):
            raise Permanent(why)
        texts = parts(delivery.text, most=1 if _once(conversation, self._means.clock()) else 5)
        if not texts:
            raise Permanent("回复内容为空 / the reply has no text")
        sent = conversation.more.get("parts") if conversation is not None else None
        first = int(sent[1]) if sent and sent[0] == delivery.id else 0
        for n, text in enumerate(texts[first:], first + 1):
            await self.api.send_text(delivery.target, text)
            part = (delivery.id, n) if n < len(texts) else None
            await window.remember_out(self._means.ledger, conversation, self._means.clock(), part)
        return Sent()

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        """The file of an attachment."""
        found = await self.api.media(wanted.attachment.source.get("fid", ""))
        return replace(found, name=wanted.attachment.name)

    async def run(self) -> None:
        """Nothing to poll: the platform pushes."""


def _once(conversation: Conversation | None, now: float) -> bool:
    """True when only a mention allows the answer: it must be one message."""
    if conversation is None or "mentioned_at" not in conversation.more:
        return False
    wrote = conversation.more.get("wrote_at")
    return wrote is None or now - float(wrote) >= window.WINDOW_S
