"""The partner registry (联动单位) as configured in config/partners.toml: whom calls and tickets are handed to.

One table a partner. What is law is marked: the State Council Office's 2022 No. 12 asks that 110 is reached by one-key
transfer or three-way call and that tickets go both ways; 2020 No. 53 names the three tracks of merging.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.schema import Dialable, Key, Label, Strict

Mode = Literal["blind", "attended", "consult", "three_way", "queue", "readout"]
"""blind 释放转, attended 成功转, consult 通话转, three_way 三方通话, queue 转专席, readout 报号."""

DataWay = Literal["both_ways", "one_way", "copy", "none"]
PartnerTrack = Literal["none", "merged", "dual", "branch"]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,59}$", description="letters, digits, _ . and -")]

NEVER_BLIND = frozenset({"110"})


class PartnerConfig(Strict):
    """One partner. ``mode`` is what the button does; ``modes`` what an agent may choose instead.

    ``hours`` names a calendar ("" is day and night), ``queue`` the queue of mode queue, ``fields`` maps our field names
    to the partner's, ``answer_s`` is how long the partner may ring in seconds before the caller is brought back.
    """

    number: Dialable
    name: Label
    name_en: str = ""
    mode: Mode
    modes: tuple[Mode, ...] = ()
    track: PartnerTrack = "none"
    data: DataWay = "none"
    hours: Key | Literal[""] = ""
    queue: Key | None = None
    trunk: Key = "trunk"
    area_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    answer_s: int = Field(default=30, ge=5, le=180)
    fields: dict[FieldName, FieldName] = Field(default_factory=dict)

    @property
    def allowed_modes(self) -> tuple[Mode, ...]:
        """The button's mode first, then the others, each once."""
        return tuple(dict.fromkeys((self.mode, *self.modes)))

    @property
    def is_dialled(self) -> bool:
        """True when the partner is reached over a trunk, not in a queue of ours and not only read out."""
        return any(mode not in ("queue", "readout") for mode in self.allowed_modes)

    @model_validator(mode="after")
    def _modes_fit(self) -> PartnerConfig:
        if "queue" in self.allowed_modes and self.queue is None:
            raise ValueError('mode "queue" needs the key queue, the id of a queue in queues.toml')
        if self.number in NEVER_BLIND and "blind" in self.allowed_modes:
            raise ValueError(f'{self.number} is never released blind (2022 No. 12): use "three_way" or "attended"')
        if "readout" in self.allowed_modes and self.data != "none":
            raise ValueError('a partner whose number is only read out takes no data: set data = "none"')
        return self


class PartnersFile(Strict):
    """config/partners.toml."""

    partner: tuple[PartnerConfig, ...] = ()
