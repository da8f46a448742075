"""The table of a customer service: what is wrong is refused when it is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.channels.wecom.config import WecomConfig

GOOD: dict[str, Any] = {
    "account": "kefu", "corp_id": "ww0123456789", "token": "env:T", "aes_key": "env:K", "secret": "env:S",
}  # fmt: skip


def test_the_defaults_are_the_platforms() -> None:
    assert WecomConfig.model_validate(GOOD).api_base == "https://qyapi.weixin.qq.com"


@pytest.mark.parametrize(
    ("change", "named"),
    [({"corp_id": "wx1"}, "corp_id"), ({"secret": "plain"}, "secret"), ({"open_kfids": ["x"]}, "open_kfids")],
)
def test_what_is_wrong_is_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        WecomConfig.model_validate(GOOD | change)
