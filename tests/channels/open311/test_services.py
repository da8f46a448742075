from __future__ import annotations

from gateway.channels.open311.services import Services
from tests.channels.door_stage import categories
from tests.channels.open311.endpoint import config

SERVICES = Services(categories(), config().attribute)
FIELDS = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}


def test_services_are_the_leaves_of_the_taxonomy():
    listed = SERVICES.listed()
    assert all(service.keys() == FIELDS for service in listed)
    by_code = {service["service_code"]: service for service in listed}
    assert "01" not in by_code
    assert "01" not in SERVICES
    one = by_code["0101"]
    assert (one["service_name"], one["group"], one["type"]) == ("消费维权", "市场监管", "realtime")
    assert one["keywords"].startswith("消费, 退款")
    assert one["description"] == "市场监管 / 消费维权 / Consumer rights"


def test_a_definition_says_what_is_asked_in_order():
    definition = SERVICES.definition("0101")
    assert [(one["order"], one["code"]) for one in definition["attributes"]] == [
        (1, "when"), (2, "severity"), (3, "secret"),
    ]  # fmt: skip
    assert definition["attributes"][1]["values"] == [
        {"key": "low", "name": "轻微"}, {"key": "high", "name": "严重"},
    ]  # fmt: skip


def test_metadata_tells_whether_there_is_more_to_ask():
    plain = Services(categories(), config().attribute[:2])
    by_code = {service["service_code"]: service["metadata"] for service in plain.listed()}
    assert by_code["0101"] is True
    assert by_code["0102"] is False


def test_names_of_groups_are_known_too():
    assert (SERVICES.name("01"), SERVICES.name("nothing")) == ("市场监管", "")
