"""An Open311 endpoint on the stage, as tests configure it."""

from __future__ import annotations

from typing import Any

from gateway.channels.open311.channel import Open311Channel
from gateway.channels.open311.config import Open311Config
from tests.channels.door_stage import Stage, categories

KEY, OTHER = "key-of-the-app", "key-of-another-app"

ATTRIBUTES = (
    {
        "code": "when", "services": ["0101"], "datatype": "datetime", "description": "何时发生 / when did it happen?",
    },
    {
        "code": "severity", "services": ["0101"], "datatype": "singlevaluelist", "required": True,
        "description": "严重程度 / how bad is it?",
        "values": [{"key": "low", "name": "轻微"}, {"key": "high", "name": "严重"}],
    },
    {"code": "hints", "services": ["0102"], "datatype": "multivaluelist", "description": "特征 / what did you see?",
     "values": [{"key": "a", "name": "甲"}, {"key": "b", "name": "乙"}]},
    {"code": "amount", "services": ["0102"], "datatype": "number", "description": "金额 / how much?"},
    {"code": "secret", "datatype": "string", "description": "是否保密 / keep it secret?", "field": "is_secret"},
)  # fmt: skip


def config(**changes: Any) -> Open311Config:
    values: dict[str, Any] = {
        "enabled": True,
        "client": [{"name": "app", "key": "made:app"}, {"name": "other", "key": "made:other"}],
        "attribute": ATTRIBUTES,
        "jurisdiction_id": "hainan.gov.cn",
    }
    return Open311Config.model_validate(values | changes)


def endpoint(stage: Stage, **changes: Any) -> Open311Channel:
    return Open311Channel(
        config(**changes), stage.means, categories=categories(), keys={"app": KEY, "other": OTHER}, http=stage.http
    )
