"""The door of a platform that pushes messages and repeats what it got no answer to: WeChat's official accounts, Weibo.

Both prove a push by its signature, want an answer within five seconds, and send again otherwise. So the door answers
only after the commit; what cannot be kept in time gets no answer at all, and what the platform vouched for but nobody
can read is kept as a ticket with its original.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from urllib.parse import urlsplit

import structlog

from gateway.channels.port import ChannelMeans
from gateway.channels.wechat_crypto import WireError
from gateway.model.http import HttpAnswer, HttpAsked
from gateway.model.ids import new_id
from gateway.model.messages import Message, Raw

_log = structlog.get_logger(__name__)


class Pushed(ABC):
    """What a channel of such a platform begins with. ``answer_s`` is how many seconds a push may take.

    ``refused`` counts pushes that were not taken, ``unanswered`` those left for the platform to repeat.
    """

    name: str

    def __init__(self, account: str, means: ChannelMeans, answer_s: float) -> None:
        self.account, self._means, self._answer_s = account, means, answer_s
        self.refused = self.unanswered = 0

    async def verify(self, asked: HttpAsked) -> HttpAnswer:
        """The platform's check of our address: its ``echostr`` comes back when the signature is right."""
        try:
            return HttpAnswer(body=self._echo(asked).encode())
        except WireError as error:
            return self._refuse(error)

    async def receive(self, asked: HttpAsked) -> HttpAnswer:
        """A push: proved, kept, and answered after the commit, all within ``answer_s``."""
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._proved(asked)
        except OSError as error:  # TimeoutError is one, and so is a ledger that is away
            self.unanswered += 1
            why = str(error) or f"not kept within {self._answer_s} s"
            _log.error("push_unanswered", channel=self.name, account=self.account, why=why)
            return HttpAnswer(503, dropped=True)

    async def _proved(self, asked: HttpAsked) -> HttpAnswer:
        try:
            return await self._take(asked)
        except WireError as error:
            if error.vouched:
                await self._keep_unread(asked, error)
            return self._refuse(error)

    @abstractmethod
    def _echo(self, asked: HttpAsked) -> str:
        """The text that proves our address. Raises WireError."""

    @abstractmethod
    async def _take(self, asked: HttpAsked) -> HttpAnswer:
        """Open a push, keep it and answer it. Raises WireError, OSError when it could not be kept."""

    @abstractmethod
    def _unread(self, asked: HttpAsked, why: str) -> Message:
        """What is kept of a push that nobody can read."""

    async def _keep_unread(self, asked: HttpAsked, error: WireError) -> None:
        """What the platform vouched for is never lost: a ticket with the original and a flag."""
        taken = await self._means.intake.take(self._raw(asked), self._unread(asked, str(error)))
        told = {"channel": self.name, "account": self.account, "why": str(error), "message_id": taken.message_id}
        _log.error("push_unreadable", **told)

    def _refuse(self, error: WireError) -> HttpAnswer:
        self.refused += 1
        _log.warning("push_refused", channel=self.name, account=self.account, status=error.status, why=str(error))
        return HttpAnswer(error.status, f"{error}\n".encode())

    def _raw(self, asked: HttpAsked) -> Raw:
        return Raw(
            id=new_id(),
            channel=self.name,
            account=self.account,
            received_at=asked.at,
            content_type=asked.headers.get("content-type", ""),
            body=asked.body,
            meta={"query": urlsplit(asked.target).query, "method": asked.method},
        )
