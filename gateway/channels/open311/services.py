"""The services that clients may file under: the leaves of the taxonomy, each with what it asks for besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.channels.open311.config import AttributeConfig
from gateway.tickets.config import CategoriesConfig, CategoryConfig


class Services:
    """The service list and definitions of GeoReport v2, made once from the configuration."""

    def __init__(self, categories: CategoriesConfig, attributes: Sequence[AttributeConfig]) -> None:
        self.version = f"{categories.scheme}-{categories.version}"
        above = {item.parent for item in categories.category}
        self._names = {item.code: item.name for item in categories.category}
        self._leaves = {item.code: item for item in categories.category if item.code not in above}
        self._attributes = tuple(attributes)

    def __contains__(self, code: object) -> bool:
        return code in self._leaves

    def name(self, code: str) -> str:
        """The human name of any category, "" for an unknown one."""
        return self._names.get(code, "")

    def attributes(self, code: str) -> tuple[AttributeConfig, ...]:
        """What a service asks for, in order."""
        return tuple(one for one in self._attributes if not one.services or code in one.services)

    def listed(self) -> list[dict[str, Any]]:
        """GET services."""
        return [self._service(item) for item in self._leaves.values()]

    def definition(self, code: str) -> dict[str, Any]:
        """GET services/{code}; also for services that ask nothing more."""
        asked = enumerate(self.attributes(code), 1)
        return {"service_code": code, "attributes": [_attribute(one, order) for order, one in asked]}

    def _service(self, item: CategoryConfig) -> dict[str, Any]:
        group = self.name(item.parent or "")
        return {
            "service_code": item.code,
            "service_name": item.name,
            "description": " / ".join(part for part in (group, item.name, item.name_en) if part),
            "metadata": bool(self.attributes(item.code)),
            "type": "realtime",
            "keywords": ", ".join(item.keywords),
            "group": group,
        }


def _attribute(one: AttributeConfig, order: int) -> dict[str, Any]:
    return {
        "variable": one.variable,
        "code": one.code,
        "datatype": one.datatype,
        "required": one.required,
        "datatype_description": one.datatype_description,
        "order": order,
        "description": one.description,
        "values": [{"key": choice.key, "name": choice.name} for choice in one.values],
    }
