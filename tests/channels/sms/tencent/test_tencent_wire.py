"""Tencent's signature and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms.tencent.wire import Result, result, signed


def test_the_signature_is_that_of_the_vendors_own_example() -> None:
    """cloud.tencent.com, 签名方法 v3: DescribeInstances, signed on 2019-02-25 with the document's example key."""
    headers = signed(
        "DescribeInstances",
        rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}',
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******",
        secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        host="cvm.tencentcloudapi.com",
        region="ap-guangzhou",
        at=1551113065.9,
        service="cvm",
        version="2017-03-12",
    )
    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3*******/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )
    assert headers["X-TC-Timestamp"] == "1551113065"


def test_an_answer_is_read() -> None:
    good = b'{"Response":{"SendStatusSet":[{"Code":"Ok","Message":"send success","SerialNo":"5000:1"}]}}'
    assert result(good) == Result("Ok", "send success", "5000:1")
    assert result(b'{"Response":{"Error":{"Code":"AuthFailure","Message":"x"}}}') == Result("AuthFailure", "x")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"Response":[]}', b'{"Response":{"SendStatusSet":[]}}', b"[]"])
def test_what_is_no_answer_has_no_code(body: bytes) -> None:
    assert result(body) == Result("")


@given(st.binary(max_size=200))
def test_any_answer_is_a_result(body: bytes) -> None:
    assert isinstance(result(body), Result)
