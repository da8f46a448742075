"""The [web] table of gateway.toml: where the gateway listens, how long a log-in lasts, and the limits that keep one
client from costing the others. Every limit has a default that a hall of 200 seats can live with.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Network = IPv4Network | IPv6Network
Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+$", description="scheme://host[:port]")]


class MapPlace(BaseModel):
    """A name on the citizens' map, for orientation. Degrees in the map's reference system."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=20)
    longitude: float = Field(ge=-180, le=180)
    latitude: float = Field(ge=-85, le=85)


class WebConfig(BaseModel):
    """How the gateway is reached over HTTP. Times are seconds unless the name says hours; sizes are bytes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", min_length=1, max_length=255)
    port: int = Field(default=8345, ge=0, le=65535, description="0 takes a free port")
    url: Origin | Literal[""] = Field(
        default="", description='where people find the pages, as https://12345.example.cn; "": mails have no links'
    )
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
    max_streams: int = Field(default=500, ge=1, le=10_000, description="feed streams (SSE) open at once")
    heartbeat_s: float = Field(default=15.0, gt=0, le=120, description="a comment or ping at least this often")
    send_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="a reader that takes nothing for so long goes"
    )
    recheck_s: float = Field(default=30.0, gt=0, le=600, description="how often an open stream's log-in is looked at")
    shutdown_s: float = Field(default=5.0, gt=0, le=60)

    form_hours: float = Field(default=6.0, gt=0, le=72, description="how long a citizen may take over the form")
    form_least_s: float = Field(default=3.0, ge=0, le=60, description="a form filled in faster was not by a person")
    work_bits: int = Field(default=13, ge=1, le=20, description="proof of work: leading zero bits of a SHA-256")
    submit_free: int = Field(default=60, ge=1, le=100_000, description="submissions of one address within the window")
    upload_free: int = Field(default=200, ge=1, le=100_000, description="photos of one address within the window")
    lookup_free: int = Field(default=30, ge=1, le=10_000, description="wrong query codes of one address before a wait")
    submit_window_s: float = Field(default=600.0, gt=0, le=86_400)
    text_most: int = Field(default=4000, ge=100, le=20_000, description="characters of a request's text")
    photos_most: int = Field(default=5, ge=0, le=20)
    photo_bytes: int = Field(default=10_485_760, ge=65_536, le=52_428_800)
    upload_timeout_s: float = Field(default=180.0, gt=0, le=1800, description="photos over a slow mobile line")
    uploads_at_once: int = Field(default=32, ge=1, le=1000, description="bodies with photos read at the same time")
    receipt_minutes: int = Field(default=60, ge=1, le=1440, description="how long a receipt page can be shown again")

    map_bounds: tuple[float, float, float, float] = Field(
        default=(108.3, 18.0, 111.3, 20.3), description="west, south, east, north of the area served, in degrees"
    )
    map_places: list[MapPlace] = Field(default=[], max_length=60, description="names on the map")
    map_tiles: str = Field(
        default="",
        pattern=r"^(https?://[A-Za-z0-9.\-\[\]:]+/[!-~]+)?$",
        description="address of map tiles with {z}, {x}, {y}; empty draws a schematic map that needs no service",
    )
    map_crs: Literal["WGS-84", "GCJ-02", "CGCS2000"] = Field(
        default="WGS-84", description="the reference system of the tiles, and so of pins set on them"
    )
    map_credit: str = Field(default="", max_length=80, description="who made the tiles; shown on the map")

    @field_validator("map_tiles")
    @classmethod
    def _tiles_have_a_place(cls, tiles: str) -> str:
        if tiles and not all(part in tiles for part in ("{z}", "{x}", "{y}")):
            raise ValueError("must hold {z}, {x} and {y}")
        return tiles

    @field_validator("map_bounds")
    @classmethod
    def _bounds_are_a_box(cls, bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        west, south, east, north = bounds
        if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
            raise ValueError("must be west, south, east, north with west < east and south < north")
        return bounds
