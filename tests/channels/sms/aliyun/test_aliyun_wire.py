"""Aliyun's signature and answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.aliyun.wire import Result, quoted, result, signed


def test_the_signature_is_that_of_the_vendors_own_example() -> None:
    """help.aliyun.com, V3版本请求体&签名机制: RunInstances, signed on 2023-10-26."""
    ready = signed(
        "RunInstances",
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC).timestamp(),
        nonce="3156853299f313e23d1673dc12e1703d",
        version="2014-05-26",
    )
    assert ready.headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_encoding_is_rfc_3986s() -> None:
    assert quoted("a b*~/路") == "a%20b%2A~%2F%E8%B7%AF"


def test_an_answer_is_read() -> None:
    assert result(b'{"Code":"OK","BizId":"9^0","Message":"OK"}') == Result("OK", "OK", "9^0")
    assert result(b'{"Code":"isv.X","Message":null}') == Result("isv.X")


@given(st.binary(max_size=200) | st.sampled_from([b"null", b"[]", b'{"Code":1}', b"[" * 5000]))
def test_any_answer_is_a_result(body: bytes) -> None:
    assert isinstance(result(body), Result)


@pytest.mark.parametrize("body", [b"<html>", b'{"Code":1}', b"[1]"])
def test_what_is_no_answer_has_no_code(body: bytes) -> None:
    assert result(body) == Result("")
