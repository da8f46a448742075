"""The [reports] table of gateway.toml: which reports are made by themselves, when, and to whom they are mailed."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from gateway.schema import Strict
from gateway.web.reports.periods import KINDS, Kind
from gateway.web.reports.words import Lang

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,188}\.[A-Za-z]{2,24}")


class ReportsConfig(Strict):
    """``at`` is the time of the hall's day when the reports of what has ended are made; ``kinds`` which ones.

    ``recipients`` get them by mail, with the PDF, in ``lang``; ``account`` is the account of channels.toml that sends
    (None: the first with a server for outgoing mail). ``kept_days``: so long made reports stay in STATE_DIR/reports."""

    at: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='a time of day, as "07:30"')] = (
        "07:30"
    )
    kinds: tuple[Kind, ...] = KINDS
    recipients: tuple[str, ...] = Field(default=(), max_length=100)
    account: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,39})?$")] = ""
    lang: Lang = "zh"
    kept_days: int = Field(default=400, ge=1, le=3660)
    pdf_limit_s: float = Field(default=90, ge=5, le=600, description="seconds that setting one PDF may take")

    @property
    def time(self) -> time:
        return time.fromisoformat(self.at)

    @field_validator("recipients")
    @classmethod
    def _addresses(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        for one in recipients:
            if not _ADDRESS.fullmatch(one):
                raise ValueError(f'"{one}" is no mail address')
        return tuple(dict.fromkeys(recipients))

    @model_validator(mode="after")
    def _some_kind(self) -> ReportsConfig:
        if self.recipients and not self.kinds:
            raise ValueError('recipients would get nothing: name kinds, as ["day", "week", "month"]')
        return self
