"""Aliyun's error codes."""

from __future__ import annotations

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.aliyun.errors import judged


@pytest.mark.parametrize(
    ("message", "after_s"),
    [
        ("触发分钟级流控Permits:1", 60),
        ("触发小时级流控Permits:5", 3600),
        ("触发天级流控Permits:10", 21_600),
        ("触发业务流控", 600),
    ],
)
def test_flow_control_waits_as_long_as_it_says(message: str, after_s: float) -> None:
    error = judged("isv.BUSINESS_LIMIT_CONTROL", message, "hainan")
    assert isinstance(error, Retryable)
    assert error.after_s == after_s


@pytest.mark.parametrize("code", ["isv.MOBILE_NUMBER_ILLEGAL", "isv.PARAM_LENGTH_LIMIT", "isv.BLACK_KEY_CONTROL_LIMIT"])
def test_what_will_never_work_is_permanent_and_says_why(code: str) -> None:
    error = judged(code, "", "hainan")
    assert isinstance(error, Permanent)
    assert error.why.startswith("阿里云短信：")
    assert code in error.why


@pytest.mark.parametrize("code", ["isv.AMOUNT_NOT_ENOUGH", "isp.RAM_PERMISSION_DENY", "SignatureDoesNotMatch"])
def test_what_the_owner_can_mend_waits_an_hour(code: str) -> None:
    error = judged(code, "", "hainan")
    assert isinstance(error, Retryable)
    assert error.after_s == 3600


def test_an_unknown_code_is_tried_again() -> None:
    assert isinstance(judged("isv.NEW_THIS_YEAR", "", "hainan"), Retryable)
    throttled = judged("Throttling.User", "", "hainan")
    assert isinstance(throttled, Retryable)
    assert throttled.after_s == 5
