"""The [wall] table of gateway.toml: what the big screen in the hall shows, in which order and for how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.schema import Key, Strict

WallKind = Literal["now", "rates", "channels", "topics", "partners", "alarms"]

_TITLE = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


class WallPageConfig(Strict):
    """One page of the wall and how long it stands, seconds."""

    kind: WallKind
    seconds: int = Field(default=20, ge=5, le=600)


def _all() -> list[WallPageConfig]:
    kinds: tuple[WallKind, ...] = ("now", "rates", "channels", "topics", "partners", "alarms")
    return [WallPageConfig(kind=kind, seconds=30 if kind == "now" else 20) for kind in kinds]


class WallConfig(Strict):
    """``title`` "" is the hotline's own name; ``halls`` [] are all. ``shift_px`` is how far the whole picture wanders
    so that nothing burns in (0: it stands still)."""

    title: _TITLE = ""
    title_en: _TITLE = ""
    halls: list[Key] = []
    pages: list[WallPageConfig] = Field(default_factory=_all, min_length=1, max_length=24)
    shift_px: int = Field(default=12, ge=0, le=60)
