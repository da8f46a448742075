"""Readers of originals: what they need, and that no bytes get more out of them than BadInput."""

from __future__ import annotations

import argparse
from typing import NoReturn

from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.entry import BadInput, Read
from gateway.cli.normalizers import NORMALIZERS, read_query
from tests.fakes.tencent import aes_key


def nothing() -> NoReturn:
    raise AssertionError("the configuration is not needed")


def reader(channel: str, *words: str) -> Read:
    parser = argparse.ArgumentParser()
    NORMALIZERS[channel].add_arguments(parser)
    return NORMALIZERS[channel].reader(parser.parse_args(words), nothing)


READERS = [
    reader("wechat"),
    reader("wechat", "--aes-key", aes_key(), "--app-id", "wx1"),
    reader("wechat", "--token", "t", "--query", "signature=1&timestamp=2&nonce=3"),
    reader("email"),
    reader("weibo"),
    reader("weibo", "--app-secret", "s", "--query", "?signature=1"),
]


@given(
    st.sampled_from(READERS), st.binary(max_size=200) | st.text(max_size=100).map(lambda t: f"<xml>{t}</xml>".encode())
)
def test_any_bytes_are_a_message_or_bad_input(read: Read, body: bytes) -> None:
    try:
        assert read(body, 1.0).received_at == 1.0
    except BadInput as error:
        assert error.where and error.why and "\n" not in str(error)


def test_a_query_may_be_given_with_its_question_mark_and_empty_values() -> None:
    assert read_query("?a=1&b=&c=%E8%B7%AF") == {"a": "1", "b": "", "c": "路"}
