"""Outgoing HTTP with an address guard: where a webhook, a push or a download goes is decided by data that others give
us, and must not become a way into our own network (server-side request forgery, CWE-918).

The address is judged after the name has been resolved, and exactly the addresses that were judged are connected to, so
a name that answers differently a moment later (DNS rebinding) gains nothing. The gate is the making of the socket:
literal addresses, proxies and names all pass it. Redirects are not followed, because a signed request must not be
repeated to somebody else.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from gateway.guard_config import GuardConfig, Network

__all__ = [
    "AddressRefused",
    "GuardConfig",
    "GuardedResolver",
    "Redirected",
    "TooLarge",
    "guarded_session",
    "read_limited",
    "why_refused",
]

Address = IPv4Address | IPv6Address


class AddressRefused(aiohttp.ClientError):
    """The address guard says no. Trying again helps only after the configuration or the name's records have changed."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(f"{host} is not reached: {why}")
        self.host, self.why = host, why


class Redirected(aiohttp.ClientError):
    """The server answered with a redirect, which is not followed. ``location`` is where it pointed."""

    def __init__(self, host: str, status: int, location: str) -> None:
        super().__init__(f"{host} answered {status}, a redirect: give the final address instead")
        self.host, self.status, self.location = host, status, location


class TooLarge(aiohttp.ClientError):
    """An answer's body is longer than its limit; the connection was closed."""

    def __init__(self, host: str, most: int) -> None:
        super().__init__(f"{host} answered with more than {most} bytes")
        self.host, self.most = host, most


# IANA's special-purpose registries (RFC 6890) and what lies around them, in words for the log and the page.
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(text), why)
    for text, why in (
        ("0.0.0.0/8", "unspecified (this host)"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "a cloud's own service"),  # Azure: public by number, local by meaning
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("100::/64", "discarded"),
        ("2001::/32", "Teredo"),
        ("2001::/23", "reserved for protocols"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "documentation"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: the last 64 bits begin so, then comes an IPv4 address


def why_refused(address: Address, allow: Iterable[Network] = ()) -> str:
    """Why an address is not reached; empty when it may be. Only plain public addresses and those in ``allow`` may.

    Forms that carry an IPv4 address inside (mapped, 6to4, NAT64, Teredo, ISATAP) are refused whatever they carry; an
    ``allow`` that names the IPv4 network does not open them.
    """
    if any(address in network for network in allow if network.version == address.version):
        return ""
    for network, why in _REFUSED:
        if network.version == address.version and address in network:
            return f"{address} is {why}"
    if isinstance(address, IPv6Address):
        if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
            return f"{address} is ISATAP"
        if address not in _PUBLIC_V6:
            return f"{address} is not public"
    return "" if address.is_global else f"{address} is not public"


def _parsed(text: str) -> Address:
    """Of a socket address; a zone (``fe80::1%eth0``) is no part of the judgement."""
    return ip_address(text.partition("%")[0])


class GuardedResolver(AbstractResolver):
    """Resolves names and leaves out what may not be reached. Raises AddressRefused when nothing is left."""

    def __init__(self, allow: Sequence[Network], inner: AbstractResolver) -> None:
        self._allow, self._inner = allow, inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        judged = [(result, why_refused(_parsed(result["host"]), self._allow)) for result in found]
        may = [result for result, why in judged if not why]
        if judged and not may:
            raise AddressRefused(host, "; ".join(dict.fromkeys(why for _, why in judged)))
        return may

    async def close(self) -> None:
        await self._inner.close()


def guarded_session(config: GuardConfig, *, resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """A client session behind the guard; made inside the event loop, closed by its maker.

    Requests raise AddressRefused and Redirected besides aiohttp's own errors (all are ``aiohttp.ClientError``) and
    TimeoutError after the configured limits. Proxies of the environment are ignored, cookies are not kept.
    """

    def make_socket(info: Any) -> socket.socket:
        family, kind, proto, _, where = info
        if why := why_refused(_parsed(where[0]), config.allow):
            raise AddressRefused(where[0], why)
        return socket.socket(family, kind, proto)

    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(config.allow, resolver or ThreadedResolver()),
        socket_factory=make_socket,
        limit=config.connections,
        limit_per_host=config.per_host,
    )
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=config.total_s, sock_connect=config.connect_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[watch],
        headers={"User-Agent": "gateway-12345"},
    )


async def _refuse_redirect(
    _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestRedirectParams
) -> None:
    params.response.close()
    host = params.url.host or str(params.url)
    raise Redirected(host, params.response.status, params.response.headers.get("Location", ""))


async def read_limited(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body of an answer, at most ``most`` bytes after decompression. Raises TooLarge without reading the rest."""
    host = response.url.host or ""
    if (response.content_length or 0) > most:
        response.close()
        raise TooLarge(host, most)
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > most:
            response.close()
            raise TooLarge(host, most)
    return bytes(body)
