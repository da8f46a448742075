"""The bus of a single gateway: a bounded queue a subscriber, in the event loop's memory."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from gateway.bus.config import BusConfig
from gateway.bus.port import Message


class _Subscription:
    """One subscriber's queue. Full: the oldest message goes, and the next one taken says how many went."""

    def __init__(self, length: int) -> None:
        self._messages: deque[Message] = deque()
        self._length, self._missed = length, 0
        self._some = asyncio.Event()

    def put(self, message: Message) -> None:
        if len(self._messages) >= self._length:
            self._messages.popleft()
            self._missed += 1
        self._messages.append(message)
        self._some.set()

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._messages:
            self._some.clear()
            await self._some.wait()
        message = self._messages.popleft()
        if self._missed:
            message, self._missed = replace(message, missed=self._missed), 0
        return message


class LocalBus:
    """Implements ``Bus`` within one process."""

    def __init__(self, config: BusConfig) -> None:
        self._length = config.queue
        self._last: dict[str, int] = {}
        self._subscriptions: defaultdict[str, list[_Subscription]] = defaultdict(list)

    @property
    def backlog(self) -> int:
        """0: nothing is kept for subscribers that come later."""
        return 0

    async def publish(self, topic: str, payload: bytes, sequence: int | None = None) -> None:
        last = self._last.get(topic, 0)
        number = last + 1 if sequence is None else sequence
        if number <= last:
            return
        self._last[topic] = number
        for subscription in self._subscriptions.get(topic, ()):
            subscription.put(Message(topic, number, payload))

    async def append(self, topic: str, messages: Sequence[tuple[int, bytes]], stood: int) -> int:
        if self._last.get(topic, 0) == stood:
            for sequence, payload in messages:
                await self.publish(topic, payload, sequence)
        return self._last.get(topic, 0)

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[Message]]:
        subscription = _Subscription(self._length)
        self._subscriptions[topic].append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[topic].remove(subscription)

    async def last(self, topic: str) -> int:
        return self._last.get(topic, 0)
