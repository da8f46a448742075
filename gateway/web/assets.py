"""Pages and their static files, served from package data: read once at start, answered from memory with an ETag.

There is no build step. A page is revalidated at each load and names its files below ``/static/v/<version>/``, where the
version is a digest of all files: those are kept by the browser without asking again, and a new version of the gateway
is a new page at the next load, whole. Modules import each other by relative paths, so they stay below the same version.
The page also names every module that it will need (``modulepreload``), so they come at once and not level by level.
Texts are kept compressed as well: an old phone on a slow line gets a third of the bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
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
PUBLIC = {"/login": "login.html", "/wall": "wall.html"}
"""Open to all: they hold no data. The wall's is let in by what stands behind the # of its address."""
STAFF = {
    "/seats": "seats.html",
    "/desk": "desk.html",
    "/reports": "reports.html",
    "/recordings": "recordings.html",
    "/people": "people.html",
}

_REVALIDATE, _FOR_EVER = "no-cache", "public, max-age=31536000, immutable"
_IMPORT = re.compile(r"^(?:import|export)\b[^;'\"]*?['\"](\.{1,2}/[\w./-]+\.js)['\"]", re.M)
_ROOT = re.compile(r'<(?:script type="module" src|link rel="modulepreload" href)="/static/([\w./-]+)"')
_OURS = re.compile(r'(?<=")/static/(?!v/)')


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
            found[name] = _asset(entry.read_bytes(), kind)
    return found


def _asset(body: bytes, kind: str) -> Asset:
    packed = gzip.compress(body, mtime=0)
    smaller = packed if len(packed) < 0.9 * len(body) else b""
    return Asset(body, kind, hashlib.sha256(body).hexdigest()[:32], smaller)


def version_of(found: Mapping[str, Asset]) -> str:
    """A digest of all files: what a page of this gateway names them by."""
    names = "".join(f"{name} {asset.etag}\n" for name, asset in sorted(found.items()))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def modules_of(page: str, found: Mapping[str, Asset]) -> list[str]:
    """The modules that a page needs, as paths below ``static/``: its script, what it names to be loaded ahead, and what
    those import. A module that is imported on demand (``import()``) is not among them, unless the page names it."""
    seen: dict[str, None] = {}
    waiting = _ROOT.findall(page)
    while waiting:
        name = waiting.pop(0)
        if name not in seen and name in found:
            seen[name] = None
            text = found[name].body.decode()
            waiting += [
                posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in _IMPORT.findall(text)
            ]
    return list(seen)


def dressed(page: Asset, found: Mapping[str, Asset], version: str) -> Asset:
    """A page with the version in the paths of its files, and with all of its modules named in its head."""
    text = page.body.decode()
    named = set(re.findall(r'<link rel="modulepreload" href="/static/([\w./-]+)"', text))
    more = [name for name in modules_of(text, found) if name not in named]
    links = "".join(f'<link rel="modulepreload" href="/static/{name}">\n' for name in more)
    text = _OURS.sub(f"/static/v/{version}/", text.replace('<script type="module"', links + '<script type="module"', 1))
    return _asset(text.encode(), page.content_type)


def answer(request: web.Request, asset: Asset, caching: str = _REVALIDATE) -> web.Response:
    """The file, or 304 when the browser has it."""
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
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


def static_handler(assets: dict[str, Asset], version: str) -> Handler:
    """Files by their path, with or without a version. A page of another version gets what there is, and may not keep
    it: it would hold files of two versions under one."""
    ours = f"v/{version}/"

    async def static(request: web.Request) -> web.StreamResponse:
        path = request.match_info["name"]
        kept = path.startswith(ours)
        asset = assets.get(re.sub(r"^v/[0-9a-f]+/", "", path))
        if asset is None or asset.content_type.startswith("text/html"):
            raise known(404)
        return answer(request, asset, _FOR_EVER if kept else _REVALIDATE)

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
