"""Flows for the tests of the voice flow: built from dicts as they stand in TOML, and those of the example."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.ivr.config import CalendarConfig, Flow

CONFIG = Path(__file__).resolve().parents[2] / "config"

FlowMaker = Callable[..., Flow]


def _flow(nodes: Mapping[str, Any], flow_id: str = "main", **more: Any) -> Flow:
    table = {"id": flow_id, "name": "试验", "start": next(iter(nodes)), "nodes": nodes, **more}
    return Flow.model_validate(table)


@pytest.fixture(scope="session")
def make_flow() -> FlowMaker:
    """A flow from its nodes; the first is the start."""
    return _flow


@pytest.fixture(scope="session")
def example_flows() -> dict[str, Flow]:
    return {path.stem: Flow.model_validate(tomllib.loads(path.read_text())) for path in (CONFIG / "ivr").glob("*.toml")}


@pytest.fixture(scope="session")
def example_calendar() -> CalendarConfig:
    return CalendarConfig.model_validate(tomllib.loads((CONFIG / "calendar.toml").read_text()))
