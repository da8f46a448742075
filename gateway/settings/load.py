"""``load``: a directory and an environment in, a frozen Settings out, or every error of the configuration at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.alarms.config import AlarmsConfig
from gateway.channels.accounts import ChannelsConfig
from gateway.ivr.config import CalendarConfig
from gateway.settings.cross import check
from gateway.settings.draft import Draft, read_all
from gateway.settings.errors import ConfigError, ConfigErrors
from gateway.settings.model import GatewayConfig, Settings
from gateway.tickets.config import CategoriesConfig, IntakeConfig, RepliesConfig


def load(config_dir: Path, environ: Mapping[str, str]) -> Settings:
    """Read config/ with GATEWAY__TABLE__KEY of ``environ`` laid over gateway.toml. Raises ConfigErrors with all errors.

    Nothing is written and no name is looked up in the network.
    """
    if not config_dir.is_dir():
        raise ConfigErrors([ConfigError(str(config_dir), "", "there is no such configuration directory")])
    draft = read_all(config_dir, environ)
    errors = draft.errors + check(draft)
    if errors:
        raise ConfigErrors(errors)
    return _settings(config_dir, draft)


def _settings(config_dir: Path, draft: Draft) -> Settings:
    tables: dict[str, Any] = dict(draft.tables)
    gateway = tables["gateway"]
    assert isinstance(gateway, GatewayConfig)
    return Settings(
        config_dir=config_dir,
        state_dir=Path(gateway.state_dir),
        **tables,
        halls=tuple(item.value for item in draft.halls),
        queues=tuple(item.value for item in draft.queues),
        entries=tuple(item.value for item in draft.entries),
        partners=tuple(item.value for item in draft.partners),
        calendar=draft.calendar.value if draft.calendar else CalendarConfig(),
        categories=draft.categories.value if draft.categories else CategoriesConfig(),
        channels=draft.channels.value if draft.channels else ChannelsConfig(),
        intake=draft.intake.value if draft.intake else IntakeConfig(),
        replies=draft.replies.value if draft.replies else RepliesConfig(),
        flows=tuple(item.value for item in draft.flows.values()),
        alarms=draft.alarms.value if draft.alarms else AlarmsConfig(),
    )
