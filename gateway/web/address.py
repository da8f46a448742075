"""Whom a request comes from. Behind a proxy the socket's peer is the proxy, and what X-Forwarded-For says can be
written by anyone: it is believed only as far as the chain of trusted proxies reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from aiohttp import web

from gateway.web.config import Network

_FORWARDING = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


def _trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in proxy for proxy in proxies)


def client_address(request: web.Request, proxies: Sequence[Network]) -> str:
    """The address nearest to us that is not one of our proxies; "unknown" on a socket without one."""
    address = request.remote or "unknown"
    if not proxies or not _trusted(address, proxies):
        return address
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    for hop in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        try:
            address = str(ip_address(hop))
        except ValueError:
            return address  # nonsense in the chain: believe nothing beyond it
        if not _trusted(address, proxies):
            return address
    return address


def is_loopback(request: web.Request, proxies: Sequence[Network]) -> bool:
    """True when the client is on this machine. A proxy on this machine that we do not know of does not count."""
    peer = request.remote or "unknown"
    if not _trusted(peer, proxies) and any(name in request.headers for name in _FORWARDING):
        return False
    try:
        return ip_address(client_address(request, proxies)).is_loopback
    except ValueError:
        return False
