"""Actions in flight: which frame answers which action, and when a list is whole. No IO and no clock.

An exchange ends in exactly one way: its answer, the end of its list, ``abandon`` (a limit or a cancelled caller) or
``end`` (the session is gone). Whatever comes after that is late: discarded and counted, so that nothing is left behind.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from gateway.asterisk.ami.errors import ActionRefused, LinkDown
from gateway.asterisk.ami.wire import Frame

MAX_ITEMS = 100_000
_MAX_ABANDONED = 1024


@dataclass(frozen=True, slots=True)
class Expect:
    """What an action is answered with. ``many`` None: as the response says (``EventList: start``).

    ``complete`` names the event that ends the list on servers that do not mark it ``EventList: Complete``.
    """

    many: bool | None = False
    complete: str = ""


ONE = Expect()


class Answer(NamedTuple):
    """The response, and the items of its list without the closing event."""

    response: Frame
    items: list[Frame]


class Exchange:
    """One action and the future of its answer."""

    __slots__ = ("action", "answer", "expect", "id", "items", "response")

    def __init__(self, ident: str, action: str, expect: Expect) -> None:
        self.id, self.action, self.expect = ident, action, expect
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.items: list[Frame] = []
        self.response: Frame | None = None


def is_error(response: Frame) -> bool:
    """Asterisk says Success, Goodbye, Follows; everything else is a refusal."""
    return response.get("Response", "") not in ("Success", "Goodbye", "Follows")


class Replies:
    """The exchanges of one session, by ActionID. ``prefix`` begins each; ``late`` counts what came too late."""

    def __init__(self, prefix: str, most: int) -> None:
        self.late = 0
        self._prefix, self._most, self._n = prefix, most, 0
        self._open: dict[str, Exchange] = {}
        self._abandoned: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, action: str, expect: Expect) -> Exchange:
        """A new exchange. Raises LinkDown when ``most`` actions are unanswered already."""
        if len(self._open) >= self._most:
            raise LinkDown(f"{self._most} actions are unanswered already")
        self._n += 1
        exchange = Exchange(f"{self._prefix}{self._n}", action, expect)
        self._open[exchange.id] = exchange
        return exchange

    def abandon(self, exchange: Exchange) -> None:
        """Nobody waits any more. Harmless for an exchange that has ended."""
        if self._open.pop(exchange.id, None) is not None:
            self._abandoned[exchange.id] = None
            if len(self._abandoned) > _MAX_ABANDONED:
                self._abandoned.popitem(last=False)
        exchange.answer.cancel()

    def end(self, why: str) -> None:
        """The session is gone: every exchange fails with LinkDown."""
        for exchange in self._open.values():
            if not exchange.answer.done():
                exchange.answer.set_exception(LinkDown(why, sent=True))
        self._open.clear()

    def take(self, frame: Frame) -> bool:
        """Give a frame to its exchange. False when it is an event that answers nothing of ours."""
        ident = frame.get("ActionID", "")
        exchange = self._open.get(ident)
        if exchange is None or exchange.answer.done():
            if exchange is None and "Event" in frame and ident not in self._abandoned:
                return False
            self.late += 1
            return True
        if "Event" not in frame:  # OriginateResponse is an event that has a Response, too
            self._respond(exchange, frame)
            return True
        if exchange.expect.many is False:
            return False  # it carries its order's ActionID and is an event all the same
        self._collect(exchange, frame)
        return True

    def _respond(self, exchange: Exchange, frame: Frame) -> None:
        exchange.response = frame
        many = exchange.expect.many
        if many is None:
            many = frame.get("EventList", "").lower() == "start"
        if not many or is_error(frame):
            self._finish(exchange)

    def _collect(self, exchange: Exchange, frame: Frame) -> None:
        mark = frame.get("EventList", "").lower()
        if mark == "cancelled":
            self._refuse(exchange, "Asterisk cancelled the list")
        elif mark == "complete" or frame["Event"] == exchange.expect.complete:
            self._finish(exchange)
        elif len(exchange.items) >= MAX_ITEMS:
            self._refuse(exchange, f"a list of more than {MAX_ITEMS} items")
        else:
            exchange.items.append(frame)

    def _finish(self, exchange: Exchange) -> None:
        del self._open[exchange.id]
        exchange.answer.set_result(Answer(exchange.response or Frame(), exchange.items))

    def _refuse(self, exchange: Exchange, why: str) -> None:
        answer = exchange.answer
        error = ActionRefused(why, exchange.action, exchange.response)
        answer.set_exception(error)
        del self._open[exchange.id]
        self._abandoned[exchange.id] = None
