"""[files] and [delivery]: defaults that stand, mistakes that are found at start."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.channels.config import DeliveryConfig, FilesConfig


def test_the_defaults_stand() -> None:
    files, delivery = FilesConfig(), DeliveryConfig()
    assert "jpeg" in files.types
    assert "pptx" not in files.types
    assert files.fetch_give_up_s < 3 * 86_400, "WeChat's media are gone after three days"
    assert delivery.lease_s > delivery.send_limit_s


def test_a_lease_shorter_than_a_sending_is_refused() -> None:
    with pytest.raises(ValidationError, match="would go out twice"):
        DeliveryConfig(send_limit_s=60, lease_s=60)


@pytest.mark.parametrize("scanner", ["", "unix:/run/clamav/clamd.ctl", "tcp:127.0.0.1:3310"])
def test_scanners_are_named_by_socket_or_port(scanner: str) -> None:
    assert FilesConfig(scanner=scanner).scanner == scanner


@pytest.mark.parametrize(
    "wrong", [{"scanner": "127.0.0.1:3310"}, {"types": ["exe"]}, {"max_bytes": 0}, {"max_byte": 5}]
)
def test_mistakes_are_found(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FilesConfig.model_validate(wrong)


def test_rates_are_given_by_channel_and_account() -> None:
    assert DeliveryConfig(rates={"wechat:hainan": 50}).rates == {"wechat:hainan": 50}
    with pytest.raises(ValidationError):
        DeliveryConfig(rates={"hainan": 50})
