"""Settings: the whole configuration as one frozen value, composed of the models that each package owns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from gateway.alarms.config import AlarmsConfig
from gateway.asterisk.config import AsteriskConfig
from gateway.bus.config import BusConfig, FollowersConfig
from gateway.channels.accounts import ChannelsConfig
from gateway.channels.config import DeliveryConfig, FilesConfig
from gateway.guard_config import GuardConfig
from gateway.ivr.calendar import is_open
from gateway.ivr.config import CalendarConfig, Flow
from gateway.ledger.config import LedgerConfig
from gateway.people.config import RosterConfig
from gateway.schema import Dialable, Label, Strict
from gateway.seats.config import EntryNumberConfig, HallConfig, QueueConfig
from gateway.settings.refs import refs_in
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig
from gateway.transfer.config import PartnerConfig
from gateway.transfer.virtual_config import VirtualConfig
from gateway.web.config import WebConfig
from gateway.web.recordings_config import RecordingsConfig
from gateway.web.reports.config import ReportsConfig
from gateway.web.wall_config import WallConfig


class GatewayConfig(Strict):
    """[gateway]. ``state_dir`` is where the gateway keeps what it makes; relative to the working directory.

    ``probe_*``: how often (seconds), whom and for how long (seconds) the standing probe calls.
    """

    name: Label = "12345政务服务便民热线"
    name_en: Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")] = "12345 government hotline"
    probe_every_s: int = Field(default=0, ge=0, le=86_400, description="a standing probe call; 0 for none")
    probe_dial: Dialable = "12345"
    probe_limit_s: int = Field(default=30, ge=5, le=300)
    state_dir: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f;]+$")] = "var"


class LogConfig(Strict):
    """[log]. ``format`` json is for machines, console for people."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


TABLES: MappingProxyType[str, type[BaseModel]] = MappingProxyType(
    {
        "gateway": GatewayConfig,
        "web": WebConfig,
        "asterisk": AsteriskConfig,
        "virtual": VirtualConfig,
        "ledger": LedgerConfig,
        "recordings": RecordingsConfig,
        "roster": RosterConfig,
        "bus": BusConfig,
        "files": FilesConfig,
        "delivery": DeliveryConfig,
        "followers": FollowersConfig,
        "guard": GuardConfig,
        "reports": ReportsConfig,
        "wall": WallConfig,
        "log": LogConfig,
    }
)
"""The tables of gateway.toml. Environment variables GATEWAY__TABLE__KEY override their keys."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration without an error in it. ``zone`` and ``area_code`` are the first hall's."""

    config_dir: Path
    state_dir: Path
    gateway: GatewayConfig
    web: WebConfig
    asterisk: AsteriskConfig
    virtual: VirtualConfig
    ledger: LedgerConfig
    recordings: RecordingsConfig
    roster: RosterConfig
    bus: BusConfig
    files: FilesConfig
    delivery: DeliveryConfig
    followers: FollowersConfig
    guard: GuardConfig
    reports: ReportsConfig
    wall: WallConfig
    log: LogConfig
    halls: tuple[HallConfig, ...]
    queues: tuple[QueueConfig, ...]
    entries: tuple[EntryNumberConfig, ...]
    partners: tuple[PartnerConfig, ...]
    calendar: CalendarConfig
    categories: CategoriesConfig
    channels: ChannelsConfig
    intake: IntakeConfig
    replies: RepliesConfig
    flows: tuple[Flow, ...]
    alarms: AlarmsConfig

    @property
    def zone(self) -> str:
        return self.halls[0].zone

    def is_open(self, calendar: str, at: float) -> bool:
        """Whether a calendar of ours is open at a time (epoch seconds), by the hall's clock. Raises KeyError."""
        zone = ZoneInfo(self.zone)
        return is_open(self.calendar, calendar, datetime.fromtimestamp(at, zone), zone)

    @property
    def secret_refs(self) -> frozenset[str]:
        """Every secret that the configuration points at."""
        return frozenset(ref for part in (self.channels, self.partners) for _, ref in refs_in(part))

    @property
    def area_code(self) -> str:
        return self.halls[0].area_code
