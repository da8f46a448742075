"""Whose request it is, with honest and with lying proxies."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from gateway.web.address import client_address, is_loopback

PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


def request(peer: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return make_mocked_request("GET", "/", headers=named).clone(remote=peer)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),  # not our proxy: its word counts for nothing
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),  # the client lied to the proxy
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "127.0.0.1, nonsense", "10.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_address_is_the_nearest_that_is_not_our_proxy(peer: str, forwarded: str, address: str) -> None:
    made = request(peer, X_Forwarded_For=forwarded) if forwarded else request(peer)
    assert client_address(made, PROXIES) == address


def test_loopback_is_this_machine_and_nobody_behind_an_unknown_proxy() -> None:
    assert is_loopback(request("127.0.0.1"), [])
    assert is_loopback(request("::1"), [])
    assert not is_loopback(request("203.0.113.9"), [])
    assert not is_loopback(request("127.0.0.1", X_Forwarded_For="127.0.0.1"), [])
    assert not is_loopback(request("127.0.0.1", Via="1.1 proxy"), [])
    assert not is_loopback(request("10.0.0.1", X_Forwarded_For="203.0.113.9"), PROXIES)
