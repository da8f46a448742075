"""One post to a follower, and what its answer means.

Verdicts follow Standard Webhooks: 2xx is taken, 410 means never again, anything else is tried later. Beyond that a
refusal of this very content (400, 413, 415, 422) is told from a follower that cannot take anything now, and both from
one that was not reached at all: the first is about the event, the last says nothing about it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import aiohttp

from gateway.bus.signing import headers
from gateway.guard import AddressRefused
from gateway.tail import Entry

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_REFUSALS = frozenset({400, 413, 415, 422})
_GONE = 410
_SLOWER = frozenset({429, 502, 503, 504})
_ANSWER_BYTES = 4096
_TOLD = 200
_LONGEST_ASKED_S = 6 * 3600.0

Verdict = Literal["taken", "refused", "failed", "unreachable", "gone"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status`` 0: no answer. ``after_s``: not before so many seconds, when the follower said so (Retry-After)."""

    verdict: Verdict
    status: int = 0
    error: str = ""
    after_s: float = 0.0
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Post:
    """What is sent: the same ``id`` always stands for the same ``body``, so a follower may drop what it knows."""

    id: str
    body: bytes
    content_type: str


def post_of(entries: Sequence[Entry], batched: bool) -> Post:
    """One event as it is, or several as a CloudEvents batch whose id tells what is in it."""
    if not batched:
        (entry,) = entries
        return Post(entry.id, entry.body, ONE)
    body = b"[" + b",".join(entry.body for entry in entries) + b"]"
    inside = hashlib.sha256(" ".join(entry.id for entry in entries).encode()).hexdigest()[:16]
    return Post(f"batch-{entries[0].sequence}-{entries[-1].sequence}-{inside}", body, BATCH)


class Poster:
    """Sends posts. ``http`` is a session behind the address guard (``gateway.guard.guarded_session``)."""

    def __init__(self, http: aiohttp.ClientSession, timeout_s: float) -> None:
        self._http, self._timeout = http, aiohttp.ClientTimeout(total=timeout_s)

    async def send(self, url: str, keys: Sequence[bytes], post: Post, at: float) -> Outcome:
        """Post and judge the answer; every failure of the other side or the way there is an Outcome."""
        began = time.monotonic()
        try:
            outcome = await self._send(url, headers(keys, post.id, int(at), post.body), post)
        except (AddressRefused, aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            outcome = Outcome("unreachable", error=_short(error))
        except TimeoutError as error:
            known = isinstance(error, aiohttp.ConnectionTimeoutError)
            outcome = Outcome("unreachable" if known else "failed", error=f"no answer within {self._timeout.total:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            outcome = Outcome("failed", error=_short(error))
        return Outcome(outcome.verdict, outcome.status, outcome.error, outcome.after_s, time.monotonic() - began)

    async def _send(self, url: str, signed: dict[str, str], post: Post) -> Outcome:
        sent = {"Content-Type": post.content_type, **signed}
        async with self._http.post(
            url, data=post.body, headers=sent, timeout=self._timeout, allow_redirects=False
        ) as answer:
            text = await _beginning(answer)
            return _judged(answer.status, text, answer.headers.get("Retry-After", ""))


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """At most the first 4 KB of the answer; a longer one costs its connection."""
    body = b""
    while len(body) <= _ANSWER_BYTES:
        piece = await answer.content.read(_ANSWER_BYTES + 1 - len(body))
        if not piece:
            return body
        body += piece
    answer.close()
    return body[:_ANSWER_BYTES]


def _judged(status: int, body: bytes, retry_after: str) -> Outcome:
    if 200 <= status < 300:
        return Outcome("taken", status)
    said = "".join(c for c in body.decode(errors="replace")[:_TOLD] if c.isprintable())
    error = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if status == _GONE:
        return Outcome("gone", status, error)
    after_s = _seconds(retry_after) if status in _SLOWER else 0.0
    return Outcome("refused" if status in _REFUSALS else "failed", status, error, after_s)


def _seconds(retry_after: str) -> float:
    """The seconds of a Retry-After; its other form, a date, is answered with our own backoff."""
    text = retry_after.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return 0.0
    return min(float(text), _LONGEST_ASKED_S)


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__)[:_TOLD]
