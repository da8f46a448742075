"""Tencent's error codes."""

from __future__ import annotations

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.tencent.errors import judged


@pytest.mark.parametrize(
    ("code", "after_s"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", 30),
        ("LimitExceeded.PhoneNumberDailyLimit", 21_600),
        ("InternalError.Timeout", 30),
        ("RequestLimitExceeded.IPLimitExceeded", 5),
        ("AuthFailure.SignatureExpire", 60),
        ("AuthFailure.SecretIdNotFound", 3600),
        ("InternalError.SigVerificationFail", 3600),
        ("FailedOperation.InsufficientBalanceInSmsPackage", 3600),
        ("FailedOperation.NewThisYear", None),
        ("", None),
    ],
)
def test_what_may_work_later_says_when(code: str, after_s: float | None) -> None:
    error = judged(code, "hainan")
    assert isinstance(error, Retryable)
    assert error.after_s == after_s


@pytest.mark.parametrize(
    "code",
    ["FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber", "UnsupportedOperation.X"],
)
def test_what_will_never_work_is_permanent_and_says_why(code: str) -> None:
    error = judged(code, "hainan")
    assert isinstance(error, Permanent)
    assert error.why.startswith("腾讯云短信：")
    assert code in error.why
