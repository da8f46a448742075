"""WeCom customer service as a ``Channel``: a notice comes in, messages are pulled, answers are sent.

The notice itself holds nothing that could be lost: what counts is the cursor in the ledger. It is written in the
transaction of a page's last message, so a gateway that dies pulls the page again and the messages' keys make the
repeat harmless. Missed notices are made good by pulling at the start and every few minutes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import structlog

from gateway.channels.port import ChannelMeans, Fetched, Permanent, Retryable, Sent
from gateway.channels.talk import Heard, Manner, Talk
from gateway.channels.tidy import digest_of
from gateway.channels.wechat.replies import parts
from gateway.channels.wechat.windows import count_out, why_closed
from gateway.channels.wechat_crypto import WireError
from gateway.channels.wecom.api import WecomApi
from gateway.channels.wecom.config import WecomConfig
from gateway.channels.wecom.normalise import CHANNEL, normalise
from gateway.channels.wecom.wire import Wire
from gateway.model.http import Door, HttpAnswer, HttpAsked
from gateway.model.ids import new_id
from gateway.model.messages import Conversation, Delivery, KeptAttachment, Message, Raw
from gateway.tickets.ports import Taken, Tx

_log = structlog.get_logger(__name__)

_WELCOME_S = 18.0
"""A welcome code is good for 20 seconds."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0


class WecomChannel:
    """Implements ``gateway.channels.port.Channel`` for one enterprise's customer service.

    ``token``, ``aes_key`` and ``secret`` are what the configuration's references point at. Raises ValueError for an
    EncodingAESKey that is none. ``pulled`` counts messages, ``failures`` pulls that did not work.
    """

    name = CHANNEL

    def __init__(self, config: WecomConfig, means: ChannelMeans, *, token: str, aes_key: str, secret: str) -> None:
        self.account = config.account
        self._config, self._means = config, means
        self._wire = Wire(token, aes_key, config.corp_id)
        self._talk = Talk(means, Manner(config.guided, config.welcome, config.human))
        self.api = WecomApi(config, means, secret)
        self._noticed = asyncio.Event()
        self._notice = ""
        self._state = f"wecom.cursor.{config.account}"
        self.pulled = self.failures = self.refused = 0

    # -- in ------------------------------------------------------------------------------------------------------------

    def doors(self) -> Sequence[Door]:
        path = f"/in/wecom/{self.account}"
        return (
            Door(
                "GET",
                path,
                self.verify,
                f"wecom_{self.account}_verify",
                "企业微信验证地址 / WeCom verifies the address",
            ),
            Door(
                "POST", path, self.receive, f"wecom_{self.account}", "微信客服有新消息 / WeCom says there are messages"
            ),
        )

    async def verify(self, asked: HttpAsked) -> HttpAnswer:
        try:
            return HttpAnswer(body=self._wire.echo(asked.query, asked.at, self._config.max_age_s).encode())
        except WireError as error:
            return self._refuse(error)

    async def receive(self, asked: HttpAsked) -> HttpAnswer:
        """A notice: wakes the puller. Nothing has to be kept before answering; the cursor knows what is missing."""
        try:
            notice = self._wire.open(asked.query, asked.body, asked.at, self._config.max_age_s)
        except WireError as error:
            if error.vouched:  # there are messages, whatever the notice says
                self._noticed.set()
            return self._refuse(error)
        if notice.token:
            self._notice = notice.token
            self._noticed.set()
        return HttpAnswer(body=b"success")

    def _refuse(self, error: WireError) -> HttpAnswer:
        self.refused += 1
        _log.warning("wecom_notice_refused", account=self.account, status=error.status, why=str(error))
        return HttpAnswer(error.status, f"{error}\n".encode())

    async def run(self) -> None:
        """Pull at the start, at each notice, and every ``pull_every_s``; after a failure with growing pauses."""
        pause = _FIRST_PAUSE_S
        while True:
            self._noticed.clear()
            try:
                await self.pull()
                pause, wait_s = _FIRST_PAUSE_S, self._config.pull_every_s
            except Exception as error:  # the platform's, the network's or the ledger's: the cursor stands, try again
                self.failures += 1
                ours = not isinstance(error, OSError | Retryable | Permanent)  # a defect: its stack goes to the log
                _log.warning("wecom_pull_failed", account=self.account, error=str(error), pause_s=pause, exc_info=ours)
                await asyncio.sleep(pause)
                pause, wait_s = min(pause * 2, _LONGEST_PAUSE_S), 0.0
            if wait_s:
                await self._wait(wait_s)

    async def _wait(self, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await self._noticed.wait()
        except TimeoutError:
            return

    async def pull(self) -> int:
        """Pull all that is there, page by page; how many messages came. Called by one task at a time."""
        notice, self._notice = self._notice, ""
        count = 0
        for kf in self._config.open_kfids or ("",):
            more = True
            while more:
                kept = await self._means.ledger.state(self._state) or {}
                messages, cursor, more = await self.api.pull(str(kept.get(kf or "all", "")), notice, kf)
                await self._take_page(messages, kf or "all", cursor)
                count += len(messages)
        self.pulled += count
        return count

    async def _take_page(self, messages: Sequence[Any], kf: str, cursor: str) -> None:
        for n, fields in enumerate(messages, 1):
            await self._take(fields, (kf, cursor) if n == len(messages) else None)
        if not messages:
            await self._means.ledger.write(lambda tx: self._save_cursor(tx, kf, cursor))

    async def _save_cursor(self, tx: Tx, kf: str, cursor: str) -> None:
        kept = dict(await tx.state(self._state) or {})
        if kept.get(kf) != cursor:
            await tx.save_state(self._state, kept | {kf: cursor})

    async def _take(self, fields: Any, place: tuple[str, str] | None) -> None:
        now = self._means.clock()
        message = normalise(fields, self.account, now)
        if self._config.area_code:
            message = replace(message, given={**message.given, "area_code": self._config.area_code})

        async def also(tx: Tx, taken: Taken, text: str) -> None:
            await self._remember_kf(tx, message)
            if text and taken.ticket is not None and taken.outcome in ("opened", "joined"):
                await tx.save_delivery(self._answer(message, taken, text, now))
            if place is not None:
                await self._save_cursor(tx, *place)

        raw = Raw(new_id(), CHANNEL, self.account, now, "application/json", orjson.dumps(fields), {"via": "sync_msg"})
        heard = await self._talk.hear(raw, message, also)
        if heard.taken.outcome in ("opened", "joined"):
            self._means.wake()
        elif heard.taken.outcome != "known":
            await self._say(message, heard)

    async def _remember_kf(self, tx: Tx, message: Message) -> None:
        """Which customer-service account the citizen wrote to: answers must come from the same."""
        kf = message.more.get("open_kfid")
        kept = await tx.conversation(message.conversation) if kf and message.conversation else None
        if kept is not None and kept.more.get("open_kfid") != kf:
            await tx.save_conversation(replace(kept, more={**kept.more, "open_kfid": kf}))

    def _answer(self, message: Message, taken: Taken, text: str, now: float) -> Delivery:
        """The receipt or question, queued with the message itself: it leaves once, whatever dies in between."""
        assert taken.ticket is not None
        return Delivery(
            id=new_id(),
            kind="reply",
            ticket_no=taken.ticket.ticket_no,
            channel=CHANNEL,
            account=self.account,
            target=message.person.user_id,
            created_at=now,
            text=text,
            due_at=now,
            more={"template": "received" if taken.outcome == "opened" else "joined"},
        )

    async def _say(self, message: Message, heard: Heard) -> None:
        """Answers that belong to no ticket (查询, 帮助, a greeting) are tried once: the citizen can ask again."""
        if not heard.text:
            return
        try:
            code = str(message.more.get("welcome_code", ""))
            if message.kind == "event" and message.more.get("event") == "enter_session":
                if code and self._means.clock() - message.occurred_at < _WELCOME_S:
                    await self.api.welcome(code, heard.text)
                return
            conversation = await self._means.ledger.conversation(message.conversation)
            await self._send(message.person.user_id, conversation, heard.text, message.key)
        except (Retryable, Permanent) as error:
            _log.warning(
                "wecom_answer_not_sent", account=self.account, message_id=heard.taken.message_id, why=error.why
            )

    # -- out -----------------------------------------------------------------------------------------------------------

    async def send(self, delivery: Delivery, conversation: Conversation | None) -> Sent:
        """Within 48 hours and five messages after the citizen's; there is no other way, so Permanent says why not."""
        if not delivery.target:
            raise Permanent("工单没有微信用户编号 / the ticket has no WeChat user id")
        if why := why_closed(conversation, self._means.clock()):
            raise Permanent(why)
        return Sent(external_id=await self._send(delivery.target, conversation, delivery.text, delivery.id))

    async def _send(self, user: str, conversation: Conversation | None, text: str, name: str) -> str:
        texts = parts(text)
        if not texts:
            raise Permanent("回复内容为空 / the reply has no text")
        kf = str(conversation.more.get("open_kfid", "")) if conversation is not None else ""
        kf = kf or (self._config.open_kfids[0] if self._config.open_kfids else "")
        if not kf:
            raise Permanent("不知道对方联系的客服帐号 / it is not known to which customer-service account they wrote")
        for n, part in enumerate(texts):
            await self.api.send_text(user, kf, part, msgid_of(name, n))
            await count_out(self._means, conversation)
        return msgid_of(name, 0)

    async def fetch(self, wanted: KeptAttachment) -> Fetched:
        found = await self.api.media(wanted.attachment.source.get("media_id", ""))
        return Fetched(found.body, found.name or wanted.attachment.name, found.content_type)


def msgid_of(name: str, part: int) -> str:
    """The id under which a part of a text is sent: the same for each try, 32 characters (the platform's limit)."""
    return f"{digest_of(name)[:30]}{part:02d}"
