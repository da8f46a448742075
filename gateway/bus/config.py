"""[bus] of gateway.toml: in-process, or Redis (or Valkey) when there is more than one node."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class BusConfig(BaseModel):
    """``kind`` local needs nothing else. ``stream_length`` bounds a topic in Redis, ``queue`` a subscriber's lag."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["local", "redis"] = "local"
    url: str = Field(default="redis://127.0.0.1:6379/0", pattern=r"^(rediss?|unix)://", description="Redis or Valkey")
    prefix: str = Field(default="gw:", pattern=r"^[a-z0-9_:-]{1,40}$", description="begins every key in Redis")
    stream_length: int = Field(default=100_000, ge=100, le=10_000_000, description="entries kept of a topic")
    queue: int = Field(default=1000, ge=1, le=1_000_000, description="messages a subscriber may lag behind")
    timeout_s: float = Field(default=2.0, gt=0, le=30, description="longest wait for an answer of Redis")
