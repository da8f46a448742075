"""What all channels share in gateway.toml: ``[files]`` for attachments, ``[delivery]`` for what goes out.

Sizes are bytes, times seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from gateway.schema import Strict

FileKind = Literal[
    "jpeg",
    "png",
    "webp",
    "gif",
    "bmp",
    "amr",
    "mp3",
    "wav",
    "silk",
    "m4a",
    "ogg",
    "mp4",
    "mov",
    "pdf",
    "docx",
    "xlsx",
    "pptx",
]
"""What can be told by content and is fit to be handed on. Anything else is refused: programs, scripts, HTML, SVG,
archives, and documents that may hold macros."""

FILE_KINDS: tuple[FileKind, ...] = get_args(FileKind)
_USUAL: tuple[FileKind, ...] = tuple(kind for kind in FILE_KINDS if kind != "pptx")

AccountName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,20}:[^\s:]{1,60}$", description="channel:account")]


class FilesConfig(Strict):
    """[files]. ``max_bytes`` a file; ``max_count`` and ``max_total`` a message, judged by those who take messages in.

    ``max_pixels`` bounds what a picture unpacks into (50 million pixels are 150 MB while it is cleaned; a telephone's
    usual photo has 12 million). ``scanner`` is a clamd: ``unix:/run/clamav/clamd.ctl`` or ``tcp:host:port``; empty for
    none. ``scanner_away`` says what becomes of a file that could not be scanned: kept and marked, or refused with its
    original put by.
    """

    max_bytes: int = Field(default=20_971_520, ge=1024, le=26_214_400)
    max_count: int = Field(default=9, ge=0, le=100)
    max_total: int = Field(default=62_914_560, ge=1024, le=1_073_741_824)
    max_pixels: int = Field(default=50_000_000, ge=10_000, le=89_000_000)
    types: tuple[FileKind, ...] = Field(default=_USUAL, description="kinds that are taken, told by content")
    workers: int = Field(default=2, ge=1, le=16, description="files judged and cleaned at once")
    wait_s: float = Field(default=30.0, gt=0, le=300, description="longest wait for a worker")
    scanner: str = Field(default="", pattern=r"^(unix:/.{1,200}|tcp:[^:\s]{1,255}:[0-9]{1,5})?$")
    scanner_s: float = Field(default=10.0, gt=0, le=120, description="longest wait for the scanner's verdict")
    scanner_away: Literal["keep", "refuse"] = "keep"
    fetch_s: float = Field(default=60.0, gt=0, le=300, description="longest fetch of one file from a platform")
    fetchers: int = Field(default=4, ge=1, le=32, description="files fetched at once")
    fetch_first_s: float = Field(default=10.0, gt=0, le=3600)
    fetch_factor: float = Field(default=2.0, ge=1, le=10)
    fetch_most_s: float = Field(default=3600.0, gt=0, le=86_400)
    fetch_give_up_s: float = Field(default=255_600.0, gt=0, le=2_592_000, description="WeChat's media expire in 3 days")


class DeliveryConfig(Strict):
    """[delivery]. A failed delivery is tried again after ``first_s``, then ``factor`` times later each, at most
    ``most_s`` apart, drawn evenly, until ``give_up_after_s`` after it was written.

    ``lease_s`` is how long a delivery belongs to the gateway that is sending it: if that one dies in between, it is
    tried again so much later. ``rates`` gives accounts their own limit, as ``{"wechat:hainan" = 50}`` a second.
    """

    concurrency: int = Field(default=16, ge=1, le=200, description="deliveries under way at once")
    per_account: int = Field(default=8, ge=1, le=200, description="of them, over one account")
    send_limit_s: float = Field(default=35.0, gt=0, le=120)
    lease_s: float = Field(default=120.0, gt=0, le=3600)
    rate_per_s: float = Field(default=20.0, gt=0, le=10_000, description="deliveries a second over one account")
    rates: dict[AccountName, Annotated[float, Field(gt=0, le=10_000)]] = Field(default_factory=dict)
    first_s: float = Field(default=20.0, gt=0, le=3600)
    factor: float = Field(default=3.0, ge=1, le=10)
    most_s: float = Field(default=14_400.0, gt=0, le=86_400)
    give_up_after_s: float = Field(default=259_200.0, gt=0, le=2_592_000)
    look_s: float = Field(default=2.0, gt=0, le=60, description="other gateways write deliveries too, and say nothing")
    overdue_look_s: float = Field(default=5.0, gt=0, le=300, description="how often pushes without answer are sought")

    @model_validator(mode="after")
    def _lease_outlasts_sending(self) -> DeliveryConfig:
        if self.lease_s < self.send_limit_s + 10:
            raise ValueError("lease_s must be at least 10 more than send_limit_s: a delivery would go out twice")
        return self
