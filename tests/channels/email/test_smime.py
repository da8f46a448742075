"""The content of signed mail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.smime import signed_content
from tests.channels.email.cases.machine_cases import signed


@given(st.binary(max_size=400))
def test_the_content_is_found(content: bytes) -> None:
    assert signed_content(signed(content)) == content


@given(st.binary(max_size=200), st.integers(0, 60))
def test_any_bytes_have_a_content_or_none(data: bytes, start: int) -> None:
    assert isinstance(signed_content(signed(b"x")[:start] + data), bytes)


def test_content_in_pieces_of_unknown_length_is_joined() -> None:
    head = bytes.fromhex("308006092a864886f70d010702a0803080020101310030800609" + "2a864886f70d010701a0802480")
    assert signed_content(head + b"\x04\x02ab\x04\x01c\0\0") == b"abc"
