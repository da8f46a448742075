"""[guard] of gateway.toml: which networks outside the Internet may be reached, and the limits of outgoing requests.

Apart from gateway/guard.py so that reading a configuration does not load an HTTP client.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from gateway.schema import Strict

Network = IPv4Network | IPv6Network


class GuardConfig(Strict):
    """[guard] of gateway.toml. ``allow`` are networks that may be reached although they are not public (a partner over
    a leased line); times are seconds, ``total_s`` covers a whole request with its answer.
    """

    allow: tuple[Network, ...] = Field(default=(), description='networks outside the Internet, as "10.8.0.0/16"')
    total_s: float = Field(default=30.0, gt=0, le=300)
    connect_s: float = Field(default=10.0, gt=0, le=60)
    connections: int = Field(default=100, ge=1, le=1000, description="open at once, over all hosts")
    per_host: int = Field(default=10, ge=1, le=1000, description="open at once to one host")
