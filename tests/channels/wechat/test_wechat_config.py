"""The table of an official account: what is wrong is refused when it is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.channels.wechat.config import WechatConfig

GOOD: dict[str, Any] = {
    "account": "hainan", "app_id": "wx0123456789", "token": "env:T", "aes_key": "env:K", "app_secret": "file:/run/s",
}  # fmt: skip


def test_the_defaults_are_the_platforms_and_the_field_s() -> None:
    config = WechatConfig.model_validate(GOOD)
    assert (config.mode, config.api_base, config.max_age_s) == ("encrypted", "https://api.weixin.qq.com", 300)
    assert config.answer_s < 5


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"app_id": "1"}, "app_id"),
        ({"token": "a-secret-in-the-file"}, "token"),
        ({"aes_key": ""}, "aes_key"),
        ({"mode": "safe"}, "mode"),
        ({"answer_s": 6}, "answer_s"),
        ({"api_base": "https://api.weixin.qq.com/"}, "api_base"),
        ({"original_id": "hainan"}, "original_id"),
        ({"menu": {"A": "dance"}}, "menu"),
        ({"subscribe": {"template_id": "tpl-0123456789", "fields": {"song1": "text"}}}, "subscribe"),
        ({"tokn": "env:T"}, "tokn"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        WechatConfig.model_validate(GOOD | change)


def test_plain_mode_needs_no_key() -> None:
    assert WechatConfig.model_validate({**GOOD, "mode": "plain", "aes_key": ""}).mode == "plain"
