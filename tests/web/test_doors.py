"""Doors get bytes as they came; what is too large or too slow never reaches them; their failures stay ours."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import aiohttp
import pytest

from gateway.model.http import Door, HttpAnswer, HttpAsked


class Keeper:
    """A door that keeps what it was asked and answers in XML."""

    def __init__(self) -> None:
        self.asked: list[HttpAsked] = []

    async def receive(self, asked: HttpAsked) -> HttpAnswer:
        self.asked.append(asked)
        if asked.query.get("fail"):
            raise RuntimeError("secret detail")
        if asked.query.get("drop"):
            return HttpAnswer(503, dropped=True)
        return HttpAnswer(202, b"<ok/>", "application/xml", {"X-Door": "yes"})

    def doors(self, max_body: int = 1000) -> list[Door]:
        return [
            Door(method, "/in/{account}", self.receive, "test", "A test's way in", max_body)
            for method in ("GET", "POST")
        ] + [Door("GET", "/odd/{id:[0-9]+}.{format}", self.receive, "odd", "With a pattern")]


def count(site: Any, door: str, status: int) -> float:
    return site.registry.get_sample_value("gateway_door_requests_total", {"door": door, "status": str(status)}) or 0.0


async def test_door_gets_the_request_as_it_came(open_site: Any) -> None:
    keeper = Keeper()
    async with open_site(doors=keeper.doors(), trusted_proxies=["127.0.0.1"]) as site:
        headers = {"X-Twice": "a", "X-Forwarded-For": "9.9.9.9, 10.0.0.7", "Content-Type": "text/xml"}
        path = "/in/hai%20nan?signature=a%2Bb&signature=c&x=%E4%B8%AD"
        status, _, response = await site.client().ask("POST", path, data=b"<x>\xff\r\n</x>", headers=headers)
        assert (status, response.content_type, response.headers["X-Door"]) == (202, "application/xml", "yes")
        asked = keeper.asked[0]
        assert asked.body == b"<x>\xff\r\n</x>" and asked.method == "POST"
        assert asked.target == path and asked.path == {"account": "hai nan"}
        assert asked.query == {"signature": "a+b", "x": "中"}
        assert asked.headers["x-twice"] == "a" and asked.headers["content-type"] == "text/xml"
        assert asked.address == "10.0.0.7" and asked.at > 1_700_000_000
        assert count(site, "test", 202) == 1
        assert (await site.client().get("/odd/12.xml"))[0] == 202
        assert keeper.asked[1].path == {"id": "12", "format": "xml"}


async def test_what_a_door_raises_is_a_bare_500(open_site: Any) -> None:
    async with open_site(doors=Keeper().doors()) as site:
        status, problem, _ = await site.client().get("/in/a?fail=1")
        assert status == 500 and "secret" not in str(problem)
        assert count(site, "test", 500) == 1


async def test_a_dropped_answer_is_no_answer_at_all(open_site: Any) -> None:
    async with open_site(doors=Keeper().doors()) as site:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await site.client().ask("POST", "/in/a?drop=1", data=b"x")
        assert count(site, "test", 503) == 1
        assert (await site.client().get("/in/a"))[0] == 202


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_beyond_the_bound_is_refused_and_never_seen(open_site: Any, chunked: bool) -> None:
    async def pieces() -> Any:
        for _ in range(5):
            yield b"x" * 300

    keeper = Keeper()
    async with open_site(doors=keeper.doors()) as site:
        data = pieces() if chunked else b"x" * 1001
        status, _, _ = await site.client().ask("POST", "/in/a", data=data)
        assert status == 413 and keeper.asked == [] and count(site, "test", 413) == 1
        assert (await site.client().ask("POST", "/in/a", data=b"x" * 1000))[0] == 202


async def test_fifty_megabytes_are_refused_at_once_without_costing_memory(open_site: Any) -> None:
    async with open_site(doors=Keeper().doors()) as site:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(b"POST /in/a HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n" + b"x" * 65536)
        line = await asyncio.wait_for(reader.readline(), 30)
        writer.close()
        assert b" 413 " in line
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


async def test_expect_continue_is_told_no_before_the_body_is_sent(open_site: Any) -> None:
    async with open_site(doors=Keeper().doors()) as site:
        for length, answer in ((52_428_800, b" 413 "), (5, b" 100 ")):
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
            writer.write(
                b"POST /in/a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % length
            )
            line = await asyncio.wait_for(reader.readline(), 30)
            writer.close()
            assert answer in line


async def test_a_body_that_trickles_is_cut_off(open_site: Any) -> None:
    keeper = Keeper()
    async with open_site(doors=keeper.doors(), body_timeout_s=0.2) as site:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        writer.write(b"POST /in/a HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nx")
        line = await asyncio.wait_for(reader.readline(), 30)
        writer.close()
        assert b" 408 " in line and keeper.asked == []


async def test_doors_are_in_the_document_with_all_their_methods(open_site: Any) -> None:
    async with open_site(doors=Keeper().doors()) as site:
        _, described, _ = await site.client().get("/api/openapi.json")
        assert set(described["paths"]["/in/{account}"]) == {"get", "post"}
        assert described["paths"]["/in/{account}"]["post"]["summary"] == "A test's way in"
        assert [one["name"] for one in described["paths"]["/odd/{id}.{format}"]["get"]["parameters"]] == [
            "id",
            "format",
        ]


async def test_two_doors_at_one_place_are_an_error_at_start(open_site: Any) -> None:
    with pytest.raises(ValueError, match="two doors at GET /in"):
        async with open_site(doors=Keeper().doors() + Keeper().doors()):
            pass
