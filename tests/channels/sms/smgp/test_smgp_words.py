"""SMGP's codes: which may be tried again."""

from __future__ import annotations

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.smgp.words import login_words, submit_error


@pytest.mark.parametrize(("code", "after_s"), [(1, 5.0), (74, 1800.0), (75, 3600.0)])
def test_what_passes_may_be_tried_again(code: int, after_s: float) -> None:
    error = submit_error(code, 1)
    assert isinstance(error, Retryable)
    assert error.after_s == after_s


@pytest.mark.parametrize("code", [2, 10, 12, 47, 76, 999])
def test_what_stays_is_final_and_says_its_code(code: int) -> None:
    error = submit_error(code, 1)
    assert isinstance(error, Permanent)
    assert str(code) in error.why


def test_what_was_taken() -> None:
    assert submit_error(0, 1) is None
    assert submit_error(12, 2) is None  # our own repeat


@pytest.mark.parametrize(("status", "words"), [(20, "IP地址错"), (21, "认证错"), (99, "其他错误")])
def test_a_refused_login_in_words(status: int, words: str) -> None:
    assert words in login_words(status)
