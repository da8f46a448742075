"""[bus] of gateway.toml: in-process, or Redis (or Valkey) when there is more than one node; [followers]: webhooks."""

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


class FollowersConfig(BaseModel):
    """How the feed is posted to its followers. Times are seconds.

    A failed post is tried again after a full-jitter wait that grows from ``first_s`` by ``factor`` to ``most_s``: one
    request a follower, so an hour is polite enough and a follower that comes back is found soon.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: int = Field(default=100, ge=1, le=1000, description="followers that may be set up")
    allow_http: bool = Field(
        default=False, description="also take http:// addresses (a line that is private by itself)"
    )
    timeout_s: float = Field(default=15.0, gt=0, le=60, description="longest wait for a follower's answer")
    batch_most: int = Field(default=100, ge=1, le=100, description="events that a follower may ask for in one post")
    first_s: float = Field(default=5.0, gt=0, le=3600, description="the first wait after a failure")
    factor: float = Field(default=2.0, ge=1.0, le=10.0)
    most_s: float = Field(default=3600.0, gt=0, le=86_400, description="the longest wait between two tries")
    failing_after: int = Field(
        default=3, ge=1, le=100, description="failures in a row until a follower is called failing"
    )
    refused_s: float = Field(
        default=3600.0,
        gt=0,
        le=30 * 86_400,
        description="how long an event that the follower refuses (400, 413, 422) is tried",
    )
    give_up_s: float = Field(
        default=3 * 86_400.0, gt=0, le=30 * 86_400, description="how long any other failure is tried"
    )
    grace_s: float = Field(default=86_400.0, gt=0, le=30 * 86_400, description="how long a rotated secret still signs")
    save_s: float = Field(
        default=0.5, gt=0, le=60, description="how often cursors are written: what a kill -9 makes be posted again"
    )
