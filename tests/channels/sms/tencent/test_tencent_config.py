"""A Tencent account's table."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.channels.sms.tencent.config import TencentSms

GOOD = {
    "account": "hainan", "path": "made:sms-hainan-path", "secret_id": "AKID", "secret_key": "env:K",
    "app_id": "1400006666", "sign_name": "海口12345", "template": "1110",
}  # fmt: skip


def test_an_account_may_only_receive() -> None:
    assert TencentSms(account="hainan", path="made:sms-hainan-path").secret_id == ""
    assert TencentSms.model_validate(GOOD).params == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [({"signature": "x"}, "leave signature empty"), ({"app_id": ""}, "sending also needs"), ({"params": 0}, "params")],
)
def test_what_cannot_work_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TencentSms.model_validate(GOOD | change)
