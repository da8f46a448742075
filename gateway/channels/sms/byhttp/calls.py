"""Sending by a vendor's HTTP interface: one bounded call, and a text in several messages that is not begun anew.

A vendor's interface has no idempotency (Aliyun says so of SendSms), so a call without an answer may have been a
message. What a try got through is remembered by the delivery's id, and the next try goes on behind it; a restart in
between forgets that, and may send the first messages of a long text twice.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from gateway.channels.byurl import retry_after
from gateway.channels.port import Permanent, Retryable

LARGEST = 65_536
"""Bytes of an answer: a vendor's has some hundred."""

WHOLE_S = 28.0
"""All the calls of one delivery: a link ends within 30 s."""

_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Answered:
    """A vendor's answer, whatever its status: its words tell more."""

    status: int
    body: bytes


async def call(
    http: aiohttp.ClientSession, method: str, url: URL, headers: Mapping[str, str], data: bytes | None, limit_s: float
) -> Answered:
    """One call, redirects not followed. Raises Retryable when there was no answer worth reading.

    The texts of errors never hold the address: it may carry a password.
    """
    try:
        async with (
            asyncio.timeout(limit_s),
            http.request(method, url, headers=dict(headers), data=data, allow_redirects=False) as response,
        ):
            body = await response.content.read(LARGEST)
            while len(body) < LARGEST and (more := await response.content.read(LARGEST - len(body))):
                body += more
    except TimeoutError:
        raise Retryable(
            f"短信平台在{limit_s:g}秒内没有答复 / no answer of the SMS vendor within {limit_s:g} s", 60
        ) from None
    except aiohttp.ClientError as error:
        name = type(error).__name__
        raise Retryable(f"无法连接短信平台 / the SMS vendor cannot be reached ({name})") from None
    if response.status == 429:
        raise Retryable("短信平台限流 / the SMS vendor answered 429", retry_after(response.headers) or 30)
    return Answered(response.status, body)


class Sending:
    """Sends the messages of a delivery one after the other and remembers how far it came."""

    def __init__(self) -> None:
        self._sent: OrderedDict[str, list[str]] = OrderedDict()

    async def send(self, key: str, texts: Sequence[str], one: Callable[[str, int], Awaitable[str]]) -> Sequence[str]:
        """The vendor's id of each message. ``one`` sends a text, given its number from 0. Raises Retryable, Permanent;
        a Permanent after the first message says how many went out."""
        sent = self._sent.pop(key, [])
        try:
            async with asyncio.timeout(WHOLE_S):
                while len(sent) < len(texts):
                    sent.append(await one(texts[len(sent)], len(sent)))
        except TimeoutError:
            self._remember(key, sent)
            raise Retryable(f"发送未在{WHOLE_S:g}秒内完成 / not all was sent within {WHOLE_S:g} s", 60) from None
        except Retryable:
            self._remember(key, sent)
            raise
        except Permanent as error:
            if not sent:
                raise
            raise Permanent(f"{error.why}（前{len(sent)}条已发出 / {len(sent)} of {len(texts)} went out）") from None
        except asyncio.CancelledError:
            self._remember(key, sent)
            raise
        return tuple(sent)

    def _remember(self, key: str, sent: list[str]) -> None:
        if sent:
            self._sent[key] = sent
            while len(self._sent) > _REMEMBERED:
                self._sent.popitem(last=False)
