"""What Weibo's error codes mean for a delivery. (How they come over the wire is in test_weibo_channel.)"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.port import Permanent, Retryable
from gateway.channels.weibo.api import judged


@pytest.mark.parametrize("code", [21301, 21315, 21327, 21332, 10014])
def test_what_we_must_mend_keeps_the_reply_waiting_for_an_hour(code: int) -> None:
    later = judged(code, "expired_token", "hainan")
    assert isinstance(later, Retryable) and later.after_s == 3600


@pytest.mark.parametrize("code", [10022, 10023, 10024, 10009])
def test_limits_of_the_platform_are_waited_for(code: int) -> None:
    later = judged(code, "out of rate limit", "hainan")
    assert isinstance(later, Retryable) and later.after_s is not None and later.after_s >= 60


@pytest.mark.parametrize("text", ["no message quota", "out of 48h", "target is not follow you", "in the blacklist"])
def test_a_closed_window_is_told_by_its_words(text: str) -> None:
    assert isinstance(judged(21999, text, "hainan"), Permanent)


@given(st.integers(), st.text())
def test_every_error_has_a_reason_with_its_code(code: int, text: str) -> None:
    assert str(code) in judged(code, text, "hainan").why
