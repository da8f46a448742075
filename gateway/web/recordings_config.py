"""[recordings] of gateway.toml: how long recordings are kept and how much of the disk they may take."""

from __future__ import annotations

from pydantic import Field

from gateway.schema import Strict

GB = 1_000_000_000


class RecordingsConfig(Strict):
    """``keep_months``: calendar months after the day of the call (24 is ours: no rule names a time for recordings;
    logs and audit are six months by the Cybersecurity Law). ``disk_budget_gb``: what recordings may take, in 10^9
    bytes; 0 is all that the disk has. ``warn_share`` of the budget used, or fewer than ``warn_days`` days left at the
    present pace, is a warning. A full disk never shortens the time: it is said, and somebody decides.
    """

    keep_months: int = Field(default=24, ge=1, le=600)
    disk_budget_gb: float = Field(default=0, ge=0, le=10_000_000)
    warn_share: float = Field(default=0.85, ge=0.1, le=1)
    warn_days: int = Field(default=30, ge=0, le=3650)
