"""Fetching a file whose address a client or partner gave us, through the address guard (gateway.guard)."""

from __future__ import annotations

import asyncio

import aiohttp

from gateway.channels.port import Fetched, Permanent, Retryable
from gateway.guard import AddressRefused, Redirected, TooLarge, read_limited

_LIMIT_S = 30.0
_TRY_AGAIN = frozenset({408, 425, 429})


def retry_after(headers: object, most_s: float = 86_400.0) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 section 10.2.3), as far as it is given in seconds."""
    text = headers.get("Retry-After", "") if hasattr(headers, "get") else ""
    return min(float(text), most_s) if text.isascii() and text.isdigit() else None


async def by_url(http: aiohttp.ClientSession, url: str, most_bytes: int) -> Fetched:
    """The file behind an address. ``http`` must be a guarded session. Raises Retryable or Permanent, within 30 s."""
    try:
        async with asyncio.timeout(_LIMIT_S), http.get(url) as response:
            if response.status in _TRY_AGAIN or response.status >= 500:
                raise Retryable(f"the file's server answered {response.status}", retry_after(response.headers))
            if response.status != 200:
                raise Permanent(f"the file's server answered {response.status}")
            body = await read_limited(response, most_bytes)
            name = response.content_disposition.filename if response.content_disposition else None
            return Fetched(body, name or response.url.name, response.content_type)
    except (AddressRefused, Redirected, TooLarge, aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise Permanent(str(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Retryable(f"the file's server could not be reached: {type(error).__name__}") from error
