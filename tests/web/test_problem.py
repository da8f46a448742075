"""What a client sees when something goes wrong: a problem document, never a stack trace."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from gateway.ledger import LedgerUnavailable
from gateway.model.http import Door, HttpAnswer, HttpAsked


async def test_unforeseen_error_shows_an_id_and_nothing_of_its_cause(site: Any) -> None:
    site.ledger.fails = RuntimeError("secret path /var/ledger.db")
    client = await site.logged_in("agent1")
    with capture_logs() as logs:
        status, problem, response = await client.get("/api/v1/calls/1")
    assert status == 500
    assert set(problem) == {"type", "title", "status", "detail", "request_id"}
    assert "secret" not in str(problem) and "Traceback" not in str(problem)
    assert problem["request_id"] == response.headers["X-Request-Id"]
    failed = [line for line in logs if line["event"] == "request failed"]
    assert failed[0]["request_id"] == problem["request_id"]


@pytest.mark.parametrize(
    "failure",
    [
        TimeoutError("slow"), ConnectionError("no database"), LedgerUnavailable("PostgreSQL is not reachable"),
        OSError(28, "No space left on device", "/var/secret"),
    ],
    ids=lambda one: type(one).__name__,
)  # fmt: skip
async def test_a_ledger_or_disk_that_is_away_is_told_and_not_taken_for_a_client_that_left(
    site: Any, failure: Exception
) -> None:
    site.ledger.fails = failure
    client = await site.logged_in("agent1")
    with capture_logs() as logs:
        status, problem, response = await client.get("/api/v1/calls/1")
    assert (status, problem["status"]) == (503, 503) and response.content_type == "application/problem+json"
    assert "请稍后再试" in problem["detail"] and "secret" not in str(problem)
    assert [line["request_id"] for line in logs if line["log_level"] == "error"] == [problem["request_id"]]


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/static/nothing.js", "/static/../server.py"])
async def test_unknown_addresses_are_problems_too(site: Any, path: str) -> None:
    status, problem, response = await site.client().get(path)
    assert (status, problem["title"]) == (404, "Not Found")
    assert response.content_type == "application/problem+json"
    assert " / " in problem["detail"]


async def test_wrong_method_names_the_right_ones(site: Any) -> None:
    status, problem, response = await site.client().ask("DELETE", "/api/v1/login")
    assert (status, response.headers["Allow"], problem["status"]) == (405, "POST", 405)


async def test_log_lines_hold_no_query(site: Any, fakes: Any) -> None:
    client = await site.logged_in("lead")
    with capture_logs() as logs:
        await client.get(f"/api/v1/calls?number={fakes.number}")
    assert [line for line in logs if line["event"] == "request"]
    assert fakes.number not in str(logs)


async def test_the_secret_in_an_sms_vendors_address_is_in_no_log_and_no_figure(open_site: Any) -> None:
    async def receive(asked: HttpAsked) -> HttpAnswer:
        if asked.method == "POST":
            raise RuntimeError("broken")
        return HttpAnswer(200 if asked.path["secret"] == "s3cret-0123456789" else 404)

    path = "/in/sms/hainan/{secret}"
    doors = [Door(method, path, receive, "sms_hainan", "SMS") for method in ("GET", "POST")]
    async with open_site(doors=doors) as site:
        client = site.client()
        with capture_logs() as logs:
            for wrong in ("", "x", "/report", "/a%2Fb"):
                await client.get(f"/in/sms/hainan/s3cret-0123456789{wrong}")
            await client.ask("POST", "/in/sms/hainan/s3cret-0123456789", data=b"x")
            await client.ask("DELETE", "/in/sms/hainan/s3cret-0123456789")
        assert [line["path"] for line in logs if line["event"] == "request"].count("/in/sms/hainan/***") == 6
        assert "s3cret" not in str(logs)
        figures = generate_latest(site.registry).decode()
        assert path in figures
        assert "s3cret" not in figures


async def test_nonsense_instead_of_http_gets_no_stack_trace(site: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    writer.write(b"REGISTER sip:12345 SIP/2.0\r\n\x00\xff\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    await writer.wait_closed()
    assert b" 400 " in answer.splitlines()[0] and b"Traceback" not in answer and b".py" not in answer
