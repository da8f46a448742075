"""Calling Tencent's APIs (api.weixin.qq.com, qyapi.weixin.qq.com): one access token for all, JSON in and out, files.

A token is shared through the ledger, sealed with the app's own secret, so that several gateways and restarts use one
instead of invalidating each other's; within a process only one caller refreshes it. Every wait is limited, every
answer has a largest size, and what goes wrong is ``Retryable``, ``Permanent`` or, with the platform's own code, an
``ApiError`` that the caller judges.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from cryptography.fernet import Fernet, InvalidToken

from gateway.channels.port import Fetched, Retryable
from gateway.tickets.ports import Ledger

_log = structlog.get_logger(__name__)

_EARLY_S = 300
"""A token is replaced this long before it ends; the platform keeps the old one valid for five minutes."""

_LARGEST_JSON = 1_048_576

STALE_TOKEN = frozenset({40001, 40014, 41001, 42001})
"""Codes that say: this access token is not (any longer) the right one."""


class ApiError(Exception):
    """The platform answered with ``code`` (errcode) other than 0. ``text`` is its errmsg, cut."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"errcode {code}: {text}")
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it ends (epoch seconds)."""

    value: str
    until: float


class TokenKeeper:
    """The access token of one account, shared over the ledger's state ``name``.

    ``ask(force)`` asks the platform for one; ``force`` demands another than the present.
    """

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        secret: str,
        ask: Callable[[bool], Awaitable[Token]],
        clock: Callable[[], float],
    ) -> None:
        self._ledger, self._name, self._ask, self._clock = ledger, name, ask, clock
        self._box = Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{name}\0{secret}".encode()).digest()))
        self._token: Token | None = None
        self._one = asyncio.Lock()

    async def get(self) -> str:
        """A valid token: from memory, from the ledger, or from the platform. Raises Retryable, ApiError."""
        if self._token is not None and self._fresh(self._token):
            return self._token.value
        async with self._one:
            return (await self._current("")).value

    async def replace(self, refused: str) -> str:
        """A token other than the refused one, asked for once however many callers were refused."""
        async with self._one:
            return (await self._current(refused)).value

    async def _current(self, refused: str) -> Token:
        for known in (self._token, await self._shared()):
            if known is not None and self._fresh(known) and known.value != refused:
                self._token = known
                return known
        token = await self._ask(False)
        if token.value == refused:  # the platform still thinks it good: another must be forced
            token = await self._ask(True)
        self._token = token
        await self._share(token)
        return token

    def _fresh(self, token: Token) -> bool:
        return token.until - self._clock() > 0

    async def _shared(self) -> Token | None:
        kept = await self._ledger.state(self._name)
        try:
            value = self._box.decrypt(str((kept or {}).get("token", "")).encode()).decode()
        except InvalidToken:  # none yet, or sealed with a former secret
            return None
        return Token(value, float((kept or {}).get("until", 0)))

    async def _share(self, token: Token) -> None:
        kept = {"token": self._box.encrypt(token.value.encode()).decode(), "until": token.until}
        await self._ledger.write(lambda tx: tx.save_state(self._name, kept))


class Calls:
    """HTTP calls of one account: ``base`` is scheme and host, ``limit_s`` the longest wait for one call."""

    def __init__(self, http: aiohttp.ClientSession, base: str, limit_s: float) -> None:
        self._http, self._base, self._limit_s = http, base, limit_s

    async def json(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> dict[str, Any]:
        """Call and read a JSON object with errcode 0 (or none). Raises ApiError, Retryable."""
        status, _, data = await self._call(method, self._base + path, query, body, _LARGEST_JSON)
        answer = _object(data)
        if answer is None:
            raise Retryable(f"{path} answered {status} without JSON")
        _raise_for(answer)
        return answer

    async def file(self, path: str, query: Mapping[str, str], largest: int) -> Fetched | dict[str, Any]:
        """Download a file; a JSON answer (an error, or an address) comes back as an object.

        Raises ApiError, Retryable, and TooLarge when it has more than ``largest`` bytes.
        """
        return await self._fetch(self._base + path, query, largest)

    async def address(self, url: str, largest: int) -> Fetched:
        """Download from an address that the platform named. The caller has judged where it leads."""
        found = await self._fetch(url, {}, largest)
        if isinstance(found, dict):
            raise Retryable("the platform's address gave JSON instead of a file")
        return found

    async def _fetch(self, url: str, query: Mapping[str, str], largest: int) -> Fetched | dict[str, Any]:
        status, headers, data = await self._call("GET", url, query, None, largest)
        kind = headers.get("Content-Type", "").split(";")[0].strip().lower()
        disposition = headers.get("Content-Disposition", "")
        if not disposition and data[:1] == b"{" and (answer := _object(data)) is not None:
            _raise_for(answer)
            return answer
        if status != 200 or not data:
            raise Retryable(f"the platform answered {status} with {len(data)} bytes instead of a file")
        return Fetched(data, _file_name(disposition), kind)

    async def _call(
        self, method: str, url: str, query: Mapping[str, str], body: Any, largest: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        # The platform shows \u escapes to citizens as they are: characters must go out as UTF-8.
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8"} if data is not None else {}
        try:
            async with (
                asyncio.timeout(self._limit_s),
                self._http.request(
                    method, url, params=dict(query), data=data, headers=headers, allow_redirects=False
                ) as response,
            ):
                found = await _read(response, largest)
        except TimeoutError:
            raise Retryable(f"no answer of the platform within {self._limit_s:g} s") from None
        except aiohttp.ClientError as error:  # its text may name the address with the token in it
            raise Retryable(f"the platform cannot be reached ({type(error).__name__})") from None
        if response.status >= 500 or response.status == 429:
            raise Retryable(f"the platform answered {response.status}")
        return response.status, response.headers, found


class TooLarge(Exception):
    """The file has more bytes than we take."""


async def _read(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The body in at most ``largest`` bytes; one that announces or sends more raises TooLarge."""
    if response.content_length is not None and response.content_length > largest:
        raise TooLarge(f"{response.content_length} bytes")
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(65_536):
        size += len(piece)
        if size > largest:
            raise TooLarge(f"more than {largest} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _raise_for(answer: Mapping[str, Any]) -> None:
    code = answer.get("errcode", 0)
    if code not in (0, None, "0"):
        number = int(code) if isinstance(code, int) or str(code).lstrip("-").isdigit() else -1
        raise ApiError(number, str(answer.get("errmsg", ""))[:200])


def _file_name(disposition: str) -> str:
    """The file name of a Content-Disposition header, without any path."""
    if not disposition:
        return ""
    try:
        _, values = aiohttp.multipart.parse_content_disposition(disposition)
        name = aiohttp.multipart.content_disposition_filename(values) or ""
    except Exception:  # aiohttp's parser warns or raises on what platforms send; a name is a courtesy
        _log.info("file_name_unreadable")
        return ""
    return name.replace("\\", "/").rsplit("/", 1)[-1][:200]


def token_of(answer: Mapping[str, Any], now: float) -> Token:
    """The token of a stable_token or gettoken answer. Raises Retryable when there is none."""
    value, lasts = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(lasts, int | float) or lasts <= 0:
        raise Retryable("the platform's answer holds no access token")
    return Token(value, now + max(lasts - _EARLY_S, lasts / 2))
