"""Seven-bit charsets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.iso2022 import read_hz, read_iso2022

JAPANESE = st.text(st.sampled_from("街灯が壊れていますカタカナ abc\n"), max_size=40)


@given(JAPANESE)
def test_japanese_is_read_as_python_writes_it(text: str) -> None:
    assert read_iso2022(text.encode("iso2022_jp")) == (text, True)


@given(st.text(st.sampled_from("가로등이고장났습니다 abc"), max_size=40))
def test_korean_is_read_as_python_writes_it(text: str) -> None:
    assert read_iso2022(text.encode("iso2022_kr")) == (text, True)


@given(st.text(st.sampled_from("路灯不亮请修理 abc~"), max_size=40))
def test_hz_is_read_as_python_writes_it(text: str) -> None:
    # One character at a time: where Python's encoder makes its buffer larger it forgets an escape (seen in 3.11).
    assert read_hz(b"".join(one.encode("hz") for one in text)) == (text, True)


def test_chinese_of_rfc_1922_is_read_and_other_planes_are_marked() -> None:
    assert read_iso2022(b"\x1b$)A\x0e\x42\x37\x0f!\n") == ("路!\n", True)
    assert read_iso2022(b"\x1b$)G\x0e\x44\x21\x0f") == ("\ufffd", False)


def test_half_width_kana_and_vendor_characters_are_read() -> None:
    assert read_iso2022(b"\x1b(I1\x1b(B \x1b$B-!\x1b(B") == ("ｱ ①", True)


def test_a_line_end_ends_a_run_of_hz() -> None:
    assert read_hz(b"~{B7\nabc~}") == ("路\nabc", True)


@pytest.mark.parametrize("read", [read_hz, read_iso2022])
@given(data=st.binary(max_size=200))
def test_any_bytes_have_a_text(read: object, data: bytes) -> None:
    assert isinstance(read(data)[0], str)  # type: ignore[operator]
