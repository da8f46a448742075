"""What lies in AstDB for a softphone is what PJSIP reads, and never the password."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import cast

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stub_link import StubLink

from gateway.asterisk.ami.errors import LinkDown
from gateway.asterisk.ami.link import Link
from gateway.asterisk.phones import PhoneSecrets, drop_secret, put_secret
from gateway.model.orders import DropSecret, OrderRefused, PutSecret

PUT = PutSecret("8001w", "12345", "9a7aa7d6387b02b7e273b0cb1947b799", 1_763_766_000.4)


def test_the_auth_object_is_one_that_pjsip_reads() -> None:
    headers = dict(put_secret(PUT).headers)
    assert (headers["Action"], headers["Family"], headers["Key"]) == ("DBPut", "gw-phones/auth", "8001w")
    assert json.loads(str(headers["Val"])) == {
        "auth_type": "md5", "username": "8001w", "realm": "12345", "md5_cred": PUT.digest, "expires_at": "1763766000",
    }  # fmt: skip
    assert dict(drop_secret(DropSecret("8001w")).headers) == {
        "Action": "DBDel", "Family": "gw-phones/auth", "Key": "8001w",
    }  # fmt: skip


@pytest.mark.parametrize("endpoint", ["", "8001w/x", "8001w\r\nAction: Hangup", "../x", "８００１w"])
def test_a_strange_endpoint_never_reaches_the_wire(endpoint: str) -> None:
    with pytest.raises(ValueError, match="key"):
        drop_secret(DropSecret(endpoint))


async def test_all_that_may_register_is_read_with_its_end() -> None:
    rows = [
        {"Key": "/gw-phones/auth/8001w", "Val": str(dict(put_secret(PUT).headers)["Val"])},
        {"Key": "/gw-phones/auth/8002w", "Val": "not ours"},
        {"Key": "/gw-phones/auth/8003w", "Val": "{}"},
        {"Response": "no row"},
    ]
    link = StubLink({"DBGetTree": rows})
    assert await PhoneSecrets(lambda: cast(Link, link)).issued() == {
        "8001w": 1_763_766_000.0,
        "8002w": 0.0,
        "8003w": 0.0,
    }


async def test_a_dead_link_is_a_refusal() -> None:
    link = StubLink()
    link.refuse = LinkDown("gone")
    with pytest.raises(OrderRefused, match="gone"):
        await PhoneSecrets(lambda: cast(Link, link)).issued()
