"""A request and its answer, without the server: what a channel's door is given and gives back.

Channels and pages are siblings that do not know each other (import-linter), so a channel offers ``Door``s and the
composition root hangs them into the web server. A door gets the bytes as they came, because signatures cover bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from gateway.model.value import value


@value
class HttpAsked:
    """One request, read whole. ``path`` holds the variables of the address, ``headers`` have lower-case names."""

    method: str
    target: str
    """Path and query as sent, percent-encoded."""
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    address: str
    at: float
    """Epoch seconds of its arrival."""


@value
class HttpAnswer:
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False
    """Send nothing and cut the connection: some platforms repeat a push only when they got no answer at all."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way in for a platform or a client. The server answers 413 beyond ``max_body`` bytes without asking the door.

    ``name`` is the label of its figures; ``summary`` goes into the OpenAPI document. A door answers its own errors in
    the words of its platform; what it raises becomes the server's 500.
    """

    method: str
    path: str
    receive: Callable[[HttpAsked], Awaitable[HttpAnswer]]
    name: str
    summary: str
    max_body: int = 1_048_576
