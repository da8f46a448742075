"""Partners as tests configure them: 110 as it is shipped, and one with names of its own."""

from __future__ import annotations

import tomllib
from typing import Any

from gateway.transfer.config import PartnerConfig, PartnersFile
from tests.channels.door_stage import CONFIG


def police(**push: Any) -> PartnerConfig:
    """110 with the fields and rules of config/partners.toml."""
    file = PartnersFile.model_validate(tomllib.loads((CONFIG / "partners.toml").read_text(encoding="utf-8")))
    shipped = next(partner for partner in file.partner if partner.number == "110")
    return shipped.model_copy(update={"push": shipped.push.model_copy(update=push)})


def partner(**changes: Any) -> PartnerConfig:
    values: dict[str, Any] = {"number": "95598", "name": "供电服务热线", "mode": "attended", "data": "both_ways"}
    push = {"secret": "made:out", "in_secret": "made:in"} | changes.pop("push", {})
    return PartnerConfig.model_validate(values | {"push": push} | changes)
