"""Headers that every answer carries: what a browser may load and where it may be framed (nowhere), and that answers
with citizens' data are not stored. Pages hold no inline script or style, so the policy needs no exception. A handler
that needs another value of one (the map's tiles, a file in a sandbox) sets it, and it stays.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


def policy(*pictures: str, sockets: str = "") -> str:
    """The content security policy; ``pictures`` are further origins that a page's pictures may come from, ``sockets``
    one that it may connect to (the softphone's websocket)."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(("img-src 'self'", *pictures)),
            "font-src 'self'",
            f"connect-src 'self' {sockets}".rstrip(),
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


POLICY = policy()

FIXED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Server": "gateway",
}


def guard_headers(secure: bool) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """A signal handler for ``on_response_prepare``. ``secure`` adds HSTS, for a gateway that is reached over TLS."""

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in FIXED.items():
            response.headers.setdefault(name, value)
        response.headers["Server"] = FIXED["Server"]  # aiohttp has put its own there
        response.headers.setdefault("Cache-Control", "no-store")
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"

    return add
