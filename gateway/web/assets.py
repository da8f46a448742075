"""Pages and their static files, served from package data: read once at start, answered from memory with an ETag.

There is no build step; browsers revalidate each file, so a new version of the gateway is a new page at the next load.
Texts are kept compressed as well: an old phone on a slow line gets a third of the bytes.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.abc import Traversable
from importlib.resources import files

from aiohttp import ETag, web
from aiohttp.typedefs import Handler

from gateway.web.problem import known
from gateway.web.services import desk_of

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".png": "image/png",
}
PUBLIC = {"/login": "login.html"}
STAFF = {"/seats": "seats.html", "/desk": "desk.html"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in memory. ``packed`` is its body in gzip, empty where that saves nothing."""

    body: bytes
    content_type: str
    etag: str
    packed: bytes = b""


def _walk(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry


def load() -> dict[str, Asset]:
    """Every file of ``static/`` with a known type, by its path. Called once, before the server listens."""
    found = {}
    for name, entry in _walk(files("gateway.web") / "static"):
        kind = TYPES.get(name[name.rfind(".") :])
        if kind is not None:
            body = entry.read_bytes()
            packed = gzip.compress(body, mtime=0)
            smaller = packed if len(packed) < 0.9 * len(body) else b""
            found[name] = Asset(body, kind, hashlib.sha256(body).hexdigest()[:32], smaller)
    return found


def answer(request: web.Request, asset: Asset) -> web.Response:
    """The file, or 304 when the browser has it."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if asset.etag in {tag.value for tag in request.if_none_match or ()}:
        response = web.Response(status=304, headers=headers)
    else:
        headers["Content-Type"] = asset.content_type
        packed = bool(asset.packed) and "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        response = web.Response(body=asset.packed if packed else asset.body, headers=headers)
    # weak: the same file, whether it went packed or not (RFC 9110, 8.8.3)
    response.etag = ETag(asset.etag, is_weak=True)
    return response


def static_handler(assets: dict[str, Asset]) -> Handler:
    async def static(request: web.Request) -> web.StreamResponse:
        asset = assets.get(request.match_info["name"])
        if asset is None or asset.content_type.startswith("text/html"):
            raise known(404)
        return answer(request, asset)

    return static


def page_handler(asset: Asset, *, staff: bool, policy: str = "") -> Handler:
    """A page; one for staff sends a browser that is not logged in to the log-in first. ``policy`` is a content security
    policy of its own."""

    async def page(request: web.Request) -> web.StreamResponse:
        if staff and await desk_of(request).gate.identify(request) is None:
            raise web.HTTPSeeOther(f"/login?next={request.path}")
        response = answer(request, asset)
        if policy:
            response.headers["Content-Security-Policy"] = policy
        return response

    return page
