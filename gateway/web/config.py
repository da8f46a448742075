"""The [web] table of gateway.toml: where the gateway listens, how long a log-in lasts, and the limits that keep one
client from costing the others. Every limit has a default that a hall of 200 seats can live with.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Network = IPv4Network | IPv6Network
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+$", description="scheme://host[:port]")]


class WebConfig(BaseModel):
    """How the gateway is reached over HTTP. Times are seconds unless the name says hours; sizes are bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=8345, ge=0, le=65535, description="0 takes a free port")
    source: str = Field(
        default="urn:hotline:12345",
        pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:[!-~]+$",
        description="the URI that names this hotline as the `source` of its CloudEvents",
    )
    cookie_secure: bool = Field(default=False, description="true behind TLS: the session cookie is never sent in clear")
    trusted_proxies: list[Network] = Field(default=[], description="proxies whose X-Forwarded-For is believed")
    allowed_origins: list[Origin] = Field(default=[], description="other origins whose pages may open the live stream")
    max_body: int = Field(default=65_536, ge=1024, le=16_777_216)
    body_timeout_s: float = Field(default=10.0, gt=0, le=120)

    session_hours: float = Field(default=12.0, gt=0, le=72, description="a shift and its hand-over")
    login_free: int = Field(default=5, ge=1, le=100, description="failures of one login before it must wait")
    address_free: int = Field(default=30, ge=1, le=10_000, description="failures of one address before it must wait")
    login_delay_s: float = Field(default=2.0, gt=0, le=60, description="the first delay; it doubles with each failure")
    login_delay_max_s: float = Field(default=300.0, gt=0, le=3600)
    login_window_s: float = Field(default=900.0, gt=0, le=86_400, description="failures older than this are forgotten")
    hash_workers: int = Field(default=2, ge=1, le=16, description="passwords hashed at once")
    hash_waiting: int = Field(default=64, ge=1, le=1000, description="log-ins that may wait for a hash")

    max_sockets: int = Field(default=500, ge=1, le=10_000)
    socket_queue: int = Field(default=64, ge=1, le=10_000, description="diffs kept for a slow socket")
    max_streams: int = Field(default=100, ge=1, le=10_000, description="feed streams (SSE) open at once")
    heartbeat_s: float = Field(default=15.0, gt=0, le=120, description="a comment or ping at least this often")
    send_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="a reader that takes nothing for so long goes"
    )
    recheck_s: float = Field(default=30.0, gt=0, le=600, description="how often an open stream's log-in is looked at")
    shutdown_s: float = Field(default=5.0, gt=0, le=60)
