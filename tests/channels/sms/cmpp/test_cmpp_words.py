"""CMPP's codes: which may be tried again."""

from __future__ import annotations

import pytest

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.cmpp.words import login_words, submit_error


def test_zero_is_no_error() -> None:
    assert submit_error(0, 1) is None


@pytest.mark.parametrize("code", [8, 85, 88])
def test_what_passes_may_be_tried_again(code: int) -> None:
    assert isinstance(submit_error(code, 1), Retryable)


@pytest.mark.parametrize("code", [1, 3, 5, 9, 13, 69, 255, 2**32 - 1])
def test_what_stays_is_final_and_says_its_code(code: int) -> None:
    error = submit_error(code, 1)
    assert isinstance(error, Permanent)
    assert str(code) in error.why


def test_a_number_repeated_by_our_own_repeat_was_taken() -> None:
    assert submit_error(3, 2) is None


@pytest.mark.parametrize(("status", "words"), [(2, "非法源地址"), (3, "认证错"), (4, "版本太高"), (99, "其他错误")])
def test_a_refused_login_in_words(status: int, words: str) -> None:
    assert words in login_words(status)
