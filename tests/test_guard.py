"""The address guard: what is refused, that it is refused where the socket is made, and that nothing is followed."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from gateway.guard import (
    AddressRefused,
    GuardConfig,
    Redirected,
    TooLarge,
    guarded_session,
    read_limited,
    why_refused,
)

LOOPBACK = GuardConfig(allow=(ip_network("127.0.0.0/8"),))


class Names(AbstractResolver):
    """A name server in a dictionary; a list of lists answers differently each time."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self._answers = answers
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        turns = self._answers[host]
        found = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            ResolveResult(
                hostname=host,
                host=text,
                port=port,
                family=socket.AF_INET6 if ":" in text else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for text in found
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def served(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[int]:
    """The port of a server on 127.0.0.1 that answers everything with ``handler``."""
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _hello(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="hello")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("10.0.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.100.100.200", "carrier-grade NAT"),  # Aliyun's metadata
        ("169.254.169.254", "link-local"),  # metadata of most clouds
        ("168.63.129.16", "cloud"),
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("192.0.0.192", "reserved"),
        ("198.19.0.1", "benchmarking"),
        ("203.0.113.5", "documentation"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("::ffff:127.0.0.1", "IPv4-mapped"),
        ("::127.0.0.1", "IPv4-compatible"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b:1::1", "NAT64"),
        ("2002:7f00:1::", "6to4"),
        ("2001:0:1::1", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("2409:8c00::5efe:7f00:1", "ISATAP"),
        ("fc00::1", "private"),
        ("fd12::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "not public"),
    ],
)
def test_addresses_that_are_not_of_the_internet_are_refused_with_the_reason(text: str, why: str) -> None:
    assert why in why_refused(ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "119.29.29.29", "172.32.0.1", "2400:3200::1", "2606:4700::1111"]
)
def test_public_addresses_may_be_reached(text: str) -> None:
    assert why_refused(ip_address(text)) == ""


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    allow = (ip_network("10.8.0.0/16"),)
    assert why_refused(ip_address("10.8.3.4"), allow) == ""
    assert why_refused(ip_address("10.9.3.4"), allow)
    assert why_refused(ip_address("::ffff:10.8.3.4"), allow), "the same address in another form stays shut"
    assert why_refused(ip_address("2002:a08:304::"), allow)


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_that_python_calls_not_global_is_refused(address: IPv4Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert why_refused(address)


@given(st.ip_addresses(v=6))
def test_every_ipv6_address_that_python_calls_not_global_is_refused(address: IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.ipv4_mapped or address.sixtofour or address.teredo:
        assert why_refused(address)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:0:0", "::", "64:ff9b::"]))
def test_an_ipv4_address_inside_an_ipv6_one_is_never_a_way_around(inner: IPv4Address, prefix: str) -> None:
    assert why_refused(IPv6Address(int(IPv6Address(prefix)) | int(inner)))


@given(st.ip_addresses(), st.integers(0, 32))
def test_what_is_allowed_is_reached(address: IPv4Address | IPv6Address, cut: int) -> None:
    network = ip_network((address, address.max_prefixlen - cut), strict=False)
    assert why_refused(address, (network,)) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "169.254.169.254"])
async def test_a_request_to_ourselves_is_refused_before_anything_is_sent(host: str) -> None:
    reached = []

    async def note(request: web.BaseRequest) -> web.StreamResponse:
        reached.append(request.path)
        return web.Response()

    async with served(note) as port, guarded_session(GuardConfig()) as session:
        with pytest.raises(AddressRefused) as refused:
            await session.get(f"http://{host}:{port}/secret")
    assert refused.value.why
    assert not reached


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"])
async def test_other_spellings_of_loopback_do_not_get_through(host: str) -> None:
    async with served(_hello) as port, guarded_session(GuardConfig()) as session:
        with pytest.raises((aiohttp.ClientError, ValueError)):
            await session.get(f"http://{host}:{port}/")


async def test_a_name_of_only_private_addresses_is_refused_and_a_mixed_one_loses_them() -> None:
    names = Names({"inner.example": [["10.0.0.5", "fd00::5"]], "mixed.example": [["10.0.0.5", "127.0.0.1"]]})
    async with served(_hello) as port, guarded_session(LOOPBACK, resolver=names) as session:
        with pytest.raises(AddressRefused, match=r"inner\.example.*10\.0\.0\.5 is private"):
            await session.get(f"http://inner.example:{port}/")
        async with session.get(f"http://mixed.example:{port}/") as response:
            assert await response.text() == "hello"


async def test_a_name_that_changes_its_answer_is_judged_each_time_it_is_resolved() -> None:
    names = Names({"turn.example": [["127.0.0.1"], ["10.0.0.5"]]})

    async def close(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(text="once", headers={"Connection": "close"})

    async with served(close) as port, guarded_session(LOOPBACK, resolver=names) as session:
        async with session.get(f"http://turn.example:{port}/") as response:
            assert await response.text() == "once"
        assert isinstance(session.connector, aiohttp.TCPConnector)
        session.connector.clear_dns_cache()
        with pytest.raises(AddressRefused):
            await session.get(f"http://turn.example:{port}/")
    assert names.asked == 2


async def test_a_redirect_is_not_followed_and_says_so() -> None:
    asked = []

    async def away(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with served(away) as port, guarded_session(LOOPBACK) as session:
        with pytest.raises(Redirected) as redirected:
            await session.post(f"http://127.0.0.1:{port}/hook", data=b"signed")
        async with session.post(f"http://127.0.0.1:{port}/hook", data=b"", allow_redirects=False) as seen:
            assert seen.status == 307
    assert (redirected.value.status, redirected.value.location) == (307, "/elsewhere")
    assert asked == ["/hook", "/hook"]


async def test_a_server_that_never_answers_costs_no_more_than_the_limit() -> None:
    config = LOOPBACK.model_copy(update={"total_s": 0.05})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with guarded_session(config) as session:
            with pytest.raises(TimeoutError):
                await session.get(f"http://127.0.0.1:{silent.getsockname()[1]}/")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_cut_and_one_at_the_limit_is_read(chunked: bool) -> None:
    async def body(request: web.BaseRequest) -> web.StreamResponse:
        size = int(request.path[1:])
        if not chunked:
            return web.Response(body=b"x" * size)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"x" * size)
        return response

    async with served(body) as port, guarded_session(LOOPBACK) as session:
        async with session.get(f"http://127.0.0.1:{port}/1000") as response:
            assert len(await read_limited(response, 1000)) == 1000
        async with session.get(f"http://127.0.0.1:{port}/1001") as response:
            with pytest.raises(TooLarge, match="more than 1000 bytes"):
                await read_limited(response, 1000)


async def test_a_small_answer_that_unpacks_into_a_huge_one_is_cut() -> None:
    async def bomb(_: web.BaseRequest) -> web.StreamResponse:
        response = web.Response(body=b"\0" * 5_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    async with (
        served(bomb) as port,
        guarded_session(LOOPBACK) as session,
        session.get(f"http://127.0.0.1:{port}/") as response,
    ):
        assert (response.content_length or 0) < 100_000
        with pytest.raises(TooLarge):
            await read_limited(response, 100_000)
