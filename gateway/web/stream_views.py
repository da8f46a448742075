"""What every message of a live stream begins with, whoever it is for. Apart from the views of persons and calls, so
that a wall, which must show none, need not know them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class StreamMessage(BaseModel):
    """A snapshot, then diffs whose ``n`` rises by one within an ``epoch``; ``link`` is that to Asterisk."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["snapshot", "diff"]
    epoch: int
    n: int
    at: float
    link: Literal["up", "down"]
