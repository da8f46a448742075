"""Status codes in words, and whether to try again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.port import Permanent, Retryable
from gateway.channels.sms.smpp.words import STATUS, bind_words, said, submit_error


def test_well_is_no_error() -> None:
    assert submit_error(0) is None


@pytest.mark.parametrize(("status", "after_s"), [(0x58, 5.0), (0x14, 30.0), (0x08, 60.0), (0x4FF, 300.0)])
def test_what_passes_is_tried_again(status: int, after_s: float) -> None:
    error = submit_error(status)
    assert isinstance(error, Retryable)
    assert error.after_s == after_s


@pytest.mark.parametrize("status", [0x01, 0x0A, 0x0B, 0x43, 0x65, 0xC4, 0x9999])
def test_what_stays_is_not(status: int) -> None:
    assert isinstance(submit_error(status), Permanent)


def test_a_refused_bind_says_which_way() -> None:
    assert bind_words(0x0E) == "bind refused (绑定被拒), status 0x0000000E 密码错 / invalid password"
    assert "运营商自定义错误" in said(0x400)
    assert "未定义的错误" in said(0x9999)


@given(st.integers(0, 0xFFFF_FFFF) | st.sampled_from(sorted(STATUS)))
def test_every_code_has_words(status: int) -> None:
    error = submit_error(status)
    assert status == 0 or (error is not None and f"0x{status:08X} " in error.why)
