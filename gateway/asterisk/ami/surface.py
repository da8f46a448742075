"""panoramisk's Manager as the rest of the world knows it (send_action, send_command, register_event), over our link.

panoramisk 1.4 runs every callback where it stands: one that raises kills the connection, coroutines become tasks
without order or bound, and futures wait for ever. Here callbacks run one after another behind a bounded queue, and
every future has a limit. What the Manager did for the connection itself (connect, ping, reconnect, replay) is the
Link's, so those methods refuse.
"""

from __future__ import annotations

import asyncio
import inspect
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.manager import Manager
from panoramisk.message import Message

from gateway.asterisk.ami.backpressure import FrameQueue
from gateway.asterisk.ami.errors import ActionTimeout
from gateway.asterisk.ami.replies import Answer, Exchange, Expect, is_error
from gateway.asterisk.ami.session import Counters, Session
from gateway.asterisk.ami.wire import Frame, Value


class Surface(Manager):  # type: ignore[misc]  # panoramisk carries no types
    """The Manager surface. ``action_limit_s`` bounds a future of ``send_action``, ``callback_limit_s`` a coroutine."""

    action_limit_s = 10.0
    callback_limit_s = 30.0
    protocol: Any  # panoramisk's name for the live session, None without one

    def __init__(self, counters: Counters, queue_high: int, **config: Any) -> None:
        super().__init__(log=structlog.get_logger(__name__), **config)
        self.callbacks.clear()  # the Manager's own one replays actions after a reconnect
        self.patterns.clear()
        self.counters = counters
        self._for_callbacks = FrameQueue(queue_high)

    @abstractmethod
    def _exchange(self, headers: list[tuple[str, Value]], expect: Expect) -> tuple[Session, Exchange]:
        """Send; raises LinkDown or UnsafeHeader."""

    def send_action(self, action: Mapping[str, Any], as_list: bool | None = None, **kwargs: Any) -> asyncio.Future[Any]:
        """Send an Action or a dict; the future's result is a Message, or a list of Messages for a list.

        As with panoramisk an Error response is a Message whose ``success`` is False. The future raises LinkDown when
        the session ends and ActionTimeout after ``action_limit_s``. With no session LinkDown is raised at once, and
        so is UnsafeHeader for CR, LF or NUL.
        """
        headers = headers_of({**dict(action.items()), **kwargs})
        many = as_list if as_list is not None else getattr(action, "as_list", None)
        session, exchange = self._exchange(headers, Expect(many=many or None))
        if isinstance(action, Action):
            action["ActionID"] = exchange.id
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Any] = action.future if isinstance(action, Action) else loop.create_future()
        timer = loop.call_later(self.action_limit_s, self._give_up, session, exchange, result)

        def settle(answer: asyncio.Future[Answer]) -> None:
            timer.cancel()
            error = None if answer.cancelled() else answer.exception()
            if result.done() or answer.cancelled():
                return
            if error is not None:
                result.set_exception(error)
            else:
                result.set_result(_messages(answer.result(), many))

        def forget(_: asyncio.Future[Any]) -> None:
            session.abandon(exchange)

        exchange.answer.add_done_callback(settle)
        result.add_done_callback(forget)
        return result

    def _give_up(self, session: Session, exchange: Exchange, result: asyncio.Future[Any]) -> None:
        session.abandon(exchange)
        self.counters.timeouts += 1
        if not result.done():
            result.set_exception(ActionTimeout(exchange.action, self.action_limit_s))

    async def _run_callbacks(self) -> None:
        """Call what ``register_event`` was given, one event after another, for as long as the link runs."""
        while True:
            frames, _ = await self._for_callbacks.get()
            for frame in frames:
                await self._call_registered(message_of(frame))

    async def _call_registered(self, message: Message) -> None:
        message.manager = self
        for pattern, regexp in list(self.patterns):
            if regexp.match(message.event) is None:
                continue
            for callback in list(self.callbacks[pattern]):
                try:
                    result = callback(self, message)
                    if inspect.isawaitable(result):
                        async with asyncio.timeout(self.callback_limit_s):
                            await result
                except Exception:
                    self.counters.callback_failed(f"{pattern} event")

    def dispatch(self, event: Message) -> list[str]:
        """Not used: events go through the bounded queue."""
        raise NotImplementedError("events reach callbacks through Link.run()")

    def connect(self, *_: Any, **__: Any) -> None:
        """Not used: put ``run()`` into a TaskGroup."""
        raise NotImplementedError("put Link.run() into a TaskGroup instead")

    run_forever = connect


def headers_of(action: Mapping[str, Any]) -> list[tuple[str, Value]]:
    """An action's headers with Action first and without ActionID, which is the session's to give."""
    named = [(str(name), value) for name, value in action.items() if name.lower() != "actionid"]
    return sorted(named, key=lambda header: header[0].lower() != "action")


def message_of(frame: Frame) -> Message:
    """A frame as panoramisk's Message: a repeated header is a list, the output of a Command is the content."""
    headers: dict[str, Any] = {}
    for name in frame:
        values = frame.every(name)
        headers[name] = values if len(values) > 1 else frame[name]
    return Message(headers, "\n".join(frame.every("Output")))


def _messages(answer: Answer, many: bool | None) -> Message | list[Message]:
    response = message_of(answer.response)
    listed = many or answer.response.get("EventList", "").lower() == "start"
    if not listed or is_error(answer.response):
        return response
    return [response, *map(message_of, answer.items)]
